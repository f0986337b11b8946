"""What importing a file would change, without writing anything: the same items, judged and compared by the same rules.

Rows are applied in memory in their order, so that what one says is known to the next, as when they are imported.
"""

import io
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from analytics.ingest import fields
from analytics.ingest.campaigns import CampaignItem, campaign_item
from analytics.ingest.contacts import Said, contact_item, differences
from analytics.ingest.files import FileError
from analytics.ingest.imports import checked_blocks, decoded_block
from analytics.ingest.outcome import ItemWarnings, Outcome
from analytics.ingest.references import campaigns_by_external_id, contacts_by_external_id
from analytics.ingest.zones import local_times
from analytics.models import ABTest, Campaign, Contact, Variant
from workspaces.models import Workspace

CHANGES_SHOWN = 20
"""Of new ones, and as many of those that change."""

_Item = TypeVar("_Item", Said, CampaignItem)
_NAMES = {
    "signed_up_at": "signedUpAt",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "is_control": "isControl",
}
"""Fields that are called otherwise in files."""


@dataclass(frozen=True)
class FieldChange:
    """None is nothing; other values are as in JSON, and instants."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What a row would do. `line` is where it begins in the file, from 1."""

    line: int
    external_id: str
    is_new: bool
    fields: list[FieldChange]


@dataclass(frozen=True)
class Rejection:
    line: int
    code: str
    message: str


@dataclass
class Foreseen:
    """What importing a file would do, row by row; `things` are the contacts or campaigns that would be written.

    `changes` are the first new ones and the first that change, `rejected` all that would not be taken.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    things: int = 0
    changes: list[Change] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def foreseen(workspace: Workspace, resource: str, file: io.BufferedReader, *, now: datetime) -> Foreseen:
    """What importing the file of contacts or campaigns now would do. Raises FileError.

    A few queries for each 4,000 rows, and no lock.
    """
    workings: _Workings[Any] = _WORKINGS[resource](workspace, now)
    found = Foreseen()
    written: set[str] = set()
    shown: Counter[bool] = Counter()
    for block in checked_blocks(resource, file):
        decoded = decoded_block(resource, block)
        outcome = Outcome()
        with local_times(workspace.zone):
            items = list(fields.parsed(decoded.items, workings.read, outcome))
        workings.load({workings.id_of(item) for _, item in items})
        for index, item in items:
            is_new, changes = workings.apply(item)
            found.new += is_new
            found.updated += bool(changes) and not is_new
            found.unchanged += not changes and not is_new
            if not changes and not is_new:
                continue
            written.add(workings.id_of(item))
            if shown[is_new] < CHANGES_SHOWN:
                shown[is_new] += 1
                line = block.numbers[decoded.places[index]]
                found.changes.append(Change(line, workings.id_of(item), is_new, changes))
        refused = {decoded.places[one.index]: (one.code, one.message) for one in outcome.rejected}
        refused |= {place: (error.code, str(error)) for place, error in decoded.broken.items()}
        found.rejected += [Rejection(block.numbers[place], *why) for place, why in sorted(refused.items())]
    found.things = len(written)
    if not (found.new or found.updated or found.unchanged or found.rejected):
        raise FileError(f"There are no {resource} in the file.")
    return found


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
    def load(self, ids: set[str]) -> None:
        """Reads those with these external ids that are not known yet."""

    @abstractmethod
    def apply(self, item: _Item) -> tuple[bool, list[FieldChange]]:
        """Whether it is new, and what changes."""


class _Contacts(_Workings[Said]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self.rows: dict[str, Contact] = {}
        self.by_key: dict[int, Contact] = {}

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> Said:
        return contact_item(item, self.now, warnings)

    def id_of(self, item: Said) -> str:
        return item.user_id

    def load(self, ids: set[str]) -> None:
        """Two ids of which one was merged into the other lead to the same row."""
        for external_id, row in contacts_by_external_id(self.workspace.pk, ids - self.rows.keys()).items():
            self.rows[external_id] = self.by_key.setdefault(row.pk, row)

    def apply(self, item: Said) -> tuple[bool, list[FieldChange]]:
        row = self.rows.get(item.user_id)
        is_new = row is None
        changes = []
        if row is None:
            stated = {"signed_up_at": item.signed_up_at or self.now, "signup_is_stated": True}
            row = self.rows[item.user_id] = Contact(external_id=item.user_id, attributes_at=self.now, **stated)
            if item.signed_up_at:
                changes.append(FieldChange(_NAMES["signed_up_at"], None, item.signed_up_at))
        for name, value in differences(row, item).items():
            changes += _of_contact(name, getattr(row, name), value)
            setattr(row, name, value)
        return is_new, changes


def _of_contact(name: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if name == "attributes":
        for key, value in after.items():
            if key not in before or before[key] != value:
                yield FieldChange(f"attributes.{key}", before.get(key), value)
    elif name not in ("attributes_at", "signup_is_stated"):
        yield FieldChange(_NAMES.get(name, name), before, after)


class _Campaigns(_Workings[CampaignItem]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self.fields: dict[str, dict[tuple[str, ...], Any]] = {}
        """By external id, the campaign's fields, and those of its tests and variants by their way there."""

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> CampaignItem:
        return campaign_item(item, warnings)

    def id_of(self, item: CampaignItem) -> str:
        return item.external_id

    def load(self, ids: set[str]) -> None:
        rows = campaigns_by_external_id(self.workspace.pk, ids - self.fields.keys())
        self.fields |= {external_id: _own_fields(row) for external_id, row in rows.items()}
        of_key = {row.pk: self.fields[external_id] for external_id, row in rows.items()}
        for test in ABTest.objects.filter(workspace=self.workspace, campaign__in=of_key):
            of_key[test.campaign_id][*_way(test.external_id), "name"] = test.name
        of_tests = Variant.objects.filter(workspace=self.workspace, test__campaign__in=of_key).select_related("test")
        for variant in of_tests:
            way = _way(variant.test.external_id, variant.name)
            for name in ("name", "weight", "is_control", "position"):
                of_key[variant.test.campaign_id][*way, name] = getattr(variant, name)

    def apply(self, item: CampaignItem) -> tuple[bool, list[FieldChange]]:
        is_new = item.external_id not in self.fields
        fields = self.fields.setdefault(item.external_id, _own_fields(Campaign()))
        changes = []
        for way, value in _said(item):
            if way not in fields or fields[way] != value:
                shown = ".".join([*way[:-1], _NAMES.get(way[-1], way[-1])])
                changes.append(FieldChange(shown, fields.get(way), value))
                fields[way] = value
        return is_new, changes


def _own_fields(row: Campaign) -> dict[tuple[str, ...], Any]:
    return {(name,): getattr(row, name) for name in ("name", "channel", "status", "started_at", "ended_at")}


def _said(item: CampaignItem) -> Iterable[tuple[tuple[str, ...], Any]]:
    yield from (((name,), value) for name, value in item.given.items())
    for test in item.tests:
        yield (*_way(test.external_id), "name"), test.name
        for variant in test.variants:
            yield from (((*_way(test.external_id, variant["name"]), name), value) for name, value in variant.items())


def _way(*names: str) -> tuple[str, ...]:
    return ("abTests", *names)


_WORKINGS: dict[str, type[_Workings[Any]]] = {"contacts": _Contacts, "campaigns": _Campaigns}
RESOURCES = tuple(_WORKINGS)
