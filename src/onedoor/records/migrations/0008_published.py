"""The views that records publishes for set-based work above it, and the reference data of codes (clinical.md 1.3 and 2)."""

from django.db import migrations

from onedoor.records import reference

ENTRIES = """
CREATE VIEW records_coded_entries AS
SELECT id, patient_id, code_id, day, value, unit_id, organisation_id, source, entry_id, import_id, recorded_at
FROM records_coded WHERE in_error_at IS NULL
"""
MEMBERS = """
CREATE VIEW records_code_members AS
SELECT s.key, m.code_id FROM records_code_set s JOIN records_code_set_member m ON m.code_set_id = s.id WHERE m.until IS NULL
"""
IMPORTED = """
CREATE VIEW records_import_patients AS
SELECT i.id AS import_id, c.patient_id FROM records_entry_import i
JOIN records_coded c ON c.id BETWEEN i.first_id AND i.last_id AND c.import_id = i.id
"""


def load(apps, schema_editor):
    reference.load(apps)


class Migration(migrations.Migration):
    dependencies = [("records", "0007_coded")]
    operations = [
        migrations.RunSQL(ENTRIES, "DROP VIEW records_coded_entries"),
        migrations.RunSQL(MEMBERS, "DROP VIEW records_code_members"),
        migrations.RunSQL(IMPORTED, "DROP VIEW records_import_patients"),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
