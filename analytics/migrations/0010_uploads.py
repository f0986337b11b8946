import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0009_staff_log_without_names"),
        ("workspaces", "0010_days_that_data_is_kept"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "resource",
                    models.CharField(choices=[("contacts", "Contacts"), ("campaigns", "Campaigns")], max_length=20),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("content", models.BinaryField()),
                ("uploaded_at", models.DateTimeField()),
                (
                    "expected",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="Rows new, updated, unchanged and rejected; things changed.",
                    ),
                ),
                (
                    "changes",
                    models.JSONField(
                        default=list,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="The first changes: line, id, whether new, fields.",
                    ),
                ),
                (
                    "rejected",
                    models.JSONField(default=list, help_text="[line, code, message] of each row that is not taken."),
                ),
                (
                    "handled",
                    models.PositiveIntegerField(default=0, help_text="So many lines or rows have been imported."),
                ),
                ("done", models.JSONField(default=dict, help_text="What became of them, as in `expected`.")),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "uploaded_at"], name="upload_of_workspace")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("resource__in", ["contacts", "campaigns"])), name="upload_resource_is_known"
                    )
                ],
            },
        ),
    ]
