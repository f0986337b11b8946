import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "analytics_daycolumn"


def vacuum_sooner(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """As the ledger's other tables: merging leaves dead rows all the time."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE {TABLE} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)"
        )


class Migration(migrations.Migration):
    """Segments that were written before keep their columns in themselves until they are merged or made anew."""

    dependencies = [
        ("analytics", "0033_steps_of_funnels"),
        ("workspaces", "0019_the_provider_asks"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayColumn",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "segment_id",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("segment_id", models.UUIDField(help_text="The day pack's.")),
                ("name", models.CharField(max_length=255)),
                ("data", models.BinaryField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(vacuum_sooner, migrations.RunPython.noop),
    ]
