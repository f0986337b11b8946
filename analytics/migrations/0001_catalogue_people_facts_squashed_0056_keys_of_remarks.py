"""What the migrations to the last one of release 0.2.0 make of an empty database, in one step."""

import datetime
import uuid

import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import analytics.models.funnels
import analytics.statistics.alarms
import campaignos.texts
import workspaces.models.workspaces


def set_storage_of_ledger(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL would try to compress packs at each write and decompress them at each read, for nothing. Merging leaves
    dead rows all the time: by PostgreSQL's own measure of when to vacuum, the files grow to twice what is in them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE analytics_daypack ALTER COLUMN data SET STORAGE EXTERNAL")
        for table in ("analytics_daypack", "analytics_daycount", "analytics_daycolumn"):
            schema_editor.execute(
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)"
            )


class Migration(migrations.Migration):
    replaces = [
        ("analytics", "0001_catalogue_people_facts"),
        ("analytics", "0002_day_ledger"),
        ("analytics", "0003_human_or_machine"),
        ("analytics", "0004_what_messages_were_sent_with"),
        ("analytics", "0005_ingest_remarks"),
        ("analytics", "0006_job_runs"),
        ("analytics", "0007_bounces_and_objections"),
        ("analytics", "0008_saved_funnels"),
        ("analytics", "0009_staff_log_without_names"),
        ("analytics", "0010_uploads"),
        ("analytics", "0011_ledger_vacuumed_sooner"),
        ("analytics", "0012_former_addresses"),
        ("analytics", "0013_external_ids_by_code_points"),
        ("analytics", "0014_reported_delivery"),
        ("analytics", "0015_deliveries_of_the_past"),
        ("analytics", "0016_implied_statuses"),
        ("analytics", "0017_fingerprints_of_identity_calls"),
        ("analytics", "0018_what_funnels_names_say"),
        ("analytics", "0019_contacts_word_by_word"),
        ("analytics", "0020_joins"),
        ("analytics", "0021_joins_of_the_past"),
        ("analytics", "0022_what_merged_contacts_left"),
        ("analytics", "0023_contacts_by_address_in_any_case"),
        ("analytics", "0024_what_keys_of_browsers_sent"),
        ("analytics", "0025_uploads_with_warnings"),
        ("analytics", "0026_ends_before_it_began"),
        ("analytics", "0027_campaigns_end_after_they_begin"),
        ("analytics", "0028_who_named_devices_and_joined"),
        ("analytics", "0029_addresses_by_ascii_case"),
        ("analytics", "0030_columns_of_day_packs"),
        ("analytics", "0031_saved_segments"),
        ("analytics", "0032_event_properties"),
        ("analytics", "0033_steps_of_funnels"),
        ("analytics", "0034_columns_of_large_segments"),
        ("analytics", "0035_contacts_and_messages_in_packs"),
        ("analytics", "0036_exchange_rates"),
        ("analytics", "0037_ledgers_with_messages"),
        ("analytics", "0038_utm_of_campaigns"),
        ("analytics", "0039_harm_of_messages"),
        ("analytics", "0040_acts_of_messages_in_packs"),
        ("analytics", "0041_harm_of_the_past"),
        ("analytics", "0042_tests_outside_of_messages"),
        ("analytics", "0043_rules_of_funnels"),
        ("analytics", "0044_deferred_and_bounced_messages"),
        ("analytics", "0045_names_of_contacts"),
        ("analytics", "0046_objections_and_subscriptions"),
        ("analytics", "0047_subjects_of_campaigns"),
        ("analytics", "0048_notes"),
        ("analytics", "0049_saved_questions"),
        ("analytics", "0050_files_of_other_tools"),
        ("analytics", "0051_share_links"),
        ("analytics", "0052_alerts_and_deliveries"),
        ("analytics", "0053_boards"),
        ("analytics", "0054_scheduled_emails"),
        ("analytics", "0055_changes_in_order"),
        ("analytics", "0056_keys_of_remarks"),
    ]

    initial = True

    dependencies = [
        ("workspaces", "0023_money_before"),
        ("workspaces", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonNumbers",
            fields=[
                (
                    "workspace",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="workspaces.workspace",
                    ),
                ),
                ("next_number", models.PositiveIntegerField(default=0)),
                (
                    "contact_version",
                    models.PositiveBigIntegerField(
                        db_default=0, default=0, help_text="How many transactions have changed contacts."
                    ),
                ),
                (
                    "ledger_layout",
                    models.PositiveSmallIntegerField(
                        db_default=1,
                        default=4,
                        help_text="Which kinds of segments the whole ledger has; of former releases not all, until it is rebuilt.",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=300)),
                (
                    "channel",
                    models.CharField(
                        choices=[("EMAIL", "Email"), ("SMS", "SMS"), ("PUSH", "Push"), ("IN_APP", "In-app")],
                        default="EMAIL",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SCHEDULED", "Scheduled"),
                            ("ACTIVE", "Active"),
                            ("PAUSED", "Paused"),
                            ("COMPLETED", "Completed"),
                            ("ARCHIVED", "Archived"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
                (
                    "utm_campaign",
                    models.CharField(blank=True, db_default="", max_length=200, verbose_name="UTM campaign"),
                ),
                ("utm_medium", models.CharField(blank=True, db_default="", max_length=200, verbose_name="UTM medium")),
                ("utm_source", models.CharField(blank=True, db_default="", max_length=200, verbose_name="UTM source")),
                ("preview_text", models.CharField(blank=True, db_default="", max_length=300)),
                ("subject", models.CharField(blank=True, db_default="", max_length=300)),
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "status"], name="campaign_status"),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="campaign_changed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "external_id"), name="campaign_external_id"),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["EMAIL", "SMS", "PUSH", "IN_APP"])),
                        name="campaign_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "SCHEDULED", "ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"])
                        ),
                        name="campaign_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_at", None),
                            ("ended_at", None),
                            ("ended_at__gte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="campaign_ends_after_it_begins",
                        violation_error_message="A campaign ends after it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("utm_source", ""), _negated=True),
                            models.Q(("utm_campaign", ""), ("utm_medium", "")),
                            _connector="OR",
                        ),
                        name="campaign_utm_has_source",
                        violation_error_message="What a campaign's links carry has a UTM source.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ABTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=300)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ab_tests",
                        to="analytics.campaign",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("click", "Clicks by people"),
                            ("open", "Opens by people"),
                            ("conversion", "Conversions"),
                            ("revenue", "Net revenue per person"),
                            ("event", "Events of one type"),
                        ],
                        db_default="click",
                        default="click",
                        max_length=10,
                    ),
                ),
                (
                    "goal_event",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The type, where the goal is events of one.",
                        max_length=200,
                    ),
                ),
                (
                    "is_holdout",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Whether who is in the control gets nothing."
                    ),
                ),
                (
                    "planned_size",
                    models.PositiveIntegerField(
                        blank=True, help_text="People in all variants, after whom it is decided.", null=True
                    ),
                ),
                (
                    "seed",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Who draws variants by our hash does so with it.",
                        max_length=255,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                (
                    "window_days",
                    models.PositiveSmallIntegerField(
                        db_default=7, default=7, help_text="How many days after the assignment count."
                    ),
                ),
            ],
            options={
                "verbose_name": "A/B test",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "campaign", "external_id"), name="ab_test_external_id"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("campaign__isnull", True)),
                        fields=("workspace", "external_id"),
                        name="ab_test_external_id_of_none",
                        violation_error_message="Another test has this ID.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("external_id", ""), _negated=True), name="ab_test_has_external_id"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("goal__in", ["click", "open", "conversion", "revenue", "event"])),
                        name="ab_test_goal_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("goal", "event"), models.Q(("goal_event", ""), _negated=True)),
                            models.Q(models.Q(("goal", "event"), _negated=True), ("goal_event", "")),
                            _connector="OR",
                        ),
                        name="ab_test_goal_names_its_event",
                        violation_error_message="A goal of events has their type, and no other goal has one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("window_days__gte", 1), ("window_days__lte", 365)),
                        name="ab_test_window_has_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("planned_size", None), ("planned_size__gt", 0), _connector="OR"),
                        name="ab_test_plans_for_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_at", None),
                            ("ended_at", None),
                            ("ended_at__gte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="ab_test_ends_after_it_begins",
                        violation_error_message="A test ends after it begins.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", campaignos.texts.CodePointsField(max_length=255)),
                ("person_number", models.PositiveIntegerField(editable=False)),
                ("email", models.CharField(blank=True, max_length=320)),
                ("phone", models.CharField(blank=True, max_length=50)),
                ("name", models.CharField(blank=True, max_length=300)),
                (
                    "attributes",
                    models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "attributes_at",
                    models.DateTimeField(editable=False, help_text="When the newest word on it was said."),
                ),
                ("signed_up_at", models.DateTimeField()),
                (
                    "signup_is_stated",
                    models.BooleanField(
                        default=False,
                        help_text="Told by the sender; otherwise the earliest call that named the contact.",
                    ),
                ),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merged",
                        to="analytics.contact",
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
                (
                    "complained_at",
                    models.DateTimeField(blank=True, help_text="First said that a message was spam.", null=True),
                ),
                (
                    "unsubscribed_at",
                    models.DateTimeField(blank=True, help_text="First asked for no more messages.", null=True),
                ),
                (
                    "former_addresses",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        editable=False,
                        help_text="Email addresses and numbers that it had, or was said to have.",
                    ),
                ),
                (
                    "is_provisional",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="Only named by events, perhaps before anybody was known.",
                    ),
                ),
                (
                    "own_signed_up_at",
                    models.DateTimeField(
                        editable=False, help_text="Its own, where others are joined to it.", null=True
                    ),
                ),
                (
                    "provenance",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        editable=False,
                        help_text="What is not of the newest word, or taken from a contact joined to it.",
                    ),
                ),
                (
                    "made_by_key",
                    models.PositiveIntegerField(
                        editable=False, help_text="The key for web pages that named it first, if one did.", null=True
                    ),
                ),
                ("made_at", models.DateTimeField(editable=False, help_text="When that was received.", null=True)),
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "signed_up_at"], name="contact_signed_up"),
                    models.Index(
                        condition=models.Q(("made_by_key__isnull", False)),
                        fields=["workspace", "made_by_key"],
                        name="contact_made_by_key",
                    ),
                    models.Index(models.F("workspace"), campaignos.texts.AsciiLower("email"), name="contact_email"),
                    models.Index(
                        models.F("workspace"),
                        campaignos.texts.CodePoints("name"),
                        models.F("id"),
                        models.F("merged_into"),
                        name="contact_name",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("unsubscribed_at__isnull", False), ("complained_at__isnull", False), _connector="OR"
                        ),
                        fields=["workspace"],
                        name="contact_objected",
                    ),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="contact_changed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "external_id"), name="contact_external_id"),
                    models.UniqueConstraint(fields=("workspace", "person_number"), name="contact_person"),
                    models.CheckConstraint(
                        condition=models.Q(("external_id", ""), _negated=True), name="contact_has_external_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("COMPLETED", "Completed"), ("EXITED", "Exited")],
                        default="ACTIVE",
                        max_length=10,
                    ),
                ),
                ("enrolled_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enrolments",
                        to="analytics.campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="enrolments", to="analytics.contact"
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
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "campaign", "enrolled_at"], name="enrolment_enrolled"),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="enrolment_changed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "campaign", "contact"), name="enrolment_once_per_contact"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ACTIVE", "COMPLETED", "EXITED"])),
                        name="enrolment_status_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id", "kind", "value", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("a", "Device ID"), ("e", "User ID"), ("p", "Previous ID (alias)")], max_length=1
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                ("person_number", models.PositiveIntegerField()),
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
                ("made_at", models.DateTimeField(editable=False, help_text="When that was received.", null=True)),
                (
                    "made_by_key",
                    models.PositiveIntegerField(
                        editable=False, help_text="The key for web pages that named it first, if one did.", null=True
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "person_number"], name="identity_person"),
                    models.Index(
                        condition=models.Q(("made_by_key__isnull", False)),
                        fields=["workspace", "made_by_key", "made_at"],
                        name="identity_made_by_key",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["a", "e", "p"])), name="identity_kind_is_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityCall",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
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
                (
                    "fingerprint",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Of its kind, ids and instant; empty if not known.",
                        max_length=32,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("joined_to", models.PositiveIntegerField(null=True)),
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
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        default=django.utils.timezone.now,
                        help_text="Its stamp: when it was made or led elsewhere. The earliest where a release without stamps made it.",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("joined_to__isnull", False)),
                        fields=["workspace", "joined_to"],
                        name="person_joined",
                    ),
                    models.Index(fields=["workspace", "written_at", "number"], name="person_changed"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("joined_to", None),
                            models.Q(("joined_to", models.F("number")), _negated=True),
                            _connector="OR",
                        ),
                        name="person_not_joined_to_itself",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UtmTriple",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=200)),
                ("medium", models.CharField(blank=True, max_length=200)),
                ("campaign", models.CharField(blank=True, max_length=200)),
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
                "verbose_name": "UTM triple",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "source", "medium", "campaign"), name="utm_triple"),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="utm_triple_has_source"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("message_id", models.CharField(help_text="The sender's id of the event.", max_length=255)),
                ("person_number", models.PositiveIntegerField()),
                ("type", models.CharField(max_length=200)),
                ("occurred_at", models.DateTimeField(help_text="Corrected for the sender's clock.")),
                ("stated_at", models.DateTimeField(help_text="As the sender said, where it was corrected.", null=True)),
                ("received_at", models.DateTimeField()),
                ("properties", models.JSONField(default=dict)),
                (
                    "context",
                    models.JSONField(default=dict, help_text="As sent: library, page, campaign with all its fields."),
                ),
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
                (
                    "utm",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.utmtriple",
                    ),
                ),
                (
                    "browser_key",
                    models.PositiveIntegerField(
                        editable=False, help_text="The key for web pages by which it came, if it did by one.", null=True
                    ),
                ),
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "occurred_at"], name="event_occurred"),
                    models.Index(fields=["workspace", "type", "occurred_at"], name="event_type_occurred"),
                    models.Index(fields=["workspace", "person_number", "occurred_at"], name="event_person_occurred"),
                    models.Index(
                        condition=models.Q(("browser_key__isnull", False)),
                        fields=["workspace", "browser_key", "received_at"],
                        name="event_browser_key",
                    ),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="event_changed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("type", ""), _negated=True), name="event_has_type")
                ],
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300)),
                ("position", models.PositiveSmallIntegerField()),
                ("weight", models.FloatField(default=1.0)),
                ("is_control", models.BooleanField(default=False)),
                (
                    "test",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="analytics.abtest",
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
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "test", "name"), name="variant_name"),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 0)), name="variant_weight_is_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("external_id", models.CharField(max_length=255)),
                ("person_number", models.PositiveIntegerField()),
                (
                    "channel",
                    models.CharField(
                        choices=[("EMAIL", "Email"), ("SMS", "SMS"), ("PUSH", "Push"), ("IN_APP", "In-app")],
                        max_length=10,
                    ),
                ),
                ("provider_message_id", models.CharField(blank=True, max_length=255)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(help_text="First open; a click counts as one.", null=True)),
                ("clicked_at", models.DateTimeField(null=True)),
                ("bounced_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(help_text="When the newest report that changed it was received.")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.campaign",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.contact",
                    ),
                ),
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
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.variant",
                    ),
                ),
                ("human_clicked_at", models.DateTimeField(help_text="First click by a person.", null=True)),
                ("human_opened_at", models.DateTimeField(help_text="First open or click by a person.", null=True)),
                (
                    "stated_clicked_at",
                    models.DateTimeField(help_text="First click that the message itself was sent with.", null=True),
                ),
                (
                    "stated_opened_at",
                    models.DateTimeField(help_text="First open that the message itself was sent with.", null=True),
                ),
                (
                    "reported_delivered_at",
                    models.DateTimeField(
                        help_text="First delivery that was reported or stated, not implied.", null=True
                    ),
                ),
                ("complained_at", models.DateTimeField(help_text="First reported complaint about it.", null=True)),
                (
                    "hard_bounced_at",
                    models.DateTimeField(help_text="First bounce that was reported as being for good.", null=True),
                ),
                (
                    "soft_bounced_at",
                    models.DateTimeField(help_text="First bounce that was reported as being for now.", null=True),
                ),
                ("unsubscribed_at", models.DateTimeField(help_text="First unsubscription reported of it.", null=True)),
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "created_at"], name="message_created"),
                    models.Index(fields=["workspace", "campaign", "created_at"], name="message_campaign_created"),
                    models.Index(fields=["workspace", "contact"], name="message_contact"),
                    models.Index(
                        condition=models.Q(("opened_at__isnull", False)),
                        fields=["workspace", "opened_at"],
                        name="message_opened",
                    ),
                    models.Index(
                        condition=models.Q(("clicked_at__isnull", False)),
                        fields=["workspace", "clicked_at"],
                        name="message_clicked",
                    ),
                    models.Index(
                        condition=models.Q(("provider_message_id", ""), _negated=True),
                        fields=["workspace", "provider_message_id"],
                        name="message_provider_id",
                    ),
                    models.Index(
                        condition=models.Q(("bounced_at__isnull", False)),
                        fields=["workspace", "created_at"],
                        name="message_bounced",
                    ),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="message_changed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["EMAIL", "SMS", "PUSH", "IN_APP"])),
                        name="message_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clicked_at", None),
                            models.Q(("opened_at__isnull", False), ("opened_at__lte", models.F("clicked_at"))),
                            _connector="OR",
                        ),
                        name="message_click_implies_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("human_opened_at", None),
                            models.Q(("opened_at__isnull", False), ("opened_at__lte", models.F("human_opened_at"))),
                            _connector="OR",
                        ),
                        name="message_human_open_is_an_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("human_clicked_at", None),
                            models.Q(
                                ("clicked_at__isnull", False),
                                ("clicked_at__lte", models.F("human_clicked_at")),
                                ("human_opened_at__isnull", False),
                                ("human_opened_at__lte", models.F("human_clicked_at")),
                            ),
                            _connector="OR",
                        ),
                        name="message_human_click_is_a_click",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("hard_bounced_at", None),
                                models.Q(
                                    ("bounced_at__isnull", False), ("bounced_at__lte", models.F("hard_bounced_at"))
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("soft_bounced_at", None),
                                models.Q(
                                    ("bounced_at__isnull", False), ("bounced_at__lte", models.F("soft_bounced_at"))
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="message_bounce_of_a_kind_is_a_bounce",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("complained_at", None),
                                models.Q(
                                    ("delivered_at__isnull", False), ("delivered_at__lte", models.F("complained_at"))
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("unsubscribed_at", None),
                                models.Q(
                                    ("delivered_at__isnull", False), ("delivered_at__lte", models.F("unsubscribed_at"))
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="message_objection_implies_delivery",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "message_ref",
                    models.CharField(help_text="The message's external or provider id, as reported.", max_length=255),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("opened", "Opened"),
                            ("clicked", "Clicked"),
                            ("bounced", "Bounced"),
                            ("failed", "Failed"),
                            ("complained", "Complained"),
                            ("unsubscribed", "Unsubscribed"),
                            ("deferred", "Deferred"),
                            ("autoresponded", "Automatic reply"),
                            ("subscribed", "Subscribed"),
                            ("unknown", "Other"),
                        ],
                        max_length=14,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("url", models.TextField(blank=True)),
                ("user_agent", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.message",
                    ),
                ),
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
                (
                    "actor",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("human", "Human"),
                            ("proxied_human", "Human behind a proxy"),
                            ("prefetch", "Prefetched by a mail service"),
                            ("scanner", "Scanner or crawler"),
                        ],
                        help_text="Who opened or clicked.",
                        max_length=14,
                    ),
                ),
                ("actor_rule", models.CharField(blank=True, help_text="The rule that says so.", max_length=30)),
                (
                    "provider_hint",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("proxy", "A mail service's proxy"),
                            ("prefetch", "Loaded before anybody looked"),
                            ("bot", "A bot"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "bounce_kind",
                    models.CharField(
                        blank=True, choices=[("hard", "Hard bounce"), ("soft", "Soft bounce")], max_length=4
                    ),
                ),
                (
                    "written_at",
                    models.DateTimeField(editable=False, help_text="Its stamp; null before there were any.", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "message"], name="message_event_message"),
                    models.Index(
                        condition=models.Q(("message__isnull", True)),
                        fields=["workspace", "message_ref"],
                        name="message_event_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("type", "deferred")),
                        fields=["workspace", "message"],
                        name="message_event_deferred",
                    ),
                    models.Index(
                        condition=models.Q(("type", "subscribed")),
                        fields=["workspace", "message"],
                        name="message_event_subscribed",
                    ),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.comparison.Coalesce("written_at", "received_at"),
                        models.F("id"),
                        name="message_event_changed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actor", ""),
                            models.Q(
                                ("actor__in", ["human", "proxied_human", "prefetch", "scanner"]),
                                ("type__in", ("opened", "clicked")),
                            ),
                            _connector="OR",
                        ),
                        name="message_event_actor_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "type__in",
                                [
                                    "queued",
                                    "sent",
                                    "delivered",
                                    "opened",
                                    "clicked",
                                    "bounced",
                                    "failed",
                                    "complained",
                                    "unsubscribed",
                                    "deferred",
                                    "autoresponded",
                                    "subscribed",
                                    "unknown",
                                ],
                            )
                        ),
                        name="message_event_type_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bounce_kind", ""),
                            models.Q(("bounce_kind__in", ["hard", "soft"]), ("type", "bounced")),
                            _connector="OR",
                        ),
                        name="message_event_bounce_kind_is_known",
                    ),
                ],
            },
        ),
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
                            ("contact", "What contacts have, on no day"),
                            ("message", "Messages by the status that they have reached, on the day of their creation"),
                            ("late_act", "Of these, what was reached long after that day, or before it"),
                            ("assignment", "Who was given which variant of a test"),
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
                (
                    "columns",
                    models.BinaryField(
                        help_text="What else is known of each of them; null where it is not known here.", null=True
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "kind", "day", "event_type", "level"], name="day_pack_kind")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "event",
                                    "attributed",
                                    "signup",
                                    "open",
                                    "click",
                                    "join",
                                    "contact",
                                    "message",
                                    "late_act",
                                    "assignment",
                                ],
                            )
                        ),
                        name="day_pack_kind_is_known",
                    )
                ],
            },
        ),
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
                ("key_id", models.PositiveBigIntegerField(help_text="The API key it was sent with.", null=True)),
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
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "result",
                    models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "error",
                    models.TextField(blank=True, help_text="The kind of error that stopped it; the log has the rest."),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["job", "-started_at"], name="job_run_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "done", "failed"])), name="job_run_state_is_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFunnel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "steps",
                    models.JSONField(
                        help_text="Event types, and objects for other steps, in order.",
                        validators=[analytics.models.funnels.validate_steps],
                    ),
                ),
                (
                    "range",
                    models.CharField(default="30d", help_text="A named range of days, such as 30d.", max_length=16),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
                (
                    "rules",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="As addresses have them: window, order, exclude; empty for none.",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="saved_funnel_name",
                        violation_error_message="Another funnel has this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_funnel_has_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "resource",
                    models.CharField(
                        choices=[
                            ("contacts", "Contacts"),
                            ("campaigns", "Campaigns"),
                            ("messages", "Messages"),
                            ("message-events", "Message events"),
                            ("events", "Events"),
                        ],
                        max_length=20,
                    ),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("content", models.BinaryField()),
                ("uploaded_at", models.DateTimeField()),
                (
                    "expected",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="Rows new, updated, unchanged, rejected and empty; things changed; warnings.",
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
                (
                    "warnings",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        help_text="The first of each code, in the same form: what would be taken otherwise than it stands there.",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(
                        help_text="What the columns of another tool's file mean; null for a file in our own words.",
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "uploaded_at"], name="upload_of_workspace")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resource__in", ["contacts", "campaigns", "messages", "message-events", "events"])
                        ),
                        name="upload_resource_is_known",
                    )
                ],
            },
        ),
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
                (
                    "made_by_key",
                    models.PositiveIntegerField(
                        editable=False, help_text="The key for web pages by which it came, if it did by one.", null=True
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
                    models.Index(
                        condition=models.Q(("made_by_key__isnull", False)),
                        fields=["workspace", "made_by_key", "received_at"],
                        name="join_made_by_key",
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
        migrations.CreateModel(
            name="SavedSegment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("condition", models.JSONField(help_text="As JSON of a filter; its days are those of the workspace.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="saved_segment_name",
                        violation_error_message="Another segment has this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_segment_has_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventProperty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_type", models.CharField(max_length=200)),
                ("name", models.CharField(help_text="Its path: names joined by dots.", max_length=255)),
                ("description", models.CharField(blank=True, max_length=500)),
                (
                    "column",
                    models.CharField(
                        choices=[("auto", "Automatic"), ("on", "On"), ("off", "Off")], default="auto", max_length=4
                    ),
                ),
                ("column_set_at", models.DateTimeField(blank=True, null=True)),
                ("building_before", models.DateField(blank=True, null=True)),
                ("days_built", models.PositiveIntegerField(default=0)),
                ("days_to_build", models.PositiveIntegerField(default=0)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="event_properties",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "event properties",
                "indexes": [
                    models.Index(
                        condition=models.Q(("column", "auto"), _negated=True),
                        fields=["workspace", "event_type", "name", "column"],
                        name="event_property_switched",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "event_type", "name"), name="event_property_name"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="event_property_has_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("column__in", ["auto", "on", "off"])), name="event_property_column_is_known"
                    ),
                ],
            },
        ),
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
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "source",
                    models.CharField(
                        max_length=3, validators=[workspaces.models.workspaces.validate_currency], verbose_name="from"
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        max_length=3, validators=[workspaces.models.workspaces.validate_currency], verbose_name="to"
                    ),
                ),
                ("digits", models.PositiveBigIntegerField()),
                ("places", models.PositiveSmallIntegerField()),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "day", "source", "target"),
                        name="exchange_rate_of_day",
                        violation_error_message="There is a rate of this day already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digits__gt", 0), ("digits__lt", 1000000000000000)),
                        name="exchange_rate_is_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("places__lte", 15)), name="exchange_rate_has_few_places"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="exchange_rate_is_of_two_currencies",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("person_number", models.PositiveIntegerField()),
                ("assigned_at", models.DateTimeField()),
                (
                    "withheld",
                    models.BooleanField(
                        help_text="Whether the person was given nothing, as those of a holdout's control."
                    ),
                ),
                ("received_at", models.DateTimeField(help_text="When the newest word that changed it was received.")),
                (
                    "browser_key",
                    models.PositiveIntegerField(
                        editable=False, help_text="The key for web pages by which it came, if it did by one.", null=True
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.abtest",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.variant",
                    ),
                ),
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
                    models.Index(fields=["workspace", "assigned_at"], name="assignment_assigned"),
                    models.Index(fields=["workspace", "test", "assigned_at"], name="assignment_test"),
                    models.Index(fields=["workspace", "person_number"], name="assignment_person"),
                    models.Index(
                        condition=models.Q(("browser_key__isnull", False)),
                        fields=["workspace", "browser_key", "received_at"],
                        name="assignment_browser_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="A day of the workspace's time zone.")),
                ("text", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it is of; it stands on the charts of that campaign, and of all.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analytics.campaign",
                    ),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "day"], name="note_of_day")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="note_has_text")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("report", models.CharField(help_text="The name of the report, such as funnel.", max_length=32)),
                (
                    "parameters",
                    models.JSONField(
                        blank=True, default=dict, help_text="Those of the report's page: a text by name, or several."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="saved_question_name",
                        violation_error_message="Another saved question has this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_question_has_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "resource",
                    models.CharField(
                        choices=[
                            ("contacts", "Contacts"),
                            ("campaigns", "Campaigns"),
                            ("messages", "Messages"),
                            ("message-events", "Message events"),
                            ("events", "Events"),
                        ],
                        max_length=20,
                    ),
                ),
                ("signature", models.CharField(max_length=64)),
                ("mapping", models.JSONField()),
                ("used_at", models.DateTimeField()),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resource__in", ["contacts", "campaigns", "messages", "message-events", "events"])
                        ),
                        name="kept_mapping_resource_is_known",
                    ),
                    models.UniqueConstraint(
                        fields=("workspace", "resource", "signature"), name="kept_mapping_of_columns"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("metric", models.CharField(max_length=40)),
                ("parameters", models.JSONField(blank=True, default=dict, help_text="Conditions, as Trends has them.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("threshold", "threshold"),
                            ("change", "change"),
                            ("anomaly", "anomaly"),
                            ("silence", "silence"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "direction",
                    models.CharField(choices=[("up", "up"), ("down", "down"), ("both", "both")], max_length=4),
                ),
                ("amount", models.FloatField(blank=True, help_text="The limit, or the share of a change.", null=True)),
                (
                    "mailed",
                    models.CharField(
                        choices=[
                            ("author", "Who made it"),
                            ("managers", "Owners and admins"),
                            ("members", "All members"),
                            ("nobody", "Nobody: webhooks alone"),
                        ],
                        default="author",
                        max_length=10,
                    ),
                ),
                ("is_open", models.BooleanField(default=False)),
                ("changed_on", models.DateField(help_text="The day whose number opened or resolved it.", null=True)),
                ("judged_on", models.DateField(help_text="The newest day that was judged.", null=True)),
                ("judged_at", models.DateTimeField(null=True)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="alert_name",
                        violation_error_message="Another alert has this name.",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="alert_has_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "metric__in",
                                (
                                    "messages_total",
                                    "sent",
                                    "delivered",
                                    "opened",
                                    "clicked",
                                    "human_opened",
                                    "human_clicked",
                                    "bounced",
                                    "failed",
                                    "hard_bounced",
                                    "soft_bounced",
                                    "complained",
                                    "unsubscribed",
                                    "opens",
                                    "clicks",
                                    "enrollments_total",
                                    "events",
                                    "contacts_new",
                                    "conversion_events",
                                    "orders",
                                    "revenue",
                                    "gross_revenue",
                                    "refunds",
                                    "delivery_rate",
                                    "campaign_open_rate",
                                    "campaign_click_rate",
                                    "campaign_human_open_rate",
                                    "campaign_human_click_rate",
                                    "bounce_share",
                                    "hard_bounce_rate",
                                    "complaint_rate",
                                    "unsubscribe_rate",
                                ),
                            )
                        ),
                        name="alert_metric_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    analytics.statistics.alarms.AlertKind["THRESHOLD"],
                                    analytics.statistics.alarms.AlertKind["CHANGE"],
                                    analytics.statistics.alarms.AlertKind["ANOMALY"],
                                    analytics.statistics.alarms.AlertKind["SILENCE"],
                                ],
                            )
                        ),
                        name="alert_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "direction__in",
                                [
                                    analytics.statistics.alarms.Direction["UP"],
                                    analytics.statistics.alarms.Direction["DOWN"],
                                    analytics.statistics.alarms.Direction["BOTH"],
                                ],
                            )
                        ),
                        name="alert_direction_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mailed__in", ["author", "managers", "members", "nobody"])),
                        name="alert_mailed_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__isnull", False), ("kind__in", ["threshold", "change"])),
                            models.Q(("amount", None), ("kind__in", ["anomaly", "silence"])),
                            _connector="OR",
                        ),
                        name="alert_amount_where_the_rule_has_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opened", models.BooleanField()),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("value", models.FloatField(null=True)),
                ("expected", models.FloatField(null=True)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="analytics.alert"
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
                "indexes": [models.Index(fields=["workspace", "alert", "-at"], name="alert_change_newest")],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000)),
                ("events", models.JSONField(help_text="The names of what it is told.")),
                ("encrypted_secret", models.TextField(editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "disabled_at",
                    models.DateTimeField(blank=True, help_text="Since when nothing is sent to it.", null=True),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace"], name="endpoint_of_workspace")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("url", ""), _negated=True), name="endpoint_has_url")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.CharField(blank=True, max_length=254)),
                ("event", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=200)),
                ("body", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("attempts", models.JSONField(default=list, help_text="When each was made, and what came of it.")),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="analytics.webhookendpoint",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["workspace", "due_at"], name="delivery_due"
                    ),
                    models.Index(fields=["workspace", "-made_at"], name="delivery_newest"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "key"), name="delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "delivered", "failed"])),
                        name="delivery_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("endpoint", None), ("email", ""), _connector="XOR"),
                        name="delivery_goes_to_an_endpoint_or_an_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Board",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "tiles",
                    models.JSONField(
                        blank=True, default=list, help_text="In order: of which question, and what of its answer."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="board_name",
                        violation_error_message="Another board has this name.",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="board_has_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="Whom it is for.", max_length=200)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("password", models.CharField(blank=True, editable=False, max_length=256)),
                ("locks", models.JSONField(blank=True, default=dict)),
                ("origins", models.JSONField(blank=True, default=list)),
                ("is_rounded", models.BooleanField(default=False)),
                ("may_choose_days", models.BooleanField(default=False)),
                ("views", models.PositiveBigIntegerField(default=0, editable=False)),
                ("last_viewed_at", models.DateTimeField(editable=False, null=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                    "question",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analytics.savedquestion",
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
                (
                    "board",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="analytics.board"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "-id"], name="share_link_of_workspace")],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "digest"), name="share_link_digest"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("board__isnull", False), ("question", None)),
                            models.Q(("board", None), ("question__isnull", False)),
                            _connector="OR",
                        ),
                        name="share_link_shows_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "frequency",
                    models.CharField(
                        choices=[("daily", "daily"), ("weekly", "weekly"), ("monthly", "monthly")], max_length=10
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(default=7, help_text="From when on, by the workspace's clock."),
                ),
                (
                    "days",
                    models.CharField(
                        choices=[
                            ("period", "The day, week or month that is over"),
                            ("question", "As many as the question has, up to the last that is over"),
                        ],
                        default="period",
                        max_length=10,
                    ),
                ),
                ("made_for", models.DateField(help_text="The first day of the newest period that is done with.")),
                ("made_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="analytics.savedquestion"
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "name"),
                        name="scheduled_email_name",
                        violation_error_message="Another scheduled email has this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="scheduled_email_has_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("frequency__in", ["daily", "weekly", "monthly"])),
                        name="scheduled_email_frequency_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hour__lte", 23)), name="scheduled_email_hour_is_of_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__in", ["period", "question"])), name="scheduled_email_days_are_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailRecipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("refusals", models.PositiveSmallIntegerField(default=0)),
                ("unsubscribed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workspaces.membership"
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
                (
                    "scheduled_email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="analytics.scheduledemail",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "scheduled_email", "member"), name="email_recipient_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "resource",
                    models.CharField(
                        choices=[
                            ("contacts", "Contacts"),
                            ("campaigns", "Campaigns"),
                            ("enrollments", "Enrollments"),
                            ("messages", "Messages"),
                            ("message-events", "Message Events"),
                            ("events", "Events"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "row",
                    models.CharField(
                        blank=True, help_text="Its id in the API; empty where `before` is set.", max_length=40
                    ),
                ),
                ("before", models.DateTimeField(null=True)),
                ("written_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["workspace", "written_at", "id"], name="removal_written")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "resource__in",
                                ["contacts", "campaigns", "enrollments", "messages", "message-events", "events"],
                            )
                        ),
                        name="removal_resource_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("before__isnull", False), ("row", "")),
                            models.Q(models.Q(("row", ""), _negated=True), ("before", None)),
                            _connector="OR",
                        ),
                        name="removal_of_something",
                    ),
                ],
            },
        ),
        migrations.RunPython(set_storage_of_ledger, migrations.RunPython.noop),
    ]
