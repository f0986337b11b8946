"""Campaigns that ended before they began: when they ended is not known."""

from typing import Any

from django.db import migrations
from django.db.models import F


def forget_ends(apps: Any, schema_editor: Any) -> None:
    apps.get_model("analytics", "Campaign").objects.filter(ended_at__lt=F("started_at")).update(ended_at=None)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0025_uploads_with_warnings")]

    operations = [migrations.RunPython(forget_ends, migrations.RunPython.noop)]
