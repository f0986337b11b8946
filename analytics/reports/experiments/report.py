"""Which variant of a test is better, and may that be chance? Over the test's own life, whatever days are on screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.models import ABTest, Variant
from analytics.orders import MoneyEvents
from analytics.periods import Window, instant_of, local_day
from analytics.questions.experiments import ExperimentQuestion
from analytics.reports.experiments.comparisons import AgainstControl, Judgement, Method, comparisons
from analytics.reports.experiments.goals import (
    DELIVERED,
    GUARDRAILS,
    Goal,
    Measure,
    Values,
    are_of_mature,
    goal_of,
    read_goal,
    values_of,
)
from analytics.reports.experiments.members import Members, members, sums_by_place
from analytics.reports.experiments.schedule import LookPlan, Schedule, ends_of_days, looks_of_each
from analytics.reports.meta import Meta, meta, newest
from analytics.statistics import (
    Z_95,
    CutValues,
    Sample,
    ShareSample,
    needed_people,
    needed_trials,
    ratio_p_value,
    regression_adjustment,
    running_ratio_p_value,
    wilson_interval,
    without_outliers,
)

MISMATCH = 0.001
LIFT_SOUGHT = 0.1
"""How much better than the control a variant must be for it to matter, as a share of the control's mean."""


class Status(StrEnum):
    RUNNING = "running"
    DECIDED = "decided"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class VariantResult:
    """People who were given a variant, how many of them are mature, and what these did: `value` is how many did it, how
    often, or what it is worth. `delivered` are those of the mature whose message was delivered; None outside of
    messages."""

    number: int
    name: str
    is_control: bool
    weight: float
    assigned: int
    mature: int
    withheld: int
    value: float
    reached: int
    sample: Sample
    delivered: int | None = None

    @property
    def mean(self) -> float:
        return self.sample.mean

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of 95 %; None of nothing."""
        if isinstance(self.sample, ShareSample):
            return wilson_interval(self.sample.successes, self.sample.n) if self.sample.n else None
        if self.sample.n < 2:
            return None
        width = Z_95 * self.sample.variance_of_mean**0.5
        return self.mean - width, self.mean + width


@dataclass(frozen=True)
class SampleRatio:
    """How likely as many of each variant are by chance, by their weights; `is_running` until the test has ended."""

    p: float
    is_running: bool

    @property
    def is_mismatch(self) -> bool:
        return self.p < MISMATCH


@dataclass(frozen=True)
class ExperimentOutcome:
    """What the variants are compared by: of each how its mature people did, and each with the control.

    `saved` is the share of the variance that what people did before explains. Money is cut off at `most` (minor units),
    of so many people (`cut`); `unconverted` are amounts without a rate, which count as nothing.
    """

    goal: Goal
    variants: tuple[VariantResult, ...]
    comparisons: tuple[AgainstControl, ...]
    saved: float = 0.0
    cut: int = 0
    most: float = 0.0
    unconverted: int = 0

    @property
    def control(self) -> VariantResult | None:
        return next((variant for variant in self.variants if variant.is_control), None)

    @property
    def is_decided(self) -> bool:
        return any(comparison.deciding_look for comparison in self.comparisons)

    @cached_property
    def people_missing(self) -> int:
        """How many more each variant needs to show a lift of LIFT_SOUGHT in four of five cases; 0 for none."""
        if self.control is None:
            return 0
        sample = self.control.sample
        if isinstance(sample, ShareSample):
            needed = needed_trials(sample.successes, sample.n, LIFT_SOUGHT)
        else:
            needed = needed_people(sample, LIFT_SOUGHT)
        return max(0, needed - min(variant.mature for variant in self.variants))


@dataclass(frozen=True)
class ExperimentReport:
    """`of_two_variants` are people who were given another variant later; they count with their first."""

    test: ABTest
    goal: Goal
    window_days: int
    status: Status
    method: Method
    plan: LookPlan | None
    ratio: SampleRatio
    outcome: ExperimentOutcome
    guardrails: tuple[ExperimentOutcome, ...]
    of_two_variants: int
    currency: str
    meta: Meta

    @property
    def variants(self) -> tuple[VariantResult, ...]:
        return self.outcome.variants

    @property
    def best(self) -> VariantResult | None:
        """Of those that are better than the control for certain the one that differs most."""
        better = [each for each in self.outcome.comparisons if each.judgement is Judgement.BETTER and each.result]
        return max((self.variants[each.variant] for each in better), key=lambda variant: variant.mean, default=None)

    @property
    def young(self) -> int:
        """People of whom it is not yet known what they will do."""
        return sum(variant.assigned - variant.mature for variant in self.variants)


def experiment(source: Source, question: ExperimentQuestion, *, with_harm: bool = True) -> ExperimentReport:
    """A test of the workspace over its own life: who was given which variant until now, and what they did within so
    many days after. Source: the ledger. Raises ABTest.DoesNotExist for an id that is not the workspace's.

    Two queries, those of the members and one for what they did; of money those of what is told of it. Without harm
    nothing is told of guardrails and delivery, which takes less than half as long.
    """
    test = ABTest.objects.get(workspace=source.workspace, pk=question.test_id)
    variants = [*Variant.objects.filter(workspace=source.workspace, test=test)]
    return Experiment.of(source, question, test, variants, with_harm=with_harm).report(source, question)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A test, who is in it, and what is asked of it."""

    goal: Goal
    members: Members
    schedule: Schedule
    values: dict[Goal, Values]
    has_ended: bool

    @classmethod
    def of(
        cls,
        source: Source,
        question: ExperimentQuestion,
        test: ABTest,
        variants: Sequence[Variant],
        *,
        with_harm: bool = True,
    ) -> "Experiment":
        goal = asked_goal(test, question)
        found = members(source, test, variants, question.now, question.window_days or test.window_days, question.part)
        beside = [*GUARDRAILS, *([DELIVERED] if test.campaign_id is not None else ())] if with_harm else []
        goals = [goal, *beside]
        has_ended = test.ended_at is not None and test.ended_at <= question.now
        schedule = Schedule.of(found, has_ended=has_ended)
        return cls(goal, found, schedule, values_of(source, found, goals, question.now), has_ended)

    def report(self, source: Source, question: ExperimentQuestion) -> ExperimentReport:
        outcome = self.outcome(self.goal, question.cap)
        received = [self.members.through, *(values.through for values in self.values.values())]
        return ExperimentReport(
            self.members.test,
            self.goal,
            self.members.window_days,
            self._status(outcome),
            self.schedule.method,
            self.schedule.plan,
            self._ratio(),
            outcome,
            tuple(self.outcome(goal) for goal in GUARDRAILS if goal in self.values),
            int(self.members.of_several.sum()),
            source.workspace.currency,
            meta(source, question.on(self._life(question)), through=newest(*received)),
        )

    def _life(self, question: ExperimentQuestion) -> Window:
        """The days from the first person who came to the end of what counts."""
        if not len(self.members):
            return question.window
        zone = self.members.zone
        last = instant_of(int(self.members.at[-1]) + self.members.window)
        days = (local_day(at, zone) for at in (instant_of(int(self.members.at[0])), min(last, question.now)))
        return Window.between(*days, zone=zone)

    def outcome(self, goal: Goal, cap: float = 1.0) -> ExperimentOutcome:
        found, mature = self.values[goal], self.members.mature
        values, are_shares = found.values[:mature], goal.measure is Measure.SHARE
        cut = _cut(goal, values, cap)
        counted, saved = cut.values, 0.0
        if found.before is not None and mature:
            before = _cut(goal, found.before[:mature], cap)
            adjustment = regression_adjustment(counted, before.values)
            counted, saved = adjustment.values, adjustment.saved
        looks = self.schedule.looks(counted, are_shares=are_shares)
        return ExperimentOutcome(
            goal,
            self._variants(values, cut.values, are_shares=are_shares),
            comparisons(
                looks,
                self.members.control,
                self.schedule.method,
                is_harm=goal.is_harm,
                fractions=self.schedule.fractions,
            ),
            saved,
            cut.n,
            cut.most,
            found.unconverted,
        )

    @cached_property
    def _people_by_variant(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """All, the mature and those who were given nothing."""
        by_variant = self.members.by_variant
        return by_variant(), by_variant(slice(self.members.mature)), by_variant(self.members.withheld)

    def _variants(
        self, values: NDArray[np.float64], cut: NDArray[np.float64], *, are_shares: bool
    ) -> tuple[VariantResult, ...]:
        """`cut` are the values that their means are of."""
        of_members, mature = self.members, self.members.mature
        assigned, n, withheld = self._people_by_variant
        places, width = of_members.places[:mature], len(of_members.variants)
        sums, totals, squares, reached = (
            sums_by_place(places, each, width).tolist() for each in (values, cut, cut * cut, values != 0)
        )
        delivered = self.values.get(DELIVERED)
        arrived = None if delivered is None else sums_by_place(places, delivered.values[:mature], width).tolist()
        return tuple(
            VariantResult(
                variant.pk,
                variant.name,
                place == of_members.control,
                variant.weight,
                assigned[place],
                n[place],
                withheld[place],
                sums[place],
                int(reached[place]),
                ShareSample(int(totals[place]), n[place])
                if are_shares
                else Sample(n[place], totals[place], squares[place]),
                None if arrived is None else int(arrived[place]),
            )
            for place, variant in enumerate(of_members.variants)
        )

    def _ratio(self) -> SampleRatio:
        """While people come, at the ends of days: on one day a sender may send one variant after the other."""
        weights = [variant.weight for variant in self.members.variants]
        if self.has_ended or self.members.came_at_once:
            return SampleRatio(ratio_p_value(self.members.by_variant(), weights), is_running=False)
        sizes = ends_of_days(self.members.at, self.members.zone)
        looks = looks_of_each(sizes)
        counts = np.bincount(looks * len(weights) + self.members.places, minlength=len(sizes) * len(weights))
        by_look = np.cumsum(counts.reshape(len(sizes), -1), axis=0) if sizes else counts.reshape(0, 0)
        return SampleRatio(running_ratio_p_value(by_look.tolist(), weights), is_running=True)

    def _status(self, outcome: ExperimentOutcome) -> Status:
        if outcome.is_decided:
            return Status.DECIDED
        return Status.INCONCLUSIVE if self.schedule.is_complete else Status.RUNNING


def _cut(goal: Goal, values: NDArray[np.float64], cap: float) -> CutValues:
    """Only of money."""
    return without_outliers(values, cap if goal.measure is Measure.MONEY else 1.0)


class MemberState(StrEnum):
    """Which of a test's people are meant."""

    ASSIGNED = "assigned"
    MATURE = "mature"
    YOUNG = "young"
    SEVERAL = "several"
    WITHHELD = "withheld"
    REACHED = "reached"
    CUT = "cut"


def people_of_test(
    source: Source,
    question: ExperimentQuestion,
    state: MemberState,
    variant_id: int | None = None,
    first: int | None = None,
) -> NDArray[np.int32]:
    """The numbers, ascending, of the people behind a number of the report: all of a variant, where one is meant, and
    of the `first` so many who came.

    Of REACHED those of the mature whose value of the question's goal is not 0, of CUT those whose money counts as less.
    The queries of the report. Nobody where the test is not the workspace's.
    """
    test = ABTest.objects.filter(workspace=source.workspace, pk=question.test_id).first()
    if test is None:
        return np.zeros(0, np.int32)
    variants = [*Variant.objects.filter(workspace=source.workspace, test=test)]
    found = members(source, test, variants, question.now, question.window_days or test.window_days, question.part)
    is_mature = np.arange(len(found)) < found.mature
    match state:
        case MemberState.ASSIGNED:
            meant = np.ones(len(found), np.bool_)
        case MemberState.MATURE:
            meant = is_mature
        case MemberState.YOUNG:
            meant = ~is_mature
        case MemberState.SEVERAL:
            meant = found.of_several
        case MemberState.WITHHELD:
            meant = found.withheld
        case MemberState.REACHED | MemberState.CUT:
            goal = asked_goal(test, question)
            values = values_of(source, found, [goal], question.now)[goal].values
            most = _cut(goal, values[: found.mature], question.cap).most
            meant = is_mature & (values > most if state is MemberState.CUT else values != 0)
    if variant_id is not None:
        place = next((place for place, variant in enumerate(variants) if variant.pk == variant_id), -1)
        meant = meant & (found.places == place)
    return np.sort(found.people[:first][meant[:first]])


def orders_of_test(source: Source, question: ExperimentQuestion, events: MoneyEvents) -> NDArray[np.bool_]:
    """Which of the events are of a test's mature people, within their windows. The queries of its people; none where
    the test is not the workspace's."""
    test = ABTest.objects.filter(workspace=source.workspace, pk=question.test_id).first()
    if test is None:
        return np.zeros(len(events), np.bool_)
    variants = [*Variant.objects.filter(workspace=source.workspace, test=test)]
    days = question.window_days or test.window_days
    return are_of_mature(members(source, test, variants, question.now, days, question.part), events)


def asked_goal(test: ABTest, question: ExperimentQuestion) -> Goal:
    """The one that is asked for, or that the test was made for."""
    return (question.goal and read_goal(question.goal)) or goal_of(test)
