"""Do people come back? Cohorts of those who began with something, and who of them returned in which period since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.metrics import rate
from analytics.periods import Bucket, Window, buckets, microseconds
from analytics.questions.fields import Field
from analytics.questions.questions import REVENUE
from analytics.questions.retention import RetentionQuestion, ReturnMode
from analytics.questions.slices import Slice
from analytics.reports.cohorts.money import orders_placed
from analytics.reports.cohorts.report import activity_series
from analytics.reports.meta import Meta, meta, newest
from analytics.reports.retention.money import CohortSums, MoneySinceStart
from analytics.reports.retention.period_clock import PeriodClock
from analytics.reports.retention.returns import Returns
from analytics.reports.retention.starts import Starts, start_series, starts_in
from analytics.reports.revenue.member_money import NetMoney
from analytics.statistics import wilson_interval


@dataclass(frozen=True)
class RetentionCell:
    """Of those of a cohort for whom a period has begun, how many returned in it; complete once it is over for all who
    can be in the cohort. By revenue with what they brought in."""

    size: int
    active: int
    is_complete: bool
    money: NetMoney | None = None

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)


@dataclass(frozen=True)
class RetentionCohort:
    """People who began in a bucket; a cell for each period that has begun for one of them."""

    bucket: Bucket
    size: int
    cells: tuple[RetentionCell, ...]

    @property
    def complete(self) -> int:
        """How many of the periods are."""
        return sum(cell.is_complete for cell in self.cells)

    @property
    def active_contacts(self) -> int:
        return self.cells[-1].active if self.cells else 0

    @property
    def retention_rate(self) -> float:
        """Of the newest period."""
        return self.cells[-1].retention_rate if self.cells else 0.0


@dataclass(frozen=True)
class MeanPeriod:
    """A period of all cohorts together that are complete in it, so many: a mean weighted by their sizes."""

    number: int
    cohorts: int
    size: int
    active: int
    money: NetMoney | None = None

    @property
    def retention_rate(self) -> float:
        return rate(self.active, self.size)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % one of the rate."""
        return wilson_interval(self.active, self.size)


@dataclass(frozen=True)
class RetentionReport:
    """`is_provisional` where any return still to come counts in every period. By revenue `money` is that of all orders
    in any of the periods, each once."""

    days: int
    metric: str
    cohorts: tuple[RetentionCohort, ...]
    is_provisional: bool
    meta: Meta
    money: NetMoney | None = None

    @property
    def size(self) -> int:
        return sum(cohort.size for cohort in self.cohorts)

    @cached_property
    def mean(self) -> tuple[MeanPeriod, ...]:
        """By period, as far as one cohort is complete."""
        return tuple(map(self._mean, range(max((cohort.complete for cohort in self.cohorts), default=0))))

    def _mean(self, number: int) -> MeanPeriod:
        cells = [cohort.cells[number] for cohort in self._complete_in(number)]
        size, active = sum(cell.size for cell in cells), sum(cell.active for cell in cells)
        return MeanPeriod(number, len(cells), size, active, self._sum_of_money(cells))

    def _sum_of_money(self, cells: Sequence[RetentionCell]) -> NetMoney | None:
        return None if self.money is None else NetMoney.sum_of(cell.money for cell in cells if cell.money)

    def _complete_in(self, number: int) -> list[RetentionCohort]:
        return [cohort for cohort in self.cohorts if cohort.complete > number]

    def days_of_cohorts(self, window: Window) -> Window:
        """From the first day of the first cohort to the last of the last one; without one the window."""
        if not self.cohorts:
            return window
        return Window.between(self.cohorts[0].bucket.first_day, self.cohorts[-1].bucket.last_day, zone=window.zone)

    def days_of_mean(self, number: int) -> tuple[date, date]:
        """The first and last day on which those began who are in the mean of a period."""
        complete = self._complete_in(number)
        return complete[0].bucket.first_day, complete[-1].bucket.last_day


def retention_report(source: Source, question: RetentionQuestion) -> RetentionReport:
    """A cohort for each bucket of the question's interval in which anybody began, oldest first.

    Who began is a contact by their signup, or anybody, known or not, by what they did. Conditions on facts are those on
    returns. Source: the ledger's touches; one query, two where it is about the first ever, by revenue up to three more.
    """
    return Beginners.of(source, question).report(source, question)


