from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("analytics_daypack", "analytics_daycount")


def vacuum_sooner(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Merging leaves dead rows all the time: by PostgreSQL's own measure, the files grow to twice what is in them."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)"
            )


def vacuum_as_others(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(
                f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"
            )


class Migration(migrations.Migration):
    dependencies = [("analytics", "0010_uploads")]

    operations = [migrations.RunPython(vacuum_sooner, vacuum_as_others)]
