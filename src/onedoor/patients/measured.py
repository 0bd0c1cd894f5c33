"""Set-based queries that reports count by month, as known at a moment: (organisation_id, numerator, denominator, excluded).

Parameters: `first` and `after`, days, the second exclusive; `ends`, the moment at which the month was over; and `known`: what was
recorded later is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # A mobile that stood when the month was over, and had not been found dead or somebody else's.
    "usable_mobile": """
        SELECT r.organisation_id, count(m.patient_id) AS numerator, count(*) AS denominator, 0 AS excluded
        FROM (SELECT DISTINCT ON (w.patient_id) w.patient_id, w.organisation_id
              FROM patients_registered_as_known(%(known)s) w
              WHERE w.since < %(after)s AND (w.until IS NULL OR w.until >= %(after)s) AND NOT w.deceased
              ORDER BY w.patient_id, w.since DESC, w.organisation_id DESC) r
        LEFT JOIN (SELECT DISTINCT c.patient_id FROM patients_contact_point c
                   WHERE c.kind = 'mobile' AND c.since < least(%(ends)s, %(known)s)
                     AND (c.until IS NULL OR c.until >= least(%(ends)s, %(known)s))) m ON m.patient_id = r.patient_id
        GROUP BY r.organisation_id""",
}
