"""Records of rows are what their serializer makes of each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.utils import timezone as clock
from rest_framework import serializers

from campaignos.absence import ChoiceOrNull, TextOrNull
from campaignos.resources.cells import cells
from campaignos.resources.row_records import row_records

AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


class Owner(serializers.Serializer):
    text = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class Record(serializers.Serializer):
    text = serializers.CharField()
    number = serializers.IntegerField()
    share = serializers.FloatField()
    flag = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True)
    day = serializers.DateTimeField(source="at", format="%Y-%m-%d", allow_null=True)
    choice = serializers.ChoiceField([("A", "a"), ("B", "b")])
    empty = TextOrNull(source="text")
    chosen = ChoiceOrNull([("A", "a")], source="choice")
    data = serializers.DictField()
    names = serializers.ListField(child=serializers.CharField())
    owner = Owner(allow_null=True)
    ownerName = serializers.CharField(source="owner.text", default=None, allow_null=True)
    ownerAt = serializers.DateTimeField(source="owner.at", default=AT)
    called = serializers.CharField(source="shout")
    missing = serializers.CharField(required=False)
    computed = serializers.SerializerMethodField()
    secret = serializers.CharField(write_only=True)

    def get_computed(self, row: Any) -> str:
        return f"of {row.text if hasattr(row, 'text') else row['text']}"


@dataclass
class Row:
    text: Any = "a"
    number: Any = 1
    share: Any = 0.5
    flag: Any = True
    at: Any = AT
    choice: Any = "A"
    data: Any = None
    names: Any = ()
    owner: Any = None

    def shout(self) -> str:
        return f"{self.text}!"


ROWS = [
    Row(),
    Row(text="", choice="", at=None, names=["x"], data={"a": {"b": [1, None]}, 1: True}),
    Row(
        text=7,
        number="8",
        share=1,
        flag="true",
        choice="other",
        data={},
        at=AT.astimezone(timezone(timedelta(hours=2))),
    ),
    Row(owner=Row(text="o"), data={"\u2028": "ü"}),
    {**vars(Row(text="of a dict", data={})), "shout": "!", "missing": "there"},
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_records_are_what_the_serializer_makes_of_each_row(zone):
    serializer = Record()
    with clock.override(zone):
        assert row_records(serializer, ROWS) == [dict(serializer.to_representation(row)) for row in ROWS]


def test_a_field_that_is_missing_fails_as_it_does_in_the_serializer():
    class Broken(serializers.Serializer):
        other = serializers.CharField()

    with pytest.raises(AttributeError, match="Got AttributeError when attempting to get a value for field `other`"):
        row_records(Broken(), ROWS[:1])


def test_cells_are_json_where_they_are_more_than_one_value():
    record = {"a": {"b": ["\u2028ü", None]}, "c": True, "d": None, "e": {"f": 1.5}}
    assert cells(record, [("a",), ("c",), ("d",), ("e", "f")]) == ['{"b":["\\u2028ü",null]}', "true", None, 1.5]
