"""Writes to the alerts of a workspace. Each is one transaction, with its line in the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.models import Alert, MailTo
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from workspaces.audit import record, record_change
from workspaces.models import Key, User, Workspace

MOST_ALERTS = 100
MOST_CHANGE = 100.0
"""A change of so many times the number before is the largest that can be asked for."""


@dataclass(frozen=True)
class AlertItem:
    """`parameters` are conditions as addresses of Trends have them."""

    name: str
    metric: str
    rule: AlertRule
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mailed: MailTo = MailTo.AUTHOR

    def problem(self) -> tuple[str, str] | None:
        """The field that is wrong and what is; None where nothing is."""
        kind, direction, amount = self.rule.kind, self.rule.direction, self.rule.amount
        has_amount = kind in (AlertKind.THRESHOLD, AlertKind.CHANGE)
        if has_amount != (amount is not None):
            return "amount", "A threshold and a change have one." if has_amount else "This kind has none."
        if kind is AlertKind.THRESHOLD and direction is Direction.BOTH:
            return "direction", "A threshold is passed upwards or downwards: choose up or down."
        if kind is AlertKind.SILENCE and direction is not Direction.DOWN:
            return "direction", "Silence is a fall: choose down."
        if kind is AlertKind.CHANGE and not 0 < (amount or 0) <= MOST_CHANGE:
            return "amount", "A change is a share of the number before, such as 0.2 for a fifth."
        return None


@transaction.atomic
def save_alert(*, workspace: Workspace, item: AlertItem, by: User | Key) -> Alert:
    """A new alert. Raises ValueError for too many, IntegrityError where another one has the name."""
    if Alert.objects.filter(workspace=workspace).count() >= MOST_ALERTS:
        raise ValueError(f"A workspace has at most {MOST_ALERTS} alerts: delete one first.")
    alert = Alert(workspace=workspace, created_by=by if isinstance(by, User) else None)
    _fill(alert, item)
    alert.save(force_insert=True)
    record(DataAction.ALERT_SAVED, by=by, workspace=workspace, target=alert.api_id, after=_summary(alert))
    return alert


@transaction.atomic
def change_alert(*, alert: Alert, item: AlertItem, by: User | Key) -> None:
    """With another metric, rule or conditions it begins anew, as one that is resolved."""
    before, rule_before = _summary(alert), _rule_fields(alert)
    _fill(alert, item)
    after = _summary(alert)
    if before == after:
        return
    if rule_before != _rule_fields(alert):
        alert.is_open, alert.changed_on, alert.judged_on, alert.judged_at = False, None, None, None
    alert.save()
    record_change(
        DataAction.ALERT_CHANGED,
        by=by,
        workspace=alert.workspace,
        target=alert.api_id,
        before=before,
        after=after,
    )


@transaction.atomic
def snooze_alert(*, alert: Alert, until: datetime | None, by: User | Key) -> None:
    """Until then it goes on being judged, and nobody is told; None ends that."""
    before, alert.snoozed_until = alert.snoozed_until, until
    alert.save(update_fields=["snoozed_until"])
    record(
        DataAction.ALERT_CHANGED,
        by=by,
        workspace=alert.workspace,
        target=alert.api_id,
        before={"snoozed_until": before and before.isoformat()},
        after={"snoozed_until": until and until.isoformat()},
    )


@transaction.atomic
def delete_alert(*, alert: Alert, by: User | Key) -> None:
    """With all that it has told."""
    target, before = alert.api_id, _summary(alert)
    alert.delete()
    record(DataAction.ALERT_DELETED, by=by, workspace=alert.workspace, target=target, before=before)


def _fill(alert: Alert, item: AlertItem) -> None:
    alert.name, alert.metric, alert.parameters = item.name, item.metric, dict(item.parameters)
    alert.kind, alert.direction = item.rule.kind.value, item.rule.direction.value
    alert.amount, alert.mailed = item.rule.amount, item.mailed


def _rule_fields(alert: Alert) -> tuple[Any, ...]:
    return alert.metric, alert.rule, alert.parameters


def _summary(alert: Alert) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {
        "name": hidden_value(alert.name),
        "metric": alert.metric,
        "kind": alert.kind,
        "direction": alert.direction,
        "amount": alert.amount,
        "conditions": hidden_value(alert.parameters),
        "mailed": str(alert.mailed),
    }
