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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import TypeVar
from zoneinfo import ZoneInfo

import django
from django.db import DatabaseError, connection
from django.utils import timezone

from analytics.ingest.assignments import take_assignments
from analytics.ingest.calls import take_calls, write_calls
from analytics.ingest.campaigns import take_campaigns, take_enrollments
from analytics.ingest.files.blocks import Block
from analytics.ingest.files.contacts_by_email import make_missing, name_users, with_contacts
from analytics.ingest.files.decoding import (
    DecodedBlock,
    checked_blocks,
    decoded_block,
    placed_remarks,
    raw_item,
    without_items,
)
from analytics.ingest.files.mappings import FileMapping
from analytics.ingest.files.problems import FileError
from analytics.ingest.formats.bulk import read_events
from analytics.ingest.formats.call_values import Batch, ReadCalls, renumber
from analytics.ingest.formats.made_ids import ContentsOfFile, MadeIds
from analytics.ingest.messages.reports import take_message_events
from analytics.ingest.messages.sends import take_messages
from analytics.ingest.outcome import Outcome, Remark
from analytics.ingest.people.contacts import take_contacts
from analytics.ingest.rates import take_rates
from analytics.ingest.remarks import keep_remarks
from analytics.ingest.senders import TRUSTED
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
_TAKE_CALLS = partial(take_calls, sender=TRUSTED)
"""Archives of events are what clients have sent: identify and alias calls are among them."""
Wait = Callable[[DatabaseError], None]
_Answer = TypeVar("_Answer")

BLOCKS_ALONE = 2
"""How many blocks go by before it is worth starting a second process."""
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
    mapping: FileMapping | None = None,
) -> Iterator[ImportedBlock]:
    """Import a file without its first `skip` lines or rows; answers each block after its commit. Raises FileError.

    The mapping says what the columns of another tool's file mean.

    What is remarkable is kept under the name of the `source`. Where the database is away or another writer has its lock
    for long, `wait` is called before each new try; without it, that is raised.
    """
    for block, received_at in _write_blocks(workspace, resource, file, skip, wait, mapping):
        if block.rejected or block.warnings:
            remarkable = Outcome(rejected=block.rejected, warnings=block.warnings)
            items = [raw_item(block.block, place) for place in range(len(block.block.numbers))]
            keep = partial(keep_remarks, workspace, remarkable, items, source=source, received_at=received_at)
            _patiently(keep, wait)
        yield block


def _write_blocks(
    workspace: Workspace,
    resource: str,
    file: io.BufferedReader,
    skip: int,
    wait: Wait | None,
    mapping: FileMapping | None,
) -> Iterator[tuple[ImportedBlock, datetime]]:
    """Each block with when it was received."""
    if resource == "events" and not (mapping and mapping.calls):
        yield from _write_events(workspace, file, skip, wait, mapping)
        return
    for block in checked_blocks(resource, file, skip=skip, mapping=mapping):
        decoded = decoded_block(resource, block, mapping)
        received_at = timezone.now()
        if mapping is not None and mapping.names_contacts_by_email:
            decoded = _naming_contacts(workspace, resource, decoded, received_at, wait)
        take: Callable[..., Outcome] = _TAKE_CALLS if mapping and mapping.calls else _TAKE[resource]
        with local_times(mapping.zone_info if mapping else workspace.zone):
            outcome = _patiently(partial(take, workspace, decoded.items, received_at=received_at), wait)
        yield _imported_block(block, decoded, outcome), received_at


def _write_events(
    workspace: Workspace, file: io.BufferedReader, skip: int, wait: Wait | None, mapping: FileMapping | None
) -> Iterator[tuple[ImportedBlock, datetime]]:
    are_new, contents = True, ContentsOfFile()
    rest = _rest_of(checked_blocks("events", file, mapping=mapping), skip, contents, mapping)
    for block, ahead in _read_ahead(workspace, rest, mapping):
        read, decoded = renumber(workspace.pk, ahead.read, contents), ahead.decoded
        nothing = [None] * len(decoded.places)
        if mapping is not None and mapping.names_contacts_by_email:
            read = _patiently(partial(name_users, workspace, read, received_at=ahead.received_at), wait)
        batch = Batch(nothing, read, ahead.received_at)
        [outcome] = _patiently(partial(write_calls, workspace, [batch], are_new=are_new), wait)
        are_new = are_new and not outcome.duplicates
        yield _imported_block(block, decoded, outcome), ahead.received_at


def _naming_contacts(
    workspace: Workspace, resource: str, decoded: DecodedBlock, received_at: datetime, wait: Wait | None
) -> DecodedBlock:
    """The block with the external ids of contacts of which it says the addresses; those that are missing are made."""
    named = _patiently(partial(with_contacts, workspace, resource, decoded.items), wait)
    if resource != "contacts":
        _patiently(partial(make_missing, workspace, named.missing, received_at=received_at), wait)
    return without_items(replace(decoded, items=named.items), named.errors)


def _rest_of(
    blocks_of_file: Iterator[Block], skip: int, contents: ContentsOfFile, mapping: FileMapping | None
) -> Iterator[Block]:
    """The blocks without the first `skip` lines or rows. Of those skipped, `contents` notes the items without an id."""
    for block in blocks_of_file:
        handled, left = block.divide(skip)
        skip -= len(handled.numbers)
        if handled.numbers:
            made_ids = MadeIds()
            for item in decoded_block("events", handled, mapping).items:
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


def _imported_block(block: Block, decoded: DecodedBlock, outcome: Outcome) -> ImportedBlock:
    return ImportedBlock(block, outcome, *placed_remarks(decoded, outcome), decoded.empty)


@with_room
def _read_block(
    workspace_id: int, zone: ZoneInfo, mapping: FileMapping | None, block: Block, received_at: datetime
) -> _ReadBlock:
    decoded = decoded_block("events", block, mapping)
    is_written = block.header is None and mapping is None
    written = [block.lines[place] for place in decoded.places] if is_written else None
    with local_times(zone):
        read = read_events(workspace_id, decoded.items, received_at=received_at, written=written)
    return _ReadBlock(received_at, replace(decoded, items=[]), read)


def _read_ahead(
    workspace: Workspace, blocks_of_file: Iterator[Block], mapping: FileMapping | None
) -> Iterator[tuple[Block, _ReadBlock]]:
    """Each block and what was read of it, after the first few by a second process while this one writes."""
    read = partial(_read_block, workspace.pk, mapping.zone_info if mapping else workspace.zone, mapping)
    first = list(islice(blocks_of_file, BLOCKS_ALONE + 1))
    if len(first) <= BLOCKS_ALONE:
        yield from ((block, read(block, timezone.now())) for block in first)
        return
    waiting: deque[tuple[Block, Future[_ReadBlock]]] = deque()
    with _second_process() as process:
        for block in first[:BLOCKS_ALONE]:
            yield block, read(block, timezone.now())
        for block in chain(first[BLOCKS_ALONE:], blocks_of_file):
            waiting.append((block, process.submit(read, block, timezone.now())))
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
