"""What columns meant last time, proposed again; and what a file means that was never there before."""

import io
from datetime import datetime
from typing import Any

from analytics.ingest.files.mappings import ColumnMapping, FileMapping, signature_of
from analytics.ingest.files.problems import FileError
from analytics.ingest.files.surveys import survey
from analytics.models import KeptMapping, UploadedResource
from workspaces.models import Workspace


def proposed_mapping(workspace: Workspace, resource: str, file: io.BufferedReader) -> tuple[str, FileMapping | None]:
    """What the file is of, and what its columns mean; None for one in our own words.

    Where a tool's file is of another resource than the one asked for, it is that. Two queries. Raises FileError for a
    file of which nothing is known.
    """
    seen = survey(resource, file)
    if seen.problem is None:
        return resource, None
    if seen.tool is not None and seen.tool.resource in UploadedResource.values:
        resource = seen.tool.resource
    known = kept_columns(workspace, resource, seen.header)
    mapping = seen.mapping(resource, zone=workspace.time_zone, known=known)
    if not mapping.calls and not mapping.says_something:
        raise FileError(seen.problem)
    return resource, mapping


def kept_columns(workspace: Workspace, resource: str, header: list[str]) -> dict[str, ColumnMapping]:
    """By name, of the same columns; else of the mapping used last, where half of the columns are among its own.

    Up to two queries.
    """
    of_resource = KeptMapping.objects.filter(workspace=workspace, resource=resource)
    row = of_resource.filter(signature=signature_of(header)).first() or of_resource.order_by("-used_at").first()
    if row is None:
        return {}
    columns = {column.name: column for column in FileMapping.of_json(row.mapping).columns if not column.is_open}
    shared = columns.keys() & set(header)
    return {name: columns[name] for name in shared} if 2 * len(shared) >= len(header) else {}


def keep_mapping(workspace: Workspace, mapping: FileMapping, *, now: datetime) -> None:
    """For the next file with the same columns, of what has a page for files. Two queries."""
    if not mapping.columns or mapping.resource not in UploadedResource.values:
        return
    signature = signature_of([column.name for column in mapping.columns])
    KeptMapping.objects.update_or_create(
        workspace=workspace,
        resource=mapping.resource,
        signature=signature,
        defaults={"mapping": mapping.as_json(), "used_at": now},
    )


def with_own_id(mapping: FileMapping, item: object) -> Any:
    """A row as it stands in the file, with what its own column says of whom it is about."""
    ids = [column.name for column in mapping.columns if column.target == "externalId"]
    if not ids or not isinstance(item, dict):
        return item
    return {**item, "externalId": item.get(ids[0])}
