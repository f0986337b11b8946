"""Contacts with those that were joined to them, as rows and as what was said of each."""

from collections import defaultdict
from collections.abc import Collection
from copy import copy

from django.db.models import Q

from analytics.ingest.rows import update_rows
from analytics.ingest.words import WRITTEN, Words, show, words_of
from analytics.ledger import Entries
from analytics.models import Contact

_UNSEEN = ("attributes_at", "provenance", "own_signed_up_at", "former_addresses")
_COLUMNS = (*WRITTEN, "merged_into_id")
_TOLD = tuple(name for name in _COLUMNS if name not in _UNSEEN)


class Families:
    """These contacts, those that they were merged into, and all that were merged into these. At most two queries.

    The caller has the workspace's lock; `words` may be added to, contacts merged into others or parted from them, and
    `write` brings the rows up to that.
    """

    def __init__(self, workspace_id: int, pks: Collection[int]) -> None:
        self.rows: dict[int, Contact] = {}
        self._workspace_id = workspace_id
        self._load(Q(pk__among=pks))
        roots = {row.merged_into_id or row.pk for row in self.rows.values()}
        self._load(Q(merged_into__among=roots) | Q(pk__among=roots - self.rows.keys()))
        self._before = {pk: copy(row) for pk, row in self.rows.items()}
        self.words: dict[int, Words] = {pk: words_of(row) for pk, row in self.rows.items()}

    def _load(self, wanted: Q) -> None:
        for row in Contact.objects.filter(wanted, workspace_id=self._workspace_id):
            self.rows.setdefault(row.pk, row)

    def write(self, entries: Entries) -> None:
        """Writes the rows that differ, and what that changes for the ledger. One statement."""
        joined: dict[int, list[Words]] = defaultdict(list)
        for row in self.rows.values():
            if row.merged_into_id is not None:
                joined[row.merged_into_id].append(self.words[row.pk])
        changed = []
        for pk, row in self.rows.items():
            before = self._before[pk]
            show(row, self.words[pk], joined[pk])
            if not _differ(before, row, _COLUMNS):
                continue
            if _differ(before, row, _TOLD):
                row.received_at = entries.received_at
            entries.change_contact(before, row)
            changed.append(row)
        update_rows(changed, [*WRITTEN, "merged_into", "received_at"])


def _differ(before: Contact, after: Contact, names: Collection[str]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)
