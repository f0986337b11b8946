from typing import Any

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat


def name_contacts_by_their_ids(apps: Any, schema_editor: Any) -> None:
    """The log of the administration site is not erased with a contact, so that it must not name one."""
    entries = apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="analytics", content_type__model="contact"
    )
    entries.update(object_repr=Concat(Value("ct_"), F("object_id")))


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("analytics", "0008_saved_funnels"),
    ]

    operations = [migrations.RunPython(name_contacts_by_their_ids, migrations.RunPython.noop)]
