import uuid

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep_packs_as_they_are(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL would try to compress them at each write and decompress them at each read, for nothing."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE analytics_daypack ALTER COLUMN data SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_catalogue_people_facts"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayCount",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("counted", models.CharField(max_length=24)),
                ("campaign_id", models.PositiveBigIntegerField(default=0)),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("variant_id", models.PositiveBigIntegerField(default=0)),
                ("n", models.IntegerField()),
                ("through", models.DateTimeField(help_text="When the newest of its facts was received.")),
                ("level", models.PositiveSmallIntegerField(default=0, help_text="How often it was merged.")),
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
            options={
                "indexes": [
                    models.Index(fields=["workspace", "counted", "day"], name="day_count_counted"),
                    models.Index(fields=["workspace", "campaign_id", "counted", "day"], name="day_count_campaign"),
                    models.Index(fields=["workspace", "day", "level"], name="day_count_level"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayPack",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("event", "Events of one type"),
                            ("attributed", "Events that say where they came from"),
                            ("signup", "Signups"),
                            ("open", "First opens of messages"),
                            ("click", "First clicks in messages"),
                            ("join", "People who turned out to be another one, on no day"),
                        ],
                        max_length=10,
                    ),
                ),
                ("event_type", models.CharField(blank=True, max_length=200)),
                ("day", models.DateField()),
                ("n", models.IntegerField()),
                ("through", models.DateTimeField(help_text="When the newest of its facts was received.")),
                ("level", models.PositiveSmallIntegerField(default=0, help_text="How often it was merged.")),
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
            options={
                "indexes": [
                    models.Index(fields=["workspace", "kind", "day", "event_type", "level"], name="day_pack_kind")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["event", "attributed", "signup", "open", "click", "join"])),
                        name="day_pack_kind_is_known",
                    )
                ],
            },
        ),
        migrations.RunPython(keep_packs_as_they_are, migrations.RunPython.noop),
    ]
