from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0013_external_ids_by_code_points")]
    operations = [
        migrations.AddField(
            model_name="message",
            name="reported_delivered_at",
            field=models.DateTimeField(help_text="First delivery that was reported or stated, not implied.", null=True),
        ),
    ]
