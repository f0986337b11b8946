"""The triples of a workspace, each stored once."""

from collections.abc import Iterable

from analytics.models import UtmTriple
from analytics.models.bulk import rows_of
from analytics.utm import Utm


def triple_ids(workspace_id: int, wanted: Iterable[Utm]) -> dict[Utm, int]:
    """The ids of the triples, made where they are new. One query where all are known."""
    missing = set(wanted)
    ids: dict[Utm, int] = {}
    if not missing:
        return ids
    ids = _ids_by_triple(workspace_id, missing)
    if missing := missing - ids.keys():
        rows = [
            UtmTriple(workspace_id=workspace_id, source=triple.source, medium=triple.medium, campaign=triple.campaign)
            for triple in sorted(missing, key=lambda triple: (triple.source, triple.medium, triple.campaign))
        ]
        UtmTriple.objects.bulk_create(rows, ignore_conflicts=True)
        ids |= _ids_by_triple(workspace_id, missing)
    return ids


def _ids_by_triple(workspace_id: int, wanted: set[Utm]) -> dict[Utm, int]:
    columns = dict(zip(Utm._fields, map(list, zip(*wanted, strict=True)), strict=True))
    rows = rows_of(UtmTriple, columns, workspace_id=workspace_id)
    return {Utm(*triple): pk for pk, *triple in rows}
