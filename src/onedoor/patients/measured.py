"""Facts that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id, at, within (in the denominator), counted (in the numerator). Parameters: `after`, the first
day after the month; `ends`, the moment at which the month was over; and `known`: what was recorded later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # A mobile that stood when the month was over.
    "usable_mobile": """
        SELECT r.organisation_id, r.patient_id, %(ends)s::timestamptz AS at, true AS within, m.patient_id IS NOT NULL AS counted
        FROM (SELECT DISTINCT ON (w.patient_id) w.patient_id, w.organisation_id
              FROM patients_registered_as_known(%(known)s) w
              WHERE w.since < %(after)s AND (w.until IS NULL OR w.until >= %(after)s) AND NOT w.deceased
              ORDER BY w.patient_id, w.since DESC, w.organisation_id DESC) r
        LEFT JOIN (SELECT DISTINCT c.patient_id FROM patients_contact_point c
                   WHERE c.kind = 'mobile' AND c.since < least(%(ends)s, %(known)s)
                     AND (c.until IS NULL OR c.until >= least(%(ends)s, %(known)s))) m ON m.patient_id = r.patient_id""",
}
