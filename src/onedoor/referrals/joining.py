"""Whose a referral is, once a patient list says; and whom a service may see because they were sent to it, and until when."""

from __future__ import annotations

from django.db import connection, transaction

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.patients.api import let_out_of_care, take_into_care
from onedoor.referrals.rules import BACK_WITHIN

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


@transaction.atomic
def end_care(*, by: Actor) -> int:
    """Services see people whose last referral has ended for as long as they may come back by it, and then no longer; returns how
    many have such a day now.

    So long its letters are on their way, its page can be opened, and somebody rings about what was said; whoever is referred
    anew meanwhile is seen on. Looks at what has ended, whichever way it did; an appointment that is ahead keeps them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.organisation_id, c.patient_id, max((r.closed_at AT TIME ZONE 'Europe/London')::date)
               FROM patients_care_relationship c
               JOIN referrals_referral r ON r.patient_id = c.patient_id
               JOIN directory_service s ON s.id = r.service_id AND s.organisation_id = c.organisation_id
               WHERE c.kind = 'referred' AND c.ends_on IS NULL
                   AND NOT EXISTS (SELECT 1 FROM booking_appointment a WHERE a.patient_id = c.patient_id
                       AND a.organisation_id = c.organisation_id AND a.starts_at > %s
                       AND a.state IN ('booked', 'pending', 'held', 'cancelling'))
               GROUP BY 1, 2 HAVING bool_and(r.closed_at IS NOT NULL) ORDER BY 1, 2 LIMIT %s""",
            [clock.now(), _AT_ONCE],
        )
        found = cursor.fetchall()
    ends = {(organisation, patient): max(last + BACK_WITHIN, clock.today()) for organisation, patient, last in found}
    return let_out_of_care(ends=ends, by=by)
