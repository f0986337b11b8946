"""Periods at the edges of calendars and clocks, and a published example."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Interval, Window
from analytics.questions.retention import CohortClock, CohortStart, RetentionQuestion, ReturnMode
from analytics.questions.steps import EventStep
from analytics.reports.retention.report import retention_report
from tests.analytics.reports.retention.acts import Acts

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
VISIT = CohortStart(EventStep("visit"))


def local(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


def came_back(began, returned, unit, clock, mode=ReturnMode.ON, horizon=5, start=None):
    """Of one person, by period."""
    acts = Acts(BERLIN)
    acts.done["signup" if start is None else "visit"] = [(1, local(began))]
    acts.done["buy"] = [(1, local(at)) for at in returned]
    window = Window.between(local(began).astimezone(BERLIN).date(), NOW.date(), zone=BERLIN)
    question = RetentionQuestion(
        window=window,
        now=NOW,
        interval=unit,
        metric="event:buy",
        unit=unit,
        clock=clock,
        mode=mode,
        horizon=horizon,
        start=start or CohortStart(),
    )
    (cohort,) = retention_report(acts, question).cohorts
    return [cell.active for cell in cohort.cells]


@pytest.mark.parametrize(
    ("returned", "period"),
    [("02-27 23:59:59.999999", 0), ("02-28 00:00", 1), ("03-30 23:59", 1), ("03-31 00:00", 2), ("04-30 00:00", 3)],
)
def test_a_month_since_the_31st_ends_before_the_last_day_of_a_shorter_month(returned, period):
    found = came_back("01-31 10:00", [returned], Interval.MONTH, CohortClock.DAYS)
    assert [place for place, active in enumerate(found) if active] == [period]


@pytest.mark.parametrize(
    ("returned", "period"), [("02-28 09:59:59", 0), ("02-28 10:00", 1), ("03-31 09:59", 1), ("03-31 10:00", 2)]
)
def test_a_rolling_month_ends_at_the_hour_of_the_beginning(returned, period):
    found = came_back("01-31 10:00", [returned], Interval.MONTH, CohortClock.ROLLING)
    assert [place for place, active in enumerate(found) if active] == [period]


@pytest.mark.parametrize(
    ("clock", "period"), [(CohortClock.DAYS, 0), (CohortClock.CALENDAR, 1), (CohortClock.ROLLING, 0)]
)
def test_a_calendar_month_ends_with_the_month(clock, period):
    found = came_back("01-20 10:00", ["02-01 00:00"], Interval.MONTH, clock)
    assert [place for place, active in enumerate(found) if active] == [period]


def test_the_week_in_which_the_clocks_go_forward_is_an_hour_short_but_for_the_rolling_one():
    """From Monday 23 March 10:00 a rolling week, of 168 hours, ends on Monday 30 March at 11:00."""
    for clock, period in [(CohortClock.DAYS, 1), (CohortClock.CALENDAR, 1), (CohortClock.ROLLING, 0)]:
        found = came_back("03-23 10:00", ["03-30 10:30"], Interval.WEEK, clock)
        assert [place for place, active in enumerate(found) if active] == [period]
    assert came_back("03-23 10:00", ["03-30 11:00"], Interval.WEEK, CohortClock.ROLLING)[:2] == [0, 1]


def test_two_days_of_24_hours_may_end_on_the_long_day():
    """Sunday 25 October 2026 has 25 hours: in its first and last half hour something else than the second day lies."""
    acts = Acts(BERLIN)
    acts.done["signup"] = [(1, local("10-24 00:15"))]
    acts.done["buy"] = [(1, local("10-25 00:00")), (1, local("10-25 12:00")), (1, local("10-25 23:30"))]
    question = RetentionQuestion(
        window=Window.between(local("10-24 09:00").date(), local("10-24 09:00").date(), zone=BERLIN),
        now=local("11-15 09:00"),
        interval=Interval.DAY,
        unit=Interval.DAY,
        clock=CohortClock.ROLLING,
        horizon=4,
    )
    (cohort,) = retention_report(acts, question).cohorts
    assert [cell.active for cell in cohort.cells] == [1, 1, 1, 0]


@pytest.mark.parametrize("clock", CohortClock)
def test_nobody_comes_back_with_what_they_began_with(clock):
    acts = Acts(BERLIN)
    acts.done["visit"] = [(1, local("03-02 10:00")), (2, local("03-02 10:00")), (2, local("03-02 11:00"))]
    window = Window.between(local("03-02 09:00").date(), local("03-02 09:00").date(), zone=BERLIN)
    question = RetentionQuestion(
        window=window, now=NOW, interval=Interval.DAY, unit=Interval.DAY, start=VISIT, clock=clock, horizon=1
    )
    (cohort,) = retention_report(acts, question).cohorts
    assert (cohort.size, cohort.cells[0].active) == (2, 1)


def test_whoever_began_again_is_in_each_cohort_and_by_the_first_ever_in_one():
    acts = Acts(BERLIN)
    acts.done["visit"] = [(1, local("02-10 10:00")), (1, local("03-03 10:00")), (1, local("04-01 10:00"))]
    sizes = {}
    for is_first in (False, True):
        question = RetentionQuestion(
            window=Window.between(local("03-01 09:00").date(), local("04-30 09:00").date(), zone=BERLIN),
            now=NOW,
            interval=Interval.MONTH,
            start=CohortStart(EventStep("visit"), is_first),
        )
        sizes[is_first] = [cohort.size for cohort in retention_report(acts, question).cohorts]
    assert sizes == {False: [1, 1], True: []}


def test_mixpanels_example():
    """Of ten people who began, nine come back on the first day or after it, seven on the second, six on the third."""
    acts = Acts(BERLIN)
    acts.done["visit"] = [(person, local("03-02 10:00")) for person in range(1, 11)]
    last = {1: 1, 2: 1, 3: 2, **dict.fromkeys(range(4, 10), 3)}
    acts.done["buy"] = [(person, local(f"03-0{2 + day} 11:00")) for person, day in last.items()]
    question = RetentionQuestion(
        window=Window.between(local("03-02 09:00").date(), local("03-02 09:00").date(), zone=BERLIN),
        now=NOW,
        interval=Interval.DAY,
        metric="event:buy",
        unit=Interval.DAY,
        start=VISIT,
        mode=ReturnMode.ON_OR_AFTER,
        clock=CohortClock.ROLLING,
        horizon=4,
    )
    report = retention_report(acts, question)
    assert [cell.active for cell in report.cohorts[0].cells] == [9, 9, 7, 6]
    assert report.is_provisional
    assert [(period.cohorts, period.size, period.active) for period in report.mean][1:] == [
        (1, 10, 9),
        (1, 10, 7),
        (1, 10, 6),
    ]


@pytest.mark.parametrize(("returned", "period"), [("03-29 23:59", 1), ("03-30 00:29", 1), ("03-30 00:30", 2)])
def test_a_rolling_month_may_begin_after_a_day_that_is_an_hour_short(returned, period):
    found = came_back("01-29 23:30", [returned], Interval.MONTH, CohortClock.ROLLING)
    assert [place for place, active in enumerate(found) if active] == [period]


def came_back_in_october(began, returned, unit):
    """Around the day of 25 hours of 2025, by a rolling clock."""
    acts = Acts(BERLIN)
    acts.done["visit"] = [(1, datetime.fromisoformat(began))]
    acts.done["buy"] = [(1, datetime.fromisoformat(at)) for at in returned]
    question = RetentionQuestion(
        window=Window.between(date(2025, 10, 20), date(2025, 11, 5), zone=BERLIN),
        now=datetime(2025, 11, 6, tzinfo=UTC),
        interval=unit,
        metric="event:buy",
        unit=unit,
        clock=CohortClock.ROLLING,
        horizon=5,
        start=VISIT,
    )
    (cohort,) = retention_report(acts, question).cohorts
    return [place for place, cell in enumerate(cohort.cells) if cell.active]


@pytest.mark.parametrize(
    ("began", "returned", "periods"),
    [
        ("2025-10-25T22:10Z", ["2025-10-26T22:09:59Z"], [0]),
        ("2025-10-25T22:10Z", ["2025-10-25T22:05Z", "2025-10-26T22:15Z"], [1]),
        ("2025-10-24T22:10Z", ["2025-10-25T22:05Z", "2025-10-26T22:15Z"], [0, 2]),
        ("2025-10-24T22:10Z", ["2025-10-25T22:10Z"], [1]),
        ("2025-10-24T22:10Z", ["2025-10-26T22:09Z"], [1]),
    ],
)
def test_a_rolling_day_may_begin_and_end_within_one_of_25_hours(began, returned, periods):
    assert came_back_in_october(began, returned, Interval.DAY) == periods


def test_what_was_done_in_an_earlier_period_is_in_no_later_one():
    found = came_back("03-02 12:00", ["03-09 11:00", "03-23 13:00"], Interval.WEEK, CohortClock.ROLLING)
    assert found == [1, 0, 0, 1, 0]
