"""What is counted, and what counts can be split by."""

from enum import StrEnum


class Dimension(StrEnum):
    """What counts can be split by."""

    DAY = "day"
    HOUR = "hour"
    """By its first instant, in UTC."""
    CAMPAIGN = "campaign_id"
    CHANNEL = "channel"
    VARIANT = "variant_id"


_OF_TIME = frozenset({Dimension.DAY, Dimension.HOUR})


class Counted(StrEnum):
    """What is counted, each on one local day: that of the event, the signup, the message's creation, the first open
    or click, or the enrollment's begin."""

    EVENTS = "events"
    CONTACTS = "contacts"
    MESSAGES = "messages"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    FAILED = "failed"
    HUMAN_OPENED = "human_opened"
    HUMAN_CLICKED = "human_clicked"
    HARD_BOUNCED = "hard_bounced"
    SOFT_BOUNCED = "soft_bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENS = "opens"
    CLICKS = "clicks"
    ENROLMENTS = "enrolments"
    ENROLMENTS_ACTIVE = "enrolments_active"
    ENROLMENTS_COMPLETED = "enrolments_completed"
    CONVERSIONS = "conversions"
    """Events of the types that the workspace counts as conversions, which it may change: no row of its own has them."""

    @property
    def field(self) -> str:
        """Of messages, their field with the instant of creation; of a status, that at which it was reached first."""
        return "created_at" if self is Counted.MESSAGES else f"{self.value}_at"

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """Messages have a campaign, a channel and a variant, enrollments a campaign, events and contacts none."""
        if self in (Counted.EVENTS, Counted.CONTACTS, Counted.CONVERSIONS):
            return _OF_TIME
        if self.value.startswith("enrolments"):
            return _OF_TIME | {Dimension.CAMPAIGN}
        return frozenset(Dimension)


LIFE_CYCLE = (
    Counted.SENT,
    Counted.DELIVERED,
    Counted.OPENED,
    Counted.CLICKED,
    Counted.BOUNCED,
    Counted.FAILED,
)
"""The statuses of a message, in the order in which it reaches them."""
LADDER = {"QUEUED": Counted.MESSAGES, **{status.upper(): status for status in LIFE_CYCLE}}
"""By the API's names, in that order. Every message was queued: that is its creation."""
HARM = (Counted.HARD_BOUNCED, Counted.SOFT_BOUNCED, Counted.COMPLAINED, Counted.UNSUBSCRIBED)
"""What reports tell of a message that did more harm than good."""
ACTS_OF_PEOPLE = frozenset(
    {
        Counted.OPENED,
        Counted.CLICKED,
        Counted.HUMAN_OPENED,
        Counted.HUMAN_CLICKED,
        Counted.COMPLAINED,
        Counted.UNSUBSCRIBED,
    }
)
"""What a message reaches long after it was sent."""
STATUSES = (*LIFE_CYCLE, Counted.HUMAN_OPENED, Counted.HUMAN_CLICKED, *HARM)
"""With those that only people make it reach, and harm."""
OF_MESSAGES = frozenset({Counted.MESSAGES, *STATUSES})
"""All that is counted on the day of a message's creation."""

OF_EVENTS = frozenset({Counted.EVENTS, Counted.CONVERSIONS})
