"""External ids of contacts are sorted by their code points, as on SQLite."""

from django.db import migrations

import campaignos.texts


class Migration(migrations.Migration):
    dependencies = [("analytics", "0012_former_addresses")]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="external_id",
            field=campaignos.texts.CodePointsField(max_length=255),
        )
    ]
