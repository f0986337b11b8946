"""Writes to what people say of properties of events. Each is one transaction, with its line in the audit trail."""

from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.ledger.column_building import BEFORE_ANY_DAY, days_with_events
from analytics.models import ColumnChoice, EventProperty
from analytics.models.properties import property_id
from workspaces.audit import record
from workspaces.models import Key, User, Workspace

MOST_DESCRIBED = 2_000
"""Properties of a workspace that have a description or a switch."""
MOST_SWITCHED = 200
"""Of these, such as have a switch: every batch of events asks for them."""


class TooManyProperties(ValueError):
    """More of them than a workspace may have."""


@transaction.atomic
def change_property(
    *,
    workspace: Workspace,
    event_type: str,
    name: str,
    by: User | Key,
    now: datetime,
    description: str | None = None,
    column: ColumnChoice | None = None,
) -> EventProperty:
    """Describe a property, or switch its column: what is None stays. A switched column is built in the background.

    Raises TooManyProperties, which says what is allowed.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    rows = EventProperty.objects.filter(workspace=workspace)
    found = rows.filter(event_type=event_type, name=name).first()
    stated = found or EventProperty(workspace=workspace, event_type=event_type, name=name)
    before = _summary(stated)
    stated.description = stated.description if description is None else description
    if column is not None and column != stated.column:
        _switch(stated, column, now)
    if before == _summary(stated):
        return stated
    _check_bounds(rows.exclude(pk=stated.pk), stated)
    stated.save()
    _record(stated, by, before)
    return stated


def _switch(stated: EventProperty, column: ColumnChoice, now: datetime) -> None:
    """What was switched on and is left to itself again stays as it is until its segments are written anew."""
    has_to_be_built = column != ColumnChoice.AUTO or stated.column == ColumnChoice.OFF
    stated.column, stated.column_set_at = column, now
    stated.days_built = 0
    stated.days_to_build = days_with_events(stated.workspace_id, stated.event_type) if has_to_be_built else 0
    stated.building_before = BEFORE_ANY_DAY if stated.days_to_build else None


def _check_bounds(others: Any, stated: EventProperty) -> None:
    if stated._state.adding and others.count() >= MOST_DESCRIBED:
        raise TooManyProperties(f"at most {MOST_DESCRIBED:,} properties with a description or a switch")
    is_switched = stated.column != ColumnChoice.AUTO
    if is_switched and others.exclude(column=ColumnChoice.AUTO).count() >= MOST_SWITCHED:
        raise TooManyProperties(f"at most {MOST_SWITCHED:,} properties with a switch")


def _record(stated: EventProperty, by: User | Key, before: dict[str, Any]) -> None:
    after = _summary(stated)
    differing = [name for name in before if before[name] != after[name]]
    record(
        DataAction.PROPERTY_CHANGED,
        by=by,
        workspace=stated.workspace,
        target=property_id(stated.workspace_id, stated.event_type, stated.name),
        before={name: before[name] for name in differing},
        after={"property": hidden_value(f"{stated.event_type}: {stated.name}")}
        | {name: after[name] for name in differing},
    )


def _summary(stated: EventProperty) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {"description": hidden_value(stated.description), "column": str(stated.column)}
