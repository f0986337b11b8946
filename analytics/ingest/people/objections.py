"""Who does not want messages: complaints and unsubscriptions, kept on the contact with the earliest instant of each."""

import uuid
from collections.abc import Iterable, Mapping

from analytics.ingest.people.families import Families
from analytics.ledger import Entries
from analytics.models import Message, MessageEvent, MessageEventType

OBJECTION_FIELD_OF = {
    MessageEventType.COMPLAINED: "complained_at",
    MessageEventType.UNSUBSCRIBED: "unsubscribed_at",
}


def note_objections(entries: Entries, reports: Iterable[MessageEvent], messages: Mapping[uuid.UUID, Message]) -> None:
    """Note what reports on messages say of their contacts, and so of those they were merged into.

    The caller has the workspace's lock. No query where nobody objects, else three.
    """
    objecting = [report for report in reports if report.type in OBJECTION_FIELD_OF and report.message_id is not None]
    if not objecting:
        return
    contact_of = {report.pk: messages[report.message_id].contact_id for report in objecting if report.message_id}
    families = Families(entries.workspace_id, set(contact_of.values()))
    for report in objecting:
        name = OBJECTION_FIELD_OF[MessageEventType(report.type)]
        families.words[contact_of[report.pk]].object_since(name, report.occurred_at)
    families.write(entries)
