import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0022_what_merged_contacts_left"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="contact", name="contact_email"),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index("workspace", django.db.models.functions.text.Lower("email"), name="contact_email"),
        ),
    ]