@dataclass(frozen=True, eq=False)
class Beginners:
    """Who began on the question's days, in which cohort, and in which periods they came back.

    `came` has for each start and period whether the person returned in it, `over` how many periods are over for each.
    """

    cohorts: tuple[Bucket, ...]
    starts: Starts
    came: NDArray[np.bool_]
    over: NDArray[np.int64]
    through: datetime | None
    money: MoneySinceStart | None = None

    @classmethod
    def of(
        cls,
        source: Source,
        question: RetentionQuestion,
        by: Field | None = None,
        cohorts: tuple[Bucket, ...] | None = None,
    ) -> "Beginners":
        """With their values of a field of what they began with. In cohorts other than those of the interval where they
        are given."""
        cohorts = buckets(question.window, question.interval) if cohorts is None else cohorts
        observed, began = _days_since(question), start_series(question.start, by)
        returned = activity_series(source, question)
        question = replace(question, part=until_today(question.part, observed.last_day))
        touches, through = source.touches(dict.fromkeys([began, *returned]), window=observed, part=question.part)
        starts, through_first = starts_in(source, question, cohorts, began, touches[began])
        clock = PeriodClock(observed, question.unit, question.clock)
        over = _periods_over(clock, starts, question)
        activity = Touches.of_parts([touches[each] for each in returned])
        money, through_money = _money(source, question, clock)
        if money is not None:
            activity = orders_placed(money.events, observed)
        returns = Returns(clock, starts, activity, question.horizon, question.start.act is None)
        came = returns.came_back(question.mode) & (np.arange(question.horizon) <= over[:, np.newaxis])
        return cls(cohorts, starts, came, over, newest(through, through_first, through_money), money)

    def has_begun(self, period: int) -> NDArray[np.bool_]:
        return self.over >= period

    def only(self, are_meant: NDArray[np.bool_]) -> "Beginners":
        return replace(self, starts=self.starts.only(are_meant), came=self.came[are_meant], over=self.over[are_meant])

    def people(self, are_meant: NDArray[np.bool_]) -> NDArray[np.int32]:
        """The numbers of some of them, ascending."""
        return np.unique(self.starts.people[are_meant])

    def report(self, source: Source, question: RetentionQuestion) -> RetentionReport:
        money = None
        if self.money is not None:
            money = self.money.sums(self.starts, self.over, source.workspace.currency)
        return RetentionReport(
            days=question.window.days,
            metric=question.metric,
            cohorts=tuple(self._cohorts(question, money)),
            is_provisional=question.mode is ReturnMode.ON_OR_AFTER,
            meta=meta(source, question, through=self.through),
            money=None if money is None else money.total,
        )

    def _cohorts(self, question: RetentionQuestion, money: CohortSums | None) -> list[RetentionCohort]:
        count, places = len(self.cohorts), self.starts.cohorts
        bounds = np.searchsorted(places, np.arange(count + 1))
        sizes = np.diff(bounds)
        filled = np.flatnonzero(sizes)
        complete = np.full(count, question.horizon)
        np.minimum.at(complete, places, self.over)
        complete[[bucket.last_day >= question.today for bucket in self.cohorts]] = 0
        periods = range(min(question.horizon, int(self.over.max(initial=-1)) + 1))
        begun = [_true_in_runs(self.has_begun(period), bounds[filled]) for period in periods]
        active = [_true_in_runs(self.came[:, period], bounds[filled]) for period in periods]
        return [
            RetentionCohort(
                self.cohorts[place],
                int(sizes[place]),
                tuple(
                    RetentionCell(
                        begun[period][run],
                        active[period][run],
                        period < complete[place],
                        None if money is None else money.of(place, period),
                    )
                    for period in periods
                    if begun[period][run]
                ),
            )
            for run, place in enumerate(filled.tolist())
        ]


def _true_in_runs(are_true: NDArray[np.bool_], starts: NDArray[np.intp]) -> list[int]:
    counts: list[int] = np.add.reduceat(are_true, starts, dtype=np.int64).tolist()
    return counts


def _money(
    source: Source, question: RetentionQuestion, clock: PeriodClock
) -> tuple[MoneySinceStart | None, datetime | None]:
    """By revenue what is told of money; else nothing."""
    return MoneySinceStart.of(source, question, clock) if question.metric == REVENUE else (None, None)


def _days_since(question: RetentionQuestion) -> Window:
    """From the first of the question's days until today."""
    window = question.window
    return Window.between(window.first_day, max(window.last_day, question.today), zone=window.zone)


def until_today(part: Slice, last_day: date) -> Slice:
    """What has to lie within so many days ends with the same day, whichever days are read."""
    return part if part.until else part.ending_with(last_day)


def _periods_over(clock: PeriodClock, starts: Starts, question: RetentionQuestion) -> NDArray[np.int64]:
    """Whoever begins later today, by the clock of whoever told of it, is in the first period."""
    today = max(0, (question.today - clock.window.first_day).days)
    over = clock.periods(starts.days, starts.at, today, microseconds(question.now))
    return np.maximum(over, 0)
