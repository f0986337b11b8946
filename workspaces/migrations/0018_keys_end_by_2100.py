from datetime import UTC, datetime
from typing import Any

from django.db import migrations

LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def bring_forward(apps: Any, schema_editor: Any) -> None:
    """A key that ended in the year 9999 had no last day in most time zones, and its page could not be shown."""
    apps.get_model("workspaces", "Key").objects.filter(expires_at__gt=LATEST).update(expires_at=LATEST)


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0017_no_switch_for_browsers"),
    ]

    operations = [
        migrations.RunPython(bring_forward, migrations.RunPython.noop),
    ]
