"""Times as people write them, and which of day and month stands first, by a whole column."""

from zoneinfo import ZoneInfo

import pytest

from analytics.ingest.files.times import DayOrder, iso_instant, times_of_column

BERLIN = ZoneInfo("Europe/Berlin")
DAY, MONTH = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+01:00"),
        ("2026/3/1", "2026-03-01T00:00:00+01:00"),
        ("20260301", "2026-03-01T00:00:00+01:00"),
        ("2026-07-01 9:05", "2026-07-01T09:05:00+02:00"),
        ("2026-03-01T08:00:00.123Z", "2026-03-01T08:00:00.123000+00:00"),
        ("2026-03-01 08:00:00 +0530", "2026-03-01T08:00:00+05:30"),
        ("2026-03-01 08:00:00+00:00 UTC", "2026-03-01T08:00:00+00:00"),
        ("1.3.2026", "2026-03-01T00:00:00+01:00"),
        ("01.03.26 14:30", "2026-03-01T14:30:00+01:00"),
        ("31/12/2025", "2025-12-31T00:00:00+01:00"),
        ("Mar 1, 2026 at 12:05 AM", "2026-03-01T00:05:00+01:00"),
        ("1 März 2026, 12:05 pm", "2026-03-01T12:05:00+01:00"),
        ("Sun, 01 Mar 2026 08:00:00 GMT", "2026-03-01T08:00:00+00:00"),
        ("1768469400", "2026-01-15T09:30:00+00:00"),
        ("1768469400123", "2026-01-15T09:30:00.123000+00:00"),
    ],
)
def test_a_time_is_read(text: str, instant: str) -> None:
    assert iso_instant(text, None, BERLIN) == instant


@pytest.mark.parametrize(
    "text", ["", "soon", "32.1.2026", "2026-13-01", "1/2", "12:30", "13/13/2026", "2026-02-30", "99999999"]
)
def test_what_is_none_is_none(text: str) -> None:
    assert iso_instant(text, None, BERLIN) is None


def test_the_order_decides_where_numbers_do_not() -> None:
    assert iso_instant("02/01/2026", DAY, BERLIN) == "2026-01-02T00:00:00+01:00"
    assert iso_instant("02/01/2026", MONTH, BERLIN) == "2026-02-01T00:00:00+01:00"
    assert iso_instant("31/12/2025", MONTH, BERLIN) is None
    assert iso_instant("02.01.2026", MONTH, BERLIN) == "2026-01-02T00:00:00+01:00"


@pytest.mark.parametrize(
    ("texts", "order", "is_open"),
    [
        (["01/02/2026", "13/02/2026"], DAY, False),
        (["01/02/2026", "02/13/2026"], MONTH, False),
        (["01/02/2026", "03/04/2026"], None, True),
        (["01/01/2026", "02/02/2026"], None, False),
        (["2026-01-02"], None, False),
        (["13/02/2026", "14/02/2026", "02/15/2026"], DAY, False),
        (["1.2.2026"], DAY, False),
        (["Mar 1, 2026"], None, False),
        ([], None, False),
    ],
)
def test_a_column_says_its_order_or_leaves_it_open(texts: list[str], order: DayOrder | None, is_open: bool) -> None:
    times = times_of_column(texts)
    assert (times.order, times.is_open) == (order, is_open)


def test_a_column_that_holds_something_else_says_so() -> None:
    assert times_of_column(["2026-01-02", "x", "y", "z"]).readable == 0.25
