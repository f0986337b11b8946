"""Tests of variants: how each stands, and one over its own life, with an interval at every look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import OrderList, PeopleList
from analytics.lists.experiment_members import MembersOfTest
from analytics.lists.orders_of_test import OrdersOfTest
from analytics.metrics import known_rate
from analytics.money import Amount
from analytics.periods import instant_of
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.experiments.texts import (
    GOAL_NAMES,
    JUDGEMENT_LABELS,
    MEMBERS_LABELS,
    METHOD_LABELS,
    TEST_STATUS_LABELS,
    comparison_text,
    goal_name,
    outcome_text,
    reached_label,
    remarks,
)
from analytics.presentation.formats import count, short_name, signed_percent
from analytics.presentation.money import MoneyGap
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, Value
from analytics.questions.experiments import DEFAULT_SHARE_KEPT, ExperimentQuestion
from analytics.questions.questions import Question
from analytics.reports.experiments.catalogue import ExperimentsReport, experiments
from analytics.reports.experiments.comparisons import AgainstControl, DifferenceAtLook
from analytics.reports.experiments.goals import Measure, goal_of
from analytics.reports.experiments.report import (
    ExperimentOutcome,
    ExperimentReport,
    MemberState,
    VariantResult,
)

LOOKS_DRAWN = 12
"""The newest; the table has all, newest first."""


def show_experiments(source: Source, question: Question) -> Presentation:
    """The newest of all tests."""
    return experiments_presentation(experiments(source, question.with_params(ExperimentQuestion, test_id=0)))


def experiments_presentation(report: ExperimentsReport) -> Presentation:
    columns = (
        Column("name", "Test"),
        Column("goal", "Goal"),
        Column("people", "People", Kind.COUNT),
        Column("status", "Status"),
        Column("result", "Result"),
    )
    rows = tuple(
        Row(
            {
                "name": Cell(each.test.name, link=Link.to("experiments", test=each.test.api_id)),
                "goal": Cell(goal_name(each.goal)),
                "people": Cell(
                    sum(variant.assigned for variant in each.variants), PeopleList(test=MembersOfTest(each.test.pk))
                ),
                "status": Cell(TEST_STATUS_LABELS[each.status]),
                "result": Cell(outcome_text(each)),
            }
        )
        for each in report.reports
    )
    return Presentation(meta=report.meta, tables=(Table("tests", "A/B tests", columns, rows),))


def experiment_presentation(report: ExperimentReport, question: ExperimentQuestion) -> Presentation:
    """`question` is what was asked: of another goal or window than the test's own lists are, too."""
    shown = _Experiment(report, question.window_days, question.goal, question.cap)
    return Presentation(
        meta=report.meta,
        charts=tuple(shown.looks(each) for each in report.outcome.comparisons if each.looks),
        tables=(shown.variants(report.outcome), shown.members(), shown.guardrails()),
        notices=remarks(report),
        money_gaps=shown.gaps(),
    )


def variants_chart(report: ExperimentReport) -> Chart:
    """Of a campaign's page: how the variants differ from the control in one thing that its people did, now."""
    shown, name = _Experiment(report), short_name(report.test.name)
    table = shown.variants(report.outcome, f"{report.test.api_id}_{report.goal.text}")
    goal = goal_name(report.goal).lower()
    title = f"A/B test: {name}, {goal}"
    finding = outcome_text(report)
    named = replace(table, title=f"Variants of {name}: {goal}")
    return Chart(ChartKind.INTERVALS, title, named, ("low", "high", "difference"), finding, stands_apart=True)


