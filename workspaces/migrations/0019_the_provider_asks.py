from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0018_keys_end_by_2100"),
    ]

    operations = [
        migrations.AlterField(
            model_name="webhook",
            name="confirmation_url",
            field=models.URLField(
                blank=True,
                editable=False,
                help_text="To be opened once: a provider asks whether we want its reports.",
                max_length=2000,
            ),
        ),
    ]
