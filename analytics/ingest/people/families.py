"""Contacts with those that were joined to them, as rows and as what was said of each."""

from collections import defaultdict
from collections.abc import Collection
from operator import attrgetter

from django.db.models import Q

from analytics.ingest.news import tell_unsubscriptions
from analytics.ingest.people.words import SHOWN_COLUMNS, Words, show, words_of
from analytics.ingest.rows import update_rows
from analytics.ledger import Entries
from analytics.models import Contact

_UNSEEN = ("attributes_at", "provenance", "own_signed_up_at", "former_addresses")
_COLUMNS = (*SHOWN_COLUMNS, "merged_into_id")
_SIGNUP = ("signed_up_at", "received_at")
_everything = attrgetter(*_COLUMNS)
_told = attrgetter(*(name for name in _COLUMNS if name not in _UNSEEN))
_but_the_signup = attrgetter(*(name for name in _COLUMNS if name not in _SIGNUP))
_but_the_instant = attrgetter(*(name for name in _COLUMNS if name != "attributes_at"))


class _Before:
    """A contact as it was; a copy of its row takes longer."""

    def __init__(self, row: Contact) -> None:
        self.everything, self.told, self.but_the_signup = _everything(row), _told(row), _but_the_signup(row)
        self.but_the_instant = _but_the_instant(row)
        self.attributes = repr(row.attributes)  # in which 1 and True differ
        self.person_number, self.signed_up_at = row.person_number, row.signed_up_at
        self.merged_into_id: int | None = row.merged_into_id


class Families:
    """These contacts, those that they were merged into, and all that were merged into these. At most two queries.

    The caller has the workspace's lock; `words` may be added to, contacts merged into others or parted from them, and
    `write` brings the rows up to that.
    """

    def __init__(self, workspace_id: int, pks: Collection[int], *, joined_now: Collection[int] = ()) -> None:
        """`joined_now` are those of them that others were joined to in this transaction."""
        self.rows: dict[int, Contact] = {}
        self._workspace_id = workspace_id
        self._load(Q(pk__among=pks))
        roots = {row.merged_into_id for row in self.rows.values() if row.merged_into_id is not None}
        with_others = {row.pk for row in self.rows.values() if row.own_signed_up_at is not None}
        if families := roots | with_others | {*joined_now}:
            self._load(Q(merged_into__among=families) | Q(pk__among=roots - self.rows.keys()))
        self._before = {pk: _Before(row) for pk, row in self.rows.items()}
        self._unsubscribed = {pk for pk, row in self.rows.items() if row.unsubscribed_at}
        self.words: dict[int, Words] = {pk: words_of(row) for pk, row in self.rows.items()}

    def _load(self, wanted: Q) -> None:
        for row in Contact.objects.filter(wanted, workspace_id=self._workspace_id):
            self.rows.setdefault(row.pk, row)

    def write(self, entries: Entries) -> None:
        """Writes the rows that differ, and what that changes for the ledger. At most three statements."""
        joined: dict[int | None, list[Words]] = defaultdict(list)
        for row in self.rows.values():
            joined[row.merged_into_id].append(self.words[row.pk])
        changed: list[Contact] = []
        moved: list[Contact] = []
        repeated: list[Contact] = []
        for pk, row in self.rows.items():
            before = self._before[pk]
            show(row, self.words[pk], joined.get(pk, ()))
            is_as_before = before.attributes == repr(row.attributes)
            if is_as_before and before.everything == _everything(row):
                continue
            if is_as_before and before.but_the_instant == _but_the_instant(row):
                repeated.append(row)  # all of it was said again
                continue
            if before.told != _told(row):
                row.received_at = entries.received_at
            entries.change_contact(before, row)
            (moved if before.but_the_signup == _but_the_signup(row) else changed).append(row)
        update_rows(changed, [*SHOWN_COLUMNS, "merged_into", "received_at"])
        update_rows(moved, _SIGNUP)
        update_rows(repeated, ["attributes_at"], is_shown=False)
        roots = (row for row in changed if row.merged_into_id is None and row.pk not in self._unsubscribed)
        tell_unsubscriptions(self._workspace_id, roots, received_at=entries.received_at)
