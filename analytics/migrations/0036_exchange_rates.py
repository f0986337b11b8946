import django.db.models.deletion
from django.db import migrations, models

import workspaces.models.workspaces


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0035_contacts_and_messages_in_packs"),
        ("workspaces", "0021_money_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "source",
                    models.CharField(
                        max_length=3,
                        validators=[workspaces.models.workspaces.validate_currency],
                        verbose_name="from",
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        max_length=3,
                        validators=[workspaces.models.workspaces.validate_currency],
                        verbose_name="to",
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
    ]
