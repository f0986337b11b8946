"""What importing a file would change, without writing anything: the same items, judged and compared by the same rules.

Rows are applied in memory in their order, so that what one says is known to the next, as when they are imported.
"""

import io
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from analytics.ingest.bounds import parsed_items
from analytics.ingest.campaign_tests import TestsOfCampaigns, TestWithVariants
from analytics.ingest.campaigns import CAMPAIGN_FIELDS, CampaignStatement, campaign_item, check_ends_after_it_begins
from analytics.ingest.files.blocks import Block
from analytics.ingest.files.decoding import checked_blocks, decoded_block, placed_remarks
from analytics.ingest.files.problems import FileError, nothing_in_file
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome, Remark
from analytics.ingest.people.contacts import NO_EARLIER_SIGNUP, contact_item
from analytics.ingest.people.families import Families
from analytics.ingest.people.former_ids import FormerIds, left_out
from analytics.ingest.people.shared_addresses import shared_addresses, with_others
from analytics.ingest.people.words import TEXT_FIELDS, Statement, Words, new_words, show
from analytics.ingest.references import campaigns_by_external_id, contacts_by_external_id
from analytics.ingest.zones import local_times
from analytics.models import Campaign, Contact
from campaignos.texts import ascii_lower
from workspaces.models import Workspace

CHANGES_SHOWN = 20
"""How many new rows are shown, and how many of those that change."""
WARNINGS_SHOWN = 5
"""How many warnings of each code are shown."""

_Item = TypeVar("_Item", Statement, CampaignStatement)
_NAMES = {
    "signed_up_at": "signedUpAt",
    "signup_is_stated": "signupIsStated",
    "unsubscribed_at": "unsubscribedAt",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "preview_text": "previewText",
    "is_control": "isControl",
    "utm_source": "utm.source",
    "utm_medium": "utm.medium",
    "utm_campaign": "utm.campaign",
}
"""Fields that are called otherwise in files."""


@dataclass(frozen=True)
class FieldChange:
    """None is nothing; other values are as in JSON, and instants."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    """What a row would do. `line` is where it begins in the file, from 1."""

    line: int
    external_id: str
    is_new: bool
    fields: list[FieldChange]


@dataclass(frozen=True)
class LineRemark:
    """Why a row would not be taken, or what would be altered about it."""

    line: int
    code: str
    message: str


@dataclass
class Foresight:
    """What importing a file would do, row by row; `things` are the contacts or campaigns that would be written.

    `changes` are the first new ones and the first that change, `rejected` all that would not be taken. `warned` counts
    the warnings, of which `warnings` are the first of each code. `empty` rows are skipped.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    things: int = 0
    empty: int = 0
    warned: int = 0
    changes: list[RowChange] = field(default_factory=list)
    rejected: list[LineRemark] = field(default_factory=list)
    warnings: list[LineRemark] = field(default_factory=list)


def foresight(workspace: Workspace, resource: str, file: io.BufferedReader, *, now: datetime) -> Foresight:
    """What importing the file of contacts or campaigns now would do. Raises FileError.

    A few queries for each 4,000 rows, and no lock.
    """
    workings: _Workings[Any] = _WORKINGS[resource](workspace, now)
    seen = Foresight()
    written: set[str] = set()
    shown: Counter[bool] = Counter()
    warned: Counter[str] = Counter()
    for block in checked_blocks(resource, file):
        decoded = decoded_block(resource, block)
        seen.empty += decoded.empty
        outcome = Outcome()
        with local_times(workspace.zone):
            items = list(parsed_items(decoded.items, workings.read, outcome))
        workings.load([item for _, item in items])
        taken = []
        for index, item in items:
            try:
                effect = workings.apply(item)
            except ItemError as error:
                outcome.reject(index, decoded.items[index], error)
                continue
            taken.append((index, item))
            outcome.warn(index, decoded.items[index], _warnings_of(*effect.warnings))
            seen.new += effect.is_new
            seen.updated += effect.is_changed and not effect.is_new
            seen.unchanged += not effect.is_changed and not effect.is_new
            if not effect.is_changed and not effect.is_new:
                continue
            written.add(workings.id_of(item))
            if shown[effect.is_new] < CHANGES_SHOWN and (effect.fields or effect.is_new):
                shown[effect.is_new] += 1
                line = block.numbers[decoded.places[index]]
                seen.changes.append(RowChange(line, workings.id_of(item), effect.is_new, effect.fields))
        for index, warnings in workings.warnings(taken):
            outcome.warn(index, decoded.items[index], warnings)
        rejected, warnings_of_block = placed_remarks(decoded, outcome)
        seen.rejected += [_of_line(block, remark) for remark in rejected]
        seen.warned += len(warnings_of_block)
        for remark in warnings_of_block:
            warned[remark.code] += 1
            if warned[remark.code] <= WARNINGS_SHOWN:
                seen.warnings.append(_of_line(block, remark))
    seen.things = len(written)
    if not (seen.new or seen.updated or seen.unchanged or seen.rejected):
        raise FileError(nothing_in_file(resource))
    return seen


def _warnings_of(*pending: tuple[str, str]) -> ItemWarnings:
    warnings = ItemWarnings()
    warnings.pending += pending
    return warnings


