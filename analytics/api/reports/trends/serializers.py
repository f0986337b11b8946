"""How hours, days, weeks and months look in JSON, one by one."""

from typing import Any

from rest_framework import serializers

from analytics.api.reports.serializers import (
    GroupSerializer,
    MetaSerializer,
    NumbersSerializer,
    PeriodField,
    beside,
    comparison_beside,
    comparison_of_group,
    row_addresses,
    starts_at_of_hour,
    time_of,
)
from analytics.reports.timeseries import TimeseriesReport

_NUMBERS = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}


class DayTotalsSerializer(NumbersSerializer):
    may_be_of_a_part = True
    metrics = {
        "events": "events",
        "contacts": "contacts_new",
        "messages": "messages_total",
        "opens": "opens",
        "clicks": "clicks",
    }
    date = serializers.DateField()
    startsAt = starts_at_of_hour()
    numbers = beside(_NUMBERS, "With `metric`: each of them by its key.")
    compared = beside(
        {"type": ["object", "null"], "additionalProperties": True},
        "With `compare`: the same numbers of the partners of the row's days, and `from` and `to`, the first and the "
        "last of them, or of the row's hour, and when that hour `startsAt`; null where these have none.",
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        bucket, numbers = instance
        return {**time_of(bucket), **super().to_representation(numbers)}


_MATCHED = {
    "type": "object",
    "description": "What changes are between: the days that have a partner, taken together, and these.",
    "properties": {"days": {"type": "integer"}, "complete": _NUMBERS, "compared": _NUMBERS},
}


class GroupRowSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    startsAt = starts_at_of_hour()
    numbers = serializers.DictField(child=serializers.FloatField(allow_null=True))
    rows = row_addresses()


class TrendGroupSerializer(GroupSerializer):
    """A group's series, and the numbers of all rows."""

    series = GroupRowSerializer(many=True)
    total = serializers.DictField(child=serializers.FloatField(allow_null=True))
    comparison = comparison_of_group()
    rows = row_addresses()


class TimeseriesSerializer(serializers.Serializer[TimeseriesReport]):
    period = PeriodField(source="trend.window.days")
    series = DayTotalsSerializer(source="rows", many=True)
    meta = MetaSerializer()
    total = beside(_NUMBERS, "With `metric`: each of them over all rows.")
    groups = TrendGroupSerializer(many=True, required=False, help_text="With `breakdown`, the largest first.")
    comparison = comparison_beside("Timeseries", matched=_MATCHED)
    rows = row_addresses()
