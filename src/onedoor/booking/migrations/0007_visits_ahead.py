"""Where people are expected: a read-only relation that others reckon with in sets.

Joined from the left, so that who wants only the time reads only the appointments.
"""

from django.db import migrations

CREATE = """
CREATE VIEW booking_visits_ahead AS
SELECT a.patient_id, a.id AS appointment_id, a.ref, a.organisation_id, a.starts_at, a.state,
       seat.ref AS seat_ref, seat.minutes, kind.name AS kind, kind.by_telephone, session.clinician, site.name AS site
FROM booking_appointment a
LEFT JOIN booking_seat seat ON seat.id = a.seat_id
LEFT JOIN booking_session session ON session.id = seat.session_id
LEFT JOIN booking_appointment_type kind ON kind.id = seat.type_id
LEFT JOIN accounts_site site ON site.id = session.site_id
WHERE a.state IN ('pending', 'booked', 'arrived')
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0006_needs"), ("accounts", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP VIEW booking_visits_ahead")]
