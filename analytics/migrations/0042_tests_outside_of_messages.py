import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0041_harm_of_the_past"),
        ("workspaces", "0022_lookback_days"),
    ]

    operations = [
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
        migrations.RemoveConstraint(
            model_name="daypack",
            name="day_pack_kind_is_known",
        ),
        migrations.AddField(
            model_name="abtest",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="abtest",
            name="goal",
            field=models.CharField(
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
        migrations.AddField(
            model_name="abtest",
            name="goal_event",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The type, where the goal is events of one.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="abtest",
            name="is_holdout",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether who is in the control gets nothing."
            ),
        ),
        migrations.AddField(
            model_name="abtest",
            name="planned_size",
            field=models.PositiveIntegerField(
                blank=True, help_text="People in all variants, after whom it is decided.", null=True
            ),
        ),
        migrations.AddField(
            model_name="abtest",
            name="seed",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who draws variants by our hash does so with it.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="abtest",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="abtest",
            name="window_days",
            field=models.PositiveSmallIntegerField(
                db_default=7, default=7, help_text="How many days after the assignment count."
            ),
        ),
        migrations.AlterField(
            model_name="abtest",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ab_tests",
                to="analytics.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="daypack",
            name="kind",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("campaign__isnull", True)),
                fields=("workspace", "external_id"),
                name="ab_test_external_id_of_none",
                violation_error_message="Another test has this ID.",
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_id", ""), _negated=True), name="ab_test_has_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("goal__in", ["click", "open", "conversion", "revenue", "event"])),
                name="ab_test_goal_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("goal", "event"), models.Q(("goal_event", ""), _negated=True)),
                    models.Q(models.Q(("goal", "event"), _negated=True), ("goal_event", "")),
                    _connector="OR",
                ),
                name="ab_test_goal_names_its_event",
                violation_error_message="A goal of events has their type, and no other goal has one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_days__gte", 1), ("window_days__lte", 365)), name="ab_test_window_has_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("planned_size", None), ("planned_size__gt", 0), _connector="OR"),
                name="ab_test_plans_for_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="abtest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("started_at", None), ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                ),
                name="ab_test_ends_after_it_begins",
                violation_error_message="A test ends after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="daypack",
            constraint=models.CheckConstraint(
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
            ),
        ),
    ]
