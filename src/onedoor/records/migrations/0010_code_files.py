"""Which official file a code set is of; letters of invitation in the facts' words."""

import django.db.models.deletion
from django.db import migrations, models

from onedoor.records import reference


def load(apps, schema_editor):
    reference.load(apps)


class Migration(migrations.Migration):
    dependencies = [("records", "0009_held")]
    operations = [
        migrations.AddField(
            "codeset",
            "file",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="records.codefile"
            ),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
