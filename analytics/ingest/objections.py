"""Who does not want messages: complaints and unsubscriptions, kept on the contact with the earliest instant of each."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Min

from analytics.models import Contact, Message, MessageEvent, MessageEventType

OBJECTIONS = {
    MessageEventType.COMPLAINED: "complained_at",
    MessageEventType.UNSUBSCRIBED: "unsubscribed_at",
}


def note_objections(workspace_id: int, reports: Iterable[MessageEvent], messages: Mapping[uuid.UUID, Message]) -> None:
    """Note what reports on messages say of their contacts, or of those they were merged into.

    The caller has the workspace's lock. No query where nobody objects, else two.
    """
    said = [report for report in reports if report.type in OBJECTIONS and report.message_id is not None]
    if not said:
        return
    contact_of = {report.pk: messages[report.message_id].contact_id for report in said if report.message_id}
    rows = Contact.objects.filter(workspace_id=workspace_id, pk__in=set(contact_of.values()))
    current: dict[int, Contact] = {}
    contacts = {}
    for row in rows.select_related("merged_into"):
        one = row.merged_into or row
        contacts[row.pk] = current.setdefault(one.pk, one)
    changed = {}
    for report in said:
        contact, name = contacts[contact_of[report.pk]], OBJECTIONS[MessageEventType(report.type)]
        known = getattr(contact, name)
        if known is None or report.occurred_at < known:
            setattr(contact, name, report.occurred_at)
            changed[contact.pk] = contact
    Contact.objects.bulk_update(changed.values(), list(OBJECTIONS.values()))


def earliest_objections(workspace_id: int, contacts: Collection[int | None]) -> dict[str, datetime | None]:
    """By field, the earliest that any of the contacts has said. One query."""
    rows = Contact.objects.filter(workspace_id=workspace_id, pk__in=[pk for pk in contacts if pk is not None])
    found = rows.aggregate(**{f"first_{name}": Min(name) for name in OBJECTIONS.values()})
    return {name: found[f"first_{name}"] for name in OBJECTIONS.values()}
