import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0006_invitations")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="second_factor_required",
            field=models.BooleanField(
                default=False, help_text="Owners and admins come in only with a second factor set up."
            ),
        ),
        migrations.CreateModel(
            name="FormerSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_slugs",
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
    ]
