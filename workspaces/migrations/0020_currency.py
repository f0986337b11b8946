from django.db import migrations, models

import workspaces.models.workspaces


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0019_the_provider_asks"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="currency",
            field=models.CharField(
                db_default="EUR",
                default="EUR",
                help_text="That of amounts which name none; a code of ISO 4217.",
                max_length=3,
                validators=[workspaces.models.workspaces.validate_currency],
            ),
        ),
    ]
