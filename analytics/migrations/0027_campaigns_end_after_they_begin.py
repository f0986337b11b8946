from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0026_ends_before_it_began")]

    operations = [
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("started_at", None), ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                ),
                name="campaign_ends_after_it_begins",
                violation_error_message="A campaign ends after it begins.",
            ),
        ),
    ]
