"""By which rules people go through a funnel, and which of them are meant, in words."""

from collections.abc import Iterator

from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import days
from analytics.presentation.steps import quoted_step
from analytics.questions.entrants import Entrants, TimeTaken
from analytics.questions.funnel_rules import Exclusion, FunnelRules, StepOrder

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
ORDERS = {
    StepOrder.ORDERED: "In this order, others may lie between",
    StepOrder.STRICT: "In this order, no other event between",
    StepOrder.ANY: "In any order",
}


def length(seconds: int) -> str:
    """`14 days`, `1 hour`, `90 minutes`: in the largest unit that it is a whole number of."""
    size, unit = next(each for each in _UNITS if not seconds % each[0])
    number = seconds // size
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def rules_phrases(rules: FunnelRules, names: ConditionNames = NO_NAMES) -> Iterator[str]:
    if rules.window is not None:
        yield f"Within {length(int(rules.window.total_seconds()))} of entering"
    if rules.order is not StepOrder.ORDERED:
        yield ORDERS[rules.order]
    yield from (_exclusion_phrase(exclusion, names) for exclusion in rules.exclude)


def _exclusion_phrase(exclusion: Exclusion, names: ConditionNames) -> str:
    between = exclusion.between
    where = "" if between is None else f" between steps {between[0]} and {between[1]}"
    return f"Without {quoted_step(exclusion.step, names)}{where}"


def entrants_phrases(entrants: Entrants) -> Iterator[str]:
    if entrants.is_mature is not None:
        yield "Window over" if entrants.is_mature else "Window not over yet"
    if entrants.entered_on is not None:
        yield f"Entered {days(entrants.entered_on.first_day, entrants.entered_on.last_day)}"
    if entrants.took is not None:
        yield f"Took {time_taken(entrants.took)} since step {entrants.took.since}"


def time_taken(took: TimeTaken) -> str:
    """`under 1 minute`, `1 hour to 6 hours`, `30 days or more`."""
    if took.below is None:
        return f"{length(took.at_least)} or more" if took.at_least else "any time"
    return f"{length(took.at_least)} to {length(took.below)}" if took.at_least else f"under {length(took.below)}"
