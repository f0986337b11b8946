import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0011_kept_answers_by_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="key",
            name="predecessor",
            field=models.OneToOneField(
                editable=False,
                error_messages={"unique": "The key was rotated a moment ago: another one takes its place."},
                help_text="The key in whose place this one was made.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successor",
                to="workspaces.key",
            ),
        ),
    ]
