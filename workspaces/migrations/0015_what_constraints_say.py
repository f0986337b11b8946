from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0014_one_open_invitation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(
                error_messages={"unique": "An account with this address already exists: log in with it."},
                max_length=254,
                unique=True,
                verbose_name="email",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="slug",
            field=models.SlugField(error_messages={"unique": "This address is taken."}, max_length=80, unique=True),
        ),
        migrations.AlterConstraint(
            model_name="webhook",
            name="webhook_one_in_use",
            constraint=models.UniqueConstraint(
                condition=models.Q(revoked_at=None),
                fields=["workspace", "provider"],
                name="webhook_one_in_use",
                violation_error_message="This provider has an address already: rotate or revoke it.",
            ),
        ),
    ]
