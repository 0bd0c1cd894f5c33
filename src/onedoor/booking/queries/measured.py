"""Set-based queries that reports count by month, as known at a moment: (organisation_id, numerator, denominator, excluded).

Parameters: `starts` and `ends` of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Of places released in the month, those filled again; those withdrawn, as with their clinic, are left out.
    "places_refilled": """
        SELECT organisation_id, count(*) FILTER (WHERE state = 'filled' AND ended_at <= %(known)s) AS numerator,
               count(*) FILTER (WHERE NOT (state = 'withdrawn' AND ended_at <= %(known)s)) AS denominator,
               count(*) FILTER (WHERE state = 'withdrawn' AND ended_at <= %(known)s) AS excluded
        FROM booking_release
        WHERE released_at >= %(starts)s AND released_at < %(ends)s AND released_at <= %(known)s
        GROUP BY organisation_id""",
    # Of appointments of the month, those marked as not attended; those that nobody had marked are left out.
    "did_not_attend": """
        SELECT a.organisation_id, count(*) FILTER (WHERE h.state = 'noshow') AS numerator,
               count(*) FILTER (WHERE h.state IN ('arrived', 'fulfilled', 'noshow')) AS denominator,
               count(*) FILTER (WHERE h.state = 'booked') AS excluded
        FROM booking_appointment a CROSS JOIN LATERAL (
            SELECT w.to_state AS state FROM booking_appointment_history w WHERE w.parent_id = a.id AND w.at <= %(known)s
            ORDER BY w.at DESC, w.id DESC LIMIT 1) h
        WHERE a.starts_at >= %(starts)s AND a.starts_at < %(ends)s
        GROUP BY a.organisation_id""",
}
