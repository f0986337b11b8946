from django.db import migrations, models

from campaignos.texts import AsciiLower


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0028_who_named_devices_and_joined"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="contact", name="contact_email"),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(models.F("workspace"), AsciiLower("email"), name="contact_email"),
        ),
    ]
