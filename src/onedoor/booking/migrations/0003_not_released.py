"""An appointment keeps why its place was not released; for those cancelled before, by what is set now."""

from django.db import migrations, models

BEFORE = """
UPDATE booking_appointment a SET not_released = CASE
        WHEN t.never_by_machine OR NOT t.may_refill THEN 'kind'
        WHEN a.starts_at <= h.at + make_interval(mins => coalesce(p.notice_minutes, 60)) THEN 'too_late'
        WHEN s.state <> 'open' THEN 'withdrawn'
        ELSE '' END
    FROM booking_appointment_history h, booking_seat s
    JOIN booking_appointment_type t ON t.id = s.type_id
    JOIN booking_session n ON n.id = s.session_id
    LEFT JOIN booking_offer_policy p ON p.organisation_id = n.organisation_id
    WHERE h.parent_id = a.id AND h.to_state = 'cancelled' AND s.id = a.seat_id AND a.state = 'cancelled'
      AND a.reason <> 'outside' AND NOT EXISTS (SELECT 1 FROM booking_release r WHERE r.cancelled_id = a.id)
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0002_diary_import_holders")]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="not_released",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
    ]
