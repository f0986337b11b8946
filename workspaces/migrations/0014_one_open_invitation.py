from typing import Any

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone


def revoke_older(apps: Any, schema_editor: Any) -> None:
    """Of several invitations to an address, the newest stays."""
    open_ones = apps.get_model("workspaces", "Invitation").objects.filter(accepted_at=None, revoked_at=None)
    newer = open_ones.filter(workspace=OuterRef("workspace"), email=OuterRef("email"), pk__gt=OuterRef("pk"))
    older = list(open_ones.filter(Exists(newer)).values_list("pk", flat=True))
    open_ones.filter(pk__in=older).update(revoked_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0013_forms_sent_twice"),
    ]

    operations = [
        migrations.RunPython(revoke_older, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=Q(accepted_at=None, revoked_at=None),
                fields=["workspace", "email"],
                name="invitation_once_to_an_address",
                violation_error_message="This address was invited a moment ago.",
            ),
        ),
    ]
