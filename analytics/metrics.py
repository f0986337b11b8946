"""Every metric once: its name, what it means in words, where it is counted, and what is divided by what.

The only place that divides.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    """Minor units of the workspace's currency."""


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


@dataclass(frozen=True)
class Metric:
    """`counted` says where a count comes from; a rate has numerator and denominator; what has neither is reckoned by
    one report alone. `of_people` is the key of the metric that leaves out what machines opened and clicked; such a one
    has the same `name`, and says so in its `note`."""

    key: str
    name: str
    definition: str
    unit: Unit = Unit.COUNT
    numerator: str | None = None
    denominator: str | None = None
    less_is_better: bool = False
    counted: Counted | None = None
    of_people: str = ""
    note: str = ""
    is_small: bool = False
    """Of a share: told to hundredths of a per cent, for what mailbox providers mind begins below a tenth of one."""

    @property
    def places(self) -> int:
        """The decimals that a share is rounded to."""
        return 4 if self.is_small else 3

    @property
    def label(self) -> str:
        """Its name where others stand beside it: no two metrics of one report have the same."""
        return f"{self.name} ({self.note})" if self.note else self.name

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
    def rises_with_age(self) -> bool:
        """Whether it is a share that older messages have more of, for people open and click them for days."""
        return self.numerator is not None and METRICS[self.numerator].counted in ACTS_OF_PEOPLE

    @property
    def base(self) -> str:
        """`of delivered`, `of sent`: of which messages a rate is, empty for what is none of messages."""
        return f"of {self.denominator}" if self.denominator in ("sent", "delivered") else ""

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """What stands below a rate's name: which messages it is of, and what is left out of it."""
        return tuple(filter(None, (self.base, self.note))) if self.base else ()

    @property
    def formula(self) -> str:
        """`Opened ÷ Sent`, empty for what is counted."""
        if self.numerator is None or self.denominator is None:
            return ""
        return f"{METRICS[self.numerator].label} ÷ {METRICS[self.denominator].label}"


_CONVERTED = "Amounts of other currencies are converted by the rate of their day; those without a rate are left out."
NO_BOT_OPENS, NO_BOT_CLICKS = "bot opens excluded", "bot clicks excluded"

