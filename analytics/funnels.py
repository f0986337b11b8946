"""Writes to the funnels that a workspace has saved. Each is one transaction, with its line in the audit trail."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analytics.audited import DataAction
from analytics.models import SavedFunnel
from workspaces import undo
from workspaces.audit import record
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right


@transaction.atomic
def save_funnel(
    *,
    workspace: Workspace,
    name: str,
    steps: Sequence[Any],
    range: str,
    by: User | Key,
    rules: Mapping[str, Any] = MappingProxyType({}),
) -> SavedFunnel:
    """Keep a funnel for all members under a name of its own. `steps` are event types and the JSON of others, `rules` as
    `FunnelRules.query` has them.

    Raises IntegrityError where another one has the name.
    """
    creator = by if isinstance(by, User) else None
    funnel = SavedFunnel.objects.create(
        workspace=workspace, name=name, steps=list(steps), rules={**rules}, range=range, created_by=creator
    )
    record(DataAction.FUNNEL_SAVED, by=by, workspace=workspace, target=funnel.api_id, after=_summary(funnel))
    return funnel


@transaction.atomic
def change_funnel(*, funnel: SavedFunnel, by: User | Key, **changes: Any) -> None:
    """Give fields of a funnel new values. Raises IntegrityError where another one has the name."""
    before = _summary(funnel)
    for name, value in changes.items():
        setattr(funnel, name, value)
    after = _summary(funnel)
    differing = [name for name in before | after if before.get(name) != after.get(name)]
    if not differing:
        return
    funnel.save(update_fields=differing)
    record(
        DataAction.FUNNEL_CHANGED,
        by=by,
        workspace=funnel.workspace,
        target=funnel.api_id,
        before={name: before[name] for name in differing if name in before},
        after={name: after[name] for name in differing if name in after},
    )


@transaction.atomic
def delete_funnel(*, funnel: SavedFunnel, by: User | Key) -> None:
    """A funnel that is deleted already is left alone."""
    deleted, _ = SavedFunnel.objects.filter(pk=funnel.pk, workspace=funnel.workspace_id).delete()
    if deleted:
        record(
            DataAction.FUNNEL_DELETED, by=by, workspace=funnel.workspace, target=funnel.api_id, before=_summary(funnel)
        )


def restore_funnel(*, workspace: Workspace, by: User, name: str, **fields: Any) -> str:
    """Takes a deletion back, under the same address. Raises ValidationError where another has its name by now."""
    try:
        with transaction.atomic():
            funnel = SavedFunnel(workspace=workspace, name=name, **fields)
            funnel.save(force_insert=True)
            record(DataAction.FUNNEL_SAVED, by=by, workspace=workspace, target=funnel.api_id, after=_summary(funnel))
    except IntegrityError:
        raise ValidationError(f"Another funnel is called {name} by now.") from None
    return f"{name} is there again."


undo.register("funnel", Right.CURATE, restore_funnel)


def _summary(funnel: SavedFunnel) -> dict[str, Any]:
    rules = {"rules": funnel.rules} if funnel.rules else {}
    return {"name": funnel.name, "steps": funnel.steps, **rules, "range": funnel.range}
