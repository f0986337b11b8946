from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0023_contacts_by_address_in_any_case"),
        ("workspaces", "0016_keys_of_browsers"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="browser_key",
            field=models.PositiveIntegerField(
                editable=False, help_text="The key for web pages by which it came, if it did by one.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("browser_key__isnull", False)),
                fields=["workspace", "browser_key", "received_at"],
                name="event_browser_key",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="made_by_key",
            field=models.PositiveIntegerField(
                editable=False, help_text="The key for web pages that named it first, if one did.", null=True
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="made_at",
            field=models.DateTimeField(editable=False, help_text="When that was received.", null=True),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("made_by_key__isnull", False)),
                fields=["workspace", "made_by_key"],
                name="contact_made_by_key",
            ),
        ),
    ]
