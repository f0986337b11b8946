from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def make_table(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """By Django's own command, for the table is no model's."""
    call_command("createcachetable", "cache", database=schema_editor.connection.alias, verbosity=0)


def drop_table(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("DROP TABLE cache")


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0004_audit_events")]

    operations = [
        migrations.RunPython(make_table, drop_table),
    ]
