"""Metrics that are counted: contacts, campaigns, messages and what became of them, events and enrollments."""

from analytics.metrics.counted import Counted
from analytics.metrics.metric import NO_BOT_CLICKS, NO_BOT_OPENS, Metric

COUNTS_OF_FACTS = (
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
)
