"""What a test of variants shows, in sentences."""

from analytics.money import Amount
from analytics.presentation.formats import amount_text, count, count_of, percent, points, short_name
from analytics.reports.experiments.comparisons import (
    ENOUGH_PEOPLE,
    AgainstControl,
    Judgement,
    Method,
)
from analytics.reports.experiments.goals import COUNT, Goal, Measure
from analytics.reports.experiments.report import LIFT_SOUGHT, ExperimentReport, MemberState, Status

TEST_STATUS_LABELS = {Status.RUNNING: "Running", Status.DECIDED: "Decided", Status.INCONCLUSIVE: "No difference shown"}
JUDGEMENT_LABELS = {
    Judgement.BETTER: "Better",
    Judgement.WORSE: "Worse",
    Judgement.NO_DIFFERENCE: "Undecided",
    Judgement.TOO_FEW: "Too few to say",
}
MEMBERS_LABELS = {
    MemberState.ASSIGNED: "Given a variant",
    MemberState.YOUNG: "Window not over yet",
    MemberState.SEVERAL: "Given another variant later",
    MemberState.CUT: "Money cut off",
}
METHOD_LABELS = {
    Method.FIXED: "One look, once the window is over for everybody",
    Method.PLAN: "Five planned looks (Lan–DeMets, O'Brien–Fleming)",
    Method.ANY_LOOK: "Intervals that hold at any look",
}
GOAL_NAMES = {
    "click": "Clicked",
    "open": "Opened",
    "conversion": "Converted",
    "revenue": "Net revenue per person",
    "unsubscribe": "Unsubscribed",
    "complaint": "Complained of spam",
    "hardBounce": "Hard bounces",
    "delivered": "Delivered",
}


def goal_name(goal: Goal) -> str:
    if name := GOAL_NAMES.get(goal.key):
        return name
    event = short_name(goal.event_type)
    return f"Number of {event}" if goal.key == COUNT else f"Did {event}"


def reached_label(goal: Goal) -> str:
    """What those have done who reached it."""
    if goal.measure is Measure.MONEY:
        return "With money"
    return f"Did {short_name(goal.event_type)}" if goal.key == COUNT else goal_name(goal)


def saved_text(report: ExperimentReport) -> str:
    """What is known of people from before, and whose money is cut off; empty where that is nothing to speak of."""
    outcome, found = report.outcome, []
    if outcome.saved >= LEAST_SAVED:
        found.append(f"What people did before explains {percent(outcome.saved)} of how they differ.")
    if outcome.cut:
        found.append(f"Money of {count_of(outcome.cut, 'person', 'people')} is cut off.")
    return " ".join(found)


LEAST_SAVED = 0.005


def outcome_text(report: ExperimentReport) -> str:
    """Of a list: the sentence on each variant, or why there is none."""
    if report.ratio.is_mismatch:
        return MISMATCH_TEXT
    told = [comparison_text(each, report) for each in report.outcome.comparisons]
    return " ".join(told) or waiting_text(report)


MISMATCH_TEXT = (
    "The variants did not get the shares of people that their weights say, by more than chance: the result cannot "
    "be trusted."
)


def comparison_text(comparison: AgainstControl, report: ExperimentReport) -> str:
    """B is better than A: +1.7 points (95% CI +0.2 to +3.1 points)."""
    name, control = (short_name(report.variants[place].name) for place in (comparison.variant, comparison.control))
    result = comparison.result
    if result is None:
        few = f"fewer than {ENOUGH_PEOPLE} people in a variant, or who reached the goal"
        return f"{name} against {control}: too few to say ({few})."
    interval = f"95% CI {_difference(result.low, report, unit=False)} to {_difference(result.high, report)}"
    match comparison.judgement:
        case Judgement.BETTER | Judgement.WORSE as judgement:
            word = "better" if judgement is Judgement.BETTER else "worse"
            return f"{name} is {word} than {control}: {_difference(result.amount, report)} ({interval})."
    return f"{name} against {control}: {_difference(result.amount, report)} ({interval}), undecided.{_missing(report)}"


def waiting_text(report: ExperimentReport) -> str:
    people = sum(variant.assigned for variant in report.variants)
    if not people:
        return "Nobody has been given a variant yet."
    return f"Waiting for the {report.window_days}-day window of {count_of(report.young, 'person', 'people')} to end."


def remarks(report: ExperimentReport) -> tuple[str, ...]:
    """What should be known of the result."""
    found = [MISMATCH_TEXT] if report.ratio.is_mismatch else []
    if report.of_two_variants:
        people = count_of(report.of_two_variants, "person was", "people were")
        found.append(f"{people} given another variant later: only the first one counts.")
    return tuple(found)


def _difference(number: float, report: ExperimentReport, *, unit: bool = True) -> str:
    match report.goal.measure:
        case Measure.SHARE:
            return points(round(number, 4), unit=unit)
        case Measure.MONEY:
            sign = "+" if round(number) > 0 else ""
            return f"{sign}{amount_text(Amount(report.currency, round(number)), names_currency=unit)}"
    return f"{'−' if number < 0 else '+'}{abs(number):.2f}"


def _missing(report: ExperimentReport) -> str:
    """Two digits of the number are enough."""
    people = report.outcome.people_missing
    if not people:
        return ""
    size = 10 ** max(len(str(people)) - 2, 0)
    rounded = -(-people // size) * size
    return f" To see a lift of {LIFT_SOUGHT:.0%}, about {count(rounded)} more people in each variant are needed."
