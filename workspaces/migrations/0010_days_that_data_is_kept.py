import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0009_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="erases_idle_contacts",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether contacts that nothing was heard of in these days are erased with what is older.",
                verbose_name="contacts go, too",
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="kept_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Events and messages go when they are older, today being the first day; empty for never.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
                verbose_name="days that data is kept",
            ),
        ),
    ]