_ALL = [
    Metric("contacts_total", "Contacts", "Contacts in the workspace now. Anonymous visitors are not among them."),
    Metric("contacts_new", "New contacts", "Contacts who signed up in the period.", counted=Counted.CONTACTS),
    Metric("campaigns_total", "Campaigns", "All campaigns of the workspace."),
    Metric("campaigns_active", "Active campaigns", "Campaigns that are active now."),
    Metric(
        "messages_total",
        "Messages",
        "Messages created in the period, whether or not they were sent.",
        counted=Counted.MESSAGES,
    ),
    Metric("sent", "Sent", "Messages created in the period that have been sent by now.", counted=Counted.SENT),
    Metric(
        "delivered",
        "Delivered",
        "Messages created in the period that have been delivered by now.",
        counted=Counted.DELIVERED,
    ),
    Metric(
        "opened",
        "Opened",
        "Messages created in the period that have been opened by now, each counted once. A click counts as an open.",
        counted=Counted.OPENED,
        of_people="human_opened",
    ),
    Metric(
        "clicked",
        "Clicked",
        "Messages created in the period in which a link has been clicked by now, each counted once.",
        counted=Counted.CLICKED,
        of_people="human_clicked",
    ),
    Metric(
        "human_opened",
        "Opened",
        "Messages created in the period that a person has opened by now. Left out are those that only bots opened: "
        "mail services that load messages in advance, and security scanners.",
        counted=Counted.HUMAN_OPENED,
        note=NO_BOT_OPENS,
    ),
    Metric(
        "human_clicked",
        "Clicked",
        "Messages created in the period in which a person has clicked a link by now. Left out are those that only "
        "security scanners clicked.",
        counted=Counted.HUMAN_CLICKED,
        note=NO_BOT_CLICKS,
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
        "hard_bounced",
        "Hard bounced",
        "Messages created in the period that came back for good: there is no such mailbox, or it takes none of yours.",
        less_is_better=True,
        counted=Counted.HARD_BOUNCED,
    ),
    Metric(
        "soft_bounced",
        "Soft bounced",
        "Messages created in the period that came back for now: the mailbox was full, or its server busy.",
        less_is_better=True,
        counted=Counted.SOFT_BOUNCED,
    ),
    Metric(
        "deferred",
        "Deferred",
        "Messages created in the period that a mailbox provider put off at least once, whether or not they arrived "
        "later.",
        less_is_better=True,
    ),
    Metric(
        "complained",
        "Complained",
        "Messages created in the period that their recipient has reported as spam by now, each counted once.",
        less_is_better=True,
        counted=Counted.COMPLAINED,
    ),
    Metric(
        "unsubscribed",
        "Unsubscribed",
        "Messages created in the period that their recipient has unsubscribed from by now, each counted once.",
        less_is_better=True,
        counted=Counted.UNSUBSCRIBED,
    ),
    Metric(
        "events",
        "Events",
        "Events that happened in the period, also those of anonymous visitors.",
        counted=Counted.EVENTS,
    ),
    Metric(
        "opens",
        "Opens",
        "Messages opened for the first time in the period. Bot opens are included.",
        counted=Counted.OPENS,
    ),
    Metric(
        "clicks",
        "Clicks",
        "Messages clicked for the first time in the period. Bot clicks are included.",
        counted=Counted.CLICKS,
    ),
    Metric(
        "enrollments_total",
        "Enrollments",
        "Enrollments in campaigns that started in the period.",
        counted=Counted.ENROLMENTS,
    ),
    Metric(
        "enrollments_active",
        "Active enrollments",
        "Enrollments started in the period that are still active.",
        counted=Counted.ENROLMENTS_ACTIVE,
    ),
    Metric(
        "enrollments_completed",
        "Completed enrollments",
        "Enrollments started in the period that have been completed by now.",
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
        "Open rate of sent",
        "Share of sent messages that a person opened.",
        Unit.SHARE,
        "human_opened",
        "sent",
        note=NO_BOT_OPENS,
    ),
    Metric(
        "human_click_rate",
        "Click rate of sent",
        "Share of sent messages in which a person clicked a link.",
        Unit.SHARE,
        "human_clicked",
        "sent",
        note=NO_BOT_CLICKS,
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
        "Open rate",
        "Share of delivered messages that a person opened.",
        Unit.SHARE,
        "human_opened",
        "delivered",
        note=NO_BOT_OPENS,
    ),
    Metric(
        "campaign_human_click_rate",
        "Click rate",
        "Share of delivered messages in which a person clicked a link.",
        Unit.SHARE,
        "human_clicked",
        "delivered",
        note=NO_BOT_CLICKS,
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
        "Bounced messages for each delivered one. Above 1 where more bounced than arrived. Only the API has it.",
        Unit.SHARE,
        "bounced",
        "delivered",
        less_is_better=True,
    ),
    Metric(
        "hard_bounce_rate",
        "Hard bounce rate",
        "Share of sent messages that came back for good.",
        Unit.SHARE,
        "hard_bounced",
        "sent",
        less_is_better=True,
        is_small=True,
    ),
    Metric(
        "complaint_rate",
        "Complaint rate",
        "Share of delivered messages that their recipient reported as spam. Google tells of none, so that it is lower "
        "than it would be the more of your recipients have a mailbox there.",
        Unit.SHARE,
        "complained",
        "delivered",
        less_is_better=True,
        is_small=True,
    ),
    Metric(
        "unsubscribe_rate",
        "Unsubscribe rate",
        "Share of delivered messages that their recipient unsubscribed from.",
        Unit.SHARE,
        "unsubscribed",
        "delivered",
        less_is_better=True,
        is_small=True,
    ),
    Metric(
        "unique_visitors",
        "Unique visitors",
        "Contacts and anonymous visitors with an event of this source, medium and campaign in the period.",
    ),
    Metric(
        "attributed_events",
        "Attributed events",
        "Events in the period with a known source: those that carry a utm_source.",
    ),
    Metric(
        "conversions",
        "Attributed conversions",
        "Conversions in the period by people who came from a known source before it, in the period.",
    ),
    Metric(
        "conversion_events",
        "Conversions",
        "Events in the period of a type that counts as a conversion. The settings say which types do.",
        counted=Counted.CONVERSIONS,
    ),
    Metric(
        "orders",
        "Orders",
        "Sales in the period. An order that several events tell of is one; a sale without an order id is one, too.",
    ),
    Metric(
        "revenue",
        "Net revenue",
        f"What was sold in the period, less what was refunded in it. An order counts once. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "gross_revenue",
        "Gross revenue",
        f"What was sold in the period, whether or not it was refunded. An order counts once. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "refunds",
        "Refunds",
        f"What was refunded in the period, of whatever order. {_CONVERTED}",
        Unit.MONEY,
        less_is_better=True,
    ),
    Metric(
        "credit",
        "Credited conversions",
        "Conversions of the period, shared out by the chosen model among the touches before each of them, as far back "
        "as the look-back says. With those that have no touch they add up to all conversions.",
    ),
    Metric(
        "assists",
        "Assists",
        "Conversions that a touch of this kind came before, whatever it is credited with. They do not add up.",
    ),
    Metric(
        "converted_people",
        "People who converted",
        "Different people whose conversions a touch of this kind came before. They do not add up.",
    ),
    Metric(
        "credited_revenue",
        "Credited revenue",
        "The net revenue of the orders that conversions are of, in the same shares as these; a refund takes back from "
        f"the touches that the order was credited to. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "valued_orders",
        "Orders with an amount",
        "Sales in the period that state what they are worth.",
    ),
    Metric(
        "average_order",
        "Average order value",
        "What an order in the period is worth, of those that state an amount.",
        Unit.MONEY,
        "gross_revenue",
        "valued_orders",
    ),
    Metric("buyers", "Buyers", "People who ordered in the period, each counted once."),
    Metric(
        "active_people",
        "Active people",
        "People with an event in the period, known or not, each counted once.",
    ),
    Metric(
        "converting_people",
        "People with a conversion",
        "People with a conversion in the period, known or not, each counted once.",
    ),
    Metric(
        "buyer_rate",
        "Conversion rate",
        "Share of the people with an event in the period who ordered in it.",
        Unit.SHARE,
        "buyers",
        "active_people",
        note="buyers of active people",
    ),
    Metric(
        "recipients",
        "Recipients",
        "People to whom a message created in the period was delivered, each counted once in a campaign.",
    ),
    Metric(
        "revenue_per_recipient",
        "Revenue per recipient",
        "What a campaign's credited revenue is for each of its recipients.",
        Unit.MONEY,
        "credited_revenue",
        "recipients",
    ),
    Metric(
        "last_touch_conversions",
        "Conversions by last source",
        "Conversions in the period, each credited to the last source its person came from before it, in the period.",
    ),
    Metric(
        "wilson",
        "95% confidence interval",
        "The range in which the true rate probably lies. The fewer messages, the wider it is. Of 100 such intervals "
        "about 95 contain the true rate (Wilson's score interval).",
    ),
    Metric(
        "difference",
        "Difference from control",
        "How many points the variant's rate is above or below the control's, over all days of the test, with its 95% "
        "confidence interval (Newcombe's).",
    ),
    Metric(
        "p_adjusted",
        "P-value (adjusted)",
        "How often chance alone would show such a difference between variants that do not differ, adjusted for the "
        "number of variants (Holm). Below 0.05 the difference counts as shown.",
    ),
    Metric(
        "funnel_count",
        "People",
        "People who entered in the period and did this step, and all steps before it, by the rules of the funnel.",
    ),
    Metric("funnel_previous", "People in the previous step", "People who reached the step before this one."),
    Metric("funnel_first", "Entered", "People who did the first step in the period."),
    Metric("funnel_last", "Completed", "People who entered in the period and did all steps."),
    Metric("funnel_dropoff", "Dropped off", "People who reached the step before this one, but not this one."),
    Metric(
        "funnel_step_rate",
        "Step conversion",
        "Share of the people in the previous step who reached this one.",
        Unit.SHARE,
        "funnel_count",
        "funnel_previous",
    ),
    Metric(
        "funnel_overall_rate",
        "Overall conversion",
        "Share of the people who entered the funnel who completed it.",
        Unit.SHARE,
        "funnel_last",
        "funnel_first",
    ),
    Metric(
        "funnel_mature_first",
        "Entered, window over",
        "People who entered the funnel so long ago that its window is over: nothing they do from now on counts.",
    ),
    Metric("funnel_mature_last", "Completed, window over", "Those of them who completed the funnel."),
    Metric(
        "funnel_mature_rate",
        "Conversion, window over",
        "Share of the people whose window is over who completed the funnel. Those who entered lately may still do so, "
        "and are left out.",
        Unit.SHARE,
        "funnel_mature_last",
        "funnel_mature_first",
    ),
    Metric(
        "funnel_revenue",
        "Net revenue of the funnel",
        "What the people who completed the funnel brought in from then on, by events of its last step: in the period "
        "or, where the funnel has a window, until that is over. "
        "Amounts of other currencies are converted by the rate of their day; those without a rate are left out.",
        Unit.MONEY,
    ),
    Metric("active_contacts", "Active contacts", "Contacts of the cohort who came back in the week."),
    Metric("cohort_size", "Cohort size", "Contacts who signed up on this day."),
    Metric(
        "retention_rate",
        "Retention",
        "Share of the cohort's contacts who came back in the week. Weeks count from each contact's signup day.",
        Unit.SHARE,
        "active_contacts",
        "cohort_size",
    ),
]

METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}
OF_ORDERS = ("orders", "revenue", "gross_revenue", "refunds")
"""The metrics of what events say of money."""
OF_CREDITED = ("credit", "credited_revenue", "recipients", "revenue_per_recipient")
"""The metrics of what conversions are credited to."""
KEY_OF = {metric.counted: metric.key for metric in _ALL if metric.counted}
"""By what is counted, the key of its metric."""


def counted_for(metrics: Iterable[str]) -> set[Counted]:
    """What must be counted for these metrics."""
    keys = {part for key in metrics for part in METRICS[key].parts}
    return {counted for key in keys if (counted := METRICS[key].counted)}


def rate(numerator: int, denominator: int, places: int = 3) -> float:
    """A fraction rounded half up to so many decimals; 0.0 over nothing."""
    if denominator == 0:
        return 0.0
    scale: int = 10**places
    return (2 * scale * numerator + denominator) // (2 * denominator) / scale


def mean_units(units: int, number: int) -> int:
    """An amount in minor units divided among so many, half of one rounded away from zero; 0 among nobody."""
    if not number:
        return 0
    size = (2 * abs(units) + number) // (2 * number)
    return -size if units < 0 else size


def seconds_of(microseconds: int) -> float:
    """Rounded half up to 3 decimals."""
    return (microseconds + 500) // 1000 / 1000


