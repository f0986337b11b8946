"""Every metric once: its name, what it means in words, where it is counted, and what is divided by what.

The only place that divides.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"


class Dimension(StrEnum):
    """What counts can be split by."""

    DAY = "day"
    CAMPAIGN = "campaign_id"
    CHANNEL = "channel"
    VARIANT = "variant_id"


class Counted(StrEnum):
    """What is counted, each on one local day: that of the event, the signup, the message's creation, the first open
    or click, or the enrolment's begin."""

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
        """Messages have a campaign, a channel and a variant, enrolments a campaign, events and contacts none."""
        if self in (Counted.EVENTS, Counted.CONTACTS, Counted.CONVERSIONS):
            return frozenset({Dimension.DAY})
        if self.value.startswith("enrolments"):
            return frozenset({Dimension.DAY, Dimension.CAMPAIGN})
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
STATUSES = (*LIFE_CYCLE, Counted.HUMAN_OPENED, Counted.HUMAN_CLICKED)
"""With those that only people make it reach."""
OF_MESSAGES = frozenset({Counted.MESSAGES, *STATUSES})
"""All that is counted on the day of a message's creation."""


@dataclass(frozen=True)
class Metric:
    """`counted` says where a count comes from; a rate has numerator and denominator; what has neither is reckoned by
    one report alone. `of_people` is the key of the metric that leaves out what machines opened and clicked."""

    key: str
    label: str
    definition: str
    unit: Unit = Unit.COUNT
    numerator: str | None = None
    denominator: str | None = None
    less_is_better: bool = False
    counted: Counted | None = None
    of_people: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The keys of the counts that it is made of."""
        return (self.numerator, self.denominator) if self.numerator and self.denominator else (self.key,)

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """What it can be split by: all of its counts can."""
        counted = [METRICS[key].counted for key in self.parts]
        return frozenset[Dimension].intersection(*[part.dimensions if part else frozenset() for part in counted])

    @property
    def base(self) -> str:
        """`of delivered`, `of sent`: of which messages a rate is, empty for what is none of messages."""
        return f"of {self.denominator}" if self.denominator in ("sent", "delivered") else ""

    @property
    def formula(self) -> str:
        """`Opened ÷ Sent`, empty for what is counted."""
        if self.numerator is None or self.denominator is None:
            return ""
        return f"{METRICS[self.numerator].label} ÷ {METRICS[self.denominator].label}"


_ALL = [
    Metric("contacts_total", "Contacts", "Identified contacts there are now."),
    Metric("contacts_new", "New contacts", "Contacts who signed up in the period.", counted=Counted.CONTACTS),
    Metric("campaigns_total", "Campaigns", "All campaigns of the workspace."),
    Metric("campaigns_active", "Active campaigns", "Campaigns whose status is ACTIVE."),
    Metric(
        "messages_total",
        "Messages",
        "Messages created in the period, whatever became of them.",
        counted=Counted.MESSAGES,
    ),
    Metric("sent", "Sent", "Messages created in the period that have been sent since.", counted=Counted.SENT),
    Metric(
        "delivered",
        "Delivered",
        "Messages created in the period that have been delivered since.",
        counted=Counted.DELIVERED,
    ),
    Metric(
        "opened",
        "Opened",
        "Messages created in the period that have been opened since, each counted once. A click implies an open.",
        counted=Counted.OPENED,
        of_people="human_opened",
    ),
    Metric(
        "clicked",
        "Clicked",
        "Messages created in the period in which a link has been clicked, each counted once.",
        counted=Counted.CLICKED,
        of_people="human_clicked",
    ),
    Metric(
        "human_opened",
        "Opened by people",
        "Opened messages of the period, without those that only a mail service's prefetch or a scanner opened.",
        counted=Counted.HUMAN_OPENED,
    ),
    Metric(
        "human_clicked",
        "Clicked by people",
        "Clicked messages of the period, without those whose links only a scanner followed.",
        counted=Counted.HUMAN_CLICKED,
    ),
    Metric(
        "bounced",
        "Bounced",
        "Messages created in the period that came back as undeliverable.",
        less_is_better=True,
        counted=Counted.BOUNCED,
    ),
    Metric(
        "failed",
        "Failed",
        "Messages created in the period that could not be sent.",
        less_is_better=True,
        counted=Counted.FAILED,
    ),
    Metric(
        "events",
        "Events",
        "What people did in the period: events by the instant they occurred.",
        counted=Counted.EVENTS,
    ),
    Metric("opens", "Opens", "First opens of messages, by the day they happened.", counted=Counted.OPENS),
    Metric("clicks", "Clicks", "First clicks of messages, by the day they happened.", counted=Counted.CLICKS),
    Metric(
        "enrollments_total",
        "Enrolments",
        "Enrolments in the campaign that began in the period.",
        counted=Counted.ENROLMENTS,
    ),
    Metric(
        "enrollments_active",
        "Active enrolments",
        "Enrolments begun in the period that are still under way.",
        counted=Counted.ENROLMENTS_ACTIVE,
    ),
    Metric(
        "enrollments_completed",
        "Completed enrolments",
        "Enrolments begun in the period that were completed.",
        counted=Counted.ENROLMENTS_COMPLETED,
    ),
    Metric(
        "delivery_rate", "Delivery rate", "Share of sent messages that were delivered.", Unit.SHARE, "delivered", "sent"
    ),
    Metric(
        "open_rate",
        "Open rate of sent",
        "Share of sent messages that were opened.",
        Unit.SHARE,
        "opened",
        "sent",
        of_people="human_open_rate",
    ),
    Metric(
        "click_rate",
        "Click rate of sent",
        "Share of sent messages that were clicked.",
        Unit.SHARE,
        "clicked",
        "sent",
        of_people="human_click_rate",
    ),
    Metric(
        "human_open_rate",
        "Open rate of people, of sent",
        "Share of sent messages that people opened.",
        Unit.SHARE,
        "human_opened",
        "sent",
    ),
    Metric(
        "human_click_rate",
        "Click rate of people, of sent",
        "Share of sent messages that people clicked.",
        Unit.SHARE,
        "human_clicked",
        "sent",
    ),
    Metric(
        "campaign_open_rate",
        "Open rate",
        "Share of delivered messages that were opened.",
        Unit.SHARE,
        "opened",
        "delivered",
        of_people="campaign_human_open_rate",
    ),
    Metric(
        "campaign_click_rate",
        "Click rate",
        "Share of delivered messages that were clicked.",
        Unit.SHARE,
        "clicked",
        "delivered",
        of_people="campaign_human_click_rate",
    ),
    Metric(
        "campaign_human_open_rate",
        "Open rate of people",
        "Share of delivered messages that people opened.",
        Unit.SHARE,
        "human_opened",
        "delivered",
    ),
    Metric(
        "campaign_human_click_rate",
        "Click rate of people",
        "Share of delivered messages that people clicked.",
        Unit.SHARE,
        "human_clicked",
        "delivered",
    ),
    Metric(
        "bounce_share",
        "Bounce rate",
        "Share of sent messages that came back as undeliverable.",
        Unit.SHARE,
        "bounced",
        "sent",
        less_is_better=True,
    ),
    Metric(
        "bounce_rate",
        "Bounce rate of delivered",
        "Bounced messages for each delivered one, as the API has it: where more bounce than arrive, it is above 1.",
        Unit.SHARE,
        "bounced",
        "delivered",
        less_is_better=True,
    ),
    Metric(
        "unique_visitors",
        "Unique visitors",
        "Different people with an event of this source, medium and campaign in the period, anonymous ones included.",
    ),
    Metric("attributed_events", "Attributed events", "Events in the period that carry a utm_source."),
    Metric(
        "conversions",
        "Conversions",
        "Conversion events in the period by people who had an attributed event at or before them in the period.",
    ),
    Metric(
        "conversion_events",
        "Conversion events",
        "Events in the period of a type that the workspace counts as a conversion, whoever did them.",
        counted=Counted.CONVERSIONS,
    ),
    Metric(
        "last_touch_conversions",
        "Conversions",
        "Conversion events in the period, each credited to the last attributed event of its person in the period at or "
        "before it.",
    ),
    Metric(
        "wilson",
        "Interval of 95%",
        "Where the true rate may well lie, given how few messages it was seen on: of 100 such intervals 95 hold it "
        "(Wilson's score interval).",
    ),
    Metric(
        "difference",
        "Difference to control",
        "How far the variant's rate lies above or below that of the control, over all days of the test. The interval "
        "(Newcombe's) holds the true difference in 95 of 100 such cases.",
    ),
    Metric(
        "p_adjusted",
        "P-value (adjusted)",
        "How likely variants that do not differ would show such a difference by chance, adjusted for the number of "
        "variants (Holm). Below 0.05 a difference is told.",
    ),
    Metric("funnel_count", "People", "People who did this step and all steps before it, in order, in the period."),
    Metric("funnel_previous", "People of the previous step", "People who reached the step before this one."),
    Metric("funnel_first", "People of the first step", "People who did the first step in the period."),
    Metric("funnel_last", "People of the last step", "People who did all steps, in order, in the period."),
    Metric("funnel_dropoff", "Drop-off", "People who reached the step before but not this one."),
    Metric(
        "funnel_step_rate",
        "From previous step",
        "Share of the people of the step before who reached this one.",
        Unit.SHARE,
        "funnel_count",
        "funnel_previous",
    ),
    Metric(
        "funnel_overall_rate",
        "Overall conversion",
        "Share of the people of the first step who reached the last one.",
        Unit.SHARE,
        "funnel_last",
        "funnel_first",
    ),
    Metric("active_contacts", "Active contacts", "Contacts of the cohort who were active in the week."),
    Metric("cohort_size", "Cohort size", "Contacts who signed up on this day."),
    Metric(
        "retention_rate",
        "Retention",
        "Share of the cohort's contacts who were active in the week, counted from their signup day.",
        Unit.SHARE,
        "active_contacts",
        "cohort_size",
    ),
]

METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}
KEY_OF = {metric.counted: metric.key for metric in _ALL if metric.counted}
"""By what is counted, the key of its metric."""


def counted_for(metrics: Iterable[str]) -> set[Counted]:
    """What must be counted for these metrics."""
    keys = {part for key in metrics for part in METRICS[key].parts}
    return {counted for key in keys if (counted := METRICS[key].counted)}


def rate(numerator: int, denominator: int) -> float:
    """A fraction rounded half up to 3 decimals; 0.0 over nothing."""
    if denominator == 0:
        return 0.0
    return (2000 * numerator + denominator) // (2 * denominator) / 1000


def known_rate(numerator: int, denominator: int) -> float | None:
    """The same for people to read, who take a rate of nothing for a bad one: None over nothing."""
    return rate(numerator, denominator) if denominator else None


class Numbers(Mapping[str, int]):
    """Counts by the keys of their metrics: 0 for what was not counted."""

    def __init__(self, counts: Mapping[str, int] | Iterable[tuple[str, int]] = (), **more: int) -> None:
        self._counts = dict(counts, **more)

    def __getitem__(self, key: str) -> int:
        return self._counts.get(key, 0)

    def __contains__(self, key: object) -> bool:
        return key in self._counts

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"Numbers({self._counts})"

    def value(self, key: str) -> int | float:
        """Of any metric made of counts: the number itself, or a rate of two."""
        metric = METRICS[key]
        if metric.numerator is None or metric.denominator is None:
            return self[key]
        return rate(self[metric.numerator], self[metric.denominator])

    def known_value(self, key: str) -> int | float | None:
        """The same, but None for a rate over nothing, which a line through other rates must not fall to."""
        denominator = METRICS[key].denominator
        return None if denominator and not self[denominator] else self.value(key)

    def of_people(self) -> "Numbers":
        """With what people opened and clicked in place of all."""
        return Numbers((key, self[METRICS[key].of_people or key]) for key in self)

    @classmethod
    def added(cls, parts: Iterable["Numbers"]) -> "Numbers":
        total: dict[str, int] = {}
        for numbers in parts:
            for key, n in numbers.items():
                total[key] = total.get(key, 0) + n
        return cls(total)


MIN_BASE = 30
"""Of fewer, no change is told: it would be chance."""


@dataclass(frozen=True)
class Change:
    """How a metric differs from what it is compared with.

    `amount` is a fraction of the count before, or for a share the difference of the two; None where that says nothing.
    """

    metric: Metric
    before: int | float
    amount: float | None

    @property
    def is_good(self) -> bool | None:
        """None where it is neither."""
        return (self.amount > 0) != self.metric.less_is_better if self.amount else None


def change(key: str, numbers: Numbers, before: Numbers) -> Change:
    """Of a count relative to the count before, of a share in points; nothing over a base smaller than MIN_BASE."""
    metric = METRICS[key]
    value, value_before = numbers.value(key), before.value(key)
    if metric.denominator is not None:
        bases = numbers[metric.denominator], before[metric.denominator]
        amount = round(value - value_before, 3) if min(bases) >= MIN_BASE else None
    else:
        base = before[key]
        amount = round(value / base - 1, 3) if base >= MIN_BASE else None
    return Change(metric, value_before, amount)
