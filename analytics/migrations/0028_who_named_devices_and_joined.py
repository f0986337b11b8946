from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0027_campaigns_end_after_they_begin"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="made_at",
            field=models.DateTimeField(editable=False, help_text="When that was received.", null=True),
        ),
        migrations.AddField(
            model_name="identity",
            name="made_by_key",
            field=models.PositiveIntegerField(
                editable=False, help_text="The key for web pages that named it first, if one did.", null=True
            ),
        ),
        migrations.AddField(
            model_name="join",
            name="made_by_key",
            field=models.PositiveIntegerField(
                editable=False, help_text="The key for web pages by which it came, if it did by one.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(
                condition=models.Q(("made_by_key__isnull", False)),
                fields=["workspace", "made_by_key", "made_at"],
                name="identity_made_by_key",
            ),
        ),
        migrations.AddIndex(
            model_name="join",
            index=models.Index(
                condition=models.Q(("made_by_key__isnull", False)),
                fields=["workspace", "made_by_key", "received_at"],
                name="join_made_by_key",
            ),
        ),
    ]
