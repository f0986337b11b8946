"""Reads an archive into an installation: a workspace under the number that it had, with all ids as they were."""

import json
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction

from analytics.export.archive import ArchiveError, ArchiveManifest, Progress, read_manifest
from analytics.export.archive_tables import ARCHIVED, ArchiveTable
from analytics.export.tallies import ledger_differences, tally_differences, workspace_tallies
from analytics.ledger import rebuild_all
from analytics.models.bulk import keep_ids_of
from workspaces.audit import record
from workspaces.models import Action, FormerSlug, Key, Membership, User, Workspace, unused_slug
from workspaces.roles import Role
from workspaces.scope import at_the_door, scope, scope_of_all

ROWS_STORED_AT_ONCE = 2_000
_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "DateTimeField": datetime.fromisoformat,
    "DateField": date.fromisoformat,
    "UUIDField": UUID,
}
"""What JSON has no words for, by the kind of column."""


@dataclass(frozen=True)
class Reception:
    """Whose an archive's workspace becomes here, and when."""

    owner: User
    at: datetime


@transaction.atomic
def read_archive(zipped: zipfile.ZipFile, *, by: Reception, progress: Progress) -> Workspace:
    """Stores what an archive has, makes the ledger anew, and compares each day of each table with the archive: whole
    or not at all. The owner has made what members made there.

    Raises ArchiveError, for ids that are taken too.
    """
    manifest = read_manifest(zipped)
    if Workspace.objects.filter(pk=manifest.workspace_id).exists():
        raise ArchiveError(
            f"There is a workspace ws_{manifest.workspace_id} here already. An archive keeps its ids: read it into "
            "another installation."
        )
    with scope(manifest.workspace_id):
        workspace = _new_workspace(manifest)
        for table in ARCHIVED:
            _store_table(workspace, table, zipped, manifest, by, progress)
    with scope_of_all("ids are the installation's"):
        keep_ids_of([Workspace, *(table.model for table in ARCHIVED)])
    with scope(workspace):
        rebuild_all(workspace)
        _check(workspace, manifest)
        Membership.objects.create(workspace=workspace, user=by.owner, role=Role.OWNER)
        after = {"name": workspace.name, "archive": manifest.written_at}
        record(Action.WORKSPACE_CREATED, by=by.owner, workspace=workspace, target=workspace.api_id, after=after)
    return workspace


def _new_workspace(manifest: ArchiveManifest) -> Workspace:
    """With another slug where the one that it had leads elsewhere here."""
    settings = dict(manifest.settings)
    unknown = settings.keys() - {field.name for field in Workspace._meta.concrete_fields}
    if unknown:
        raise ArchiveError(f"It has settings that this release does not know: {', '.join(sorted(unknown))}.")
    slug, settings["created_at"] = settings["slug"], datetime.fromisoformat(settings["created_at"])
    with at_the_door():
        is_taken = FormerSlug.objects.filter(slug=slug).exists() or Workspace.objects.filter(slug=slug).exists()
        settings["slug"] = unused_slug(settings["name"]) if is_taken else slug
    return Workspace.objects.create(pk=manifest.workspace_id, **settings)


def _store_table(
    workspace: Workspace,
    table: ArchiveTable,
    zipped: zipfile.ZipFile,
    manifest: ArchiveManifest,
    by: Reception,
    progress: Progress,
) -> None:
    """Of a table that is newer than the archive there are no rows."""
    if (columns := manifest.columns.get(table.name)) is None:
        return
    if unknown := set(columns) - {*table.fields}:
        raise ArchiveError(f"{table.name} has columns that this release does not know: {', '.join(sorted(unknown))}.")
    with zipped.open(f"{table.name}.jsonl") as file:
        rows = map(json.loads, file)
        while some := [*islice(rows, ROWS_STORED_AT_ONCE)]:
            _store_rows(table, [*_instances(workspace, table, columns, some, by)])
            progress(table.name, len(some))


def _store_rows(table: ArchiveTable, instances: Sequence[models.Model]) -> None:
    model: Any = table.model
    try:
        with transaction.atomic():
            model.objects.bulk_create(instances)
    except IntegrityError as error:
        raise ArchiveError(
            f"Some of the ids of its {table.name} are taken here: read it into another installation. ({error})"
        ) from error


def _instances(
    workspace: Workspace, table: ArchiveTable, columns: Sequence[str], rows: Sequence[Sequence[Any]], by: Reception
) -> Iterator[models.Model]:
    """What stands in the columns, and what an archive has not."""
    kinds = [(place, _kind(table.fields[name])) for place, name in enumerate(columns)]
    readers = [(place, _FROM_TEXT[kind]) for place, kind in kinds if kind in _FROM_TEXT]
    others = {"created_by_id": by.owner.pk} if _has_maker(table.model) else {}
    for row in rows:
        values = list(row)
        for place, read in readers:
            if values[place] is not None:
                values[place] = read(values[place])
        instance = table.model(workspace_id=workspace.pk, **dict(zip(columns, values, strict=True)), **others)
        if isinstance(instance, Key):  # by which data that came is found, but which lets nobody in
            instance.digest, instance.revoked_at = secrets.token_hex(32), by.at
        yield instance


def _kind(field: "models.Field[Any, Any]") -> str:
    """Of a column that leads elsewhere, that of where it leads."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field.get_internal_type()


def _has_maker(model: type[models.Model]) -> bool:
    return any(field.attname == "created_by_id" for field in model._meta.concrete_fields)


def _check(workspace: Workspace, manifest: ArchiveManifest) -> None:
    tallies = workspace_tallies(workspace, manifest.columns)
    differences = [*map(str, tally_differences(tallies, manifest.tallies)), *ledger_differences(workspace, tallies)]
    if differences:
        raise ArchiveError(f"What was stored is not what it has: {differences[0]} ({len(differences):,} such days).")
