import hashlib
from typing import Any

from django.db import migrations, models

from workspaces.scope import scope_of_all


def digest_keys(apps: Any, schema_editor: Any) -> None:
    """A key is the client's own text, and may name somebody who is erased later."""
    answers = apps.get_model("workspaces", "KeptAnswer").objects
    with scope_of_all("each row is changed by its own key alone"):
        for pk, key in answers.values_list("pk", "key").iterator():
            answers.filter(pk=pk).update(key=hashlib.sha256(key.encode()).hexdigest())


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0010_days_that_data_is_kept"),
    ]

    operations = [
        migrations.RunPython(digest_keys, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="keptanswer",
            name="key",
            field=models.CharField(help_text="SHA-256 of the key, which may name somebody.", max_length=64),
        ),
        migrations.AlterField(
            model_name="keptanswer",
            name="status",
            field=models.PositiveSmallIntegerField(default=0, help_text="410 once what was answered has been erased."),
        ),
    ]
