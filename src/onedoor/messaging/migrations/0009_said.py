"""The view that messaging publishes for set-based work above it: texts that arrived, and texts that are surely of a patient."""

from django.db import migrations

# Delivered is 5 (models.State). `made_at` is the time by which rows are found without reading them all.
SAID = """
CREATE VIEW messaging_said AS
SELECT 'message'::text AS kind, m.id, m.organisation_id, m.patient_id, m.created_at AS made_at,
       coalesce(m.accepted_at, m.created_at) AS at, m.body AS text
FROM messaging_message m WHERE m.state = 5 AND m.patient_id IS NOT NULL
UNION ALL
SELECT 'reply', i.id, i.organisation_id, i.patient_id, i.received_at, i.received_at, i.text
FROM messaging_inbound i WHERE i.patient_id IS NOT NULL AND i.duplicate_of_id IS NULL AND i.processed_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_opened")]
    operations = [migrations.RunSQL(SAID, "DROP VIEW messaging_said")]
