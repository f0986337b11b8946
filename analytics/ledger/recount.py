"""Answers read from the facts themselves: slow and obvious."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Aggregate, Case, Count, IntegerField, Max, Min, Q, QuerySet, Value, When
from numpy.typing import NDArray

from analytics.ledger.people import lookup
from analytics.ledger.series import Counted, Counts, Dimension, DimensionValue, Series, Touches
from analytics.models import Contact, Enrolment, EnrolmentStatus, Event, Message, PackKind, Person
from analytics.models.bulk import in_binary
from analytics.models.slices import in_slice
from analytics.periods import Window, microseconds, start_of_day
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace


@dataclass(frozen=True)
class _Source:
    """Rows of a model that are counted on the day of one of their instants."""

    rows: QuerySet[Any]
    instant: str
    counted: Mapping[Counted, Q]
    dimensions: tuple[Dimension, ...] = ()


_Touch = tuple[datetime, int, int, datetime]
"""When, who, a value, and when it was received."""
_EVERY = Q(pk__isnull=False)
_OF_MESSAGES = (Dimension.CAMPAIGN, Dimension.CHANNEL, Dimension.VARIANT)


def _sources(workspace_id: int, part: Slice = EVERYTHING) -> Iterator[_Source]:
    of_workspace = {"workspace_id": workspace_id}
    messages = Message.objects.filter(in_slice(part), **of_workspace)
    if part == EVERYTHING:
        yield _Source(Event.objects.filter(**of_workspace), "occurred_at", {Counted.EVENTS: _EVERY})
        yield _Source(Contact.objects.current().filter(**of_workspace), "signed_up_at", {Counted.CONTACTS: _EVERY})
    yield _Source(
        messages,
        "created_at",
        {
            Counted.MESSAGES: _EVERY,
            Counted.SENT: Q(sent_at__isnull=False),
            Counted.DELIVERED: Q(delivered_at__isnull=False),
            Counted.OPENED: Q(opened_at__isnull=False),
            Counted.CLICKED: Q(clicked_at__isnull=False),
            Counted.BOUNCED: Q(bounced_at__isnull=False),
            Counted.FAILED: Q(failed_at__isnull=False),
            Counted.HUMAN_OPENED: Q(human_opened_at__isnull=False),
            Counted.HUMAN_CLICKED: Q(human_clicked_at__isnull=False),
        },
        _OF_MESSAGES,
    )
    yield _Source(messages.filter(opened_at__isnull=False), "opened_at", {Counted.OPENS: _EVERY}, _OF_MESSAGES)
    yield _Source(messages.filter(clicked_at__isnull=False), "clicked_at", {Counted.CLICKS: _EVERY}, _OF_MESSAGES)
    if part.channel is None and part.variant_id is None:
        yield _Source(
            Enrolment.objects.filter(in_slice(part), **of_workspace),
            "enrolled_at",
            {
                Counted.ENROLMENTS: _EVERY,
                Counted.ENROLMENTS_ACTIVE: Q(status=EnrolmentStatus.ACTIVE),
                Counted.ENROLMENTS_COMPLETED: Q(status=EnrolmentStatus.COMPLETED),
            },
            (Dimension.CAMPAIGN,),
        )


def counts(
    workspace: Workspace,
    counted: Collection[Counted],
    *,
    window: Window | None,
    by: Sequence[Dimension] = (),
    part: Slice = EVERYTHING,
) -> Counts:
    """How many of a part of the facts, on the local days of the window (None: ever), split by the dimensions.

    A split by day needs a window. What has not one of the dimensions has None there. One query for each kind of instant
    asked for.
    """
    by_key: dict[tuple[Counted, *tuple[DimensionValue, ...]], int] = {}
    newest: list[datetime] = []
    for source in _sources(workspace.pk, part):
        asked = {name: rows for name, rows in source.counted.items() if name in counted}
        if not asked:
            continue
        rows = _in_window(source.rows, source.instant, window)
        if window is not None and Dimension.DAY in by:
            rows = rows.annotate(day=_day_number(source.instant, window))
        numbers: dict[str, Aggregate] = {
            f"n_{name.value}": Count("pk", filter=filter_) for name, filter_ in asked.items()
        }
        numbers["through"] = Max("received_at")
        own = [name for name in by if name is Dimension.DAY or name in source.dimensions]
        for row in rows.order_by().values(*own).annotate(**numbers) if own else [rows.aggregate(**numbers)]:
            if row["through"] is not None:
                newest.append(row["through"])
            key = tuple(
                window.day_list[row[name]] if window is not None and name is Dimension.DAY else row.get(name)
                for name in by
            )
            by_key.update({(name, *key): row[f"n_{name.value}"] for name in asked if row[f"n_{name.value}"]})
    return Counts(by_key, max(newest, default=None))


def _in_window(rows: QuerySet[Any], instant: str, window: Window | None) -> QuerySet[Any]:
    if window is None:
        return rows
    return rows.filter(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})


def _day_number(instant: str, window: Window) -> Case:
    """Which day of the window: by our own day starts, since a database's time zones may be older than Python's."""
    later_days = [
        When(**{f"{instant}__gte": start_of_day(day, window.zone)}, then=Value(number))
        for number, day in reversed(list(enumerate(window.day_list)))
    ]
    return Case(*later_days, output_field=IntegerField())


def touches(
    workspace: Workspace, series: Collection[Series], *, window: Window
) -> tuple[Mapping[Series, Touches], datetime | None]:
    """Who did what when inside the window, for each series, and the receive time of the newest fact among them.

    One query for each series and one for the joined people.
    """
    table = _joined(workspace.pk)
    found: dict[Series, Touches] = {}
    newest: list[datetime] = []
    for one in series:
        instant, utm, rows = _touch_rows(workspace.pk, one)
        values = list(
            _in_window(rows, instant, window).order_by().values_list("person_number", instant, utm, "received_at")
        )
        found[one] = _as_touches(values, window, table)
        newest.extend(row[3] for row in values)
    return found, max(newest, default=None)


def _as_touches(
    rows: Sequence[tuple[int, datetime, int, datetime]], window: Window, table: NDArray[np.int32]
) -> Touches:
    people = np.array([row[0] for row in rows], np.int32)
    at = np.array([microseconds(row[1]) for row in rows], np.int64)
    utm = np.array([row[2] for row in rows], np.int32)
    return Touches(
        numbers=lambda: people,
        table=table,
        days=lambda: window.day_numbers(at).astype(np.int16),
        at=lambda: at,
        utm=lambda: utm,
    )


def _joined(workspace_id: int) -> NDArray[np.int32]:
    rows = Person.objects.filter(workspace_id=workspace_id, joined_to__isnull=False)
    pairs = np.array(list(rows.values_list("number", "joined_to")), np.int32).reshape(-1, 2)
    return lookup([(pairs[:, 0], pairs[:, 1])]) if len(pairs) else lookup([])


def _touch_rows(workspace_id: int, series: Series) -> tuple[str, str, QuerySet[Any]]:
    """The instant's field, that of the UTM triple (or of any other number), and the rows."""
    of_workspace = {"workspace_id": workspace_id}
    if series == Series.SIGNUPS:
        return "signed_up_at", "person_number", Contact.objects.current().filter(**of_workspace)
    if series == Series.OPENS:
        return "opened_at", "person_number", Message.objects.filter(**of_workspace)
    if series == Series.CLICKS:
        return "clicked_at", "person_number", Message.objects.filter(**of_workspace)
    events = Event.objects.filter(**of_workspace)
    if series == Series.ATTRIBUTED:
        return "occurred_at", "utm_id", events.filter(utm__isnull=False)
    if series.event_type is not None:
        events = events.filter(type=series.event_type)
    return "occurred_at", "person_number", events


