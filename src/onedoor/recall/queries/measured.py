"""Set-based queries that reports count by month, as known at a moment: (organisation_id, numerator, denominator, excluded).

Parameters: `starts` and `ends` of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

_INVITED = """
    SELECT i.organisation_id, {numerator} AS numerator, count(*) AS denominator, 0 AS excluded
    FROM recall_invitation i
    WHERE i.invited_at >= %(starts)s AND i.invited_at < %(ends)s AND i.invited_at <= %(known)s
    GROUP BY i.organisation_id"""


def _came_to(*states: str) -> str:
    listed = ", ".join(f"'{state}'" for state in states)
    return _INVITED.format(
        numerator=f"""count(*) FILTER (WHERE EXISTS (
            SELECT 1 FROM recall_invitation_history h
            WHERE h.parent_id = i.id AND h.at <= %(known)s AND h.to_state IN ({listed})))"""
    )


MEASURED: Mapping[str, str] = {
    "invited": _INVITED.format(numerator="count(*)"),
    "invitations_answered": _came_to("accepted", "booked", "declined", "already_done"),
    "invitations_booked": _came_to("booked"),
    "invitations_done": _came_to("done"),
}
"""Of invitations sent in the month, whatever they invite to: how many, and how many came to something by the moment."""
