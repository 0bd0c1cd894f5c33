"""Entries that were on timelines before there were coded facts: those whose code a set holds and that need no value.

What patients said in numbers stands in words there, and words are not read back into values.
"""

from django.db import migrations

FILL = """
INSERT INTO records_coded (patient_id, code_id, day, organisation_id, source, entry_id, recorded_at, in_error_at)
SELECT DISTINCT ON (1, 2, 3, 4)
       e.patient_id, e.code_id, (e.effective_at AT TIME ZONE 'Europe/London')::date, e.organisation_id, 1, e.id, e.recorded_at,
       e.in_error_at
FROM records_entry e JOIN records_code k ON k.id = e.code_id
WHERE k.unit = '' AND EXISTS (SELECT 1 FROM records_code_members m WHERE m.code_id = e.code_id)
ORDER BY 1, 2, 3, 4, e.in_error_at IS NOT NULL, e.id
ON CONFLICT (patient_id, day, code_id, organisation_id, value) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0010_code_files")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
