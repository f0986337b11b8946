"""The steps of a funnel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import NO_CONDITION, AllOf, Is, all_of
from campaignos.commas import comma_text, comma_values
from campaignos.texts import is_storable

MAX_STEPS = 10
MAX_TYPE_LENGTH = 200
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


Step: TypeAlias = EventStep | MessageStep


def read_steps(text: str) -> tuple[EventStep, ...]:
    """Event types separated by commas, one with a comma in it quoted as in CSV. Raises ValueError for other texts."""
    names = [*map(str.strip, comma_values(text))]
    if len(names) > MAX_STEPS or not all(map(is_event_type, names)):
        raise ValueError(f"1 to {MAX_STEPS} event types are a funnel's steps")
    return tuple(map(EventStep, names))


def steps_text(steps: Sequence[Step]) -> str | None:
    """What `read_steps` reads; None where they are not event types alone."""
    names = [step.event_type for step in steps if step == EventStep(_type_of(step))]
    return comma_text(names) if len(names) == len(steps) else None


def _type_of(step: Step) -> str:
    return step.event_type if isinstance(step, EventStep) else ""


def is_event_type(name: str) -> bool:
    return 0 < len(name) <= MAX_TYPE_LENGTH and is_storable(name)
