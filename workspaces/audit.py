"""Writing the audit trail."""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.core import context
from django.conf import settings
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils import timezone

from campaignos.limits import client_ip
from workspaces.models import AuditEvent, Key, User, Workspace


def record(
    action: TextChoices,
    *,
    by: User | Key | None,
    workspace: Workspace | None = None,
    account: User | None = None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Note what `by` did, in the transaction that does it. One query.

    `account` is the user it happened to, `target` the id of what it was done to (`key_3`). `before` and `after` hold
    what changed: no secrets, no personal data. The request under way, if there is one, gives its id and, where
    AUDIT_IP says so, its address.
    """
    event = audit_event(action, by=by, workspace=workspace, account=account, target=target, before=before, after=after)
    event.save(force_insert=True)
    return event


def record_change(
    action: TextChoices,
    *,
    by: User | Key | None,
    workspace: Workspace,
    target: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> AuditEvent:
    """As `record`, of two summaries of the same fields, what differs between them. One query."""
    differing = [name for name in before if before[name] != after[name]]
    return record(
        action,
        by=by,
        workspace=workspace,
        target=target,
        before={name: before[name] for name in differing},
        after={name: after[name] for name in differing},
    )


def record_all(events: Iterable[AuditEvent]) -> None:
    """As `record`, of what `audit_event` made. One query, none of nothing."""
    AuditEvent.objects.bulk_create(events)


def audit_event(
    action: TextChoices,
    *,
    by: User | Key | None,
    workspace: Workspace | None = None,
    account: User | None = None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """What `record` notes, not written yet."""
    request: HttpRequest | None = context.request
    return AuditEvent(
        workspace=workspace,
        account=account,
        action=action,
        actor=by if isinstance(by, User) else None,
        actor_name=by.email if isinstance(by, User) else by.prefix if by else "",
        target=target or (account.api_id if account else ""),
        before=before or {},
        after=after or {},
        ip=client_ip(request) if request and settings.AUDIT_IP else None,
        request_id=request.META.get("REQUEST_ID", "") if request else "",
        at=timezone.now(),
    )
