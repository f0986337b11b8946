"""Facts that a workspace keeps no longer: they go a local day at a time, and the ledger with them.

What goes: events that occurred before the first day that is kept; messages created before it, with all reports on
them, so that their later opens and clicks are counted no more; reports on unknown messages; ids of devices of which no
event is left, and which were given no variant of a test since, with those that they were given before. Contacts, their
enrollments and their variants stay, unless the workspace says otherwise: then those go that nothing was heard of since.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from analytics.ingest.assignments import take_assignments_away
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.removal.erasure import erase_people, forget_joins
from analytics.ingest.removals import note_expiry
from analytics.ledger import Entries, rebuild_days
from analytics.ledger.locks import take_alone
from analytics.models import Assignment, Contact, Enrolment, Event, Identity, Message, MessageEvent, Person
from analytics.periods import Window, first_kept_day, local_day, start_of_day
from workspaces.models import Workspace

CONTACTS_LOOKED_AT = 1000
CONTACTS_ERASED = 100
"""In one step."""
DEVICES_LOOKED_AT = 1000


@dataclass(frozen=True)
class ExpiredRows:
    """Rows that are older than a workspace keeps them. The reports on the messages are not counted."""

    events: int = 0
    messages: int = 0
    contacts: int = 0


@dataclass(frozen=True)
class _Facts:
    """A workspace's facts of some days: the rows that go."""

    events: QuerySet[Event]
    messages: QuerySet[Message]
    waiting: QuerySet[MessageEvent]

    @classmethod
    def before(cls, workspace_id: int, end: datetime) -> "_Facts":
        return cls(
            Event.objects.filter(workspace_id=workspace_id, occurred_at__lt=end),
            Message.objects.filter(workspace_id=workspace_id, created_at__lt=end),
            MessageEvent.objects.filter(workspace_id=workspace_id, message=None, occurred_at__lt=end),
        )

    def since(self, start: datetime) -> "_Facts":
        return _Facts(
            self.events.filter(occurred_at__gte=start),
            self.messages.filter(created_at__gte=start),
            self.waiting.filter(occurred_at__gte=start),
        )

    def first_instant(self) -> datetime | None:
        instants = (
            self.events.aggregate(first=Min("occurred_at"))["first"],
            self.messages.aggregate(first=Min("created_at"))["first"],
            self.waiting.aggregate(first=Min("occurred_at"))["first"],
        )
        return min((at for at in instants if at is not None), default=None)


def to_expire(workspace: Workspace, *, kept_days: int, erases_idle_contacts: bool, now: datetime) -> ExpiredRows:
    """What would go by these settings, now. Three queries, and some for each 1,000 contacts."""
    boundary = _boundary(workspace, kept_days, now)
    facts = _Facts.before(workspace.pk, boundary)
    idle = _idle(workspace, boundary) if erases_idle_contacts else ()
    return ExpiredRows(facts.events.count(), facts.messages.count(), sum(map(len, idle)))


def expire(workspace: Workspace, now: datetime) -> Iterator[ExpiredRows]:
    """Delete what is kept no longer; answers each step, a transaction of its own, when it is done.

    Writers to the workspace wait for the step that is being made. Where there is nothing to do, no lock is taken.
    """
    while _first_day(workspace, now) is not None:
        yield _expire_first_day(workspace, now)
    if workspace.kept_days is not None:
        for devices in _devices_given_before(workspace, _boundary(workspace, workspace.kept_days, now)):
            yield _forget_devices_given_before(workspace, devices, now)
    if workspace.kept_days is not None and workspace.erases_idle_contacts:
        for idle in _idle(workspace, _boundary(workspace, workspace.kept_days, now)):
            for start in range(0, len(idle), CONTACTS_ERASED):
                yield _erase_idle(workspace, idle[start : start + CONTACTS_ERASED], now)


def _first_day(workspace: Workspace, now: datetime) -> date | None:
    """The first day with facts that go, by the settings as they are now."""
    workspace.refresh_from_db()
    if workspace.kept_days is None:
        return None
    first = _Facts.before(workspace.pk, _boundary(workspace, workspace.kept_days, now)).first_instant()
    return None if first is None else local_day(first, workspace.zone)


def _boundary(workspace: Workspace, kept_days: int, now: datetime) -> datetime:
    first = first_kept_day(kept_days, zone=workspace.zone, now=now)
    assert first is not None
    return start_of_day(first, workspace.zone)


@transaction.atomic
def _expire_first_day(workspace: Workspace, now: datetime) -> ExpiredRows:
    """The day's own counts are made anew; what its messages count as on later days is taken off these."""
    take_alone(workspace.pk)
    day = _first_day(workspace, now)
    if day is None:
        return ExpiredRows()
    window = Window(workspace.zone, day, 1)
    facts = _Facts.before(workspace.pk, window.ends_at).since(window.starts_at)
    people = set(facts.events.order_by().values_list("person_number", flat=True).distinct())
    newest = facts.messages.aggregate(newest=Max("received_at"))["newest"]
    gone = ExpiredRows(facts.events.count(), facts.messages.count())
    if newest is not None:
        entries = Entries.begin(workspace, received_at=newest)
        for message in facts.messages.order_by().iterator(chunk_size=10_000):
            entries.change_message(message, None)
        entries.write()
    of_messages = facts.messages.order_by().values("pk")
    MessageEvent.objects.filter(workspace_id=workspace.pk, message__in=of_messages).delete()
    for rows in (facts.waiting, facts.messages, facts.events):
        rows.delete()
    note_expiry(workspace.pk, window.ends_at)
    _forget_devices(workspace, people, window.ends_at)
    rebuild_days(workspace.pk, [day])
    return gone


