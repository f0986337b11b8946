"""What the audit log tells of A/B tests, by whichever door they come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from analytics.audited import DataAction
from analytics.models import ABTest, Variant
from workspaces.audit import audit_event
from workspaces.models import AuditEvent, Key, User

TEST_FIELDS = {
    "name": "name",
    "is_holdout": "isHoldout",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "planned_size": "plannedSize",
    "goal": "goal",
    "goal_event": "goalEvent",
    "window_days": "windowDays",
    "seed": "seed",
}
"""As items call them."""


def summary_of_test(test: ABTest, variants: Sequence[Variant]) -> dict[str, Any]:
    told = {called: getattr(test, name) for name, called in TEST_FIELDS.items()}
    told |= {called: at.isoformat() for called, at in told.items() if isinstance(at, datetime)}
    of_variants = [f"{each.name} ({each.weight:g}{', control' if each.is_control else ''})" for each in variants]
    return {**told, "goal": str(test.goal), "variants": of_variants}


def making_of_test(test: ABTest, variants: Sequence[Variant], by: User | Key | None) -> AuditEvent:
    """To be recorded, of a test that is written."""
    return audit_event(
        DataAction.TEST_MADE,
        by=by,
        workspace=test.workspace,
        target=test.api_id,
        after=summary_of_test(test, variants),
    )


def change_of_test(
    test: ABTest, before: dict[str, Any], variants: Sequence[Variant], by: User | Key | None
) -> AuditEvent:
    """To be recorded, with what differs from the summary of `before`."""
    after = summary_of_test(test, variants)
    changed = [name for name in after if before.get(name) != after[name]]
    return audit_event(
        DataAction.TEST_CHANGED,
        by=by,
        workspace=test.workspace,
        target=test.api_id,
        before={name: before.get(name) for name in changed},
        after={name: after[name] for name in changed},
    )
