"""When contacts signed up of whom nobody says so: when the earliest is known that happened to them."""

from collections.abc import Iterable
from datetime import datetime

from analytics.ingest.families import Families
from analytics.ingest.words import Said
from analytics.ledger import Entries
from analytics.models import Contact


def move_signups(entries: Entries, seen: Iterable[tuple[Contact, datetime]]) -> None:
    """Contacts that were there at these instants signed up no later, where nobody stated when.

    Under the workspace's lock. The contacts may be as they were before it; where one of them moves, three statements.
    """
    earliest: dict[int, datetime] = {}
    for contact, at in seen:
        if not contact.signup_is_stated and at < earliest.get(contact.pk, contact.signed_up_at):
            earliest[contact.pk] = at
    if not earliest:
        return
    families = Families(entries.workspace_id, earliest.keys())
    for pk, words in families.words.items():
        if pk in earliest:
            words.add(Said(families.rows[pk].external_id, earliest[pk]))
    families.write(entries)
