"""Makes the ledger anew from the facts, and compares the two.

Both go day by day: a day's rows as the facts have them (`facts_of_day`), and as the ledger has them (`ledger_of_day`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.db.models import Max, Sum

from analytics.ledger import locks, recount, storage
from analytics.ledger.columns import NO_COLUMNS
from analytics.ledger.contacts import newest_rows, rows_of_all_contacts
from analytics.ledger.entries import CountKey, PackKey
from analytics.ledger.packs import NO_ROWS, Rows, Segment, are_same, without, without_all
from analytics.ledger.people import lookup, person_numbers, root_numbers
from analytics.metrics import Counted
from analytics.models import Contact, DayCount, DayPack, EventProperty, PackKind, Person, PersonNumbers
from analytics.models.ledger import KINDS_OF_MESSAGES, KINDS_OF_NO_DAY, NO_DAY
from analytics.models.people import CONTACTS_LAYOUT, LEDGER_LAYOUT, MESSAGES_LAYOUT
from analytics.periods import Window, local_day, start_of_day
from workspaces.models import Workspace

_JOINS, _CONTACTS = PackKey(PackKind.JOIN, NO_DAY), PackKey(PackKind.CONTACT, NO_DAY)
_COUNT_KEY = ("day", "counted", "campaign_id", "channel", "variant_id")


@dataclass
class DayLedger:
    """A day's sums, and its touches."""

    counts: Counter[CountKey] = field(default_factory=Counter)
    touches: dict[PackKey, Rows] = field(default_factory=dict)
    through: dict[CountKey | PackKey, datetime] = field(default_factory=dict)
    """When the newest fact behind each key was received."""
    lost_columns: int = 0
    """Of large segments, how many columns have no data."""


@dataclass(frozen=True)
class Difference:
    """A key whose number in the ledger is not that of the facts."""

    day: date
    what: str
    ledger: int
    facts: int

    def __str__(self) -> str:
        what = self.what if self.day == NO_DAY else f"{self.day}: {self.what}"
        return f"{what}: the ledger has {self.ledger}, the facts say {self.facts}"


def days_with_facts(workspace: Workspace, *, first: date | None = None, last: date | None = None) -> Iterator[date]:
    """Returns the local days on which something happened, in order, within a range or of all time."""
    start = start_of_day(first, workspace.zone) if first is not None else None
    while (at := recount.first_instant(workspace.pk, start)) is not None:
        day = local_day(at, workspace.zone)
        if last is not None and day > last:
            return
        yield day
        start = start_of_day(day + timedelta(days=1), workspace.zone)


def days_of_ledger(workspace: Workspace, *, first: date | None = None, last: date | None = None) -> set[date]:
    """Returns the days of which the ledger has rows, without the joins."""
    days = set()
    for rows in (
        DayCount.objects.filter(workspace_id=workspace.pk),
        DayPack.objects.filter(workspace_id=workspace.pk).exclude(kind__in=KINDS_OF_NO_DAY),
    ):
        days |= set(rows.order_by().values_list("day", flat=True).distinct())
    return {day for day in days if (first is None or day >= first) and (last is None or day <= last)}


def rebuild(workspace: Workspace, *, first: date | None = None, last: date | None = None) -> Iterator[date]:
    """Makes the days of a range, or all, anew; yields each when it is done, in a transaction of its own.

    Writers wait for the day that is being made.
    """
    if first is None and last is None:
        rebuild_joins(workspace)
        rebuild_contacts(workspace)
    done = set()
    for day in days_with_facts(workspace, first=first, last=last):
        rebuild_day(workspace.pk, day)
        done.add(day)
        yield day
    for day in sorted(days_of_ledger(workspace, first=first, last=last) - done):
        rebuild_day(workspace.pk, day)
        yield day
    if first is None and last is None:
        _note_layout(workspace.pk, LEDGER_LAYOUT)


