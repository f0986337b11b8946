"""Every delivery known so far was reported or stated: none has been implied yet."""

from typing import Any

from django.db import migrations
from django.db.models import F


def note_deliveries(apps: Any, schema_editor: Any) -> None:
    messages = apps.get_model("analytics", "Message").objects
    for workspace_id in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
        delivered = messages.filter(workspace_id=workspace_id, delivered_at__isnull=False)
        delivered.update(reported_delivered_at=F("delivered_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0014_reported_delivery"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]
    operations = [migrations.RunPython(note_deliveries, migrations.RunPython.noop)]
