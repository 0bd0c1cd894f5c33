"""Words of MESH and of senders that may name somebody are not kept: codes and our own words are."""

from django.db import migrations

# Irreversible on purpose: what is forgotten is not to come back.
FORGET = """
UPDATE exchange_mesh_attempt SET detail = '' WHERE outcome = 'refused' AND detail <> '';
UPDATE exchange_mesh_arrival SET local_id = '' WHERE message_type <> 'REPORT' AND local_id <> '';
UPDATE exchange_mesh_arrival SET status_code = '' WHERE status_code !~ '^((EPL-)?[0-9]{1,5})?$';
UPDATE exchange_sent_answer SET text = '' WHERE kind = 'report' AND text <> '';
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0064_arrival_failing")]
    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveField("mesharrival", "status_text"),
    ]
