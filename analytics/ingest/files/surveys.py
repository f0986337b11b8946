"""What a file is, before it is read: whose it is, what its columns are, and whether it speaks our own words."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.ingest.files.blocks import Block, blocks
from analytics.ingest.files.columns import FILE_COLUMNS, header_problem, parsed_json
from analytics.ingest.files.decoding import cells_of_object, fields_of_object, is_header_of
from analytics.ingest.files.mappings import ColumnMapping, FileMapping
from analytics.ingest.files.problems import FileError, nothing_in_file
from analytics.ingest.files.proposals import VALUES_READ, FileColumn, columns_of_rows, proposal
from analytics.ingest.files.tools import SourceTool, is_report_of_ga4, tool_of
from analytics.ingest.outcome import ItemError

WIDEST_FILE = 1_000
_OBJECTS_NAMING = 200
"""How many objects of JSON are looked at for the names of their fields."""


@dataclass(frozen=True)
class Survey:
    """The columns of a file with their values; of JSON, the fields of its objects. `problem` says why it is none in our
    own words, and is None where it is one."""

    columns: list[FileColumn] = field(default_factory=list)
    tool: SourceTool | None = None
    problem: str | None = None

    @property
    def header(self) -> list[str]:
        return [column.name for column in self.columns]

    def mapping(self, resource: str, *, zone: str, known: Mapping[str, ColumnMapping] | None = None) -> FileMapping:
        """What the file probably means; archives are in UTC. Raises FileError where its rows are something else."""
        tool = self.tool
        if tool is not None and tool.calls:
            if tool.resource != resource:
                raise FileError(f"These are {tool.resource} of {tool.name}. Import the file as {tool.resource}.")
            return FileMapping(resource, (), "UTC", tool.name, calls=tool.calls)
        of_resource = tool if tool is not None and tool.resource == resource else None
        mapping = proposal(resource, self.columns, zone=zone, tool=of_resource, known=known)
        if mapping.lacks and is_report_of_ga4(self.header):
            raise FileError(
                "This is a report of GA4: its rows are counts, and say of nobody what they did. Import the events that "
                "GA4 exports to BigQuery, as JSON Lines."
            )
        return mapping


def survey(resource: str, file: io.BufferedReader) -> Survey:
    """Reads as much as the proposals look at. Raises FileError."""
    first: Block | None = None
    rows: list[list[str]] = []
    names: list[str] = []
    for block in blocks(file, is_header=is_header_of(resource)):
        if block.header is None:
            names = names or _names_of_objects(resource, block)
            rows += _rows_of_objects(resource, block, names)
        else:
            rows += [row for place, row in enumerate(block.rows) if place not in block.broken]
        first = first or block
        if len(rows) >= VALUES_READ:
            break
    if first is None:
        raise FileError(nothing_in_file(resource))
    is_json = first.header is None
    if (count := len(names if first.header is None else first.header)) > WIDEST_FILE:
        raise FileError(f"The file has {count:,} columns; it may have {WIDEST_FILE:,}. Take out those not needed.")
    columns = columns_of_rows(names if first.header is None else first.header, rows)
    fields = [name for item in _objects(first, _OBJECTS_NAMING) for name in item] if is_json else []
    tool = tool_of([column.name for column in columns] + fields, is_json=is_json, resource=resource)
    return Survey(columns, tool, _problem(resource, first, names, tool))


def _problem(resource: str, block: Block, names: list[str], tool: SourceTool | None) -> str | None:
    if block.header is not None:
        return header_problem(resource, block.header)
    missing = [name for name in FILE_COLUMNS[resource].required if name not in names]
    if tool is not None and tool.calls:
        return f"The file is an archive of {tool.name}."
    return f"Fields are missing: {', '.join(map(repr, missing))}." if missing and names else None


def _objects(block: Block, most: int) -> list[dict[str, object]]:
    found = []
    for place, line in enumerate(block.lines[:most]):
        try:
            item = parsed_json(line) if place not in block.broken else None
        except ItemError:
            continue
        if isinstance(item, dict):
            found.append(item)
    return found


def _names_of_objects(resource: str, block: Block) -> list[str]:
    items = _objects(block, _OBJECTS_NAMING)
    return list(dict.fromkeys(name for item in items for name in fields_of_object(resource, item)))


def _rows_of_objects(resource: str, block: Block, names: list[str]) -> list[list[str]]:
    return [cells_of_object(resource, item, names) for item in _objects(block, VALUES_READ)]
