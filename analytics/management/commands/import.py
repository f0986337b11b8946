"""Imports a file of contacts, campaigns, enrollments, messages, message events, events or exchange rates."""

import io
import os
import stat
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.utils import timezone
from tqdm import tqdm

from analytics.ingest.files.columns import FILE_COLUMNS
from analytics.ingest.files.import_state import ImportState
from analytics.ingest.files.imports import ReadingEnded, garbage_collected_rarely, import_blocks
from analytics.ingest.files.kept_mappings import keep_mapping, kept_columns
from analytics.ingest.files.mappings import ColumnMapping, FileMapping
from analytics.ingest.files.problems import FileError, nothing_in_file
from analytics.ingest.files.proposals import with_chosen_order
from analytics.ingest.files.surveys import survey
from analytics.ingest.files.times import DayOrder
from analytics.management.commands._data import DataCommand
from analytics.management.commands._ledger import chosen_workspaces
from campaignos.command_line import INTERRUPTED
from workspaces.models import Workspace
from workspaces.scope import scope

SOME_REJECTED = 3
SECONDS_BETWEEN_TRIES = 1.0
COUNTED = ("accepted", "updated", "duplicates", "rejected")
SQLITE_CACHE_KIB = 64 * 1024


class Command(DataCommand):
    help = (
        "Import a file: CSV, Excel (.xlsx) or JSON, packed or not, with the fields of the bulk API. Stopped and run "
        "again, it goes on. What is refused goes to FILE.rejected.jsonl. Exit status: 0 all taken, 1 not done, 3 some "
        "refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("resource", choices=FILE_COLUMNS, help=", ".join(FILE_COLUMNS), metavar="RESOURCE")
        parser.add_argument("file", metavar="FILE", help="or - for standard input")
        parser.add_argument("--workspace", metavar="ws_N", required=True, help="into which workspace")
        parser.add_argument(
            "--map",
            action="store_true",
            help="take another tool's file: columns mean what they meant last time, else what is proposed; told first",
        )
        parser.add_argument(
            "--forget", action="store_true", help="with --map: as proposed, whatever columns meant last time"
        )
        parser.add_argument("--zone", metavar="NAME", help="with --map, of times without an offset: Europe/Berlin")
        order = parser.add_mutually_exclusive_group()
        order.add_argument(
            "--day-first", dest="order", action="store_const", const=DayOrder.DAY_FIRST, help="with --map: 31/12/2026"
        )
        order.add_argument(
            "--month-first",
            dest="order",
            action="store_const",
            const=DayOrder.MONTH_FIRST,
            help="with --map: 12/31/2026",
        )

    def handle(self, *, resource: str, file: str, workspace: str, **options: Any) -> None:
        [into] = chosen_workspaces(workspace)
        try:
            with scope(into), garbage_collected_rarely(), _open(file) as source:
                mapping = self._mapping(into, resource, file, options) if options["map"] else None
                state = _state(file, resource, into, mapping)
                if mapping is not None:
                    keep_mapping(into, mapping, now=timezone.now())
                self._import(into, resource, source, state, mapping)
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror or error}") from error
        except FileError as error:
            raise CommandError(f"{file}: {error}") from error
        if state.counts["rejected"]:
            raise SystemExit(SOME_REJECTED)

    def _mapping(
        self, workspace: Workspace, resource: str, file: str, options: Mapping[str, Any]
    ) -> FileMapping | None:
        """What the columns of another tool's file mean, after it was told; None for a file in our own words.

        Raises FileError.
        """
        if file == "-":
            raise CommandError("--map looks at the file first: give its name.")
        with Path(file).open("rb") as source:
            seen = survey(resource, source)
        if seen.problem is None:
            return None
        zone = options["zone"] or workspace.time_zone
        if zone not in available_timezones():
            raise CommandError(f"There is no time zone {zone!r}; their names look like Europe/Berlin.")
        known = {} if options["forget"] else kept_columns(workspace, resource, seen.header)
        if options["order"]:
            known = {
                name: replace(column, order=None, is_open=True) if column.order else column
                for name, column in known.items()
            }
        mapping = seen.mapping(resource, zone=zone, known=known)
        if options["zone"]:
            mapping = replace(mapping, zone=zone)
        if options["order"]:
            mapping = replace(mapping, columns=tuple(with_chosen_order(mapping.columns, options["order"])))
        self._tell_mapping(mapping, known)
        if open_columns := mapping.open_columns:
            names = ", ".join(column.name for column in open_columns)
            raise CommandError(f"Say which stands first in {names}: --day-first (31/12/2026) or --month-first.")
        if mapping.lacks:
            raise CommandError(f"No column says {', '.join(mapping.lacks)}. {seen.problem}")
        return mapping

    def _tell_mapping(self, mapping: FileMapping, known: Mapping[str, ColumnMapping]) -> None:
        self.stdout.write(f"A file of {mapping.tool or 'another tool'}, times in {mapping.zone}:")
        for column in mapping.columns:
            as_last_time = ", as last time" if column.name in known else ""
            self.stdout.write(f"  {column.name} → {column.target or '(left out)'}{as_last_time}")

    def _import(
        self,
        workspace: Workspace,
        resource: str,
        source: io.BufferedReader,
        state: ImportState,
        mapping: FileMapping | None,
    ) -> None:
        if state.handled:
            self.stdout.write(f"Going on after {state.handled:,} lines.")
        state.begin()
        _cache_more()
        begun, before = time.monotonic(), state.handled
        self._waits = False
        try:
            with tqdm(total=_size(source), unit="B", unit_scale=True, desc=resource, mininterval=0.5) as bar:
                name = f"import of {state.name}"
                for block in import_blocks(
                    workspace, resource, source, source=name, skip=state.handled, wait=self._wait, mapping=mapping
                ):
                    self._go_on()
                    state.add(block)
                    rate = (state.handled - before) / max(time.monotonic() - begun, 1e-9)
                    bar.set_postfix_str(f"{state.handled:,} rows, {rate:,.0f}/s", refresh=False)
                    bar.update(_position(source) - bar.n)
            state.end()
            if any(state.counts[name] for name in COUNTED):
                self._tell(state, "Done")
            else:
                self.stdout.write(nothing_in_file(resource))
        except KeyboardInterrupt:
            self._tell_end(state, _again(state))
            raise SystemExit(INTERRUPTED) from None
        except FileError as error:
            if state.handled:
                is_fine = isinstance(error, ReadingEnded)
                self._tell_end(state, _again(state) if is_fine else "Mend the file, and import it again")
            raise

    def _tell_end(self, state: ImportState, advice: str) -> None:
        self._tell(state, "Stopped")
        self.stdout.write(f"{advice}; what is imported counts once.")

    def _wait(self, error: DatabaseError) -> None:
        """Before a new try; told once."""
        if not self._waits:
            self._waits = True
            self.stderr.write(
                f"\nAnother program is writing, or the database does not answer ({error}). This waits, then goes on. "
                "Ctrl-C stops it; what is imported stays."
            )
        time.sleep(SECONDS_BETWEEN_TRIES)

    def _go_on(self) -> None:
        if self._waits:
            self._waits = False
            self.stderr.write("\nThe database takes changes again; going on.")

    def _tell(self, state: ImportState, how: str) -> None:
        counts = ", ".join(f"{state.counts[name]:,} {name}" for name in COUNTED)
        self.stdout.write(f"{how} after {state.handled:,} lines: {counts}.")
        if count := state.counts["empty"]:
            self.stdout.write(f"Lines with empty cells alone: {count:,}, skipped.")
        if state.counts["rejected"]:
            self.stdout.write(f"What was rejected, and why: {state.rejects_path}")
        if count := state.counts["warnings"]:
            self.stdout.write(f"Warnings: {count:,}; the page Events lists them. The first of each kind:")
            for code, first in state.warnings.items():
                self.stdout.write(f"  {code}, {first}")


def _again(state: ImportState) -> str:
    return "Send it again to go on" if state.path is None else "Run the same command again to go on"


def _cache_more() -> None:
    """Events come into SQLite in nine tenths of the time that it takes with what other connections have."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")


def _open(file: str) -> io.BufferedReader:
    return sys.stdin.buffer if file == "-" else Path(file).open("rb")  # type: ignore[return-value]


def _state(file: str, resource: str, workspace: Workspace, mapping: FileMapping | None) -> ImportState:
    if file == "-":
        return ImportState.of_stream(resource, workspace.pk)
    return ImportState.of_file(Path(file), resource, workspace.pk, mapping)


def _size(source: io.BufferedReader) -> int | None:
    """In bytes, if it is a file; a pipe has no end yet."""
    status = os.fstat(source.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _position(source: io.BufferedReader) -> int:
    return source.tell() if source.seekable() else 0
