"""What a held row says for itself, codes whose unit nobody has said, and the sets that the rule sets name besides."""

import django.db.models.deletion
from django.db import migrations, models

from onedoor.records import reference


def load(apps, schema_editor):
    reference.load(apps)


class Migration(migrations.Migration):
    dependencies = [("records", "0008_published")]
    operations = [
        migrations.AddField("code", "unit_known", models.BooleanField(default=True)),
        migrations.AddField("held", "day", models.DateField(null=True)),
        migrations.AddField("held", "column", models.CharField(max_length=12, default=""), preserve_default=False),
        migrations.AddField("held", "why", models.CharField(max_length=300, default=""), preserve_default=False),
        migrations.AddField("held", "what_to_do", models.CharField(max_length=300, default=""), preserve_default=False),
        migrations.AlterField(
            "held",
            "organisation",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
            ),
        ),
        migrations.AddIndex(
            "held",
            models.Index(condition=models.Q(("settled_at", None)), fields=["organisation", "id"], name="held_open"),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
