"""Events that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id, at, within (in the denominator), counted (in the numerator). Parameters: `starts` and `ends`
of the month, moments, the second exclusive, and `known`: what happened later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

_INVITED = """
    SELECT i.organisation_id, i.patient_id, i.invited_at AS at, true AS within, {counted} AS counted
    FROM recall_invitation i
    WHERE i.invited_at >= %(starts)s AND i.invited_at < %(ends)s AND i.invited_at <= %(known)s"""


def _came_to(*states: str) -> str:
    listed = ", ".join(f"'{state}'" for state in states)
    return _INVITED.format(
        counted=f"""EXISTS (
            SELECT 1 FROM recall_invitation_history h
            WHERE h.parent_id = i.id AND h.at <= %(known)s AND h.to_state IN ({listed}))"""
    )


MEASURED: Mapping[str, str] = {
    "invited": _INVITED.format(counted="true"),
    "invitations_answered": _came_to("accepted", "booked", "declined", "already_done"),
    "invitations_booked": _came_to("booked"),
    "invitations_done": _came_to("done"),
}
"""Of invitations made in the month, whatever they invite to: how many, and how many came to something by the moment."""
