"""Who was joined to whom, when and why."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0019_contacts_word_by_word"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Join",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("gone", models.PositiveIntegerField()),
                ("kept", models.PositiveIntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("i", "A call that named both"),
                            ("a", "An alias call"),
                            ("m", "Joined by a member"),
                            ("u", "Not known"),
                        ],
                        max_length=1,
                    ),
                ),
                ("joined_at", models.DateTimeField(help_text="When what joined them was said.", null=True)),
                ("received_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
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
                    models.Index(fields=["workspace", "kept"], name="join_kept"),
                    models.Index(
                        condition=models.Q(("undone_at__isnull", False)),
                        fields=["workspace", "gone", "kept"],
                        name="join_undone",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)), fields=("workspace", "gone"), name="join_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gone", models.F("kept")), _negated=True), name="join_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["i", "a", "m", "u"])), name="join_cause_is_known"
                    ),
                ],
            },
        ),
    ]