def known_rate(numerator: int, denominator: int) -> float | None:
    """The same for people to read, who take a rate of nothing for a bad one: None over nothing."""
    return rate(numerator, denominator) if denominator else None


def exact_rate(numerator: float, denominator: float) -> float | None:
    """Not rounded, to be reckoned with; None over nothing."""
    return numerator / denominator if denominator else None


class Numbers(Mapping[str, int]):
    """Counts by the keys of their metrics: 0 for what was not counted.

    `settled` are those of messages that are old enough to be compared with others; None where all are.
    """

    def __init__(self, counts: Mapping[str, int] | Iterable[tuple[str, int]] = (), **more: int) -> None:
        self._counts = dict(counts, **more)
        self.settled: Numbers | None = None

    def with_settled(self, settled: "Numbers | None") -> "Numbers":
        """The same, with those of messages that are old enough."""
        found = Numbers(self)
        found.settled = settled
        return found

    def compared_by(self, key: str) -> "Numbers":
        """Those that a metric is compared by: of a share that rises with age the settled ones."""
        return self.settled if self.settled is not None and METRICS[key].rises_with_age else self

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
        """Of any metric made of counts: the number itself, a rate of two, or of an amount what each has of it."""
        metric = METRICS[key]
        if metric.numerator is None or metric.denominator is None:
            return self[key]
        parts = self[metric.numerator], self[metric.denominator]
        return mean_units(*parts) if metric.unit is Unit.MONEY else rate(*parts, metric.places)

    def known_value(self, key: str) -> int | float | None:
        """The same, but None for a rate over nothing, which a line through other rates must not fall to."""
        denominator = METRICS[key].denominator
        return None if denominator and not self[denominator] else self.value(key)

    def of_people(self) -> "Numbers":
        """With what people opened and clicked in place of all."""
        found = Numbers((key, self[METRICS[key].of_people or key]) for key in self)
        return found.with_settled(self.settled and self.settled.of_people())

    @classmethod
    def sum_of(cls, parts: Iterable["Numbers"]) -> "Numbers":
        total: dict[str, int] = {}
        for numbers in parts:
            for key, n in numbers.items():
                total[key] = total.get(key, 0) + n
        return cls(total)


