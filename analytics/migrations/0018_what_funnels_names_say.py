from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0017_fingerprints_of_identity_calls"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="savedfunnel",
            name="saved_funnel_name",
            constraint=models.UniqueConstraint(
                fields=["workspace", "name"],
                name="saved_funnel_name",
                violation_error_message="Another funnel has this name.",
            ),
        ),
    ]
