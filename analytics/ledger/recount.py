"""What the facts amount to on a day, as the ledger is made from them anew and compared with them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Aggregate, Count, Max, Min, Q, QuerySet
from numpy.typing import NDArray

from analytics.metrics import STATUSES, Counted, Dimension
from analytics.models import Contact, Enrolment, EnrolmentStatus, Event, Message, PackKind
from analytics.models.bulk import in_binary
from analytics.periods import Window, microseconds
from workspaces.models import Workspace


@dataclass(frozen=True)
class _CountedRows:
    """Rows of a model that are counted on the day of one of their instants."""

    rows: QuerySet[Any]
    instant: str
    counted: Mapping[Counted, Q]
    dimensions: tuple[Dimension, ...] = ()


_Touch = tuple[datetime, int, int, datetime]
"""When, who, a value, and when it was received."""
_EVERY = Q(pk__isnull=False)
_OF_MESSAGES = (Dimension.CAMPAIGN, Dimension.CHANNEL, Dimension.VARIANT)


def _counted_rows(workspace_id: int) -> Iterator[_CountedRows]:
    of_workspace = {"workspace_id": workspace_id}
    messages = Message.objects.filter(**of_workspace)
    yield _CountedRows(Event.objects.filter(**of_workspace), "occurred_at", {Counted.EVENTS: _EVERY})
    yield _CountedRows(Contact.objects.current().filter(**of_workspace), "signed_up_at", {Counted.CONTACTS: _EVERY})
    yield _CountedRows(
        messages,
        "created_at",
        {Counted.MESSAGES: _EVERY, **{status: Q(**{f"{status.field}__isnull": False}) for status in STATUSES}},
        _OF_MESSAGES,
    )
    yield _CountedRows(messages.filter(opened_at__isnull=False), "opened_at", {Counted.OPENS: _EVERY}, _OF_MESSAGES)
    yield _CountedRows(messages.filter(clicked_at__isnull=False), "clicked_at", {Counted.CLICKS: _EVERY}, _OF_MESSAGES)
    yield _CountedRows(
        Enrolment.objects.filter(**of_workspace),
        "enrolled_at",
        {
            Counted.ENROLMENTS: _EVERY,
            Counted.ENROLMENTS_ACTIVE: Q(status=EnrolmentStatus.ACTIVE),
            Counted.ENROLMENTS_COMPLETED: Q(status=EnrolmentStatus.COMPLETED),
        },
        (Dimension.CAMPAIGN,),
    )


def _in_window(rows: QuerySet[Any], instant: str, window: Window) -> QuerySet[Any]:
    return rows.filter(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})


def first_instant(workspace_id: int, start: datetime | None) -> datetime | None:
    """When the first thing happened that is counted, from an instant on."""
    instants = []
    for kind in _counted_rows(workspace_id):
        rows = kind.rows if start is None else kind.rows.filter(**{f"{kind.instant}__gte": start})
        instants.append(rows.aggregate(first=Min(kind.instant))["first"])
    return min(filter(None, instants), default=None)


def day_counts(workspace_id: int, window: Window) -> Iterator[tuple[tuple[Counted, int, str, int], int, datetime]]:
    """All that is counted in the window, by what, campaign, channel and variant, with the newest receipt."""
    for kind in _counted_rows(workspace_id):
        numbers: dict[str, Aggregate] = {
            f"n_{name.value}": Count("pk", filter=filter_) for name, filter_ in kind.counted.items()
        }
        rows = _in_window(kind.rows, kind.instant, window).order_by()
        totals = {**numbers, "through": Max("received_at")}
        by = kind.dimensions
        for row in rows.values(*by).annotate(**totals) if by else [rows.aggregate(**totals)]:
            of = (row.get("campaign_id") or 0, row.get("channel") or "", row.get("variant_id") or 0)
            for name in kind.counted:
                if row[f"n_{name.value}"]:
                    yield (name, *of), row[f"n_{name.value}"], row["through"]


def day_touches(workspace_id: int, window: Window) -> Iterator[tuple[PackKind, str, NDArray[np.int64], datetime]]:
    """All touches of a window of one day, as rows of (microseconds since it began, person, value)."""
    events: dict[str, list[_Touch]] = defaultdict(list)
    attributed: list[_Touch] = []
    rows = _in_window(Event.objects.filter(workspace_id=workspace_id), "occurred_at", window).order_by()
    for event_type, at, person, utm, received_at in in_binary(
        rows.values_list("type", "occurred_at", "person_number", "utm_id", "received_at")
    ):
        events[event_type].append((at, person, 0, received_at))
        if utm is not None:
            attributed.append((at, person, utm, received_at))
    kinds = [(PackKind.EVENT, event_type, touches) for event_type, touches in events.items()]
    kinds.append((PackKind.ATTRIBUTED, "", attributed))
    messages = Message.objects.filter(workspace_id=workspace_id)
    contacts = Contact.objects.current().filter(workspace_id=workspace_id)
    for kind, source, instant in (
        (PackKind.SIGNUP, contacts, "signed_up_at"),
        (PackKind.OPEN, messages, "opened_at"),
        (PackKind.CLICK, messages, "clicked_at"),
    ):
        of_kind = _in_window(source, instant, window).order_by().values_list(instant, "person_number", "received_at")
        kinds.append((kind, "", [(at, person, 0, received_at) for at, person, received_at in in_binary(of_kind)]))
    began = microseconds(window.starts_at)
    for kind, event_type, touches in kinds:
        if touches:
            at, people, values, received = zip(*touches, strict=True)
            instants = np.array([microseconds(instant) for instant in at], np.int64)
            yield kind, event_type, np.column_stack([instants - began, people, values]), max(received)


def is_empty(workspace: Workspace) -> bool:
    """Whether nothing has ever come in. Up to three queries."""
    return not any(model.objects.filter(workspace_id=workspace.pk).exists() for model in (Event, Message, Contact))
