from typing import Any

from django.db import migrations, models

from workspaces.scope import scope_of_all


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Where web pages were allowed to send, any of the workspace's write keys may stand in one."""
    keys = apps.get_model("workspaces", "Key").objects
    workspaces = apps.get_model("workspaces", "Workspace").objects
    with scope_of_all("each key takes over what its own workspace said"):
        allowing = list(workspaces.filter(allows_browsers=True).values_list("pk", flat=True))
        keys.filter(kind="write", workspace__in=allowing).update(allows_browsers=True)


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0015_what_constraints_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="key",
            name="allows_browsers",
            field=models.BooleanField(
                default=False,
                help_text="A write key that everyone can read: it sends events, fills empty fields, and changes nothing.",
                verbose_name="may be in web pages",
            ),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(
                condition=models.Q(("allows_browsers", False), ("kind", "write"), _connector="OR"),
                name="key_of_browsers_is_a_write_key",
            ),
        ),
        migrations.AlterField(
            model_name="key",
            name="kind",
            field=models.CharField(
                choices=[
                    ("write", "Write key: sends events"),
                    ("secret", "Secret key: reads reports and works with data by the API"),
                ],
                max_length=10,
            ),
        ),
    ]
