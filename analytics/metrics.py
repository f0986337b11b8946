"""Every metric once: its name, what it means in words, and what is divided by what. The only place that divides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, erfc, sqrt


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"


@dataclass(frozen=True)
class Metric:
    key: str
    label: str
    definition: str
    unit: Unit = Unit.COUNT
    numerator: str | None = None
    denominator: str | None = None
    less_is_better: bool = False

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
    Metric("contacts_new", "New contacts", "Contacts who signed up in the period."),
    Metric("campaigns_total", "Campaigns", "All campaigns of the workspace."),
    Metric("campaigns_active", "Active campaigns", "Campaigns whose status is ACTIVE."),
    Metric("messages_total", "Messages", "Messages created in the period, whatever became of them."),
    Metric("sent", "Sent", "Messages created in the period that have been sent since."),
    Metric("delivered", "Delivered", "Messages created in the period that have been delivered since."),
    Metric(
        "opened",
        "Opened",
        "Messages created in the period that have been opened since, each counted once. A click implies an open.",
    ),
    Metric(
        "clicked",
        "Clicked",
        "Messages created in the period in which a link has been clicked, each counted once.",
    ),
    Metric(
        "human_opened",
        "Opened by people",
        "Opened messages of the period, without those that only a mail service's prefetch or a scanner opened.",
    ),
    Metric(
        "human_clicked",
        "Clicked by people",
        "Clicked messages of the period, without those whose links only a scanner followed.",
    ),
    Metric(
        "bounced", "Bounced", "Messages created in the period that came back as undeliverable.", less_is_better=True
    ),
    Metric("failed", "Failed", "Messages created in the period that could not be sent.", less_is_better=True),
    Metric("events", "Events", "What people did in the period: events by the instant they occurred."),
    Metric("opens", "Opens", "First opens of messages, by the day they happened."),
    Metric("clicks", "Clicks", "First clicks of messages, by the day they happened."),
    Metric("enrollments_total", "Enrolments", "Enrolments in the campaign that began in the period."),
    Metric("enrollments_active", "Active enrolments", "Enrolments begun in the period that are still under way."),
    Metric("enrollments_completed", "Completed enrolments", "Enrolments begun in the period that were completed."),
    Metric(
        "delivery_rate", "Delivery rate", "Share of sent messages that were delivered.", Unit.SHARE, "delivered", "sent"
    ),
    Metric("open_rate", "Open rate of sent", "Share of sent messages that were opened.", Unit.SHARE, "opened", "sent"),
    Metric(
        "click_rate", "Click rate of sent", "Share of sent messages that were clicked.", Unit.SHARE, "clicked", "sent"
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
    ),
    Metric(
        "campaign_click_rate",
        "Click rate",
        "Share of delivered messages that were clicked.",
        Unit.SHARE,
        "clicked",
        "delivered",
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


def rate(numerator: int, denominator: int) -> float:
    """A fraction rounded half up to 3 decimals; 0.0 over nothing."""
    if denominator == 0:
        return 0.0
    return (2000 * numerator + denominator) // (2 * denominator) / 1000


def known_rate(numerator: int, denominator: int) -> float | None:
    """The same for people to read, who take a rate of nothing for a bad one: None over nothing."""
    return rate(numerator, denominator) if denominator else None


def value(key: str, numbers: Mapping[str, int]) -> int | float:
    """A metric made of counted ones: the number itself, or a rate of two."""
    metric = METRICS[key]
    if metric.numerator is None or metric.denominator is None:
        return numbers.get(key, 0)
    return rate(numbers.get(metric.numerator, 0), numbers.get(metric.denominator, 0))


def known_value(key: str, numbers: Mapping[str, int]) -> int | float | None:
    """The same, but None for a rate over nothing, which a line through other rates must not fall to."""
    denominator = METRICS[key].denominator
    return None if denominator and not numbers.get(denominator) else value(key, numbers)


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


def change(key: str, numbers: Mapping[str, int], before: Mapping[str, int]) -> Change:
    """Of a count relative to the count before, of a share in points; nothing over a base smaller than MIN_BASE."""
    metric = METRICS[key]
    now_value, value_before = value(key, numbers), value(key, before)
    if metric.denominator is not None:
        bases = numbers.get(metric.denominator, 0), before.get(metric.denominator, 0)
        amount = round(now_value - value_before, 3) if min(bases) >= MIN_BASE else None
    else:
        base = before.get(key, 0)
        amount = round(now_value / base - 1, 3) if base >= MIN_BASE else None
    return Change(metric, value_before, amount)


Z_95 = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a share, by default the 95 % one; from 0 to 1 over nothing."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, z * z / trials
    centre = share + spread / 2
    width = z * sqrt(share * (1 - share) / trials + spread / trials / 4)
    low, high = (centre - width) / (1 + spread), (centre + width) / (1 + spread)
    return max(0.0, low), min(1.0, high)


def difference_interval(
    successes: int, trials: int, successes_before: int, trials_before: int, z: float = Z_95
) -> tuple[float, float]:
    """Newcombe's interval (his method 10) of how much a share is above another one, by default the 95 % one.

    From -1 to 1 where one of them is of nothing.
    """
    if not trials or not trials_before:
        return -1.0, 1.0
    share, share_before = successes / trials, successes_before / trials_before
    low, high = wilson_interval(successes, trials, z)
    low_before, high_before = wilson_interval(successes_before, trials_before, z)
    difference = share_difference(successes, trials, successes_before, trials_before)
    below = sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    above = sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return difference - below, difference + above


def share_difference(successes: int, trials: int, successes_before: int, trials_before: int) -> float:
    """How much a share is above another one; neither is of nothing."""
    return successes / trials - successes_before / trials_before


def p_value(successes: int, trials: int, successes_before: int, trials_before: int) -> float:
    """How likely two equal shares differ as much by chance (two-sided z-test, pooled); 1 where nothing can tell."""
    trials_of_both = trials + trials_before
    pooled = (successes + successes_before) / trials_of_both if trials_of_both else 0.0
    if not trials or not trials_before or pooled in (0.0, 1.0):
        return 1.0
    error = sqrt(pooled * (1 - pooled) * (1 / trials + 1 / trials_before))
    return erfc(abs(successes / trials - successes_before / trials_before) / error / sqrt(2))


def holm_adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """In their order, p-values of several tests at once, so that any is below 5 % by chance in 5 % of cases (Holm)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


Z_POWER = 0.8416212335729143
"""The normal distribution's 80 % quantile."""


def needed_trials(successes: int, trials: int, lift: float) -> int:
    """How many trials of each of two kinds show, in four of five cases, a share so much above that of these.

    `lift` is relative. 0 where the shares would not differ, or pass 1.
    """
    share = successes / trials if trials else 0.0
    other = share * (1 + lift)
    if not share or other >= 1:
        return 0
    variance = share * (1 - share) + other * (1 - other)
    return ceil((Z_95 + Z_POWER) ** 2 * variance / (other - share) ** 2)
