"""Set-based queries that reports count by month, as known at a moment: (organisation_id, numerator, denominator, excluded).

Parameters: `starts` and `ends` of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Of questions whether somebody comes that were asked in the month, those answered by whatever channel.
    "reminders_answered": """
        SELECT k.organisation_id,
               count(*) FILTER (WHERE EXISTS (SELECT 1 FROM messaging_answer a WHERE a.ask_id = k.id AND a.at <= %(known)s))
                   AS numerator,
               count(*) AS denominator, 0 AS excluded
        FROM messaging_ask k
        WHERE k.context = 'appointment' AND k.asked_at >= %(starts)s AND k.asked_at < %(ends)s AND k.asked_at <= %(known)s
        GROUP BY k.organisation_id""",
}
