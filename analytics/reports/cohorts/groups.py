"""Cohorts taken together by the week or month of their signup."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.metrics import rate
from analytics.periods import Bucket, Interval, Window, buckets
from analytics.questions.ranges import DAYS_PER_WEEK
from analytics.reports.cohorts.report import Cohort
from analytics.reports.revenue.member_money import NetMoney


@dataclass(frozen=True)
class WeekCell:
    """Week k after signup, of the contacts of the group for whom it has begun; `ended` if it is over for all. By
    revenue with what they brought in."""

    size: int
    active: int
    ended: bool
    money: NetMoney | None = None

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)


@dataclass(frozen=True)
class CohortGroup:
    bucket: Bucket
    size: int
    weeks: tuple[WeekCell, ...]

    def begun_on(self, week: int, today: date) -> tuple[date, date]:
        """The first and last days of signup of those for whom the week has begun."""
        return self.bucket.first_day, min(self.bucket.last_day, today - timedelta(days=DAYS_PER_WEEK * week))

    @property
    def newest(self) -> WeekCell:
        return self.weeks[-1]


def cohort_groups(cohorts: tuple[Cohort, ...], window: Window, interval: Interval) -> Iterator[CohortGroup]:
    """A group for each of the interval's buckets in which somebody signed up, oldest first."""
    remaining = deque(cohorts)
    for bucket in buckets(window, interval):
        members = []
        while remaining and bucket.contains(remaining[0].day):
            members.append(remaining.popleft())
        if members:
            yield CohortGroup(bucket, sum(cohort.size for cohort in members), tuple(_weeks(members)))


def _weeks(members: list[Cohort]) -> Iterator[WeekCell]:
    for week in range(max(len(cohort.active_by_week) for cohort in members)):
        begun = [cohort for cohort in members if len(cohort.active_by_week) > week]
        yield WeekCell(
            size=sum(cohort.size for cohort in begun),
            active=sum(cohort.active_by_week[week] for cohort in begun),
            ended=all(cohort.weeks_ended > week for cohort in members),
            money=NetMoney.sum_of(cohort.money_by_week[week] for cohort in begun) if begun[0].money_by_week else None,
        )
