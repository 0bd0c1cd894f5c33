"""How many of those registered can be reached, and how: counts by age for reports. No patient is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from onedoor.kernel.access import Access, Permission

BANDS = (("0-17", 0), ("18-39", 18), ("40-64", 40), ("65-79", 65), ("80+", 80))
"""Ages in whole years, and where each band begins (ours)."""


@dataclass(frozen=True)
class ReachBand:
    """Those of an age registered at an organisation. `mobile`: with a mobile that has not been found dead or somebody else's;
    `other`: without one, yet with a landline or an email address; the rest only by letter."""

    organisation_id: int
    band: str
    registered: int
    mobile: int
    other: int


def reach_by_age(access: Access, day: date) -> list[ReachBand]:
    """Everybody alive and registered on the day at the organisations of the access, with the contacts that stand now. Needs
    REPORTS. One statement."""
    access.require(Permission.REPORTS)
    with connection.cursor() as cursor:
        cursor.execute(
            _REACH,
            {
                "day": day,
                "all": access.everything,
                "organisations": access.organisations,
                "starts": [start for _, start in BANDS],
            },
        )
        return [
            ReachBand(organisation, BANDS[band - 1][0], registered, mobile, other)
            for organisation, band, registered, mobile, other in cursor.fetchall()
        ]


_REACH = """
    SELECT r.organisation_id, width_bucket(greatest(date_part('year', age(%(day)s::date, p.born_on)), 0)::int, %(starts)s::int[]),
        count(*), count(*) FILTER (WHERE c.mobile), count(*) FILTER (WHERE c.other AND NOT c.mobile)
    FROM (
        SELECT DISTINCT organisation_id, patient_id FROM patients_care_relationship
        WHERE kind = 'registered' AND starts_on <= %(day)s AND (ends_on IS NULL OR ends_on > %(day)s)
            AND (%(all)s OR organisation_id = ANY(%(organisations)s))) r
    JOIN patients_patient p ON p.id = r.patient_id AND NOT p.deceased
    LEFT JOIN LATERAL (
        SELECT coalesce(bool_or(kind = 'mobile'), false) AS mobile, coalesce(bool_or(kind <> 'mobile'), false) AS other
        FROM patients_contact_point WHERE patient_id = p.id AND until IS NULL) c ON true
    GROUP BY 1, 2 ORDER BY 1, 2"""
