"""A contact takes from those merged into it what it has not itself, as it does from now on."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import migrations

TEXT_FIELDS = ("email", "phone", "name")
WRITTEN = (*TEXT_FIELDS, "attributes", "own_signed_up_at", "provenance")
ROWS = 1_000


def take_what_is_missing(apps: Any, schema_editor: Any) -> None:
    contacts = apps.get_model("analytics", "Contact").objects
    for workspace_id in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
        of_workspace = contacts.filter(workspace_id=workspace_id)
        gone = of_workspace.filter(merged_into__isnull=False)
        kept = list(gone.order_by("merged_into").values_list("merged_into", flat=True).distinct())
        for start in range(0, len(kept), ROWS):
            merged: dict[int, list[Any]] = defaultdict(list)
            portion = kept[start : start + ROWS]
            for row in gone.filter(merged_into__in=portion).order_by("-attributes_at"):
                merged[row.merged_into_id].append(row)
            for row in of_workspace.filter(pk__in=portion):
                take_from(row, merged[row.pk])
                row.save(update_fields=WRITTEN)


def take_from(row: Any, merged: list[Any]) -> None:
    """The newest first. Its own signup was not kept when it took the earliest of all: it is as it is."""
    taken = []
    for other in merged:
        for name in TEXT_FIELDS:
            if not getattr(row, name) and getattr(other, name):
                setattr(row, name, getattr(other, name))
                taken.append(name)
        for name, value in other.attributes.items():
            if name not in row.attributes and value is not None:
                row.attributes[name] = value
                taken.append(f"attributes.{name}")
    row.own_signed_up_at = row.signed_up_at
    ranks = {"signed_up_at": rank_of(row.attributes_at)} if row.signup_is_stated else {}
    row.provenance = {"ranks": ranks, "taken": sorted(taken)}


def rank_of(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond + 1


class Migration(migrations.Migration):
    dependencies = [("analytics", "0021_joins_of_the_past")]
    operations = [migrations.RunPython(take_what_is_missing, migrations.RunPython.noop)]
