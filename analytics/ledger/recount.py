"""What the facts amount to on a day, as the ledger is made from them anew and compared with them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import Aggregate, Count, Max, Min, Q, QuerySet, TextField
from django.db.models.functions import Cast

from analytics.ledger.assignments import assignment_value
from analytics.ledger.column_names import NO_SWITCHES, ColumnSwitches, column_switches, event_columns
from analytics.ledger.columns import NO_COLUMNS
from analytics.ledger.message_touches import MessageTouch, near_end, rows_of_messages
from analytics.ledger.money_columns import MoneyColumns, money_columns
from analytics.ledger.packs import NO_ROWS, Rows
from analytics.metrics import STATUSES, Counted, Dimension
from analytics.models import Assignment, Contact, Enrolment, EnrolmentStatus, Event, Message, PackKind
from analytics.models.bulk import in_binary
from analytics.periods import Window, microseconds, start_of_day
from analytics.questions.values import values_of_json
from analytics.utm import utm_texts
from workspaces.models import Workspace


@dataclass(frozen=True)
class CountedRows:
    """Rows of a model that are counted on the day of one of their instants."""

    rows: QuerySet[Any]
    instant: str
    counted: Mapping[Counted, Q]
    dimensions: tuple[Dimension, ...] = ()


_Touch = tuple[datetime, int, int, datetime]
"""When, who, a value, and when it was received."""
_INSTANT_OF = {PackKind.MESSAGE: "created_at", PackKind.OPEN: "opened_at", PackKind.CLICK: "clicked_at"}
_EVERY = Q(pk__isnull=False)
_OF_MESSAGES = (Dimension.CAMPAIGN, Dimension.CHANNEL, Dimension.VARIANT)


def counted_rows(workspace_id: int) -> Iterator[CountedRows]:
    """All that is counted, but for conversions."""
    of_workspace = {"workspace_id": workspace_id}
    messages = Message.objects.filter(**of_workspace)
    yield CountedRows(Event.objects.filter(**of_workspace), "occurred_at", {Counted.EVENTS: _EVERY})
    yield CountedRows(Contact.objects.current().filter(**of_workspace), "signed_up_at", {Counted.CONTACTS: _EVERY})
    yield CountedRows(
        messages,
        "created_at",
        {Counted.MESSAGES: _EVERY, **{status: Q(**{f"{status.field}__isnull": False}) for status in STATUSES}},
        _OF_MESSAGES,
    )
    yield CountedRows(messages.filter(opened_at__isnull=False), "opened_at", {Counted.OPENS: _EVERY}, _OF_MESSAGES)
    yield CountedRows(messages.filter(clicked_at__isnull=False), "clicked_at", {Counted.CLICKS: _EVERY}, _OF_MESSAGES)
    yield CountedRows(
        Enrolment.objects.filter(**of_workspace),
        "enrolled_at",
        {
            Counted.ENROLMENTS: _EVERY,
            Counted.ENROLMENTS_ACTIVE: Q(status=EnrolmentStatus.ACTIVE),
            Counted.ENROLMENTS_COMPLETED: Q(status=EnrolmentStatus.COMPLETED),
        },
        (Dimension.CAMPAIGN,),
    )


def in_window(rows: QuerySet[Any], instant: str, window: Window) -> QuerySet[Any]:
    """Of the rows, those with an instant in the window."""
    return rows.filter(**{f"{instant}__gte": window.starts_at, f"{instant}__lt": window.ends_at})


def first_instant(workspace_id: int, start: datetime | None) -> datetime | None:
    """When the first thing happened that the ledger has, from an instant on."""
    kinds = [(kind.rows, kind.instant) for kind in counted_rows(workspace_id)]
    kinds.append((Assignment.objects.filter(workspace_id=workspace_id), "assigned_at"))
    instants = []
    for rows, instant in kinds:
        after = rows if start is None else rows.filter(**{f"{instant}__gte": start})
        instants.append(after.aggregate(first=Min(instant))["first"])
    return min(filter(None, instants), default=None)


def day_counts(workspace_id: int, window: Window) -> Iterator[tuple[tuple[Counted, int, str, int], int, datetime]]:
    """Everything that is counted in the window: each kind of count by campaign, channel and variant, with the newest
    receipt."""
    for kind in counted_rows(workspace_id):
        numbers: dict[str, Aggregate] = {
            f"n_{name.value}": Count("pk", filter=filter_) for name, filter_ in kind.counted.items()
        }
        rows = in_window(kind.rows, kind.instant, window).order_by()
        totals = {**numbers, "through": Max("received_at")}
        by = kind.dimensions
        for row in rows.values(*by).annotate(**totals) if by else [rows.aggregate(**totals)]:
            of = (row.get("campaign_id") or 0, row.get("channel") or "", row.get("variant_id") or 0)
            for name in kind.counted:
                if row[f"n_{name.value}"]:
                    yield (name, *of), row[f"n_{name.value}"], row["through"]


def day_touches(workspace_id: int, window: Window) -> Iterator[tuple[PackKind, str, Rows, datetime]]:
    """All touches of a window of one day, by kind and event type, and when the newest of them was received."""
    attributed: list[_Touch] = []
    switches, money = column_switches(workspace_id), money_columns(Workspace.objects.get(pk=workspace_id))
    for event_type, events in _events_by_type(workspace_id, window).items():
        rows = events.rows(window, switches=switches.get(event_type, NO_SWITCHES), money=money.get(event_type))
        yield PackKind.EVENT, event_type, rows, _newest(events.touches)
        attributed += [touch for touch in events.touches if touch[2]]
    by_kind = [(PackKind.ATTRIBUTED, attributed)]
    contacts = in_window(Contact.objects.current().filter(workspace_id=workspace_id), "signed_up_at", window)
    signups = contacts.order_by().values_list("signed_up_at", "person_number", "received_at")
    by_kind.append((PackKind.SIGNUP, [(at, person, 0, received_at) for at, person, received_at in in_binary(signups)]))
    for kind, touches in by_kind:
        if touches:
            yield kind, "", _rows(touches, window), _newest(touches)
    yield from _message_touches(workspace_id, window)
    yield from _assignment_touches(workspace_id, window)


def _message_touches(workspace_id: int, window: Window) -> Iterator[tuple[PackKind, str, Rows, datetime]]:
    """Three queries."""
    statuses = ("", *STATUSES)
    for kind in (PackKind.MESSAGE, PackKind.OPEN, PackKind.CLICK):
        of_kind = statuses if kind is PackKind.MESSAGE else ("",)
        for (found, status), (touches, through) in _messages_by_status(workspace_id, window, kind, of_kind).items():
            yield found, status, rows_of_messages(touches), through


def _assignment_touches(workspace_id: int, window: Window) -> Iterator[tuple[PackKind, str, Rows, datetime]]:
    """By test. One query."""
    rows = in_window(Assignment.objects.filter(workspace_id=workspace_id), "assigned_at", window).order_by()
    columns = ("test_id", "assigned_at", "person_number", "variant_id", "withheld", "received_at")
    by_test: dict[int, list[_Touch]] = defaultdict(list)
    for test, at, person, variant, withheld, received_at in in_binary(rows.values_list(*columns)):
        by_test[test].append((at, person, assignment_value(variant, withheld=bool(withheld)), received_at))
    for test, touches in by_test.items():
        yield PackKind.ASSIGNMENT, str(test), _rows(touches, window), _newest(touches)


def touches_of_messages(workspace: Workspace, day: date, kind: PackKind, status: str) -> Rows:
    """As the ledger has them of that kind and status on a local day. One query."""
    of_instant = PackKind.MESSAGE if kind == PackKind.LATE_ACT else kind
    found = _messages_by_status(workspace.pk, Window(workspace.zone, day, 1), of_instant, [status])
    return rows_of_messages(found[kind, status][0]) if (kind, status) in found else NO_ROWS


def _messages_by_status(
    workspace_id: int, window: Window, kind: PackKind, statuses: Sequence[str]
) -> Mapping[tuple[PackKind, str], tuple[list[MessageTouch], datetime]]:
    """Of messages with a kind's instant in the window of a day, the touches of those that reached each of the statuses,
    where there are any, and when the newest of these was received; besides, of those that did so late. One query."""
    instant = _INSTANT_OF[kind]
    rows = in_window(Message.objects.filter(workspace_id=workspace_id), instant, window).order_by()
    fields = [f"{status}_at" if status else instant for status in statuses]
    columns = ("person_number", instant, "campaign_id", "channel", "variant_id", "received_at")
    start = microseconds(window.starts_at)
    late_at = start_of_day(near_end(window.first_day), window.zone)
    found: dict[tuple[PackKind, str], tuple[list[MessageTouch], datetime]] = {}
    for person, at, campaign, channel, variant, received_at, *reached in in_binary(rows.values_list(*columns, *fields)):
        touch = MessageTouch(person, microseconds(at) - start, campaign, channel, variant or 0)
        for status, reached_at in zip(statuses, reached, strict=True):
            if reached_at is None:
                continue
            is_late = status and not window.starts_at <= reached_at < late_at
            for each in (kind, PackKind.LATE_ACT) if is_late else (kind,):
                touches, through = found.get((each, status), ([], received_at))
                touches.append(touch.reaching(reached_at, at) if status else touch)
                found[each, status] = touches, max(through, received_at)
    return found


def event_rows(workspace: Workspace, day: date, event_type: str, names: Collection[str]) -> Rows:
    """The events of a type on a local day, with the named columns. One query."""
    window = Window(workspace.zone, day, 1)
    events = _events_by_type(workspace.pk, window, event_type).get(event_type)
    if events is None:
        return NO_ROWS
    return events.rows(window, names=names, money=money_columns(workspace).get(event_type))


def event_touches(workspace_id: int, window: Window, event_type: str) -> tuple[Rows, datetime] | None:
    """The events of a type in a window of one day, with the columns that are chosen, and when the newest of them was
    received; None where there are none. Two queries."""
    switches = column_switches(workspace_id).get(event_type, NO_SWITCHES)
    events = _events_by_type(workspace_id, window, event_type).get(event_type)
    if events is None:
        return None
    money = money_columns(Workspace.objects.get(pk=workspace_id)).get(event_type)
    return events.rows(window, switches=switches, money=money), _newest(events.touches)


@dataclass
class _Events:
    """Events of a type with their UTM triples, and what else they have as JSON."""

    touches: list[_Touch] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    def rows(
        self,
        window: Window,
        *,
        switches: ColumnSwitches = NO_SWITCHES,
        money: MoneyColumns | None = None,
        names: Collection[str] | None = None,
    ) -> Rows:
        """With the columns of money, and those named, or else those that are chosen."""
        rows = _rows(self.touches, window)
        texts = utm_texts(self.contexts, self.properties, rows.values.tolist())
        values = values_of_json(self.properties)
        columns = event_columns(values, texts, rows.values, switches=switches, money=money, names=names)
        chosen = columns if names is not None else switches.choose_columns(columns)
        return replace(rows, values=np.zeros_like(rows.values), columns=chosen)


def _events_by_type(workspace_id: int, window: Window, event_type: str | None = None) -> Mapping[str, _Events]:
    """The events of a window by type; of all types, or of one."""
    rows = in_window(Event.objects.filter(workspace_id=workspace_id), "occurred_at", window).order_by()
    if event_type is not None:
        rows = rows.filter(type=event_type)
    by_type: dict[str, _Events] = defaultdict(_Events)
    columns = ("type", "occurred_at", "person_number", "utm_id", "received_at")
    texts = (Cast("properties", TextField()), Cast("context", TextField()))
    for name, at, person, utm, received_at, properties, context in in_binary(rows.values_list(*columns, *texts)):
        events = by_type[name]
        events.touches.append((at, person, utm or 0, received_at))
        events.properties.append(properties)
        events.contexts.append(context)
    return by_type


def _rows(touches: list[_Touch], window: Window) -> Rows:
    at, people, values, _ = zip(*touches, strict=True)
    instants = np.array([microseconds(instant) for instant in at], np.int64) - microseconds(window.starts_at)
    return Rows(instants, np.array(people, np.int32), np.array(values, np.int32), NO_COLUMNS)


def _newest(touches: list[_Touch]) -> datetime:
    return max(received_at for _, _, _, received_at in touches)


def is_empty(workspace: Workspace) -> bool:
    """Whether nothing has ever come in. Up to three queries."""
    return not any(model.objects.filter(workspace_id=workspace.pk).exists() for model in (Event, Message, Contact))
