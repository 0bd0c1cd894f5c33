"""Events that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id, at, within (in the denominator), counted (in the numerator). Parameters: `starts` and `ends`
of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Questions whether somebody comes that were put in the month, and those answered by whatever channel. One whose text never
    # left was put to nobody.
    "reminders_answered": """
        SELECT k.organisation_id, k.patient_id, k.asked_at AS at,
               coalesce(m.accepted_at <= %(known)s, k.message_id IS NULL) AS within,
               EXISTS (SELECT 1 FROM messaging_answer a WHERE a.ask_id = k.id AND a.at <= %(known)s) AS counted
        FROM messaging_ask k LEFT JOIN messaging_message m ON m.id = k.message_id
        WHERE k.context = 'appointment' AND k.asked_at >= %(starts)s AND k.asked_at < %(ends)s AND k.asked_at <= %(known)s""",
}
