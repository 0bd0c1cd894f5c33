"""Events that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id (none while no list has brought them), at, within (in the denominator), counted (in the
numerator). Parameters: `starts` and `ends` of the month, moments, the second exclusive; `first` and `after`, the same as days;
`known`: what was told later is not in it; and `days` with `worked`, each day about the month and its number among working days.

A referral is known from when the first row of its history was recorded, a decision from when that row was with which it left
triage: a decision is made a while before it takes effect, and a list tells of both long after.
"""

from __future__ import annotations

from collections.abc import Mapping

from onedoor.referrals.rules import AWAITING_TRIAGE, REJECTED

_RECEIVED = """
    SELECT s.organisation_id, r.patient_id, r.received_at AS at, r.source <> 'inherited' AS within, {counted} AS counted
    FROM referrals_referral r JOIN directory_service s ON s.id = r.service_id
    WHERE r.received_at >= %(starts)s AND r.received_at < %(ends)s
      AND EXISTS (SELECT 1 FROM referrals_history f WHERE f.parent_id = r.id AND f.recorded_at <= %(known)s)"""
_ENDED = """
    SELECT s.organisation_id, r.patient_id, {at} AS at, true AS within, {counted} AS counted
    FROM referrals_history h JOIN referrals_referral r ON r.id = h.parent_id JOIN directory_service s ON s.id = r.service_id{more}
    WHERE h.closes AND h.reason = '{reason}' AND h.recorded_at <= %(known)s AND {when}"""

MEASURED: Mapping[str, str] = {
    # Clock hours from receipt (clinical.md 5.4); those taken over were never triaged here.
    "triaged_within_48_hours": _RECEIVED.format(
        counted=f"""r.triaged_at <= r.received_at + interval '48 hours' AND EXISTS (
            SELECT 1 FROM referrals_history h WHERE h.parent_id = r.id AND h.from_state = '{AWAITING_TRIAGE}'
              AND h.recorded_at >= r.triaged_at AND h.recorded_at <= %(known)s)"""
    ),
    "inappropriate_referrals": _RECEIVED.format(
        counted=f"""EXISTS (
            SELECT 1 FROM referrals_history h WHERE h.parent_id = r.id AND h.to_state = '{REJECTED}' AND h.closes
              AND h.recorded_at <= %(known)s)"""
    ),
    "discharged_to_gp": _ENDED.format(
        at="h.at", counted="true", more="", reason="discharged", when="h.at >= %(starts)s AND h.at < %(ends)s"
    ),
    # Working days with the bank holidays of England (clinical.md 5.4).
    "sent_on_within_3_working_days": _ENDED.format(
        at="(r.onward_decided_on::timestamp AT TIME ZONE 'Europe/London')",
        counted="coalesce(t.n - d.n <= 3, false)",
        more="""
        LEFT JOIN unnest(%(days)s::date[], %(worked)s::int[]) AS d(day, n) ON d.day = r.onward_decided_on
        LEFT JOIN unnest(%(days)s::date[], %(worked)s::int[]) AS t(day, n) ON t.day = r.onward_sent_on""",
        reason="secondary_care",
        when="r.onward_decided_on >= %(first)s AND r.onward_decided_on < %(after)s",
    ),
}
