"""Which newer version put an entry in error: only what that one took off the record comes back when it is taken back."""

import django.db.models.deletion
from django.db import migrations, models

KNOWN = """
UPDATE exchange_proposed_entry e SET corrected_by_id = newer.id
FROM exchange_received_document old JOIN exchange_received_document newer
     ON newer.organisation_id = old.organisation_id AND newer.sender_ods = old.sender_ods
        AND newer.replaces_identifier = old.document_identifier AND newer.id <> old.id
WHERE e.document_id = old.id AND e.state = 'corrected'
"""


class Migration(migrations.Migration):
    # The rows are filled in a transaction of its own: a constraint cannot be added to a table with checks still to come.
    atomic = False
    dependencies = [("exchange", "0062_arrival_pause")]
    operations = [
        migrations.AddField(
            "proposedentry",
            "corrected_by",
            models.ForeignKey(
                to="exchange.receiveddocument",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                related_name="+",
                db_index=False,
            ),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
