"""Each field of a contact keeps when it was said; until something is said, all of them are of `attributes_at`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0018_what_funnels_names_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="is_provisional",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Only named by events, perhaps before anybody was known.",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="own_signed_up_at",
            field=models.DateTimeField(editable=False, help_text="Its own, where others are joined to it.", null=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="provenance",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
                help_text="What is not of the newest word, or taken from a contact joined to it.",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="attributes_at",
            field=models.DateTimeField(editable=False, help_text="When the newest word on it was said."),
        ),
        migrations.AlterField(
            model_name="contact",
            name="former_addresses",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                editable=False,
                help_text="Email addresses and numbers that it had, or was said to have.",
            ),
        ),
    ]
