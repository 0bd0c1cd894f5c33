"""Whose a referral is, once a patient list says; and whom a service may see because they were sent to it."""

from __future__ import annotations

from django.db import connection, transaction

from onedoor.kernel.actor import Actor
from onedoor.patients.api import take_into_care

_AT_ONCE = 5_000


@transaction.atomic
def join_people() -> int:
    """Referrals of an NHS number that a patient list has brought meanwhile are that patient's; returns how many were joined."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE referrals_referral r SET patient_id = w.patient_id FROM (
                   SELECT r.id, p.id AS patient_id
                   FROM referrals_referral r JOIN patients_patient p ON p.nhs_number = r.nhs_number
                   WHERE r.patient_id IS NULL ORDER BY r.id LIMIT %s FOR UPDATE OF r SKIP LOCKED) w
               WHERE r.id = w.id""",
            [_AT_ONCE],
        )
        return int(cursor.rowcount)


@transaction.atomic
def see_people(*, by: Actor) -> int:
    """Services see the people of their open referrals; returns how many more they do.

    Referrals are read in lists and by hand, and their people known at once or later: this looks at what is open, whichever way
    it came.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT s.organisation_id, r.patient_id
               FROM referrals_referral r JOIN directory_service s ON s.id = r.service_id
               WHERE r.closed_at IS NULL AND r.patient_id IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM patients_care_relationship c WHERE c.patient_id = r.patient_id
                                 AND c.organisation_id = s.organisation_id AND c.ends_on IS NULL)
               LIMIT %s""",
            [_AT_ONCE],
        )
        return take_into_care(pairs=[(row[0], row[1]) for row in cursor.fetchall()], by=by)
