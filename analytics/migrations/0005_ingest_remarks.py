import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0004_what_messages_were_sent_with"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="IngestRemark",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("source", models.CharField(help_text="The route, provider or file it came by.", max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rejected", "Rejected: not stored"),
                            ("duplicate", "Duplicate: was there already"),
                            ("warning", "Warning: stored, but not as it was sent"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(max_length=50)),
                ("message", models.TextField()),
                ("count", models.PositiveIntegerField(default=1)),
                (
                    "message_id",
                    models.CharField(blank=True, help_text="The sender's id of the sample.", max_length=255),
                ),
                ("sample", models.TextField(blank=True, help_text="The first kilobyte of the first item, as JSON.")),
                ("sample_hash", models.CharField(blank=True, help_text="SHA-256 of the whole of it.", max_length=64)),
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
                "indexes": [models.Index(fields=["workspace", "received_at"], name="ingest_remark_received")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["rejected", "duplicate", "warning"])),
                        name="ingest_remark_kind_is_known",
                    )
                ],
            },
        ),
    ]
