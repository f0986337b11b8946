from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0016_keys_of_browsers"),
    ]

    operations = [
        migrations.RemoveField(model_name="workspace", name="allows_browsers"),
    ]
