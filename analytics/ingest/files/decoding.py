"""The items that the lines or rows of a file mean: in our own words, or by a mapping in those of another tool."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from analytics.ingest.files.blocks import Block, blocks
from analytics.ingest.files.columns import FILE_COLUMNS, as_item, header_problem, item_of_row, parsed_json
from analytics.ingest.files.csv_rows import IsHeader
from analytics.ingest.files.exported_calls import call_of_row
from analytics.ingest.files.mappings import ColumnMapping, FileMapping, item_by_mapping
from analytics.ingest.files.problems import FileError
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome, Remark

TIMES_LARGER = 2
"""Blocks of events are larger, which takes 0.8 to 0.9 of the time; one is written in about half a second."""
RAW_BYTES = 32 * 1024
"""How much is kept of a line that is no JSON."""


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


def is_header_of(resource: str, mapping: FileMapping | None = None) -> IsHeader:
    """Whether names of columns are those that the resource's files have, or those of the mapping."""
    if mapping is None:
        return lambda names: header_problem(resource, names) is None
    return lambda names: all(column is not None for column in mapping.in_order_of(names))


def checked_blocks(
    resource: str, file: io.BufferedReader, *, skip: int = 0, mapping: FileMapping | None = None
) -> Iterator[Block]:
    """The file without its first `skip` lines or rows, if its columns are the resource's, or a mapping says what they
    are. Raises FileError."""
    times = TIMES_LARGER if resource == "events" else 1
    for block in blocks(file, skip=skip, times=times, is_header=is_header_of(resource, mapping)):
        if block.header is not None and mapping is None and (problem := header_problem(resource, block.header)):
            raise FileError(problem)
        if block.numbers:
            yield block


def raw_item(block: Block, place: int) -> object:
    """An item as it stands in the file, as text if it is not JSON."""
    if block.header is not None:
        return as_item(block.header, block.rows[place])
    try:
        return parsed_json(block.lines[place])
    except ItemError:
        return block.lines[place][:RAW_BYTES].decode(errors="replace").strip()


def decoded_block(resource: str, block: Block, mapping: FileMapping | None = None) -> DecodedBlock:
    """Of calls of another tool, the items are calls."""
    rows = _Rows(resource, block, mapping)
    known = None if mapping is not None else FILE_COLUMNS[resource].read_names
    decoded, empty, warnings = DecodedBlock(), 0, ItemWarnings()
    for place in range(len(block.numbers)):
        try:
            if block.broken and (reason := block.broken.get(place)):
                raise ItemError("invalid_row", reason)
            if not rows.holds_something(place):
                empty += rows.has_cells(place)
                continue
            item = rows.item(place, warnings)
        except ItemError as error:
            warnings.pending.clear()
            decoded.broken[place] = error
            continue
        if warnings.pending:
            decoded.altered.extend(Remark(place, None, *warning) for warning in warnings.pending)
            warnings.pending.clear()
        decoded.items.append(item)
        decoded.places.append(place)
        if known is not None and isinstance(item, dict) and not item.keys() <= known:
            decoded.unread.update(dict.fromkeys(item.keys() - known - decoded.unread.keys(), place))
    return replace(decoded, empty=empty)


class _Rows:
    """What a block's lines or rows mean."""

    def __init__(self, resource: str, block: Block, mapping: FileMapping | None) -> None:
        self._resource, self._block, self._mapping = resource, block, mapping
        self._columns: list[ColumnMapping | None] = []
        if mapping is not None:
            of_json = [*mapping.columns]
            self._columns = of_json if block.header is None else mapping.in_order_of(block.header)  # type: ignore[assignment]

    def holds_something(self, place: int) -> bool:
        if self._block.header is None:
            return bool(self._block.lines[place].strip())
        return bool("".join(self._block.rows[place]).strip())

    def has_cells(self, place: int) -> bool:
        return self._block.header is not None and bool(self._block.rows[place])

    def item(self, place: int, warnings: ItemWarnings) -> Any:
        """Raises ItemError."""
        block, mapping = self._block, self._mapping
        if mapping is not None and mapping.calls:
            row = parsed_json(block.lines[place]) if block.header is None else block.rows[place]
            return call_of_row(mapping.calls, block.header, row, mapping.zone_info)
        if mapping is not None:
            return item_by_mapping(
                mapping, self._columns, self._cells(place), warnings, has_decimal_commas=block.has_decimal_commas
            )
        if block.header is None:
            return parsed_json(block.lines[place])
        commas = block.has_decimal_commas
        return item_of_row(self._resource, block.header, block.rows[place], warnings, has_decimal_commas=commas)

    def _cells(self, place: int) -> list[str]:
        if self._block.header is not None:
            return self._block.rows[place]
        item = parsed_json(self._block.lines[place])
        if not isinstance(item, dict):
            raise ItemError("invalid_item", "An item must be a JSON object.")
        return cells_of_object(self._resource, item, [column.name for column in self._columns if column is not None])


def fields_of_object(resource: str, item: dict[str, Any]) -> dict[str, Any]:
    """Of an object of JSON, by name: those of its objects that the resource has none of are its own, named by both
    (`properties.email`), as CSV has them."""
    whole = FILE_COLUMNS[resource].objects
    fields: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict) and name not in whole:
            fields |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            fields[name] = value
    return fields


def cells_of_object(resource: str, item: dict[str, Any], names: list[str]) -> list[str]:
    """An object of JSON as a row of these columns."""
    fields = {**item, **fields_of_object(resource, item)}
    values = [fields.get(name) for name in names]
    return [
        "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in values
    ]


def placed_remarks(decoded: DecodedBlock, outcome: Outcome) -> tuple[list[Remark], list[Remark]]:
    """The refusals and the warnings of a block, by the place in it."""
    rejected, warnings = (
        [*own, *(replace(remark, index=decoded.places[remark.index]) for remark in of_items)]
        for own, of_items in ((decoded.refusals, outcome.rejected), (decoded.warnings, outcome.warnings))
    )
    rejected.sort(key=lambda remark: remark.index)
    warnings.sort(key=lambda remark: remark.index)
    return rejected, warnings


def without_items(decoded: DecodedBlock, errors: dict[int, ItemError]) -> DecodedBlock:
    """Without those items, by their index, for which there is an error."""
    if not errors:
        return decoded
    left = [index for index in range(len(decoded.items)) if index not in errors]
    broken = {**decoded.broken, **{decoded.places[index]: error for index, error in errors.items()}}
    items, places = [decoded.items[index] for index in left], [decoded.places[index] for index in left]
    return replace(decoded, items=items, places=places, broken=broken)
