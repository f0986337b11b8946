"""Parquet files, by the optional package `pyarrow`: written by the batch, so that memory does not grow with rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from analytics.export.exported_tables import EXPORT_FORMAT, EXPORTED, ExportedColumn, ValueType

ROWS_OF_A_GROUP = 50_000
_TYPES = {
    ValueType.TEXT: pa.string(),
    ValueType.NUMBER: pa.int64(),
    ValueType.INSTANT: pa.timestamp("us", "UTC"),
}


def write_rows(path: Path, columns: Sequence[ExportedColumn], rows: Iterable[Sequence[Any]]) -> int:
    """Writes a file, whole or not at all. Returns how many rows it has."""
    schema = pa.schema([(column.name, _TYPES[column.kind.type]) for column in columns], {"version": str(EXPORT_FORMAT)})
    path.parent.mkdir(exist_ok=True)
    new, count = path.with_name(f"{path.name}.new"), 0
    with pq.ParquetWriter(new, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            values = zip(*batch, strict=True)
            arrays = [pa.array(each, kind.type) for each, kind in zip(values, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(batch)
    new.replace(path)
    return count


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    rest = iter(rows)
    while batch := list(islice(rest, ROWS_OF_A_GROUP)):
        yield batch


def row_keys(path: Path, table: str) -> list[Any]:
    keys: list[Any] = pq.read_table(path, columns=[EXPORTED[table].key]).column(0).to_pylist()
    return keys


def rows_in(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def row_count(path: Path) -> int:
    """As the file says at its end. Raises OSError, or ValueError for what is no Parquet file."""
    count: int = pq.read_metadata(path).num_rows
    return count


def copy_without(old: Path, new: Path, key: str, gone: Collection[Any]) -> int:
    """Writes what is in the old file but the rows of these keys. Returns how many rows are left."""
    source, partial, count = pq.ParquetFile(old), new.with_name(f"{new.name}.new"), 0
    with source, pq.ParquetWriter(partial, source.schema_arrow, compression="zstd") as writer:
        removed = pa.array(sorted(gone), source.schema_arrow.field(key).type)
        for batch in source.iter_batches(ROWS_OF_A_GROUP):
            kept = batch.filter(pc.invert(pc.is_in(batch.column(key), removed)))
            writer.write_batch(kept)
            count += kept.num_rows
    partial.replace(new)
    return count
