"""Importing a file of one resource: block by block, each in a transaction of its own, and from where it was stopped.

Events are many, so a second process reads, checks and derives while this one writes. Whatever is imported twice changes
nothing the second time: where an event has no `messageId`, it is known by its content, and by how often that came
before in the file. So a file in another order, one that overlaps and a longer one double nothing.
"""

import gc
import io
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import TypeVar
from zoneinfo import ZoneInfo

import django
from django.db import DatabaseError, connection
from django.utils import timezone

from analytics.ingest.assignments import take_assignments
from analytics.ingest.calls import write_calls
from analytics.ingest.campaigns import take_campaigns, take_enrollments
from analytics.ingest.files.blocks import Block, blocks
from analytics.ingest.files.columns import FILE_COLUMNS, as_item, header_problem, item_of_row, parsed_json
from analytics.ingest.files.csv_rows import IsHeader
from analytics.ingest.files.problems import FileError
from analytics.ingest.formats.bulk import read_events
from analytics.ingest.formats.call_values import Batch, ReadCalls, renumber
from analytics.ingest.formats.made_ids import ContentsOfFile, MadeIds
from analytics.ingest.messages.reports import take_message_events
from analytics.ingest.messages.sends import take_messages
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome, Remark
from analytics.ingest.people.contacts import take_contacts
from analytics.ingest.rates import take_rates
from analytics.ingest.remarks import keep_remarks
from analytics.ingest.zones import local_times
from campaignos.frames import with_room
from campaignos.outage import is_outage
from workspaces.models import Workspace

_TAKE: dict[str, Callable[..., Outcome]] = {
    "contacts": take_contacts,
    "campaigns": take_campaigns,
    "enrollments": take_enrollments,
    "messages": take_messages,
    "message-events": take_message_events,
    "assignments": take_assignments,
    "rates": take_rates,
}
Wait = Callable[[DatabaseError], None]
_Answer = TypeVar("_Answer")

RAW_BYTES = 32 * 1024
"""How much is kept of a line that is no JSON."""
BLOCKS_ALONE = 2
"""How many blocks go by before it is worth starting a second process."""
TIMES_LARGER = 2
"""Blocks of events are larger, which takes 0.8 to 0.9 of the time; one is written in about half a second."""
BLOCKS_AHEAD = 3
"""How far that process may be ahead; more would only take memory."""


class ReadingEnded(FileError):
    """Nothing is wrong with the file."""


@dataclass(frozen=True)
class ImportedBlock:
    """What became of a block: the index of each remark is the place in it. `empty` rows are skipped."""

    block: Block
    outcome: Outcome
    rejected: list[Remark]
    warnings: list[Remark]
    empty: int = 0


@dataclass(frozen=True)
class DecodedBlock:
    """The items of a block, the place in it of each, and by place why there is none.

    `unread` are unknown fields, by the first place that has them; `empty` counts rows of empty cells.
    """

    items: list[object] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    broken: dict[int, ItemError] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    altered: list[Remark] = field(default_factory=list)
    empty: int = 0

    @property
    def refusals(self) -> list[Remark]:
        """By place, why a line or row gave no item."""
        return [Remark(place, None, error.code, str(error)) for place, error in self.broken.items()]

    @property
    def warnings(self) -> list[Remark]:
        """By place, what is taken otherwise than it stands there."""
        unread = [
            Remark(place, None, "unknown_field", f"{name[:100]!r} is not read.") for name, place in self.unread.items()
        ]
        return [*self.altered, *unread]


@dataclass(frozen=True)
class _ReadBlock:
    """A block of events that only has to be written."""

    received_at: datetime
    decoded: DecodedBlock
    """The block without its items."""
    read: ReadCalls


