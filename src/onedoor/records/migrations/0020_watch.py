"""Which patients are open on a screen now. Not logged: after a crash every screen says so again by itself."""

from django.db import migrations

WATCH = """
CREATE UNLOGGED TABLE records_watch (
    screen uuid PRIMARY KEY, patient_id bigint NOT NULL, until_real timestamptz NOT NULL
);
CREATE INDEX records_watch_patient ON records_watch (patient_id);
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0016_elsewhere")]
    operations = [migrations.RunSQL(WATCH, "DROP TABLE records_watch")]
