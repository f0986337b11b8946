"""How many rows of each table a workspace has on each local day, and a digest of them, held against the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Sum

from analytics.export.archive_tables import ARCHIVED, ArchiveTable, canonical_text, row_text
from analytics.models import DayCount
from workspaces.models import Workspace

ROWS_READ_AT_ONCE = 5_000
_DIGITS, _ROOM = 32, 1 << 128

LineSink = Callable[[str], Any]


@dataclass
class Tally:
    """Rows in any order. The digest is the sum of the first 16 bytes of each row's SHA-256: it tells accidents, not
    somebody who makes rows to match."""

    rows: int = 0
    total: int = 0

    def add(self, text: str) -> None:
        self.rows += 1
        self.total += int.from_bytes(sha256(text.encode()).digest()[:16])

    @property
    def day(self) -> "DayTally":
        return DayTally(self.rows, f"{self.total % _ROOM:0{_DIGITS}x}")


@dataclass(frozen=True)
class DayTally:
    """Of a table's rows of a day."""

    rows: int
    digest: str

    @property
    def data(self) -> dict[str, Any]:
        return asdict(self)


TableTally = Mapping[str, DayTally]
"""By local day; those of no day by an empty text."""


@dataclass(frozen=True)
class TallyDifference:
    """A day of a table on which two do not have the same rows."""

    table: str
    day: str
    here: DayTally | None
    there: DayTally | None

    def __str__(self) -> str:
        here, there = (f"{each.rows:,} ({each.digest[:8]})" if each else "none" for each in (self.here, self.there))
        return f"{self.table} {self.day or 'of no day'}: {here} here, {there} in the archive"


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read within is of one instant, and no writer waits for it. A transaction under way is used as it is."""
    if connection.in_atomic_block:
        yield
        return
    mode = "ISOLATION LEVEL REPEATABLE READ, READ ONLY" if connection.vendor == "postgresql" else "DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(f"BEGIN {mode}")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def table_tally(
    workspace: Workspace, table: ArchiveTable, columns: Sequence[str], sink: LineSink | None = None
) -> TableTally:
    """Reads these columns of all rows of a table, and gives each as a line to the sink. One query."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    model: Any = table.model
    day_of, has_objects = table.day_reader(columns, workspace.zone), table.has_objects
    rows = model.objects.filter(workspace_id=workspace.pk).order_by().values_list(*columns)
    for row in rows.iterator(chunk_size=ROWS_READ_AT_ONCE):
        text = canonical_text(row)
        tallies[day_of(row)].add(text)
        if sink is not None:
            sink(row_text(row) if has_objects else text)
    return {day: tally.day for day, tally in sorted(tallies.items())}


def workspace_tallies(workspace: Workspace, columns: Mapping[str, Sequence[str]]) -> dict[str, TableTally]:
    """Of these columns by table: an archive of an earlier release has fewer. A query for each table."""
    tables = [table for table in ARCHIVED if table.name in columns]
    return {table.name: table_tally(workspace, table, columns[table.name]) for table in tables}


def tally_differences(here: Mapping[str, TableTally], there: Mapping[str, TableTally]) -> Iterator[TallyDifference]:
    for table in ARCHIVED:
        ours, theirs = here.get(table.name, {}), there.get(table.name, {})
        for day in sorted({*ours, *theirs}):
            if ours.get(day) != theirs.get(day):
                yield TallyDifference(table.name, day, ours.get(day), theirs.get(day))


def ledger_differences(workspace: Workspace, tallies: Mapping[str, TableTally]) -> Iterator[str]:
    """Where the ledger counts other numbers than these rows, in words. One query."""
    counts: dict[str, dict[date, int]] = defaultdict(dict)
    rows = DayCount.objects.filter(workspace_id=workspace.pk).order_by()
    for counted, day, n in rows.values_list("counted", "day").annotate(total=Sum("n")):
        if n:
            counts[counted][day] = n
    for table in ARCHIVED:
        if table.counted is None:
            continue
        ledger = {day.isoformat(): n for day, n in counts[table.counted].items()}
        rows_by_day = {day: tally.rows for day, tally in tallies[table.name].items() if day}
        for day in sorted({*ledger, *rows_by_day}):
            if ledger.get(day, 0) != rows_by_day.get(day, 0):
                yield f"{table.name} {day}: {rows_by_day.get(day, 0):,} rows, the ledger counts {ledger.get(day, 0):,}"