def import_blocks(
    workspace: Workspace,
    resource: str,
    file: io.BufferedReader,
    *,
    source: str,
    skip: int = 0,
    wait: Wait | None = None,
) -> Iterator[ImportedBlock]:
    """Import a file without its first `skip` lines or rows; answers each block after its commit. Raises FileError.

    What is remarkable is kept under the name of the `source`. Where the database is away or another writer has its lock
    for long, `wait` is called before each new try; without it, that is raised.
    """
    for block, received_at in _write_blocks(workspace, resource, file, skip, wait):
        if block.rejected or block.warnings:
            remarkable = Outcome(rejected=block.rejected, warnings=block.warnings)
            items = [raw_item(block.block, place) for place in range(len(block.block.numbers))]
            keep = partial(keep_remarks, workspace, remarkable, items, source=source, received_at=received_at)
            _patiently(keep, wait)
        yield block


def raw_item(block: Block, place: int) -> object:
    """An item as it stands in the file, as text if it is not JSON."""
    if block.header is not None:
        return as_item(block.header, block.rows[place])
    try:
        return parsed_json(block.lines[place])
    except ItemError:
        return block.lines[place][:RAW_BYTES].decode(errors="replace").strip()


def _write_blocks(
    workspace: Workspace, resource: str, file: io.BufferedReader, skip: int, wait: Wait | None
) -> Iterator[tuple[ImportedBlock, datetime]]:
    """Each block with when it was received."""
    if resource == "events":
        are_new, contents = True, ContentsOfFile()
        rest = _rest_of(checked_blocks(resource, file), skip, contents)
        for block, read in _read_ahead(workspace, rest):
            nothing = [None] * len(read.decoded.places)
            batch = Batch(nothing, renumber(workspace.pk, read.read, contents), read.received_at)
            [outcome] = _patiently(partial(write_calls, workspace, [batch], are_new=are_new), wait)
            are_new = are_new and not outcome.duplicates
            yield _imported_block(block, read.decoded, outcome), read.received_at
        return
    for block in checked_blocks(resource, file, skip=skip):
        decoded = decoded_block(resource, block)
        received_at = timezone.now()
        with local_times(workspace.zone):
            take = partial(_TAKE[resource], workspace, decoded.items, received_at=received_at)
            outcome = _patiently(take, wait)
        yield _imported_block(block, decoded, outcome), received_at


def _rest_of(blocks_of_file: Iterator[Block], skip: int, contents: ContentsOfFile) -> Iterator[Block]:
    """The blocks without the first `skip` lines or rows. Of those skipped, `contents` notes the items without an id."""
    for block in blocks_of_file:
        handled, left = block.divide(skip)
        skip -= len(handled.numbers)
        if handled.numbers:
            made_ids = MadeIds()
            for item in decoded_block("events", handled).items:
                if isinstance(item, dict) and not str(item.get("messageId") or "").strip():
                    made_ids.id_of(item)
            contents.before(list(made_ids.made))
        if left.numbers:
            yield left


def _patiently(write: Callable[[], _Answer], wait: Wait | None) -> _Answer:
    """What the transaction returns, tried as often as it needs."""
    while True:
        try:
            return write()
        except DatabaseError as error:
            if wait is None or not is_outage(error):
                raise
            if connection.vendor == "postgresql":
                connection.close()  # its server may be another one by now
            wait(error)


def is_header_of(resource: str) -> IsHeader:
    """Whether names of columns are those that the resource's files have."""
    return lambda names: header_problem(resource, names) is None


def checked_blocks(resource: str, file: io.BufferedReader, *, skip: int = 0) -> Iterator[Block]:
    """The file without its first `skip` lines or rows, if its columns are the resource's. Raises FileError."""

    times = TIMES_LARGER if resource == "events" else 1
    for block in blocks(file, skip=skip, times=times, is_header=is_header_of(resource)):
        if block.header is not None and (problem := header_problem(resource, block.header)):
            raise FileError(problem)
        if block.numbers:
            yield block


def _imported_block(block: Block, decoded: DecodedBlock, outcome: Outcome) -> ImportedBlock:
    return ImportedBlock(block, outcome, *placed_remarks(decoded, outcome), decoded.empty)


