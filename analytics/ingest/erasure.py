"""Erasing a contact: everything that is known of the person goes, and the numbers are as if it had never come.

And erasing a whole workspace.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet

from analytics.ingest.people import locked_numbers
from analytics.ingest.remarks import forget_samples
from analytics.ingest.uploads import drop_uploads
from analytics.ledger import rebuild_days
from analytics.ledger.locks import take_alone
from analytics.models import Campaign, Contact, Enrolment, Event, Identity, Message, MessageEvent, Person, UtmTriple
from analytics.periods import local_day
from workspaces.models import KeptAnswer, Workspace


@transaction.atomic
def erase_contact(workspace: Workspace, contact: Contact) -> None:
    """Erase a contact, those that were merged into it, and all their devices, events, messages and enrolments.

    With them go what may name the person in passing: kept answers, uploads, the texts of remarks, UTM triples of their
    events alone, and reports on messages nobody knows that have the e-mail address or number in them. Of the people
    only their numbers stay. Writers to the workspace wait meanwhile.
    """
    take_alone(workspace.pk)
    locked_numbers(workspace.pk)
    workspace.refresh_from_db()
    erase_people(workspace, [contact.merged_into or contact])


def erase_people(workspace: Workspace, roots: Sequence[Contact]) -> None:
    """As `erase_contact`, of several that are merged into nobody, where both locks are held."""
    contacts = Contact.objects.filter(
        Q(pk__in=[root.pk for root in roots]) | Q(merged_into__in=[root.pk for root in roots]), workspace=workspace
    )
    people = [root.person_number for root in roots]
    joined = Person.objects.filter(workspace_id=workspace.pk, joined_to__in=people)
    numbers = [*people, *joined.values_list("number", flat=True)]
    _delete_waiting_reports(workspace, contacts)
    forget_samples(workspace)
    _erase(
        workspace,
        contacts=contacts,
        events=Event.objects.filter(workspace_id=workspace.pk, person_number__in=numbers),
        messages=Message.objects.filter(workspace_id=workspace.pk, contact__in=[one.pk for one in contacts]),
        identities=Identity.objects.filter(workspace_id=workspace.pk, person_number__in=numbers),
    )


@transaction.atomic
def erase_prefixed(workspace: Workspace, prefix: str) -> None:
    """Erase all contacts, campaigns, events, messages and devices whose ids, as their sender named them, begin so.

    Writers to the workspace wait meanwhile.
    """
    take_alone(workspace.pk)
    locked_numbers(workspace.pk)
    workspace.refresh_from_db()
    of_workspace = {"workspace_id": workspace.pk}
    _erase(
        workspace,
        contacts=Contact.objects.filter(workspace=workspace, external_id__startswith=prefix),
        events=Event.objects.filter(message_id__startswith=prefix, **of_workspace),
        messages=Message.objects.filter(external_id__startswith=prefix, **of_workspace),
        identities=Identity.objects.filter(value__startswith=prefix, **of_workspace),
    )
    Campaign.objects.filter(workspace=workspace, external_id__startswith=prefix).delete()


def _erase(
    workspace: Workspace,
    *,
    contacts: QuerySet[Contact],
    events: QuerySet[Event],
    messages: QuerySet[Message],
    identities: QuerySet[Identity],
) -> None:
    """These, the contacts' enrolments, and what was reported of the messages; the days they counted on are rebuilt."""
    enrolments = Enrolment.objects.filter(workspace=workspace, contact__in=contacts)
    triples = set(events.filter(utm__isnull=False).order_by().values_list("utm_id", flat=True).distinct())
    instants = {
        *_instants(events, "occurred_at"),
        *_instants(messages, "created_at", "opened_at", "clicked_at"),
        *_instants(enrolments, "enrolled_at"),
        *_instants(contacts, "signed_up_at"),
    }
    of_messages = list(messages.values_list("pk", flat=True))
    MessageEvent.objects.filter(workspace_id=workspace.pk, message__in=of_messages).delete()
    messages.delete()
    events.delete()
    identities.delete()
    contacts.filter(merged_into__isnull=False).delete()
    contacts.delete()
    _delete_unused_triples(workspace, triples)
    KeptAnswer.objects.filter(workspace=workspace).delete()  # any of them may name somebody who is erased
    drop_uploads(workspace)
    rebuild_days(workspace.pk, {local_day(at, workspace.zone) for at in instants})


def _delete_waiting_reports(workspace: Workspace, contacts: QuerySet[Contact]) -> None:
    """Those that wait for their message and name a contact, as bounces do. One query more."""
    named = {text for pair in contacts.values_list("email", "phone") for text in pair if text}
    names_one = Q()
    for text in named:
        names_one |= Q(reason__icontains=text) | Q(url__icontains=text)
    if named:
        MessageEvent.objects.filter(names_one, workspace_id=workspace.pk, message=None).delete()


def _delete_unused_triples(workspace: Workspace, triples: Iterable[int]) -> None:
    """A query for each, which reads all events only where there is none left."""
    unused = [pk for pk in triples if not Event.objects.filter(workspace_id=workspace.pk, utm=pk).exists()]
    UtmTriple.objects.filter(workspace=workspace, pk__in=unused).delete()


@transaction.atomic
def erase_workspace(workspace: Workspace) -> None:
    """Delete every row of this app that is the workspace's, table by table. Writers wait meanwhile."""
    take_alone(workspace.pk)
    for model in apps.get_app_config("analytics").get_models():
        if "workspace" not in {field.name for field in model._meta.fields}:
            continue
        rows = model._base_manager.filter(workspace=workspace)
        rows._raw_delete(rows.db)  # without fetching them, as delete() does


def _instants(rows: QuerySet, *names: str) -> Iterator[datetime]:  # type: ignore[type-arg]
    for name in names:
        yield from rows.filter(**{f"{name}__isnull": False}).values_list(name, flat=True)
