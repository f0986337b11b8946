from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0016_implied_statuses")]

    operations = [
        migrations.AddField(
            "identitycall",
            "fingerprint",
            models.CharField(
                blank=True, default="", help_text="Of its kind, ids and instant; empty if not known.", max_length=32
            ),
        ),
    ]