@transaction.atomic
def rebuild_day(workspace_id: int, day: date) -> None:
    locks.take_alone(workspace_id)
    zone = Workspace.objects.get(pk=workspace_id).zone
    DayCount.objects.filter(workspace_id=workspace_id, day=day).delete()
    packs = DayPack.objects.filter(workspace_id=workspace_id, day=day)
    storage.remove_all_packs(workspace_id, packs.exclude(kind__in=KINDS_OF_NO_DAY))
    _write(workspace_id, facts_of_day(workspace_id, day, zone))


@transaction.atomic
def rebuild_type(workspace_id: int, day: date, event_type: str) -> None:
    """Makes the segments of one type of event anew. Nobody else writes to the ledger meanwhile."""
    locks.take_alone(workspace_id)
    zone = Workspace.objects.get(pk=workspace_id).zone
    key = PackKey(PackKind.EVENT, day, event_type)
    storage.remove_all_packs(workspace_id, DayPack.objects.filter(workspace_id=workspace_id, **key._asdict()))
    if found := recount.event_touches(workspace_id, Window(zone, day, 1), event_type):
        rows, through = found
        _write(workspace_id, DayLedger(touches={key: rows}, through={key: through}))


def rebuild_days(workspace_id: int, days: Iterable[date]) -> None:
    """Make days anew whose facts have changed otherwise than by addition, in the transaction that changed them."""
    for day in sorted(days):
        rebuild_day(workspace_id, day)


def drop_unused_types(workspace_id: int) -> None:
    """Delete the packs of event types of which nothing is left, and what was said of their properties: the types' names
    may be somebody's. Nobody writes meanwhile.

    Three queries.
    """
    packs = DayPack.objects.filter(workspace_id=workspace_id, kind=PackKind.EVENT)
    totals = packs.order_by().values_list("event_type").annotate(total=Sum("n")).filter(total=0)
    unused = [event_type for event_type, _ in totals]
    storage.remove_all_packs(workspace_id, packs.filter(event_type__among=unused))
    EventProperty.objects.filter(workspace=workspace_id, event_type__among=unused).delete()


@transaction.atomic
def rebuild_joins(workspace: Workspace) -> None:
    locks.take_alone(workspace.pk)
    storage.remove_all_packs(workspace.pk, DayPack.objects.filter(workspace_id=workspace.pk, kind=PackKind.JOIN))
    storage.lost_columns(workspace.pk).delete()
    _write(workspace.pk, facts_of_joins(workspace.pk))


@transaction.atomic
def rebuild_contacts(workspace: Workspace) -> None:
    """From then on the ledger knows that it has them all."""
    locks.take_alone(workspace.pk)
    storage.remove_all_packs(workspace.pk, DayPack.objects.filter(workspace_id=workspace.pk, kind=PackKind.CONTACT))
    _write(workspace.pk, facts_of_contacts(workspace.pk))
    _note_layout(workspace.pk, CONTACTS_LAYOUT)


def _note_layout(workspace_id: int, layout: int) -> None:
    """That the whole ledger knows what belongs to it."""
    known = PersonNumbers.objects.filter(workspace_id=workspace_id, ledger_layout__lt=layout)
    known.update(ledger_layout=layout)


@transaction.atomic
def rebuild_all(workspace: Workspace) -> None:
    """Everything at once: where days get another meaning, by another time zone."""
    locks.take_alone(workspace.pk)
    DayCount.objects.filter(workspace_id=workspace.pk).delete()
    DayPack.objects.filter(workspace_id=workspace.pk).delete()
    storage.lost_columns(workspace.pk).delete()
    _write(workspace.pk, facts_of_joins(workspace.pk))
    rebuild_contacts(workspace)
    for day in days_with_facts(workspace):
        _write(workspace.pk, facts_of_day(workspace.pk, day, workspace.zone))
    _note_layout(workspace.pk, LEDGER_LAYOUT)


