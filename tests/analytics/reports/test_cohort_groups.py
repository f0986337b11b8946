"""Cohorts taken together."""

from datetime import date

from analytics.periods import Bucket, Interval, Window
from analytics.reports.cohorts.groups import CohortGroup, WeekCell, cohort_groups
from analytics.reports.cohorts.report import Cohort
from tests.analytics.reports.items import BERLIN

WINDOW = Window.between(date(2026, 3, 20), date(2026, 3, 31), zone=BERLIN)
COHORTS = (
    Cohort(date(2026, 3, 20), size=10, active_by_week=(8, 4), weeks_ended=1),
    Cohort(date(2026, 3, 24), size=5, active_by_week=(3, 1), weeks_ended=1),
    Cohort(date(2026, 3, 25), size=20, active_by_week=(6,), weeks_ended=0),
)


def test_by_day_each_stands_alone():
    assert [group.size for group in cohort_groups(COHORTS, WINDOW, Interval.DAY)] == [10, 5, 20]


def test_by_week_a_cell_is_of_those_for_whom_the_week_has_begun():
    assert list(cohort_groups(COHORTS, WINDOW, Interval.WEEK)) == [
        CohortGroup(
            Bucket(date(2026, 3, 20), date(2026, 3, 22)),
            size=10,
            weeks=(WeekCell(10, 8, ended=True), WeekCell(10, 4, ended=False)),
        ),
        CohortGroup(
            Bucket(date(2026, 3, 23), date(2026, 3, 29)),
            size=25,
            weeks=(WeekCell(25, 9, ended=False), WeekCell(5, 1, ended=False)),
        ),
    ]
    assert WeekCell(25, 9, ended=False).retention_rate == 0.36


def test_by_month_all_are_one():
    assert [group.size for group in cohort_groups(COHORTS, WINDOW, Interval.MONTH)] == [35]


def test_nobody_is_no_group():
    assert list(cohort_groups((), WINDOW, Interval.WEEK)) == []
