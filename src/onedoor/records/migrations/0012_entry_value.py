"""An entry keeps its value, as its coded fact has it: so another that says the same is found when one is in error."""

from django.db import migrations, models

FILL = """
UPDATE records_entry e SET value = c.value FROM records_coded c
WHERE c.value IS NOT NULL AND c.entry_id = e.id AND c.patient_id = e.patient_id
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0011_written_before")]
    operations = [
        migrations.AddField("entry", "value", models.FloatField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
