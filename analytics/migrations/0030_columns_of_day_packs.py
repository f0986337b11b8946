from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0029_addresses_by_ascii_case"),
    ]

    operations = [
        migrations.AddField(
            model_name="daypack",
            name="columns",
            field=models.BinaryField(
                help_text="What else is known of each of them; null where it is not known here.", null=True
            ),
        ),
    ]
