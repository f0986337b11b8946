"""Erasing a contact: everything that is known of the person goes, and the numbers are as if it had never come.

And erasing a whole workspace.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from analytics.audited import DataAction
from analytics.ingest.assignments import take_assignments_away
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.remarks import forget_samples
from analytics.ingest.removal.traces import erase_traces, forget_answers
from analytics.ingest.removals import note_removals
from analytics.ledger import Entries, drop_unused_types, forget_taken
from analytics.ledger.locks import share, take_alone
from analytics.models import (
    Assignment,
    Campaign,
    Contact,
    Enrolment,
    Event,
    Identity,
    Join,
    Message,
    MessageEvent,
    Person,
    RemovedFrom,
    UtmTriple,
)
from analytics.models.bulk import in_binary
from analytics.periods import microseconds
from workspaces.audit import record
from workspaces.models import Key, User, Workspace

EVENTS_ERASED = 10_000
"""In one step, during which others write."""
ROWS_READ = 10_000
TRIPLES_LOOKED_UP = 20


def erase_contact(workspace: Workspace, contact: Contact, *, by: User | Key | None = None) -> None:
    """Erase a contact, those that were merged into it, and all their devices, events, messages and enrollments.

    With them goes what names the person in passing (`analytics.ingest.removal.traces`), the texts of remarks, and UTM
    triples of their events alone. Of the people only their numbers stay. What they counted as is taken away from the
    ledger.

    Of very many events most go first, in transactions of their own, while others write to the workspace; what is left
    goes in one, in which nobody else does, with its line in the audit trail. Whoever is stopped in between erases what
    is left. Raises Contact.DoesNotExist where somebody else was faster.
    """
    triples: set[int] = set()
    begun_at = timezone.now()
    _forget_answers_to(workspace, contact)
    while _erase_early_events(workspace, contact, begun_at, triples):
        pass
    with transaction.atomic():
        take_alone(workspace.pk)
        locked_numbers(workspace.pk)
        workspace.refresh_from_db()
        contact = Contact.objects.select_related("merged_into").get(workspace=workspace, pk=contact.pk).known_by
        record(DataAction.CONTACT_ERASED, by=by, workspace=workspace, target=contact.api_id)
        erase_people(workspace, [contact], triples=triples)
    forget_taken(workspace.pk)


@transaction.atomic
def _forget_answers_to(workspace: Workspace, contact: Contact) -> None:
    """While the events are there by whose ids those to the person are known."""
    share(workspace.pk)
    forget_answers(workspace, _contacts(workspace, [contact.known_by]), _numbers(workspace, [contact.known_by]))


@transaction.atomic
def _erase_early_events(workspace: Workspace, contact: Contact, until: datetime, triples: set[int]) -> bool:
    """Erase a step's events that came until then, if there are as many; whether there were. Gathers their triples."""
    events = Event.objects.filter(
        workspace_id=workspace.pk,
        person_number__in=_numbers(workspace, [contact.known_by]),
        received_at__lte=until,
    )
    rows = events.order_by("occurred_at", "pk")
    if not rows[EVENTS_ERASED : EVENTS_ERASED + 1].exists():
        return False
    share(workspace.pk)
    ids = [pk for (pk,) in rows.select_for_update().values_list("pk")[:EVENTS_ERASED]]
    take_events_away(
        workspace, Event.objects.filter(workspace_id=workspace.pk, pk__among=[pk.hex for pk in ids]), triples
    )
    return True


def erase_people(workspace: Workspace, roots: Sequence[Contact], *, triples: Collection[int] = ()) -> None:
    """As `erase_contact`, of several that are merged into nobody, where both locks are held.

    `triples` are those of their events that are gone already.
    """
    contacts, numbers = _contacts(workspace, roots), _numbers(workspace, roots)
    erase_traces(workspace, contacts, numbers)
    forget_samples(workspace)
    erase_facts(
        workspace,
        contacts=contacts,
        events=Event.objects.filter(workspace_id=workspace.pk, person_number__in=numbers),
        messages=Message.objects.filter(workspace_id=workspace.pk, contact__in=[contact.pk for contact in contacts]),
        identities=Identity.objects.filter(workspace_id=workspace.pk, person_number__in=numbers),
        triples={*triples},
    )


def _contacts(workspace: Workspace, roots: Sequence[Contact]) -> QuerySet[Contact]:
    pks = [root.pk for root in roots]
    return Contact.objects.filter(Q(pk__in=pks) | Q(merged_into__in=pks), workspace=workspace)


def _numbers(workspace: Workspace, roots: Sequence[Contact]) -> list[int]:
    """The numbers of all who are known to be these people. One query."""
    numbers = [root.person_number for root in roots]
    joined = Person.objects.filter(workspace_id=workspace.pk, joined_to__in=numbers)
    return [*numbers, *joined.values_list("number", flat=True)]


def erase_prefixed(workspace: Workspace, prefix: str) -> None:
    """Erase all contacts, campaigns, events, messages and devices whose ids, as their sender named them, begin so.

    Writers to the workspace wait meanwhile.
    """
    _erase_prefixed(workspace, prefix)
    forget_taken(workspace.pk)


