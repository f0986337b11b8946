"""The clock's work on alerts: judge each day that is over, once, and tell whom it concerns of each change."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.urls import reverse

from analytics.addresses import hidden_value
from analytics.api.questions.alert_questions import alert_question, part_text
from analytics.ledger import Ledger
from analytics.models import Alert, AlertChange, MailTo, OutgoingEvent
from analytics.outbox import mail, tell_endpoints
from analytics.periods import local_day
from analytics.presentation.kept.alerts import AlertWords
from analytics.questions.questions import TrendsQuestion
from analytics.reports.alert_days import has_rung, hour_of, is_due, judged_days, silence
from analytics.statistics.alarms import AlertKind, DayJudgement, is_open_after
from campaignos.errors import ParameterError
from campaignos.site import site_address
from workspaces.models import Membership, Workspace
from workspaces.roles import RIGHTS, Right, Role
from workspaces.scope import scope, scope_of_all

MORNING = time(6)
"""From then on, in the workspace's zone, yesterday is judged: what comes late has come."""

logger = logging.getLogger(__name__)


def judge_alerts(now: datetime) -> dict[str, int]:
    """Each alert of each workspace that is due; how many were judged, and how many of these changed."""
    judged = changed = 0
    with scope_of_all("whoever has alerts"):
        waiting = {*Alert.objects.values_list("workspace", flat=True)}
    for workspace in Workspace.objects.filter(pk__in=waiting).order_by("pk"):
        with scope(workspace):
            for alert in _due(workspace, now):
                judged += 1
                changed += _judge(workspace, alert, now)
    return {"judged": judged, "changed": changed}


def _due(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    today = local_day(now, workspace.zone)
    is_morning = now.astimezone(workspace.zone).time() >= MORNING
    for alert in Alert.objects.filter(workspace=workspace).order_by("pk"):
        if alert.kind == AlertKind.SILENCE:
            if alert.judged_at is None or hour_of(alert.judged_at) != hour_of(now):
                yield alert
        elif is_morning and is_due(alert.judged_on, alert.metric, today):
            yield alert


def _judge(workspace: Workspace, alert: Alert, now: datetime) -> bool:
    """Whether it changed. One whose conditions name what is gone by now is left as it is, and logged."""
    try:
        question = alert_question(alert.metric, alert.parameters, workspace, now)
    except ParameterError as error:
        logger.warning("%s of %s cannot be judged: %s", alert.api_id, workspace.api_id, error.detail)
        return False
    day, judgement = _judgement(workspace, alert, question, now)
    with transaction.atomic():
        stored = Alert.objects.select_for_update(no_key=True).filter(workspace=workspace, pk=alert.pk).first()
        if stored is None or stored.rule != alert.rule:
            return False
        is_open = is_open_after(stored.is_open, judgement)
        has_changed = is_open != stored.is_open
        stored.judged_on, stored.judged_at, stored.is_open = day, now, is_open
        if has_changed:
            stored.changed_on = day
            _tell(workspace, stored, day, judgement, now)
        stored.save(update_fields=["judged_on", "judged_at", "is_open", "changed_on"])
    return has_changed


def _judgement(
    workspace: Workspace, alert: Alert, question: TrendsQuestion, now: datetime
) -> tuple[date, DayJudgement]:
    source = Ledger(workspace)
    if alert.rule.kind is AlertKind.SILENCE:
        return local_day(now, workspace.zone), silence(source, question)
    judged = judged_days(source, question)
    day = judged.days[-1]
    return day, alert.rule.judgement(judged.values, has_rung=has_rung(alert.changed_on, day))


def _tell(workspace: Workspace, alert: Alert, day: date, judgement: DayJudgement, now: datetime) -> None:
    change = AlertChange.objects.create(
        workspace=workspace,
        alert=alert,
        opened=alert.is_open,
        day=day,
        at=now,
        value=judgement.value,
        expected=judgement.expected,
        low=judgement.low,
        high=judgement.high,
    )
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return
    part = hidden_value(part_text(alert.metric, alert.parameters, workspace, now))
    words = AlertWords(alert.metric, alert.rule, workspace.currency, part)
    link = site_address(reverse("alert", args=[workspace.slug, alert.pk]))
    key = f"{alert.api_id}:{change.pk}"
    event = OutgoingEvent.ALERT_OPENED if alert.is_open else OutgoingEvent.ALERT_RESOLVED
    tell_endpoints(workspace.pk, event, key, _data(alert, change, link), at=now)
    text = words.change(alert.is_open, day, judgement)
    body = {
        "subject": f"{workspace.name}: {words.subject(alert.is_open, alert.name)}",
        "text": f"{text}\n\n{link}\n",
    }
    for address in _addresses(workspace, alert):
        mail(workspace.pk, address, event.value, key, body, at=now)


def _data(alert: Alert, change: AlertChange, link: str) -> dict[str, Any]:
    return {
        "alert": alert.api_id,
        "name": alert.name,
        "metric": alert.metric,
        "kind": alert.kind,
        "state": "open" if change.opened else "resolved",
        "day": str(change.day),
        "value": change.value,
        "expected": change.expected,
        "low": change.low,
        "high": change.high,
        "address": link,
    }


def _addresses(workspace: Workspace, alert: Alert) -> list[str]:
    """Of those who are members now."""
    members = Membership.objects.filter(workspace=workspace, user__is_active=True).select_related("user")
    match MailTo(alert.mailed):
        case MailTo.NOBODY:
            return []
        case MailTo.AUTHOR:
            members = members.filter(user=alert.created_by_id)
        case MailTo.MANAGERS:
            managing = [role.value for role in Role if Right.MANAGE in RIGHTS[role]]
            members = members.filter(role__in=managing)
    return sorted({member.user.email for member in members})
