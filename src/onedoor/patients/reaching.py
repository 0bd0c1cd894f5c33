"""How many of those registered can be reached, and how: people for reports to count by age or by where they live. No name."""

from __future__ import annotations

from datetime import date
from typing import Any

BANDS = (("0-17", 0), ("18-39", 18), ("40-64", 40), ("65-79", 65), ("80+", 80))
"""Ages in whole years, and where each band begins (ours)."""

REACHED = """
    SELECT r.organisation_id,
        width_bucket(greatest(date_part('year', age(%(day)s::date, p.born_on)), 0)::int, %(starts)s::int[]) - 1 AS band,
        upper(replace(p.postcode, ' ', '')) AS postcode,
        coalesce(c.mobile, false) AS mobile, coalesce(c.other AND NOT c.mobile, false) AS other
    FROM (
        SELECT DISTINCT organisation_id, patient_id FROM patients_care_relationship
        WHERE kind = 'registered' AND starts_on <= %(day)s AND (ends_on IS NULL OR ends_on > %(day)s)) r
    JOIN patients_patient p ON p.id = r.patient_id AND NOT p.deceased
    LEFT JOIN (
        SELECT patient_id, bool_or(kind = 'mobile') AS mobile, bool_or(kind <> 'mobile') AS other
        FROM patients_contact_point WHERE until IS NULL GROUP BY patient_id) c ON c.patient_id = p.id"""
"""A query of everybody alive and registered on the day, a row for each place of registration, with the contacts that stand now.

`band`: of BANDS, from 0. `postcode`: in capitals without spaces, "" for none. `mobile`: one that has not been found dead or
somebody else's; `other`: no mobile, yet a landline or an email address; the rest only by letter. Its parameters: `reached_on`.
"""


def reached_on(day: date) -> dict[str, Any]:
    """The parameters of REACHED."""
    return {"day": day, "starts": [start for _, start in BANDS]}
