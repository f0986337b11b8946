from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0011_ledger_vacuumed_sooner"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="former_addresses",
            field=models.JSONField(
                default=list,
                editable=False,
                help_text="Email addresses and numbers that it had, or was said to have.",
            ),
        ),
    ]
