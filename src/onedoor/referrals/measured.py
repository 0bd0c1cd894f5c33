"""Set-based queries that reports count by month, as known at a moment: (organisation_id, numerator, denominator, excluded).

Parameters: `starts` and `ends` of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Clock hours from receipt, of referrals received in the month (clinical.md 5.4); those taken over were never triaged here.
    "triaged_within_48_hours": """
        SELECT s.organisation_id,
               count(*) FILTER (WHERE r.source <> 'inherited' AND r.triaged_at <= least(r.received_at + interval '48 hours',
                   %(known)s)) AS numerator,
               count(*) FILTER (WHERE r.source <> 'inherited') AS denominator,
               count(*) FILTER (WHERE r.source = 'inherited') AS excluded
        FROM referrals_referral r JOIN directory_service s ON s.id = r.service_id
        WHERE r.received_at >= %(starts)s AND r.received_at < %(ends)s AND r.received_at <= %(known)s
        GROUP BY s.organisation_id""",
}