def _forget_devices(workspace: Workspace, numbers: Collection[int], end: datetime) -> None:
    """Delete the ids and assignments of those among these people who are no contacts, and of whom nothing
    else is left, nor given since. Eight queries."""
    of_workspace = {"workspace_id": workspace.pk}
    joined = dict(
        Person.objects.filter(number__among=numbers, joined_to__isnull=False, **of_workspace).values_list(
            "number", "joined_to"
        )
    )
    roots = {joined.get(number) or number for number in numbers}
    roots -= set(
        Contact.objects.filter(person_number__among=roots, **of_workspace).values_list("person_number", flat=True)
    )
    others = Person.objects.filter(joined_to__among=roots, **of_workspace).values_list("number", "joined_to")
    root_of = {root: root for root in roots} | {number: root for number, root in others if root is not None}
    left = Event.objects.filter(person_number__among=root_of, **of_workspace).order_by()
    given = Assignment.objects.filter(person_number__among=root_of, assigned_at__gte=end, **of_workspace).order_by()
    people = (rows.values_list("person_number", flat=True).distinct() for rows in (left, given))
    active = {root_of[number] for number in chain.from_iterable(people)}
    idle = [number for number, root in root_of.items() if root not in active]
    take_assignments_away(workspace, Assignment.objects.filter(person_number__among=idle, **of_workspace))
    forget_joins(workspace.pk, idle)
    Identity.objects.filter(person_number__among=idle, **of_workspace).delete()


def _devices_given_before(workspace: Workspace, boundary: datetime) -> Iterator[list[int]]:
    """The people without events who were given a variant before, and are no contacts by themselves, in order, in lists
    of up to 1,000: their days have no event with which they would have gone. Two queries a list: contacts do not lie
    where the facts do, so the database cannot leave them out of the first."""
    of_workspace = {"workspace_id": workspace.pk}
    events = Event.objects.filter(workspace=OuterRef("workspace"), person_number=OuterRef("person_number"))
    old = Assignment.objects.filter(~Exists(events), assigned_at__lt=boundary, **of_workspace)
    numbers = old.order_by("person_number").values_list("person_number", flat=True).distinct()
    last = -1
    while found := list(numbers.filter(person_number__gt=last)[:DEVICES_LOOKED_AT]):
        last = found[-1]
        contacts = Contact.objects.filter(person_number__among=found, **of_workspace)
        known = set(contacts.values_list("person_number", flat=True))
        if devices := [number for number in found if number not in known]:
            yield devices


@transaction.atomic
def _forget_devices_given_before(workspace: Workspace, numbers: Collection[int], now: datetime) -> ExpiredRows:
    take_alone(workspace.pk)
    workspace.refresh_from_db()
    if workspace.kept_days is not None:
        _forget_devices(workspace, numbers, _boundary(workspace, workspace.kept_days, now))
    return ExpiredRows()


def _idle(workspace: Workspace, boundary: datetime) -> Iterator[list[Contact]]:
    """The contacts of whom nothing was heard since, in order, in lists of up to 1,000."""
    old = Contact.objects.current().filter(workspace=workspace, received_at__lt=boundary, signed_up_at__lt=boundary)
    last = 0
    while contacts := list(old.filter(pk__gt=last).order_by("pk")[:CONTACTS_LOOKED_AT]):
        last = contacts[-1].pk
        yield unheard_of(workspace.pk, contacts, boundary)


def unheard_of(workspace_id: int, contacts: list[Contact], boundary: datetime) -> list[Contact]:
    """Six queries."""
    of_workspace = {"workspace_id": workspace_id}
    known = {contact.pk: contact.pk for contact in contacts}
    merged = Contact.objects.filter(merged_into__in=list(known), **of_workspace).values_list("pk", "merged_into")
    known |= {pk: root for pk, root in merged if root is not None}
    people = {contact.person_number: contact.pk for contact in contacts}
    joined = Person.objects.filter(joined_to__among=list(people), **of_workspace).values_list("number", "joined_to")
    people |= {number: people[root] for number, root in joined if root is not None}
    events = Event.objects.filter(person_number__among=list(people), occurred_at__gte=boundary, **of_workspace)
    messages = Message.objects.filter(contact__in=list(known), created_at__gte=boundary, **of_workspace)
    enrollments = Enrolment.objects.filter(
        Q(received_at__gte=boundary) | Q(enrolled_at__gte=boundary), contact__in=list(known), **of_workspace
    )
    heard = {people[number] for number in events.order_by().values_list("person_number", flat=True).distinct()}
    given = Assignment.objects.filter(person_number__among=list(people), assigned_at__gte=boundary, **of_workspace)
    heard |= {people[number] for number in given.order_by().values_list("person_number", flat=True).distinct()}
    for rows in (messages, enrollments):
        heard |= {known[pk] for pk in rows.order_by().values_list("contact_id", flat=True).distinct()}
    return [contact for contact in contacts if contact.pk not in heard]


@transaction.atomic
def _erase_idle(workspace: Workspace, contacts: list[Contact], now: datetime) -> ExpiredRows:
    """Those of them of whom still nothing was heard."""
    take_alone(workspace.pk)
    locked_numbers(workspace.pk)
    workspace.refresh_from_db()
    if workspace.kept_days is None or not workspace.erases_idle_contacts:
        return ExpiredRows()
    boundary = _boundary(workspace, workspace.kept_days, now)
    again = Contact.objects.current().filter(workspace=workspace, pk__in=[contact.pk for contact in contacts])
    old = list(again.filter(received_at__lt=boundary, signed_up_at__lt=boundary))
    gone = unheard_of(workspace.pk, old, boundary)
    erase_people(workspace, gone)
    return ExpiredRows(contacts=len(gone))
