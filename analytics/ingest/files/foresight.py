"""What importing a file would change, without writing anything: the same items, judged and compared by the same rules.

Rows are applied in memory in their order, so that what one says is known to the next, as when they are imported.
"""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from analytics.ingest.bounds import parsed_items
from analytics.ingest.files.blocks import Block
from analytics.ingest.files.campaign_workings import CampaignWorkings
from analytics.ingest.files.contact_workings import ContactWorkings
from analytics.ingest.files.contacts_by_email import with_contacts
from analytics.ingest.files.decoding import DecodedBlock, checked_blocks, decoded_block, placed_remarks, without_items
from analytics.ingest.files.fact_workings import CallWorkings, EventWorkings, MessageWorkings, ReportWorkings
from analytics.ingest.files.mappings import FileMapping
from analytics.ingest.files.problems import FileError, nothing_in_file
from analytics.ingest.files.workings import FieldChange, RowEffect, Workings, pending_warnings
from analytics.ingest.outcome import ItemError, Outcome, Remark
from analytics.ingest.zones import local_times
from workspaces.models import Workspace

CHANGES_SHOWN = 20
"""How many new rows are shown, and how many of those that change."""
WARNINGS_SHOWN = 5
"""How many warnings of each code are shown."""
MOST_ROWS_SEEN = 400_000
"""How many a file may have that is looked through while somebody waits: a minute, and 0.8 GB of memory."""
_WORKINGS: dict[str, Callable[[Workspace, datetime], Workings[Any]]] = {
    "contacts": ContactWorkings,
    "campaigns": CampaignWorkings,
    "messages": MessageWorkings,
    "message-events": ReportWorkings,
    "events": EventWorkings,
}


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
    """What importing a file would do, row by row; `things` are what would be written.

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


def foresight(
    workspace: Workspace, resource: str, file: io.BufferedReader, *, now: datetime, mapping: FileMapping | None = None
) -> Foresight:
    """What importing the file now would do. Raises FileError.

    A few queries for each 4,000 rows, and no lock.
    """
    is_of_calls = mapping is not None and bool(mapping.calls)
    look = _Look(CallWorkings(workspace, now) if is_of_calls else _WORKINGS[resource](workspace, now))
    left = MOST_ROWS_SEEN
    for block in checked_blocks(resource, file, mapping=mapping):
        left -= len(block.numbers)
        if left < 0:
            raise FileError(
                f"The file has more than {MOST_ROWS_SEEN:,} rows. Split it, or have it imported on the server: "
                f"manage.py import {resource} FILE --workspace {workspace.api_id}"
            )
        decoded = decoded_block(resource, block, mapping)
        if mapping is not None and mapping.names_contacts_by_email:
            decoded = _naming_contacts(workspace, resource, decoded, look.workings)
        with local_times(mapping.zone_info if mapping else workspace.zone):
            look.at(block, decoded, is_lenient=is_of_calls)
    seen = look.seen
    seen.things = len(look.written)
    if not (seen.new or seen.updated or seen.unchanged or seen.rejected):
        raise FileError(nothing_in_file(resource))
    return seen


def _naming_contacts(
    workspace: Workspace, resource: str, decoded: DecodedBlock, workings: Workings[Any]
) -> DecodedBlock:
    """As when it is imported; ids of events are made of what the file says."""
    named = with_contacts(workspace, resource, decoded.items)
    workings.expect_contacts(named.missing)
    items = decoded.items if resource == "events" else named.items
    return without_items(replace(decoded, items=items), named.errors)


class _Look:
    """What was seen so far."""

    def __init__(self, workings: Workings[Any]) -> None:
        self.workings = workings
        self.seen = Foresight()
        self.written: set[str] = set()
        self._shown: Counter[bool] = Counter()
        self._warned: Counter[str] = Counter()

    def at(self, block: Block, decoded: DecodedBlock, *, is_lenient: bool) -> None:
        self.seen.empty += decoded.empty
        outcome = Outcome()
        self.workings.prepare(decoded.items)
        items = list(parsed_items(decoded.items, self.workings.read, outcome, is_lenient=is_lenient))
        self.workings.load([item for _, item in items])
        problems = self.workings.problems([item for _, item in items])
        taken = []
        for place, (index, item) in enumerate(items):
            if place in problems:
                outcome.reject(index, decoded.items[index], problems[place])
                continue
            try:
                effect = self.workings.apply(item)
            except ItemError as error:
                outcome.reject(index, decoded.items[index], error)
                continue
            taken.append((index, item))
            outcome.warn(index, decoded.items[index], pending_warnings(*effect.warnings))
            self._count(effect, self.workings.id_of(item), block.numbers[decoded.places[index]])
        for index, warnings in self.workings.warnings(taken):
            outcome.warn(index, decoded.items[index], warnings)
        self._remark(block, decoded, outcome)

    def _count(self, effect: RowEffect, id: str, line: int) -> None:
        seen = self.seen
        seen.new += effect.is_new
        seen.updated += effect.is_changed and not effect.is_new
        seen.unchanged += not effect.is_changed and not effect.is_new
        if not effect.is_changed and not effect.is_new:
            return
        self.written.add(id)
        if self._shown[effect.is_new] < CHANGES_SHOWN and (effect.fields or effect.is_new):
            self._shown[effect.is_new] += 1
            seen.changes.append(RowChange(line, id, effect.is_new, effect.fields))

    def _remark(self, block: Block, decoded: DecodedBlock, outcome: Outcome) -> None:
        rejected, warnings = placed_remarks(decoded, outcome)
        self.seen.rejected += [_of_line(block, remark) for remark in rejected]
        self.seen.warned += len(warnings)
        for remark in warnings:
            self._warned[remark.code] += 1
            if self._warned[remark.code] <= WARNINGS_SHOWN:
                self.seen.warnings.append(_of_line(block, remark))


def _of_line(block: Block, remark: Remark) -> LineRemark:
    return LineRemark(block.numbers[remark.index], remark.code, remark.message)
