"""What was done elsewhere stands beside what counts, until the practice has accepted it (ADR 12)."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

COUNTED = """
CREATE OR REPLACE VIEW records_coded_entries AS
SELECT id, patient_id, code_id, day, value, unit_id, organisation_id, source, entry_id, import_id, recorded_at
FROM records_coded WHERE in_error_at IS NULL AND source <> 3
"""
ALL = """
CREATE OR REPLACE VIEW records_coded_entries AS
SELECT id, patient_id, code_id, day, value, unit_id, organisation_id, source, entry_id, import_id, recorded_at
FROM records_coded WHERE in_error_at IS NULL
"""
ELSEWHERE = """
CREATE VIEW records_coded_elsewhere AS
SELECT id, patient_id, code_id, day, value, unit_id, organisation_id, recorded_at
FROM records_coded WHERE in_error_at IS NULL AND source = 3
"""


class Migration(migrations.Migration):
    # The table of facts is the largest there is: nobody who writes to it waits while the index is made.
    atomic = False
    dependencies = [("records", "0015_withdrawn_files")]
    operations = [
        migrations.AddField("coded", "accepted_at", models.DateTimeField(null=True)),
        migrations.AddField("coded", "accepted_by", models.CharField(max_length=80, null=True)),
        migrations.AddField("entry", "elsewhere", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(COUNTED, ALL),
        migrations.RunSQL(ELSEWHERE, "DROP VIEW records_coded_elsewhere"),
        AddIndexConcurrently(
            "coded",
            models.Index(
                fields=["patient", "day"],
                condition=models.Q(("in_error_at", None), ("source", 3)),
                name="coded_elsewhere",
            ),
        ),
    ]
