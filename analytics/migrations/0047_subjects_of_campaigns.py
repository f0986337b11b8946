from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0046_objections_and_subscriptions"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="preview_text",
            field=models.CharField(blank=True, db_default="", max_length=300),
        ),
        migrations.AddField(
            model_name="campaign",
            name="subject",
            field=models.CharField(blank=True, db_default="", max_length=300),
        ),
    ]
