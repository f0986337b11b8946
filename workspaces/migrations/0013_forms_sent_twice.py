from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0012_keys_rotated_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="form_id",
            field=models.UUIDField(
                editable=False,
                error_messages={"unique": "This workspace is made already."},
                help_text="Of the form by which it was made: sent twice, it makes one workspace.",
                null=True,
                unique=True,
            ),
        ),
    ]