def _write(workspace_id: int, ledger: DayLedger) -> None:
    DayCount.objects.bulk_create(
        DayCount(workspace_id=workspace_id, n=n, through=ledger.through[key], level=1, **key._asdict())
        for key, n in ledger.counts.items()
    )
    storage.add_packs(
        [
            DayPack(
                workspace_id=workspace_id,
                n=rows.n,
                through=ledger.through[key],
                level=1,
                data=rows.segment.data,
                columns=rows.segment.column_data,
                **key._asdict(),
            )
            for key, rows in ledger.touches.items()
        ]
    )


def facts_of_day(workspace_id: int, day: date, zone: ZoneInfo) -> DayLedger:
    """Returns what the facts say of a day."""
    facts = DayLedger()
    window = Window(zone, day, 1)
    for key, n, through in recount.day_counts(workspace_id, window):
        facts.counts[CountKey(day, *key)] = n
        facts.through[CountKey(day, *key)] = through
    for kind, event_type, rows, through in recount.day_touches(workspace_id, window):
        pack_key = PackKey(kind, day, event_type)
        facts.touches[pack_key] = rows
        facts.through[pack_key] = through
    return facts


def facts_of_joins(workspace_id: int) -> DayLedger:
    rows = Person.objects.filter(workspace_id=workspace_id, joined_to__isnull=False)
    gone, kept = np.array(rows.values_list("number", "joined_to"), np.int32).reshape(-1, 2).T
    if not len(gone):
        return DayLedger()
    pairs = Rows(np.zeros(len(gone), np.int64), gone, kept, NO_COLUMNS)
    return DayLedger(touches={_JOINS: pairs}, through={_JOINS: start_of_day(NO_DAY, ZoneInfo("UTC"))})


def facts_of_contacts(workspace_id: int) -> DayLedger:
    version = PersonNumbers.objects.filter(workspace_id=workspace_id).values_list("contact_version", flat=True).first()
    rows = rows_of_all_contacts(workspace_id, version or 0)
    if not rows.n:
        return DayLedger()
    newest = Contact.objects.filter(workspace_id=workspace_id).aggregate(newest=Max("received_at"))["newest"]
    return DayLedger(touches={_CONTACTS: rows}, through={_CONTACTS: newest})


def ledger_of_day(workspace_id: int, day: date) -> DayLedger:
    """Returns what the ledger says of a day, without what cancels out or is zero."""
    ledger = DayLedger()
    rows = DayCount.objects.filter(workspace_id=workspace_id, day=day).order_by()
    for *key, n in rows.values_list(*_COUNT_KEY).annotate(Sum("n")):
        ledger.counts[CountKey(key[0], Counted(key[1]), *key[2:])] = n
    ledger.counts = Counter({key: n for key, n in ledger.counts.items() if n})
    parts: dict[PackKey, list[tuple[int, Segment]]] = defaultdict(list)
    packs = DayPack.objects.filter(workspace_id=workspace_id, day=day)
    for segment, kind, event_type, n in storage.all_segments(workspace_id, packs, ("kind", "event_type", "n")):
        parts[PackKey(PackKind(kind), day, event_type)].append((n, segment))
        ledger.lost_columns += len(segment.columns_without_data)
    for pack_key, pieces in parts.items():
        if pack_key.kind == PackKind.CONTACT:
            for sign, rows_left in newest_rows(pieces):
                ledger.touches |= {pack_key: rows_left} if sign > 0 else {}
            continue
        left, over = without_all(*(Rows.of([part for n, part in pieces if sign * n > 0]) for sign in (1, -1)))
        if left.n or over.n:
            ledger.touches[pack_key] = Rows.of([left, over])
    return ledger