def _of_line(block: Block, remark: Remark) -> LineRemark:
    return LineRemark(block.numbers[remark.index], remark.code, remark.message)


@dataclass(frozen=True)
class _Effect:
    """What a row would do. A contact that others are joined to may show the same as before, although the row says
    something new of one of them."""

    is_new: bool
    is_changed: bool
    fields: list[FieldChange]
    warnings: tuple[tuple[str, str], ...] = ()


class _Workings(ABC, Generic[_Item]):
    """The contacts or campaigns that a file names, as they are after its rows so far."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.workspace, self.now = workspace, now

    @abstractmethod
    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> _Item:
        """Raises ItemError."""

    @abstractmethod
    def id_of(self, item: _Item) -> str: ...

    @abstractmethod
    def load(self, items: Sequence[_Item]) -> None:
        """Reads what these are about that is not known yet."""

    @abstractmethod
    def apply(self, item: _Item) -> _Effect:
        """Raises ItemError where only what is known already shows that it cannot be so."""

    def warnings(self, items: Sequence[tuple[int, _Item]]) -> Iterable[tuple[int, ItemWarnings]]:
        """What is told of items, by their index, once they and those before are applied."""
        return ()


@dataclass
class _KnownContact:
    """What was said of the contact itself, the row that shows it, and what was said of everybody who is shown there."""

    own: Words
    row: Contact
    of_row: Words
    joined: list[Words]


class _Contacts(_Workings[Statement]):
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
        roots = contacts_by_external_id(self.workspace.pk, {item.user_id for item in items} - self.known.keys())
        families = Families(self.workspace.pk, {row.pk for row in roots.values()} - self.by_key.keys())
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
                known, own = self.by_key[root.pk], new_words(self.now)
                known.joined.append(own)
                self.known[external_id] = _KnownContact(own, known.row, known.of_row, known.joined)

    def apply(self, item: Statement) -> _Effect:
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
            changes = [replace(change, before=None) for change in changes if change.name != _NAMES["signup_is_stated"]]
        is_later = not is_new and item.known_at is not None and item.known_at > known_from
        if gained:
            changes.append(FieldChange("formerIds", None, gained))
        warnings = [*map(left_out, others), *([NO_EARLIER_SIGNUP] if is_later else [])]
        return _Effect(is_new, is_changed or bool(gained), changes, tuple(warnings))

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
                yield index, _warnings_of(("email_shared", problem))


def _of_contact(before: Contact, after: Contact) -> Iterator[FieldChange]:
    for name in (*TEXT_FIELDS, "signed_up_at", "signup_is_stated", "unsubscribed_at"):
        if getattr(before, name) != getattr(after, name):
            yield FieldChange(_NAMES.get(name, name), getattr(before, name), getattr(after, name))
    for key in dict.fromkeys([*after.attributes, *before.attributes]):
        if before.attributes.get(key) != after.attributes.get(key):
            yield FieldChange(f"attributes.{key}", before.attributes.get(key), after.attributes.get(key))


class _Campaigns(_Workings[CampaignStatement]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self.fields: dict[str, dict[str, Any]] = {}
        """By external id, the campaign's own."""
        self.tests = TestsOfCampaigns(workspace)

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> CampaignStatement:
        return campaign_item(item, warnings)

    def id_of(self, item: CampaignStatement) -> str:
        return item.external_id

    def load(self, items: Sequence[CampaignStatement]) -> None:
        ids = {item.external_id for item in items}
        rows = campaigns_by_external_id(self.workspace.pk, ids - self.fields.keys())
        self.fields |= {external_id: _own_fields(row) for external_id, row in rows.items()}
        self.tests.load(rows.values())

    def apply(self, item: CampaignStatement) -> _Effect:
        is_new = item.external_id not in self.fields
        check_ends_after_it_begins(item.fields, self.fields.get(item.external_id, {}))
        tests = self.tests.changes(item.external_id, item.tests)
        fields = self.fields.setdefault(item.external_id, _own_fields(Campaign()))
        changes = []
        for name, value in item.fields.items():
            if fields[name] != value:
                changes.append(FieldChange(_NAMES.get(name, name), None if is_new else fields[name], value))
                fields[name] = value
        for way, after in tests.items():
            changes += _changes_of_test(self.tests.get(way), after)
        self.tests.keep(tests)
        return _Effect(is_new, bool(changes), changes)


def _own_fields(row: Campaign) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CAMPAIGN_FIELDS}


def _changes_of_test(before: TestWithVariants | None, after: TestWithVariants) -> Iterator[FieldChange]:
    place = f"abTests.{after.test.external_id}"
    yield from _differences(place, before and before.test, after.test, ["name"])
    known = {variant.name: variant for variant in before.variants} if before else {}
    for variant in after.variants:
        names = ["name", "weight", "is_control"]
        yield from _differences(f"{place}.{variant.name}", known.get(variant.name), variant, names)


def _differences(place: str, before: object | None, after: object, names: Sequence[str]) -> Iterator[FieldChange]:
    for name in names:
        old, new = None if before is None else getattr(before, name), getattr(after, name)
        if old != new:
            yield FieldChange(f"{place}.{_NAMES.get(name, name)}", old, new)


_WORKINGS: dict[str, type[_Workings[Any]]] = {"contacts": _Contacts, "campaigns": _Campaigns}
