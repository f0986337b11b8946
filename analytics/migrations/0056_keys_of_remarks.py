from django.db import migrations, models


class Migration(migrations.Migration):
    """An empty column, which costs nothing: of what was refused before, the key is not known."""

    dependencies = [
        ("analytics", "0055_changes_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="ingestremark",
            name="key_id",
            field=models.PositiveBigIntegerField(help_text="The API key it was sent with.", null=True),
        ),
    ]
