"""Whose a referral is, once a patient list says."""

from __future__ import annotations

from django.db import connection, transaction

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
