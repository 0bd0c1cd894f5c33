"""The view that patients publishes for set-based work above it: who is registered where, from when until when."""

from django.db import migrations

# In two parts, so that each is found by the index that keeps it: open registrations, and those with an end.
REGISTERED = """
CREATE VIEW patients_registered AS
SELECT r.patient_id, r.organisation_id, r.starts_on AS since, r.ends_on AS until, p.born_on, p.gender, p.deceased, p.restricted
FROM patients_care_relationship r JOIN patients_patient p ON p.id = r.patient_id
WHERE r.kind = 'registered' AND r.ends_on IS NULL
UNION ALL
SELECT r.patient_id, r.organisation_id, r.starts_on, r.ends_on, p.born_on, p.gender, p.deceased, p.restricted
FROM patients_care_relationship r JOIN patients_patient p ON p.id = r.patient_id
WHERE r.kind = 'registered' AND r.ends_on IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0008_carer_codes")]
    operations = [migrations.RunSQL(REGISTERED, "DROP VIEW patients_registered")]