@dataclass(frozen=True)
class _Experiment:
    """`days` are those of the window, and `goal` is what is asked, where others than the test's own are."""

    report: ExperimentReport
    days: int | None = None
    goal: str | None = None
    cap: float = DEFAULT_SHARE_KEPT

    def people(self, state: MemberState, variant: VariantResult, goal: str | None = None) -> PeopleList:
        return PeopleList(test=MembersOfTest(self.report.test.pk, state, variant.number, goal, self.days))

    def gaps(self) -> tuple[MoneyGap, ...]:
        """Amounts that count as nothing."""
        orders = OrderList(unconverted=True, test=OrdersOfTest(self.report.test.pk, self.days))
        number = self.report.outcome.unconverted
        return (MoneyGap(number, "left out, without an exchange rate", orders),) if number else ()

    def achievers(self, variant: VariantResult, outcome: ExperimentOutcome) -> PeopleList:
        own = outcome.goal.text == goal_of(self.report.test).text
        return self.people(MemberState.REACHED, variant, None if own else outcome.goal.text)

    def looks(self, comparison: AgainstControl) -> Chart:
        """The difference to the control at each look, with its interval."""
        variant = self.report.variants[comparison.variant]
        kind, currency = self._difference_kind()
        columns = (
            Column("look", "Look"),
            Column("people", "People", Kind.COUNT),
            Column("difference", "Difference", kind, currency=currency),
            Column("low", "95% CI from", kind, currency=currency),
            Column("high", "95% CI to", kind, currency=currency),
            Column("p", "p", Kind.P_VALUE),
        )
        rows = tuple(self._look_row(place, look) for place, look in enumerate(comparison.looks))[::-1]
        name = short_name(variant.name)
        title = f"{name} against {short_name(self.report.variants[comparison.control].name)}, look by look"
        table = Table(f"looks_{variant.number}", title, columns, rows)
        finding = comparison_text(comparison, self.report)
        return Chart(ChartKind.INTERVALS, title, table, ("low", "high", "difference"), finding, rows=LOOKS_DRAWN)

    def _look_row(self, place: int, look: DifferenceAtLook) -> Row:
        at = instant_of(look.look.at).astimezone(self.report.meta.starts_at.tzinfo)
        people = look.look.people
        rows = PeopleList(test=MembersOfTest(self.report.test.pk, days=self.days, first=people))
        cells = {"look": Cell(f"{at:%-d %b}: {count(people)} people"), "people": Cell(people, rows)}
        numbers = {"difference": look.amount, "low": look.low, "high": look.high}
        cells |= {name: Cell(self._number(number)) for name, number in numbers.items()}
        return Row({**cells, "p": Cell(round(look.p, 4))})

    def _difference_kind(self) -> tuple[Kind, str]:
        match self.report.goal.measure:
            case Measure.SHARE:
                return Kind.POINTS, ""
            case Measure.MONEY:
                return Kind.MONEY, self.report.currency
        return Kind.CREDIT, ""

    def _number(self, number: float) -> Value:
        if self.report.goal.measure is Measure.MONEY:
            return Amount(self.report.currency, round(number))
        return round(number, 4)

    def variants(self, outcome: ExperimentOutcome, key: str = "variants") -> Table:
        kind, currency = self._difference_kind()
        is_share = outcome.goal.measure is Measure.SHARE
        mean = (
            Column("rate", "Rate", Kind.SHARE)
            if is_share
            else Column("rate", "Mean per person", kind, currency=currency)
        )
        columns = (
            Column("variant", "Variant"),
            Column("assigned", "People", Kind.COUNT),
            Column("mature", "Window over", Kind.COUNT),
            Column("reached", reached_label(outcome.goal), Kind.COUNT),
            mean,
            *((Column("ofDelivered", "Of delivered", Kind.SHARE),) if is_share and self._is_of_messages else ()),
            Column("difference", "Difference", kind, "difference", currency=currency),
            Column("low", "95% CI from", kind, currency=currency),
            Column("high", "95% CI to", kind, currency=currency),
            Column("relative", "Relative"),
            Column("p", "p", Kind.P_VALUE, "p_adjusted"),
            Column("verdict", "Verdict"),
        )
        by_place = {each.variant: each for each in outcome.comparisons}
        rows = [
            self._variant_row(variant, outcome, by_place.get(place)) for place, variant in enumerate(outcome.variants)
        ]
        return Table(key, "Variants", columns, rows)

    @property
    def _is_of_messages(self) -> bool:
        """Whether it is told what of theirs was delivered."""
        return any(variant.delivered is not None for variant in self.report.variants)

    def _variant_row(
        self, variant: VariantResult, outcome: ExperimentOutcome, comparison: AgainstControl | None
    ) -> Row:
        is_share = outcome.goal.measure is Measure.SHARE
        cells: dict[str, Cell] = {
            "variant": Cell(variant.name),
            "assigned": Cell(variant.assigned, self.people(MemberState.ASSIGNED, variant)),
            "mature": Cell(variant.mature, self.people(MemberState.MATURE, variant)),
            "reached": Cell(variant.reached, self.achievers(variant, outcome)),
            "rate": Cell(known_rate(variant.reached, variant.mature) if is_share else self._number(variant.mean)),
        }
        if variant.delivered is not None:
            cells["ofDelivered"] = Cell(known_rate(variant.reached, variant.delivered))
        if comparison and comparison.result:
            numbers = {
                "difference": comparison.result.amount,
                "low": comparison.result.low,
                "high": comparison.result.high,
            }
            cells |= {name: Cell(self._number(number)) for name, number in numbers.items()}
            cells["p"] = Cell(round(comparison.holm, 4))
            if relative := comparison.result.relative:
                cells["relative"] = Cell(signed_percent(relative[0]))
        if comparison:
            cells["verdict"] = Cell(JUDGEMENT_LABELS[comparison.judgement])
        return Row(cells, note="control" if variant.is_control else "")

    def members(self) -> Table:
        """Of all variants together: how many people are told of, and which ones with a grain of salt."""
        report, key = self.report, self.report.test.pk
        numbers = {
            MemberState.ASSIGNED: sum(variant.assigned for variant in report.variants),
            MemberState.YOUNG: report.young,
            MemberState.SEVERAL: report.of_two_variants,
            MemberState.CUT: report.outcome.cut,
        }
        rows = tuple(
            Row(
                {
                    "which": Cell(MEMBERS_LABELS[state]),
                    "people": Cell(
                        number,
                        PeopleList(test=MembersOfTest(key, state, None, self._goal(state), self.days, cap=self.cap)),
                    ),
                }
            )
            for state, number in numbers.items()
            if number or state is MemberState.ASSIGNED
        )
        return Table(
            "members", "People in the test", (Column("which", "People"), Column("people", "Number", Kind.COUNT)), rows
        )

    def _goal(self, state: MemberState) -> str | None:
        return self.goal if state is MemberState.CUT else None

    def guardrails(self) -> Table:
        columns = (
            Column("guardrail", "Guardrail"),
            Column("variant", "Variant"),
            Column("reached", "People", Kind.COUNT),
            Column("rate", "Rate", Kind.SHARE),
            Column("verdict", "Verdict"),
        )
        rows = [
            Row(
                {
                    "guardrail": Cell(GOAL_NAMES[outcome.goal.key]),
                    "variant": Cell(variant.name),
                    "reached": Cell(variant.reached, self.achievers(variant, outcome)),
                    "rate": Cell(known_rate(variant.reached, variant.mature)),
                    "verdict": Cell(_verdict(place, outcome.comparisons)),
                }
            )
            for outcome in self.report.guardrails
            for place, variant in enumerate(outcome.variants)
        ]
        return Table("guardrails", "Guardrails", columns, rows)


def _verdict(place: int, comparisons: Sequence[AgainstControl]) -> str:
    return next((JUDGEMENT_LABELS[each.judgement] for each in comparisons if each.variant == place), "")


def method_label(report: ExperimentReport) -> str:
    return METHOD_LABELS[report.method]
