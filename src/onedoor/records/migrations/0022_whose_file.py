"""From whose system a file of coded entries is, so that one practice's reading does not pass for another's."""

import django.db.models.deletion
from django.db import migrations, models

# What a file brought says whose it is where it is of one organisation; the rest stay nobody's.
FILL = """
    UPDATE records_entry_import i SET organisation_id = f.organisation_id
    FROM (SELECT c.import_id, min(c.organisation_id) AS organisation_id FROM records_coded c
          WHERE c.import_id IS NOT NULL GROUP BY c.import_id HAVING min(c.organisation_id) = max(c.organisation_id)) f
    WHERE f.import_id = i.id
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("records", "0021_taken_for")]
    operations = [
        migrations.AddField(
            "entryimport",
            "organisation",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
