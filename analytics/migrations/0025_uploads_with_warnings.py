from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0024_what_keys_of_browsers_sent")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="warnings",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="The first of each code, in the same form: what would be taken otherwise than it stands there.",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="expected",
            field=models.JSONField(
                default=dict,
                encoder=DjangoJSONEncoder,
                help_text="Rows new, updated, unchanged, rejected and empty; things changed; warnings.",
            ),
        ),
    ]
