"""The steps of a funnel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import NO_CONDITION, AllOf, Is, all_of
from campaignos.commas import comma_items, comma_text
from campaignos.texts import is_storable

MAX_STEPS = 10
MAX_ALTERNATIVES = 5
MAX_TYPE_LENGTH = 200
STEPS_ARE = f"1 to {MAX_STEPS} event types are a funnel's steps"
STEP_STATUSES = ("sent", "delivered", "opened", "clicked", "human_opened", "human_clicked")

_CAMPAIGN = Field("campaign", Subject.MESSAGES, FieldKind.CAMPAIGN)
_VARIANT = Field("variant", Subject.MESSAGES, FieldKind.VARIANT)


@dataclass(frozen=True)
class EventStep:
    """An event of a type, written as it was sent, that meets a condition on events."""

    event_type: str
    where: AllOf = NO_CONDITION

    subject = Subject.EVENTS

    @property
    def condition(self) -> AllOf:
        """What events of its type have to meet."""
        return self.where


@dataclass(frozen=True)
class MessageStep:
    """A message's first reaching a status (one of STEP_STATUSES): a message of a campaign and of one of its variants,
    where they are said, that meets a condition on messages."""

    status: str
    campaign_id: int | None = None
    variant_id: int | None = None
    where: AllOf = NO_CONDITION

    subject = Subject.MESSAGES

    @property
    def condition(self) -> AllOf:
        """What messages that reach its status have to meet."""
        campaign = () if self.campaign_id is None else (Is(_CAMPAIGN, (f"cmp_{self.campaign_id}",)),)
        variant = () if self.variant_id is None else (Is(_VARIANT, (str(self.variant_id),)),)
        return all_of(*campaign, *variant, self.where)


@dataclass(frozen=True)
class SignupStep:
    """A contact's signing up."""

    subject = Subject.PEOPLE

    @property
    def where(self) -> AllOf:
        return NO_CONDITION

    @property
    def condition(self) -> AllOf:
        return NO_CONDITION


@dataclass(frozen=True)
class EitherStep:
    """Any of several: events, or acts of messages, each under its own conditions."""

    steps: tuple[EventStep, ...] | tuple[MessageStep, ...]

    @property
    def subject(self) -> Subject:
        return self.steps[0].subject

    @property
    def where(self) -> AllOf:
        """The conditions of all, where these are the same."""
        of_all = {step.where for step in self.steps}
        return of_all.pop() if len(of_all) == 1 else NO_CONDITION

    @property
    def condition(self) -> AllOf:
        """What names all that these name."""
        return all_of(*(step.condition for step in self.steps))


SingleStep: TypeAlias = EventStep | MessageStep | SignupStep
Step: TypeAlias = SingleStep | EitherStep


def alternatives(step: Step) -> tuple[SingleStep, ...]:
    """What a step is any of: itself, where it is one thing."""
    return step.steps if isinstance(step, EitherStep) else (step,)


def either_of(steps: Sequence[Step]) -> Step:
    """Any of these. Raises ValueError where they are not all events or all acts of messages, or too many."""
    single = tuple(dict.fromkeys(each for step in steps for each in alternatives(step)))
    if len(single) == 1:
        return single[0]
    if not 1 < len(single) <= MAX_ALTERNATIVES:
        raise ValueError
    events = tuple(step for step in single if isinstance(step, EventStep))
    acts = tuple(step for step in single if isinstance(step, MessageStep))
    if len(single) not in (len(events), len(acts)):
        raise ValueError
    return EitherStep(events or acts)


def with_where(step: Step, where: AllOf) -> Step:
    """Under other conditions of its own, each of its alternatives. Raises ValueError for what has none."""
    if isinstance(step, EitherStep):
        return either_of([with_where(each, where) for each in step.steps])
    if not isinstance(step, SignupStep):
        return replace(step, where=where)
    if where.conditions:
        raise ValueError
    return step


def under_condition(step: Step, condition: AllOf) -> Step:
    """Under one condition more, each of its alternatives."""
    if isinstance(step, EitherStep):
        return either_of([under_condition(each, condition) for each in step.steps])
    return step if isinstance(step, SignupStep) else replace(step, where=all_of(step.where, condition))


def read_steps(text: str) -> tuple[EventStep | EitherStep, ...]:
    """Event types separated by commas, one with a comma or a bar in it quoted as in CSV; any of several joined by bars.
    Raises ValueError for other texts."""
    items = comma_items(text)
    if len(items) > MAX_STEPS:
        raise ValueError(STEPS_ARE)
    return tuple(_read_step(item.value.strip(), is_quoted=item.is_quoted) for item in items)


def _read_step(text: str, *, is_quoted: bool) -> EventStep | EitherStep:
    names = [text] if is_quoted else [*map(str.strip, text.split("|"))]
    if not all(map(is_event_type, names)):
        raise ValueError(STEPS_ARE)
    step = either_of([*map(EventStep, names)])
    assert isinstance(step, EventStep | EitherStep)
    return step


def steps_text(steps: Sequence[Step]) -> str | None:
    """What `read_steps` reads; None where they are not event types alone."""
    names = [name for step in steps if (name := _name(step)) is not None]
    return comma_text(names) if len(names) == len(steps) else None


def _name(step: Step) -> str | None:
    """What is read as the step, where it is of event types alone."""
    names = [each.event_type for each in alternatives(step) if isinstance(each, EventStep)]
    if with_where(step, NO_CONDITION) != step or len(names) < len(alternatives(step)) or "|" in "".join(names):
        return None
    is_plain = len(names) == 1 or not any(set(name) & {",", '"'} or name != name.strip() for name in names)
    return "|".join(names) if is_plain else None


def is_event_type(name: str) -> bool:
    return 0 < len(name) <= MAX_TYPE_LENGTH and is_storable(name)