def exact_value(key: str, numbers: Numbers) -> float | None:
    """As `Numbers.known_value`, not rounded."""
    metric = METRICS[key]
    if metric.numerator is None or metric.denominator is None:
        return float(numbers[key])
    return exact_rate(numbers[metric.numerator], numbers[metric.denominator])


MIN_BASE = 30
"""The smallest base of a change: of fewer it would be chance."""


@dataclass(frozen=True)
class Change:
    """How a metric differs from what it is compared with; of amounts, `before` is minor units of the `currency`.

    `amount` is a fraction of the count before, or for a share the difference of the two; None where that says nothing.
    `is_of_settled` says that messages that are too young to be compared are left out.
    """

    metric: Metric
    before: int | float
    amount: float | None
    currency: str = ""
    is_of_settled: bool = False

    @property
    def is_good(self) -> bool | None:
        """Whether the change is for the better; None where it is neither."""
        return (self.amount > 0) != self.metric.less_is_better if self.amount else None


def metric_change(key: str, numbers: Numbers, before: Numbers) -> Change:
    """Of a count or an amount relative to that before, of a share in points; nothing over a base smaller than MIN_BASE,
    which of an amount is how many orders it is of. Of a share that rises with age, of messages that are old enough."""
    metric, is_of_settled = METRICS[key], numbers.compared_by(key) is not numbers
    numbers, before = numbers.compared_by(key), before.compared_by(key)
    value, value_before = numbers.value(key), before.value(key)
    if metric.denominator is not None and metric.unit is not Unit.MONEY:
        bases = numbers[metric.denominator], before[metric.denominator]
        amount = round(value - value_before, metric.places) if min(bases) >= MIN_BASE else None
    else:
        base = before["orders"] if metric.unit is Unit.MONEY else before[key]
        amount = round(value / value_before - 1, 3) if base >= MIN_BASE and value_before > 0 else None
    return Change(metric, value_before, amount, is_of_settled=is_of_settled)


def estimate_change(key: str, value: float, before: float) -> Change:
    """Of a count that may be a fraction, relative to that before; nothing over a base smaller than MIN_BASE."""
    return Change(METRICS[key], before, round(value / before - 1, 3) if before >= MIN_BASE else None)
