"""A funnel's step in words."""

from collections.abc import Sequence

from analytics.presentation.conditions import NO_NAMES, ConditionNames, condition_phrase
from analytics.presentation.formats import with_capital
from analytics.questions.fields import Subject
from analytics.questions.filters import NO_CONDITION
from analytics.questions.steps import EitherStep, EventStep, SignupStep, Step, with_where

MESSAGE_ACTS = {
    "sent": "was sent a message",
    "delivered": "got a message",
    "opened": "opened a message",
    "clicked": "clicked a message",
    "human_opened": "personally opened a message",
    "human_clicked": "personally clicked a message",
}


def step_phrase(step: Step, names: ConditionNames = NO_NAMES) -> str:
    """`purchase where amount is at least 100`, `clicked a message of Spring sale`: within a sentence."""
    where = f" where {condition_phrase(step.where, names)}" if step.where.conditions else ""
    if isinstance(step, EitherStep) and where:
        return f"{step_phrase(with_where(step, NO_CONDITION), names)}{where}"
    if isinstance(step, EitherStep):
        return " or ".join(step_phrase(each, names) for each in step.steps)
    if isinstance(step, SignupStep):
        return "signed up as a contact"
    if isinstance(step, EventStep):
        return f"{step.event_type}{where}"
    campaign = "" if step.campaign_id is None else f" of {names.campaign(step.campaign_id)}"
    variant = "" if step.variant_id is None else f", variant {names.variant(step.variant_id)}"
    return f"{MESSAGE_ACTS[step.status]}{campaign}{variant}{where}"


def step_sentence(step: Step, names: ConditionNames = NO_NAMES) -> str:
    """The same by itself: a type of events is written as it was sent."""
    phrase = step_phrase(step, names)
    return phrase if step.subject is Subject.EVENTS else with_capital(phrase)


def steps_sentence(steps: Sequence[Step], names: ConditionNames = NO_NAMES) -> str:
    return " → ".join(step_sentence(step, names) for step in steps)


def quoted_step(step: Step, names: ConditionNames = NO_NAMES) -> str:
    """Within another sentence: in quotes, where it is more than a name."""
    phrase = step_phrase(step, names)
    return phrase if isinstance(step, EventStep) and not step.where.conditions else f"“{phrase}”"
