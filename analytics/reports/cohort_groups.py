"""Cohorts taken together by the week or month of their signup."""

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.metrics import rate
from analytics.periods import Bucket, Interval, Window, buckets
from analytics.reports.cohorts import Cohort


@dataclass(frozen=True)
class WeekCell:
    """Week k after signup, of those contacts of the group for whom it has begun; `ended` if it is over for all."""

    size: int
    active: int
    ended: bool

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)


@dataclass(frozen=True)
class CohortGroup:
    bucket: Bucket
    size: int
    weeks: tuple[WeekCell, ...]

    @property
    def newest(self) -> WeekCell:
        return self.weeks[-1]


def cohort_groups(cohorts: tuple[Cohort, ...], window: Window, interval: Interval) -> Iterator[CohortGroup]:
    """A group for each of the interval's buckets in which somebody signed up, oldest first."""
    for bucket in buckets(window, interval):
        if members := [cohort for cohort in cohorts if bucket.contains(cohort.day)]:
            yield CohortGroup(bucket, sum(cohort.size for cohort in members), tuple(_weeks(members)))


def _weeks(members: list[Cohort]) -> Iterator[WeekCell]:
    for week in range(max(len(cohort.active_by_week) for cohort in members)):
        begun = [cohort for cohort in members if len(cohort.active_by_week) > week]
        yield WeekCell(
            size=sum(cohort.size for cohort in begun),
            active=sum(cohort.active_by_week[week] for cohort in begun),
            ended=all(cohort.weeks_ended > week for cohort in members),
        )