def verify(workspace: Workspace, *, first: date | None = None, last: date | None = None) -> Iterator[Difference | date]:
    """Yields each difference between ledger and facts, and each day when it has been compared.

    A day is compared as of one moment: nobody writes to the workspace meanwhile.
    """
    days = {*days_with_facts(workspace, first=first, last=last), *days_of_ledger(workspace, first=first, last=last)}
    for day in sorted(days):
        with transaction.atomic():
            locks.take_alone(workspace.pk)
            facts, ledger = facts_of_day(workspace.pk, day, workspace.zone), ledger_of_day(workspace.pk, day)
            layout = person_numbers(workspace.pk).ledger_layout
        unknown = KINDS_OF_NO_DAY if layout >= MESSAGES_LAYOUT else (*KINDS_OF_NO_DAY, *KINDS_OF_MESSAGES)
        yield from _differences(day, ledger, facts, but_for=unknown)
        yield day
    if first is None and last is None:
        with transaction.atomic():
            locks.take_alone(workspace.pk)
            facts, ledger = facts_of_joins(workspace.pk), ledger_of_day(workspace.pk, NO_DAY)
            of_contacts, layout = facts_of_contacts(workspace.pk), person_numbers(workspace.pk).ledger_layout
            lost = storage.lost_columns(workspace.pk).count()
        yield from _join_differences(ledger, facts)
        if layout >= CONTACTS_LAYOUT:
            yield from _contact_differences(ledger, of_contacts)
        if lost:
            yield Difference(NO_DAY, "columns of no segment", lost, 0)


def _differences(
    day: date, ledger: DayLedger, facts: DayLedger, *, but_for: Collection[PackKind]
) -> Iterator[Difference]:
    for key in sorted(ledger.counts.keys() | facts.counts.keys()):
        if ledger.counts[key] != facts.counts[key]:
            what = " ".join(str(part) for part in key[1:] if part)
            yield Difference(day, what, ledger.counts[key], facts.counts[key])
    if ledger.lost_columns:
        yield Difference(day, "columns without data", ledger.lost_columns, 0)
    for pack_key in sorted(ledger.touches.keys() | facts.touches.keys()):
        if pack_key.kind in but_for:
            continue
        ledger_rows, fact_rows = ledger.touches.get(pack_key, NO_ROWS), facts.touches.get(pack_key, NO_ROWS)
        if not are_same(ledger_rows, fact_rows):
            over, missing = without(ledger_rows, fact_rows)
            what = f"{pack_key.kind} {pack_key.event_type} ({over.n} too many, {missing.n} missing)"
            yield Difference(day, what, ledger_rows.n, fact_rows.n)


def _join_differences(ledger: DayLedger, facts: DayLedger) -> Iterator[Difference]:
    """Where joins lead in the end: facts keep the last step only, the ledger each as it came."""
    ledger_rows, fact_rows = (of.touches.get(_JOINS, NO_ROWS) for of in (ledger, facts))
    pairs = [(rows.people, rows.values) for rows in (ledger_rows, fact_rows)]
    size = 1 + max(int(numbers.max(initial=-1)) for pair in pairs for numbers in pair)
    numbers = np.arange(size, dtype=np.int32)
    of_ledger, of_facts = (root_numbers(numbers, lookup([pair])) for pair in pairs)
    if not np.array_equal(of_ledger, of_facts):
        wrong = np.count_nonzero(of_ledger != of_facts)
        yield Difference(NO_DAY, f"joins: people joined ({wrong} lead elsewhere)", ledger_rows.n, fact_rows.n)


def _contact_differences(ledger: DayLedger, facts: DayLedger) -> Iterator[Difference]:
    """What the last row of each says, whenever it was written."""
    of_ledger, of_facts = (
        replace(rows, since_midnight=np.zeros_like(rows.since_midnight))
        for rows in (each.touches.get(_CONTACTS, NO_ROWS) for each in (ledger, facts))
    )
    if not are_same(of_ledger, of_facts):
        over, missing = without(of_ledger, of_facts)
        what = f"contacts ({over.n} too many, {missing.n} missing)"
        yield Difference(NO_DAY, what, of_ledger.n, of_facts.n)
