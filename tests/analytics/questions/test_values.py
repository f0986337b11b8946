"""Values of facts: what is a number, a day or a text, and where a path leads in JSON."""

from datetime import UTC, date, datetime
from decimal import Decimal
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.values import Day, day_in, number_in, text_of, value_at, values_by_path
from campaignos.json_paths import is_path
from tests.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
names = st.sampled_from(["a", "b", "0", "1", "a.b", "b.0", "a.b.0", "é", "e\u0301", ".", "a.", ""])
scalars = st.one_of(st.integers(-3, 3), st.booleans(), st.sampled_from(["x", "", 1.5]))
json_values = st.recursive(
    st.one_of(st.none(), scalars),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
objects = st.dictionaries(names, json_values, max_size=5)
paths = st.lists(st.sampled_from(["a", "b", "0", "1", "é"]), min_size=1, max_size=4).map(".".join)


@pytest.mark.long
@examples(150, times=2)
@given(objects, paths)
def test_all_values_of_an_object_are_those_that_paths_lead_to(properties, path):
    found = values_by_path(properties)
    assert found.get(path) == value_at(properties, path)
    assert all(value_at(properties, known) == value for known, value in found.items())
    assert all(is_path(known) and known == normalize("NFC", known) for known in found)


@examples(60)
@given(objects)
def test_the_order_in_which_a_database_keeps_names_does_not_matter(properties):
    assert values_by_path(dict(reversed(properties.items()))) == values_by_path(properties)


def test_no_value_are_null_and_what_holds_others():
    properties = {"null": None, "list": ["x", {"deep": True}], "object": {"n": 0}}
    assert values_by_path(properties) == {"list.0": "x", "list.1.deep": True, "object.n": 0}
    assert [value_at(properties, path) for path in ("null", "list", "object", "list.2", "list.01")] == [None] * 5


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, "5"),
        (5.10, "5.1"),
        ("5.10", "5.1"),
        ("-2e3", "-2000"),
        (Decimal("0.10"), "0.1"),
        (10**40 + 1, str(10**40 + 1)),
        ("five", None),
        (" 5", None),
        ("", None),
        (True, None),
        ("٥", None),
    ],
)
def test_numbers_are_also_those_sent_as_texts(value, number):
    assert number_in(value) == (None if number is None else Decimal(number))


def test_of_a_long_text_the_beginning_counts():
    assert text_of("x" * 300) == "x" * 255
    assert number_in("1" * 300) == Decimal("1" * 255)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (Decimal("50.00"), "50"),
        (1e21, "1" + "0" * 21),
        (-0.0, "0"),
        (True, "true"),
        ("5.0", "5.0"),
    ],
)
def test_a_number_has_one_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "side"),
    [
        ("2026-05-11", -1),
        ("2026-05-12", 0),
        (date(2026, 5, 13), 1),
        ("2026-05-11T22:00:00Z", 0),
        ("2026-05-11T21:59:59.999999Z", -1),
        ("2026-05-12T22:00:00", 1),
        ("2026-05-13T05:00:00+0900", 0),
        (datetime(2026, 5, 12, 21, 59, tzinfo=UTC), 0),
    ],
)
def test_a_day_is_one_of_the_workspace(value, side):
    found = day_in(value)
    assert found is not None
    assert Day(date(2026, 5, 12), BERLIN).side(found) == side


@pytest.mark.parametrize("value", ["20260512", "2026-02-30", "2026-05-12T99:00", "12 May", 20260512, True, ""])
def test_other_values_are_no_days(value):
    assert day_in(value) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_instants_at_the_ends_of_time_can_be_compared(text):
    found = day_in(text)
    assert found is not None
    assert Day(date(2026, 5, 12), BERLIN).side(found) in (-1, 1)
