"""Opens and clicks, told apart by who made them, and what of them a message counts as a person's."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from analytics.actors import HUMANS, Engagement, deciding_rules
from analytics.ingest.rows import update_rows
from analytics.models import Message, MessageEvent, MessageEventType
from analytics.models.facts import ENGAGEMENTS

HUMAN_INSTANTS = ("human_opened_at", "human_clicked_at")


def label(reports: Sequence[MessageEvent], *, delivered_at: datetime | None) -> list[MessageEvent]:
    """Label each open and click among all reports on a message with who made it. Returns the reports whose label
    changed."""
    engagements = [report for report in reports if report.type in ENGAGEMENTS]
    rules = deciding_rules(list(map(_engagement, engagements)), delivered_at)
    relabelled = []
    for report, rule in zip(engagements, rules, strict=True):
        if (report.actor, report.actor_rule) != (rule.actor, rule.id):
            report.actor, report.actor_rule = rule.actor, rule.id
            relabelled.append(report)
    return relabelled


def _engagement(report: MessageEvent) -> Engagement:
    return Engagement(
        id=report.pk,
        is_click=report.type == MessageEventType.CLICKED,
        at=report.occurred_at,
        url=report.url,
        user_agent=report.user_agent,
        hint=report.provider_hint,
    )


def classify(workspace_id: int, messages: Iterable[Message]) -> list[Message]:
    """Bring the labels of all opens and clicks of messages, and their human instants, up to what is known.

    The caller has locked the messages and writes them; those that changed are answered. Labels are written here. One
    query, two where labels change.
    """
    opened = [message for message in messages if message.opened_at is not None]
    reports: dict[uuid.UUID, list[MessageEvent]] = defaultdict(list)
    if opened:
        rows = MessageEvent.objects.filter(workspace_id=workspace_id, type__in=ENGAGEMENTS)
        for report in rows.filter(message__among=[message.pk.hex for message in opened]):
            assert report.message_id is not None
            reports[report.message_id].append(report)
    relabelled = [
        report
        for message in opened
        for report in label(reports[message.pk], delivered_at=message.reported_delivered_at)
    ]
    update_rows(relabelled, ["actor", "actor_rule"])
    return [message for message in opened if _set_human_instants(message, reports[message.pk])]


def _set_human_instants(message: Message, reports: Sequence[MessageEvent]) -> bool:
    """What a message was sent with counts as a person's where no report on it tells more; whether that changed it."""
    opens = [report for report in reports if report.type == MessageEventType.OPENED]
    clicks = [report for report in reports if report.type == MessageEventType.CLICKED]
    clicked = list(_human_instants(clicks, message.stated_clicked_at))
    instants = (
        min([*_human_instants(opens, message.stated_opened_at), *clicked], default=None),
        min(clicked, default=None),
    )
    if instants == (message.human_opened_at, message.human_clicked_at):
        return False
    message.human_opened_at, message.human_clicked_at = instants
    return True


def _human_instants(reports: Sequence[MessageEvent], stated_at: datetime | None) -> Iterator[datetime]:
    if reports:
        yield from (report.occurred_at for report in reports if report.actor in HUMANS)
    elif stated_at is not None:
        yield stated_at
