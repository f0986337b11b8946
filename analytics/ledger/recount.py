"""Answers read from the facts themselves: slow and obvious."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Aggregate, Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from analytics.ledger.people import joined_numbers, known_by
from analytics.ledger.series import Counted, Counts, Dimension, DimensionValue, Series, Touches
from analytics.models import Contact, Enrolment, EnrolmentStatus, Event, Message
from analytics.periods import Window, microseconds, start_of_day
from workspaces.models import Workspace


@dataclass(frozen=True)
class _Source:
    """Rows of a model that are counted on the day of one of their instants."""

    rows: QuerySet[Any]
    instant: str
    counted: Mapping[Counted, Q]


_EVERY = Q(pk__isnull=False)


def _sources(workspace_id: int, campaign_id: int | None) -> Iterator[_Source]:
    of_workspace = {"workspace_id": workspace_id}
    messages = Message.objects.filter(**of_workspace)
    enrolments = Enrolment.objects.filter(**of_workspace)
    if campaign_id is not None:
        messages, enrolments = (
            messages.filter(campaign_id=campaign_id),
            enrolments.filter(campaign_id=campaign_id),
        )
    else:
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
        },
    )
    yield _Source(messages.filter(opened_at__isnull=False), "opened_at", {Counted.OPENS: _EVERY})
    yield _Source(messages.filter(clicked_at__isnull=False), "clicked_at", {Counted.CLICKS: _EVERY})
    yield _Source(
        enrolments,
        "enrolled_at",
        {
            Counted.ENROLMENTS: _EVERY,
            Counted.ENROLMENTS_ACTIVE: Q(status=EnrolmentStatus.ACTIVE),
            Counted.ENROLMENTS_COMPLETED: Q(status=EnrolmentStatus.COMPLETED),
        },
    )


def counts(
    workspace: Workspace,
    counted: Collection[Counted],
    *,
    window: Window | None,
    by: Sequence[Dimension] = (),
    campaign_id: int | None = None,
) -> Counts:
    """How many, on the local days of the window (None: ever), split by the dimensions, of one campaign or of all.

    A split by day needs a window. One query for each kind of instant asked for.
    """
    by_key: dict[tuple[Counted, *tuple[DimensionValue, ...]], int] = {}
    newest: list[datetime] = []
    for source in _sources(workspace.pk, campaign_id):
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
        for row in rows.order_by().values(*by).annotate(**numbers) if by else [rows.aggregate(**numbers)]:
            if row["through"] is not None:
                newest.append(row["through"])
            key = tuple(
                window.day_list[row[name]] if window is not None and name is Dimension.DAY else row[name] for name in by
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
    joined = joined_numbers(workspace.pk)
    found: dict[Series, Touches] = {}
    newest: list[datetime] = []
    for one in series:
        instant, utm, rows = _touch_rows(workspace.pk, one)
        values = list(
            _in_window(rows, instant, window).order_by().values_list("person_number", instant, utm, "received_at")
        )
        people = np.fromiter((row[0] for row in values), np.int32, len(values))
        found[one] = Touches(
            people=known_by(people, joined),
            at=np.fromiter((microseconds(row[1]) for row in values), np.int64, len(values)),
            utm=np.fromiter((row[2] for row in values) if one == Series.ATTRIBUTED else (), np.int32),
        )
        newest.extend(row[3] for row in values)
    return found, max(newest, default=None)


def _touch_rows(workspace_id: int, series: Series) -> tuple[str, str, QuerySet[Any]]:
    """The instant's field, that of the UTM triple (or any other), and the rows."""
    of_workspace = {"workspace_id": workspace_id}
    if series == Series.SIGNUPS:
        return "signed_up_at", "pk", Contact.objects.current().filter(**of_workspace)
    if series == Series.OPENS:
        return "opened_at", "pk", Message.objects.filter(**of_workspace)
    if series == Series.CLICKS:
        return "clicked_at", "pk", Message.objects.filter(**of_workspace)
    events = Event.objects.filter(**of_workspace)
    if series == Series.ATTRIBUTED:
        return "occurred_at", "utm_id", events.filter(utm__isnull=False)
    if series.event_type is not None:
        events = events.filter(type=series.event_type)
    return "occurred_at", "pk", events


def event_types(workspace: Workspace, *, window: Window) -> tuple[str, ...]:
    """The types of the events in the window, most frequent first, then by name. One query."""
    rows = _in_window(Event.objects.filter(workspace_id=workspace.pk), "occurred_at", window)
    return tuple(rows.values_list("type").annotate(n=Count("pk")).order_by("-n", "type").values_list("type", flat=True))


def is_empty(workspace: Workspace) -> bool:
    """Whether nothing has ever come in. Up to three queries."""
    return not any(model.objects.filter(workspace_id=workspace.pk).exists() for model in (Event, Message, Contact))