def first_instant(workspace_id: int, start: datetime | None) -> datetime | None:
    """When the first thing happened that is counted, from an instant on."""
    found = []
    for source in _sources(workspace_id):
        rows = source.rows if start is None else source.rows.filter(**{f"{source.instant}__gte": start})
        found.append(rows.aggregate(first=Min(source.instant))["first"])
    return min(filter(None, found), default=None)


def day_counts(workspace_id: int, window: Window) -> Iterator[tuple[tuple[Counted, int, str, int], int, datetime]]:
    """All that is counted in the window, by what, campaign, channel and variant, with the newest receipt."""
    for source in _sources(workspace_id):
        numbers: dict[str, Aggregate] = {
            f"n_{name.value}": Count("pk", filter=filter_) for name, filter_ in source.counted.items()
        }
        rows = _in_window(source.rows, source.instant, window).order_by()
        totals = {**numbers, "through": Max("received_at")}
        by = source.dimensions
        for row in rows.values(*by).annotate(**totals) if by else [rows.aggregate(**totals)]:
            of = (row.get("campaign_id") or 0, row.get("channel") or "", row.get("variant_id") or 0)
            for name in source.counted:
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
    found = [(PackKind.EVENT, event_type, touches) for event_type, touches in events.items()]
    found.append((PackKind.ATTRIBUTED, "", attributed))
    messages = Message.objects.filter(workspace_id=workspace_id)
    contacts = Contact.objects.current().filter(workspace_id=workspace_id)
    for kind, source, instant in (
        (PackKind.SIGNUP, contacts, "signed_up_at"),
        (PackKind.OPEN, messages, "opened_at"),
        (PackKind.CLICK, messages, "clicked_at"),
    ):
        of_kind = _in_window(source, instant, window).order_by().values_list(instant, "person_number", "received_at")
        found.append((kind, "", [(at, person, 0, received_at) for at, person, received_at in in_binary(of_kind)]))
    began = microseconds(window.starts_at)
    for kind, event_type, touches in found:
        if touches:
            at, people, values, received = zip(*touches, strict=True)
            instants = np.array([microseconds(one) for one in at], np.int64)
            yield kind, event_type, np.column_stack([instants - began, people, values]), max(received)


def is_empty(workspace: Workspace) -> bool:
    """Whether nothing has ever come in. Up to three queries."""
    return not any(model.objects.filter(workspace_id=workspace.pk).exists() for model in (Event, Message, Contact))
