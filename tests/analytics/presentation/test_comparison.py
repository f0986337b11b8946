"""What tiles and tables say of other days, recounted day by day by date."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics import Numbers
from analytics.periods import OF_WHOLE_DAYS, Window, buckets
from analytics.presentation.tiles import trend_tile
from analytics.presentation.trend_tables import before, trend_table
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, IsSet
from analytics.questions.questions import CUSTOM
from analytics.questions.ranges import RANGES, Comparison, Match
from analytics.questions.reader import OF_PAGES, read_question
from analytics.reports.trends import Trend, TrendsReport
from tests.examples import examples

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC")
days = st.one_of(
    st.dates(date(2019, 1, 1), date(2029, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2024, 3, 31), date(2025, 3, 1), date(2026, 3, 29), date(2026, 11, 30)]),
)


def noon(day, zone):
    return datetime.combine(day, time(12), tzinfo=zone)


def n(day):
    """How many there were on a day: no two sums of neighbouring days are likely to be the same."""
    return 100 + day.toordinal() * 7919 % 9973


def trend_of(window):
    return Trend(window, tuple(Numbers(sent=n(day), delivered=n(day) - 50) for day in window.day_list))


def answer_to(asked):
    known = trend_of(asked.window.and_until(asked.compared_window))
    return TrendsReport(known.within(asked.window), None, known.within(asked.compared_window)).answer(
        asked.day_match, asked.settled_match
    )


@st.composite
def questions(draw):
    today, zone = draw(days), ZoneInfo(draw(st.sampled_from(ZONES)))
    query = {"compare": draw(st.sampled_from(Comparison)), "interval": draw(st.sampled_from(OF_WHOLE_DAYS))}
    if draw(st.booleans()):
        query["match"] = draw(st.sampled_from(Match))
    if draw(st.booleans()):
        query["range"] = draw(st.sampled_from([key for key in RANGES if key != "all"]))
    else:
        query |= between("from", "to", today, draw)
    query |= between("compareFrom", "compareTo", today, draw)
    asked, _ = read_question(query, now=noon(today, zone), zone=zone, earliest=lambda: today, defaults=OF_PAGES)
    return asked


def between(first, last, today, draw):
    ends = today - timedelta(days=draw(st.integers(0, 500)))
    return {first: str(ends - timedelta(days=draw(st.integers(0, 400)))), last: str(ends)}


def date_before(day, asked):
    """The day that one is compared with, by the words of the pages: same date of another month, or weeks before."""
    if asked.comparison is Comparison.CUSTOM:
        return asked.compared_days.partner(day)
    is_calendar = asked.match is Match.DATE
    months = RANGES[asked.range].months if asked.range in RANGES else 0
    if is_calendar and (asked.comparison is Comparison.YEAR or months):
        back = 12 if asked.comparison is Comparison.YEAR else months
        year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
        try:
            return date(year, month + 1, day.day)
        except ValueError:
            return None
    if asked.comparison is Comparison.YEAR:
        return day - timedelta(days=364)
    if asked.match is Match.WEEKDAY:
        other = day - timedelta(days=7 * max(asked.window.days // 7, 1))
        return other if other < asked.window.first_day else None
    return asked.compared_days.partner(day)


def is_whole_months(window):
    return window.first_day.day == 1 and (window.last_day + timedelta(days=1)).day == 1


@pytest.mark.long
@examples(60, times=3)
@given(asked=questions())
def test_every_compared_value_is_a_recount_of_the_partners_by_date(asked):
    if asked.compared_window is None:
        return
    table = trend_table("days", "Days", ["sent"], answer_to(asked), asked, compare=["sent"])
    for bucket, row in zip(buckets(asked.window, asked.interval), table.rows, strict=True):
        part = Window.between(bucket.first_day, bucket.last_day, zone=asked.window.zone)
        others = [date_before(day, asked) for day in part.day_list]
        found = row.value(before("sent"))
        assert row.value("sent") == sum(map(n, part.day_list))
        if asked.compared_days.months and is_whole_months(part):
            assert found is None or found >= sum(n(day) for day in others if day)
        elif None in others or (others[-1] - others[0]).days != len(others) - 1:
            assert found is None  # without a partner, or of unlike length
        else:
            assert found == sum(map(n, others))


@pytest.mark.long
@examples(60, times=3)
@given(asked=questions())
def test_the_tile_and_the_last_row_of_the_table_say_the_same_sums(asked):
    if asked.compared_window is None:
        return
    table = trend_table("days", "Days", ["sent"], answer_to(asked), asked, compare=["sent"])
    tile = trend_tile("sent", answer_to(asked), asked.interval)
    over = [day for day in asked.window.day_list if day < asked.today]
    pairs = [(day, other) for day in over if (other := date_before(day, asked))]
    if not pairs:
        assert (tile.change, table.foot) == (None, None)
        return
    assert tile.change.before == table.foot.value(before("sent"))
    complete, whole = asked.day_match.complete, asked.day_match.whole_months
    if whole:
        assert is_whole_months(complete)
        assert is_whole_months(whole)
        assert table.foot.value("sent") == sum(map(n, over))
        assert tile.change.before == sum(map(n, whole.day_list))
    else:
        assert table.foot.value("sent") == sum(n(day) for day, _ in pairs)
        assert tile.change.before == sum(n(other) for _, other in pairs)
    assert tile.change.amount == round(table.foot.value("sent") / tile.change.before - 1, 3)


def test_october_is_compared_with_september_and_its_last_day_with_none():
    zone = ZoneInfo("Europe/Berlin")
    asked, _ = read_question(
        {"range": "lastmonth"},
        now=noon(date(2026, 11, 30), zone),
        zone=zone,
        earliest=lambda: date.min,
        defaults=OF_PAGES,
    )
    table = trend_table("d", "D", ["sent"], answer_to(asked), asked, compare=["sent"])
    assert table.rows[0].value(before("sent")) == n(date(2026, 9, 1))
    assert table.rows[-1].value(before("sent")) is None
    assert table.foot.value("when") == "Full months compared"
    assert table.foot.value(before("sent")) == sum(n(date(2026, 9, day)) for day in range(1, 31))


def test_what_conditions_cannot_apply_to_is_no_number_where_days_have_no_list_either():
    zone = ZoneInfo("UTC")
    leap_year = {"compareFrom": "2024-02-27", "compareTo": "2024-03-02"}
    asked, _ = read_question(
        {"from": "2025-02-27", "to": "2025-03-02", "compare": "custom", **leap_year, "match": "date"},
        now=noon(date(2026, 5, 1), zone),
        zone=zone,
        earliest=lambda: date.min,
        conditions=AllOf((IsSet(field_of("property.plan")),)),
    )
    trends = answer_to(asked)
    table = trend_table("d", "D", ["sent", "events"], trends, asked, compare=["sent", "events"])
    assert [table.foot.value(before(metric)) for metric in ("sent", "events")] == [None, 0]


def test_a_custom_range_keeps_its_name():
    asked, _ = read_question(
        {"from": "2026-03-01", "to": "2026-03-31"},
        now=noon(date(2026, 5, 1), ZoneInfo("UTC")),
        zone=ZoneInfo("UTC"),
        earliest=lambda: date.min,
    )
    assert (asked.range, asked.match) == (CUSTOM, Match.DATE)
