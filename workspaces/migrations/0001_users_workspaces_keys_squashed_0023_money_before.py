"""What the migrations to the last one of release 0.2.0 make of an empty database, in one step."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import workspaces.conversions
import workspaces.models.workspaces

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


def make_table_of_cache(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """By Django's own command, for the table is no model's."""
    call_command("createcachetable", "cache", database=schema_editor.connection.alias, verbosity=0)


def drop_table_of_cache(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("DROP TABLE cache")


class Migration(migrations.Migration):
    replaces = [
        ("workspaces", "0001_users_workspaces_keys"),
        ("workspaces", "0002_browsers_switch"),
        ("workspaces", "0003_sessions_of_users"),
        ("workspaces", "0004_audit_events"),
        ("workspaces", "0005_cache_for_limits"),
        ("workspaces", "0006_invitations"),
        ("workspaces", "0007_former_slugs_second_factor"),
        ("workspaces", "0008_kept_answers"),
        ("workspaces", "0009_webhooks"),
        ("workspaces", "0010_days_that_data_is_kept"),
        ("workspaces", "0011_kept_answers_by_digest"),
        ("workspaces", "0012_keys_rotated_once"),
        ("workspaces", "0013_forms_sent_twice"),
        ("workspaces", "0014_one_open_invitation"),
        ("workspaces", "0015_what_constraints_say"),
        ("workspaces", "0016_keys_of_browsers"),
        ("workspaces", "0017_no_switch_for_browsers"),
        ("workspaces", "0018_keys_end_by_2100"),
        ("workspaces", "0019_the_provider_asks"),
        ("workspaces", "0020_currency"),
        ("workspaces", "0021_money_rules"),
        ("workspaces", "0022_lookback_days"),
        ("workspaces", "0023_money_before"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Workspace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "slug",
                    models.SlugField(error_messages={"unique": "This address is taken."}, max_length=80, unique=True),
                ),
                (
                    "time_zone",
                    models.CharField(
                        default="UTC", max_length=64, validators=[workspaces.models.workspaces.validate_time_zone]
                    ),
                ),
                (
                    "conversion_types",
                    models.JSONField(
                        blank=True,
                        default=workspaces.conversions.default_conversion_types,
                        help_text="Event types that count as conversions.",
                        validators=[workspaces.conversions.validate_event_types],
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "second_factor_required",
                    models.BooleanField(
                        default=False, help_text="Owners and admins come in only with a second factor set up."
                    ),
                ),
                (
                    "erases_idle_contacts",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Whether contacts that nothing was heard of in these days are erased with what is older.",
                        verbose_name="contacts go, too",
                    ),
                ),
                (
                    "kept_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Events and messages go when they are older, today being the first day; empty for never.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="days that data is kept",
                    ),
                ),
                (
                    "form_id",
                    models.UUIDField(
                        editable=False,
                        error_messages={"unique": "This workspace is made already."},
                        help_text="Of the form by which it was made: sent twice, it makes one workspace.",
                        null=True,
                        unique=True,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        db_default="EUR",
                        default="EUR",
                        help_text="That of amounts which name none; a code of ISO 4217.",
                        max_length=3,
                        validators=[workspaces.models.workspaces.validate_currency],
                    ),
                ),
                (
                    "money_rules",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        help_text="By event type, where its events say what they are worth, if that is stated.",
                        validators=[workspaces.conversions.validate_money_rules],
                    ),
                ),
                (
                    "click_lookback_days",
                    models.PositiveSmallIntegerField(
                        db_default=5,
                        default=5,
                        help_text="For how many days people's clicks in messages are credited with what follows.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                    ),
                ),
                (
                    "delivered_lookback_days",
                    models.PositiveSmallIntegerField(
                        db_default=1,
                        default=1,
                        help_text="For how many days deliveries of messages are credited with what follows.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                    ),
                ),
                (
                    "open_lookback_days",
                    models.PositiveSmallIntegerField(
                        db_default=1,
                        default=1,
                        help_text="For how many days people's opens of messages are credited with what follows.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                    ),
                ),
                (
                    "utm_lookback_days",
                    models.PositiveSmallIntegerField(
                        db_default=30,
                        default=30,
                        help_text="For how many days visits with a UTM source are credited with what follows.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                    ),
                ),
                (
                    "money_before",
                    models.JSONField(
                        editable=False,
                        help_text="What the last three were before they were changed, until the ledger has followed.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        error_messages={"unique": "An account with this address already exists: log in with it."},
                        max_length=254,
                        unique=True,
                        verbose_name="email",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False, help_text="May log in to this administration site.", verbose_name="staff"
                    ),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
                ("has_shortcuts", models.BooleanField(default=True, verbose_name="keyboard shortcuts")),
                ("last_seen_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_is_lower_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("OWNER", "Owner"), ("ADMIN", "Admin"), ("ANALYST", "Analyst"), ("VIEWER", "Viewer")],
                        default="VIEWER",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "user"), name="membership_once_per_user"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["OWNER", "ADMIN", "ANALYST", "VIEWER"])),
                        name="membership_role_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("write", "Write key: sends events"),
                            ("secret", "Secret key: reads reports and works with data by the API"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "prefix",
                    models.CharField(
                        editable=False, help_text="The token's beginning, to tell keys apart.", max_length=16
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("scopes", models.JSONField(blank=True, default=list, help_text="A secret key's rights: read, write.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="workspaces.workspace"
                    ),
                ),
                (
                    "predecessor",
                    models.OneToOneField(
                        editable=False,
                        error_messages={"unique": "The key was rotated a moment ago: another one takes its place."},
                        help_text="The key in whose place this one was made.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="successor",
                        to="workspaces.key",
                    ),
                ),
                (
                    "allows_browsers",
                    models.BooleanField(
                        default=False,
                        help_text="A write key that everyone can read: it sends events, fills empty fields, and changes nothing.",
                        verbose_name="may be in web pages",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["write", "secret"])), name="key_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("allows_browsers", False), ("kind", "write"), _connector="OR"),
                        name="key_of_browsers_is_a_write_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("started_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("must_rotate", models.BooleanField(default=False, help_text="Its key changes at its next use.")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
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
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                (
                    "role",
                    models.CharField(
                        choices=[("OWNER", "Owner"), ("ADMIN", "Admin"), ("ANALYST", "Analyst"), ("VIEWER", "Viewer")],
                        default="VIEWER",
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["OWNER", "ADMIN", "ANALYST", "VIEWER"])),
                        name="invitation_role_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="invitation_email_is_lower_case",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("workspace", "email"),
                        name="invitation_once_to_an_address",
                        violation_error_message="This address was invited a moment ago.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_slugs",
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="SHA-256 of the key, which may name somebody.", max_length=64)),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256 of address and body of the request.", max_length=64),
                ),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="410 once what was answered has been erased."
                    ),
                ),
                ("body", models.JSONField(default=dict)),
                ("headers", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
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
                "constraints": [models.UniqueConstraint(fields=("workspace", "key"), name="kept_answer_once_per_key")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("amazon_ses", "Amazon SES"),
                            ("brevo", "Brevo"),
                            ("mailersend", "MailerSend"),
                            ("mailgun", "Mailgun"),
                            ("mailjet", "Mailjet"),
                            ("mailtrap", "Mailtrap"),
                            ("postmark", "Postmark"),
                            ("resend", "Resend"),
                            ("sendgrid", "SendGrid"),
                            ("sparkpost", "SparkPost"),
                        ],
                        max_length=20,
                    ),
                ),
                ("token", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "password",
                    models.CharField(
                        editable=False, help_text="Of Basic authorization, if it does not sign.", max_length=64
                    ),
                ),
                (
                    "signing_key",
                    models.CharField(
                        blank=True, help_text="By which the provider signs what it sends.", max_length=500
                    ),
                ),
                (
                    "confirmation_url",
                    models.URLField(
                        blank=True,
                        editable=False,
                        help_text="To be opened once: a provider asks whether we want its reports.",
                        max_length=2000,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_event_at",
                    models.DateTimeField(editable=False, help_text="When something was last received.", null=True),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="workspaces.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("workspace", "provider"),
                        name="webhook_one_in_use",
                        violation_error_message="This provider has an address already: rotate or revoke it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "provider__in",
                                [
                                    "amazon_ses",
                                    "brevo",
                                    "mailersend",
                                    "mailgun",
                                    "mailjet",
                                    "mailtrap",
                                    "postmark",
                                    "resend",
                                    "sendgrid",
                                    "sparkpost",
                                ],
                            )
                        ),
                        name="webhook_provider_is_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(append_only, migrations.RunPython.noop),
        migrations.RunPython(make_table_of_cache, drop_table_of_cache),
    ]