@transaction.atomic
def _erase_prefixed(workspace: Workspace, prefix: str) -> None:
    take_alone(workspace.pk)
    locked_numbers(workspace.pk)
    workspace.refresh_from_db()
    of_workspace = {"workspace_id": workspace.pk}
    erase_facts(
        workspace,
        contacts=Contact.objects.filter(workspace=workspace, external_id__startswith=prefix),
        events=Event.objects.filter(message_id__startswith=prefix, **of_workspace),
        messages=Message.objects.filter(external_id__startswith=prefix, **of_workspace),
        identities=Identity.objects.filter(value__startswith=prefix, **of_workspace),
        triples=set(),
    )
    campaigns = Campaign.objects.filter(workspace=workspace, external_id__startswith=prefix)
    note_removals(workspace.pk, RemovedFrom.CAMPAIGNS, campaigns.values_list("pk", flat=True))
    campaigns.delete()


def erase_facts(
    workspace: Workspace,
    *,
    contacts: QuerySet[Contact],
    events: QuerySet[Event],
    messages: QuerySet[Message],
    identities: QuerySet[Identity],
    triples: set[int],
) -> None:
    """These, the contacts' enrollments, and what was reported of the messages, from facts and ledger.

    With them those of the triples, and of the events', that no other event has.
    """
    take_events_away(workspace, events, triples)
    enrollments = Enrolment.objects.filter(workspace=workspace, contact__in=contacts)
    newest = _newest(messages, enrollments, contacts)
    if newest is not None:
        entries = Entries.begin(workspace, received_at=newest)
        for message in messages.order_by().iterator(chunk_size=ROWS_READ):
            entries.change_message(message, None)
        for enrollment in enrollments:
            entries.change_enrollment(enrollment, None)
        for contact in contacts:
            entries.change_contact(contact, None)
        entries.write()
    of_messages = list(messages.values_list("pk", flat=True))
    reports = MessageEvent.objects.filter(workspace_id=workspace.pk, message__in=of_messages)
    note_removals(workspace.pk, RemovedFrom.MESSAGE_EVENTS, reports.values_list("pk", flat=True))
    note_removals(workspace.pk, RemovedFrom.MESSAGES, of_messages)
    reports.delete()
    messages.delete()
    numbers = {*identities.values_list("person_number", flat=True), *contacts.values_list("person_number", flat=True)}
    take_assignments_away(workspace, Assignment.objects.filter(workspace_id=workspace.pk, person_number__among=numbers))
    forget_joins(workspace.pk, numbers)
    identities.delete()
    note_removals(workspace.pk, RemovedFrom.ENROLLMENTS, enrollments.values_list("pk", flat=True))
    note_removals(workspace.pk, RemovedFrom.CONTACTS, contacts.values_list("pk", flat=True))
    contacts.filter(merged_into__isnull=False).delete()
    contacts.delete()
    drop_unused_types(workspace.pk)
    delete_unused_triples(workspace, triples)


def forget_joins(workspace_id: int, numbers: Collection[int]) -> None:
    """Delete when and why these people were joined or parted. One statement."""
    Join.objects.filter(Q(gone__among=numbers) | Q(kept__among=numbers), workspace_id=workspace_id).delete()


def _newest(*rows: QuerySet[Any]) -> datetime | None:
    """When the newest of them was received. A query for each."""
    instants = (of_kind.order_by("-received_at").values_list("received_at", flat=True).first() for of_kind in rows)
    return max((at for at in instants if at is not None), default=None)


def take_events_away(workspace: Workspace, events: QuerySet[Event], triples: set[int]) -> None:
    """Delete events, which nobody else deletes meanwhile, and take them off the ledger; gathers their triples."""
    columns = ("type", "occurred_at", "person_number", "utm_id", "received_at", "pk")
    objects = (Cast("properties", TextField()), Cast("context", TextField()))
    rows = list(in_binary(events.order_by().values_list(*columns, *objects)))
    if not rows:
        return
    types, occurred_at, people, utm_ids, received_at, keys, properties, contexts = zip(*rows, strict=True)
    entries = Entries.begin(workspace, received_at=max(received_at))
    instants = np.array([microseconds(at) for at in occurred_at], np.int64).view("M8[us]")
    entries.add_events(types, instants, people, utm_ids, properties, contexts, sign=-1)
    entries.write()
    triples.update(pk for pk in utm_ids if pk is not None)
    note_removals(workspace.pk, RemovedFrom.EVENTS, keys)
    events.delete()


def delete_unused_triples(workspace: Workspace, triples: Collection[int]) -> None:
    """Delete those of the triples that no event has any more. For few triples one query each, which reads all events
    only where none has the triple; for many a single one, which always does."""
    events = Event.objects.filter(workspace_id=workspace.pk)
    if len(triples) > TRIPLES_LOOKED_UP:
        used = set(events.filter(utm__among=triples).order_by().values_list("utm_id", flat=True).distinct())
    else:
        used = {pk for pk in triples if events.filter(utm=pk).exists()}
    UtmTriple.objects.filter(workspace=workspace, pk__among=[pk for pk in triples if pk not in used]).delete()


@transaction.atomic
def erase_workspace(workspace: Workspace) -> None:
    """Delete every row of this app that is the workspace's, table by table. Writers wait meanwhile."""
    take_alone(workspace.pk)
    for model in apps.get_app_config("analytics").get_models():
        if "workspace" not in {field.name for field in model._meta.fields}:
            continue
        rows = model._base_manager.filter(workspace=workspace)
        rows._raw_delete(rows.db)  # without fetching them, as delete() does
