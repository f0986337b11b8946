"""Who is joined already has a row, too. When and why is not known, nor the steps, but where they led."""

import uuid
from itertools import islice
from typing import Any

from django.db import migrations

ROWS = 10_000


def note_joins(apps: Any, schema_editor: Any) -> None:
    people, joins = (apps.get_model("analytics", name).objects for name in ("Person", "Join"))
    for workspace_id in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
        joined = people.filter(workspace_id=workspace_id, joined_to__isnull=False)
        pairs = joined.values_list("number", "joined_to").iterator(chunk_size=ROWS)
        while some := list(islice(pairs, ROWS)):
            joins.bulk_create(
                joins.model(id=uuid.uuid4(), workspace_id=workspace_id, gone=gone, kept=kept, cause="u")
                for gone, kept in some
            )


class Migration(migrations.Migration):
    dependencies = [("analytics", "0020_joins")]
    operations = [migrations.RunPython(note_joins, migrations.RunPython.noop)]
