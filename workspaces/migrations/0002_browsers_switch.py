from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0001_users_workspaces_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="allows_browsers",
            field=models.BooleanField(
                default=False,
                help_text="Whether web pages may send with the workspace's write keys, which everybody who opens them can see.",
                verbose_name="takes events from browsers",
            ),
        ),
    ]