def placed_remarks(decoded: DecodedBlock, outcome: Outcome) -> tuple[list[Remark], list[Remark]]:
    """The refusals and the warnings of a block, by the place in it."""
    rejected, warnings = (
        [*own, *(replace(remark, index=decoded.places[remark.index]) for remark in of_items)]
        for own, of_items in ((decoded.refusals, outcome.rejected), (decoded.warnings, outcome.warnings))
    )
    rejected.sort(key=lambda remark: remark.index)
    warnings.sort(key=lambda remark: remark.index)
    return rejected, warnings


def decoded_block(resource: str, block: Block) -> DecodedBlock:
    decoded, known, empty, warnings = DecodedBlock(), FILE_COLUMNS[resource].read_names, 0, ItemWarnings()
    for place in range(len(block.numbers)):
        try:
            if block.broken and (reason := block.broken.get(place)):
                raise ItemError("invalid_row", reason)
            if block.header is None:
                if not block.lines[place].strip():
                    continue
                item = parsed_json(block.lines[place])
            else:
                row = block.rows[place]
                if not "".join(row).strip():
                    empty += bool(row)
                    continue
                item = item_of_row(resource, block.header, row, warnings, has_decimal_commas=block.has_decimal_commas)
        except ItemError as error:
            warnings.pending.clear()
            decoded.broken[place] = error
        else:
            if warnings.pending:
                decoded.altered.extend(Remark(place, None, *warning) for warning in warnings.pending)
                warnings.pending.clear()
            decoded.items.append(item)
            decoded.places.append(place)
            if isinstance(item, dict) and not item.keys() <= known:
                decoded.unread.update(dict.fromkeys(item.keys() - known - decoded.unread.keys(), place))
    return replace(decoded, empty=empty)


@with_room
def _read_block(workspace_id: int, zone: ZoneInfo, block: Block, received_at: datetime) -> _ReadBlock:
    decoded = decoded_block("events", block)
    written = None if block.header is not None else [block.lines[place] for place in decoded.places]
    with local_times(zone):
        read = read_events(workspace_id, decoded.items, received_at=received_at, written=written)
    return _ReadBlock(received_at, replace(decoded, items=[]), read)


def _read_ahead(workspace: Workspace, blocks_of_file: Iterator[Block]) -> Iterator[tuple[Block, _ReadBlock]]:
    """Each block and what was read of it, after the first few by a second process while this one writes."""
    first = list(islice(blocks_of_file, BLOCKS_ALONE + 1))
    if len(first) <= BLOCKS_ALONE:
        yield from ((block, _read_block(workspace.pk, workspace.zone, block, timezone.now())) for block in first)
        return
    waiting: deque[tuple[Block, Future[_ReadBlock]]] = deque()
    with _second_process() as process:
        for block in first[:BLOCKS_ALONE]:
            yield block, _read_block(workspace.pk, workspace.zone, block, timezone.now())
        for block in chain(first[BLOCKS_ALONE:], blocks_of_file):
            waiting.append((block, process.submit(_read_block, workspace.pk, workspace.zone, block, timezone.now())))
            if len(waiting) > BLOCKS_AHEAD:
                yield _result(*waiting.popleft())
        while waiting:
            yield _result(*waiting.popleft())


def _result(block: Block, future: Future[_ReadBlock]) -> tuple[Block, _ReadBlock]:
    try:
        return block, future.result()
    except BrokenProcessPool as error:
        raise ReadingEnded("The second process was ended from outside, perhaps for want of memory.") from error


@contextmanager
def _second_process() -> Iterator[ProcessPoolExecutor]:
    """A process that reads ahead. It is not forked, so that it has no part in this one's connection to the database.

    It begins at once. Ctrl-C goes to both processes: the second one ignores it from the first moment on, and this one
    says what to do.
    """
    process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=django.setup)
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.submit(_collect_rarely)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
    try:
        yield process
    finally:
        process.shutdown(cancel_futures=True)


def _collect_rarely() -> None:
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


@contextmanager
def garbage_collected_rarely() -> Iterator[None]:
    """For millions of small objects without a cycle among them, where looking for cycles would take a fourth of it."""
    before = gc.get_threshold()
    _collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
