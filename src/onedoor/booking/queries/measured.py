"""Events that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id, at, within (in the denominator), counted (in the numerator). Parameters: `starts` and `ends`
of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Places released in the month; those withdrawn, as when their clinic is, are left out. What an outside diary has not yet
    # confirmed, and may refuse, fills nothing: the release is then withdrawn, and that it was filled for a while is not kept.
    "places_refilled": """
        SELECT r.organisation_id, c.patient_id, r.released_at AS at,
               NOT (r.state = 'withdrawn' AND r.ended_at <= %(known)s) AS within,
               EXISTS (SELECT 1 FROM booking_appointment_history h
                       WHERE h.parent_id = r.filled_by_id AND h.at <= %(known)s
                         AND h.to_state IN ('booked', 'arrived', 'fulfilled', 'noshow')) AS counted
        FROM booking_release r JOIN booking_appointment c ON c.id = r.cancelled_id
        WHERE r.released_at >= %(starts)s AND r.released_at < %(ends)s AND r.released_at <= %(known)s""",
    # Appointments of the month; those that nobody had marked are left out.
    "did_not_attend": """
        SELECT a.organisation_id, a.patient_id, a.starts_at AS at, h.state <> 'booked' AS within, h.state = 'noshow' AS counted
        FROM booking_appointment a CROSS JOIN LATERAL (
            SELECT w.to_state AS state FROM booking_appointment_history w WHERE w.parent_id = a.id AND w.at <= %(known)s
            ORDER BY w.at DESC, w.id DESC LIMIT 1) h
        WHERE a.starts_at >= %(starts)s AND a.starts_at < %(ends)s
          AND h.state IN ('booked', 'arrived', 'fulfilled', 'noshow')""",
}
