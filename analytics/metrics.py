"""Every metric once: its name, what it means in words, and what is divided by what. The only place that divides."""

from dataclasses import dataclass
from enum import StrEnum


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
    Metric("bounced", "Bounced", "Messages created in the period that came back as undeliverable."),
    Metric("failed", "Failed", "Messages created in the period that could not be sent."),
    Metric("events", "Events", "What people did in the period: events by the instant they occurred."),
    Metric("opens", "Opens", "First opens of messages, by the day they happened."),
    Metric("clicks", "Clicks", "First clicks of messages, by the day they happened."),
    Metric("enrollments_total", "Enrolments", "Enrolments in the campaign that began in the period."),
    Metric("enrollments_active", "Active enrolments", "Enrolments begun in the period that are still under way."),
    Metric("enrollments_completed", "Completed enrolments", "Enrolments begun in the period that were completed."),
    Metric("open_rate", "Open rate", "Share of sent messages that were opened.", Unit.SHARE, "opened", "sent"),
    Metric("click_rate", "Click rate", "Share of sent messages that were clicked.", Unit.SHARE, "clicked", "sent"),
    Metric(
        "human_open_rate",
        "Open rate of people",
        "Share of sent messages that people opened.",
        Unit.SHARE,
        "human_opened",
        "sent",
    ),
    Metric(
        "human_click_rate",
        "Click rate of people",
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
        "bounce_rate",
        "Bounce rate",
        "Bounced messages for each delivered one.",
        Unit.SHARE,
        "bounced",
        "delivered",
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
