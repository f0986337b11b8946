"""Tell the opens and clicks that messages were sent with from those that were reported of them.

A message without a report of an open was opened as it said itself, or by its click; one without a report of a click was
clicked as it said itself.
"""

from typing import Any

from django.db import migrations
from django.db.models import Exists, F, OuterRef, Q


def tell(apps: Any, schema_editor: Any) -> None:
    workspaces = apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True)
    messages = apps.get_model("analytics", "Message").objects
    reports = apps.get_model("analytics", "MessageEvent").objects
    for workspace_id in workspaces:
        of_message = reports.filter(workspace_id=OuterRef("workspace_id"), message_id=OuterRef("pk"))
        of_workspace = messages.filter(workspace_id=workspace_id)
        of_workspace.filter(
            Q(clicked_at=None) | Q(opened_at__lt=F("clicked_at")),
            ~Exists(of_message.filter(type="opened")),
            opened_at__isnull=False,
        ).update(stated_opened_at=F("opened_at"))
        of_workspace.filter(
            ~Exists(of_message.filter(type="clicked")),
            clicked_at__isnull=False,
        ).update(stated_clicked_at=F("clicked_at"))


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_human_or_machine")]
    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
