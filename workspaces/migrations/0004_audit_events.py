import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "workspaces_auditevent"
POSTGRESQL = f"""
    CREATE FUNCTION audit_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'The audit trail is only appended to.'; END $$;
    CREATE TRIGGER audit_event_is_kept BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_event_is_kept();
"""
SQLITE = [
    f"""CREATE TRIGGER audit_event_is_kept_{change} BEFORE {change} ON {TABLE}
        BEGIN SELECT RAISE(ABORT, 'The audit trail is only appended to.'); END"""
    for change in ("update", "delete")
]


def append_only(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """To be called again by a migration that makes SQLite's table anew."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else [POSTGRESQL]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_sessions_of_users")]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=40)),
                (
                    "actor_name",
                    models.CharField(blank=True, help_text="The user's email or the key's beginning.", max_length=254),
                ),
                ("target", models.CharField(blank=True, help_text="The id of what it was done to.", max_length=200)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        help_text="The user it happened to.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["workspace", "id"], name="audit_event_of_workspace")],
            },
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop, elidable=False),
    ]
