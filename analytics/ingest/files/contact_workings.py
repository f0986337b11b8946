"""What rows about contacts would change: words of people, of whom several may be one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics.ingest.files.workings import NAMES_IN_FILES, FieldChange, RowEffect, Workings, pending_warnings
from analytics.ingest.outcome import ItemWarnings
from analytics.ingest.people.contacts import NO_EARLIER_SIGNUP, contact_item
from analytics.ingest.people.families import Families
from analytics.ingest.people.former_ids import FormerIds, left_out
from analytics.ingest.people.shared_addresses import shared_addresses, with_others
from analytics.ingest.people.words import TEXT_FIELDS, Statement, Words, new_words, show
from analytics.ingest.references import own_contacts_by_external_id
from analytics.models import Contact
from campaignos.texts import ascii_lower
from workspaces.models import Workspace


@dataclass
class _KnownContact:
    """What was said of the contact itself, the row that shows it, and what was said of everybody who is shown there."""

    own: Words
    row: Contact
    of_row: Words
    joined: list[Words]


class ContactWorkings(Workings[Statement]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self.known: dict[str, _KnownContact] = {}
        self.by_key: dict[int, _KnownContact] = {}
        """By the key of the row."""
        self.former = FormerIds(workspace.pk)
        self.reserved: dict[str, _KnownContact] = {}
        """By a former id that a row states, whose it becomes."""
        self.stored: dict[str, set[int]] = defaultdict(set)
        """By email address in lower case, the keys of the rows that have it in the database."""
        self.having: dict[str, set[str]] = defaultdict(set)
        """The same, the external ids of the contacts that have it now."""

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> Statement:
        return contact_item(item, self.now, warnings)

    def id_of(self, item: Statement) -> str:
        return item.user_id

    def load(self, items: Sequence[Statement]) -> None:
        """Two ids of which one was merged into the other lead to the same row."""
        self.former.load(items)
        unknown = {item.user_id for item in items} - self.known.keys()
        contacts = own_contacts_by_external_id(self.workspace.pk, unknown)
        roots = {id: contact.known_by.pk for id, contact in contacts.items()}
        families = Families(self.workspace.pk, {*roots.values()} - self.by_key.keys())
        for pk, row in families.rows.items():
            if row.merged_into_id is None:
                self.by_key[pk] = _KnownContact(families.words[pk], row, families.words[pk], [])
                if row.email:
                    self.stored[ascii_lower(row.email)].add(pk)
                    self.having[ascii_lower(row.email)].add(row.external_id)
        for pk, row in families.rows.items():
            known = self.by_key[row.merged_into_id or pk]
            if row.merged_into_id is not None:
                known.joined.append(families.words[pk])
            self.known[row.external_id] = _KnownContact(families.words[pk], known.row, known.of_row, known.joined)
        for external_id, root in roots.items():
            if external_id not in self.known:  # only an alias has named it
                known, own = self.by_key[root], new_words(self.now)
                known.joined.append(own)
                self.known[external_id] = _KnownContact(own, known.row, known.of_row, known.joined)

    def apply(self, item: Statement) -> RowEffect:
        known = self.known.get(item.user_id) or self._of_former_id(item.user_id)
        is_new = known is None
        if known is None:
            own = new_words(self.now)
            known = _KnownContact(own, Contact(external_id=item.user_id), own, [])
            show(known.row, own)
            self.known[item.user_id] = known
        before, known_from = copy(known.row), known.own.signed_up_at
        is_changed = known.own.add(item)
        gained, others = self.former.divide(item)
        self.reserved |= dict.fromkeys(gained, known)
        show(known.row, known.of_row, known.joined)
        if before.email != known.row.email:
            self.having[ascii_lower(before.email)].discard(known.row.external_id)
            self.having[ascii_lower(known.row.email)].add(known.row.external_id)
        changes = list(_of_contact(before, known.row))
        if is_new:
            changes = [
                replace(change, before=None) for change in changes if change.name != NAMES_IN_FILES["signup_is_stated"]
            ]
        is_later = not is_new and item.known_at is not None and item.known_at > known_from
        if gained:
            changes.append(FieldChange("formerIds", None, gained))
        warnings = [*map(left_out, others), *([NO_EARLIER_SIGNUP] if is_later else [])]
        return RowEffect(is_new, is_changed or bool(gained), changes, tuple(warnings))

    def _of_former_id(self, user_id: str) -> _KnownContact | None:
        reserved = self.reserved.get(user_id)
        if reserved is None:
            return None
        own = new_words(self.now)
        reserved.joined.append(own)
        known = self.known[user_id] = _KnownContact(own, reserved.row, reserved.of_row, reserved.joined)
        return known

    def warnings(self, items: Sequence[tuple[int, Statement]]) -> Iterator[tuple[int, ItemWarnings]]:
        """One query, where addresses were said."""
        of_item = {index: (item, ascii_lower(email)) for index, item in items if (email := item.texts.get("email"))}
        addresses = {email for _, email in of_item.values()}
        known_here = {pk for email in addresses for pk in self.stored.get(email, ())}
        elsewhere = shared_addresses(self.workspace.pk, addresses, but=known_here)
        for index, (item, email) in of_item.items():
            sharing = with_others(elsewhere.get(email), self.having[email])
            problem = sharing and sharing.told_to(self.known[item.user_id].row.external_id)
            if problem:
                yield index, pending_warnings(("email_shared", problem))


def _of_contact(before: Contact, after: Contact) -> Iterator[FieldChange]:
    for name in (*TEXT_FIELDS, "signed_up_at", "signup_is_stated", "unsubscribed_at"):
        if getattr(before, name) != getattr(after, name):
            yield FieldChange(NAMES_IN_FILES.get(name, name), getattr(before, name), getattr(after, name))
    for key in dict.fromkeys([*after.attributes, *before.attributes]):
        if before.attributes.get(key) != after.attributes.get(key):
            yield FieldChange(f"attributes.{key}", before.attributes.get(key), after.attributes.get(key))
