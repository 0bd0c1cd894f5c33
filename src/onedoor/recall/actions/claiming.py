"""Who was asked last, and when: nobody is asked for two reasons within `planning.APART` days.

Each change is one conditional statement on the person's row, which it holds until the caller's transaction ends: two who would
ask the same person at the same moment wait for each other, and the second is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from onedoor.recall.planning import APART


def claim(patient_ids: Iterable[int], on: date) -> set[int]:
    """Take these people's turn for a new invitation, in the caller's transaction; returns those who may be asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO recall_last_asked AS l (patient_id, asked_on)
               SELECT id, %(on)s FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id
               ON CONFLICT (patient_id) DO UPDATE SET asked_on = excluded.asked_on, invitation_id = NULL
                   WHERE l.asked_on <= excluded.asked_on - %(apart)s
               RETURNING patient_id""",
            {"on": on, "ids": sorted(set(patient_ids)), "apart": APART},
        )
        return {row[0] for row in cursor.fetchall()}


def claim_again(invitations: Sequence[tuple[int, int]], on: date) -> set[int]:
    """Take people's turn for the next wave of the (patient, invitation) by which they were asked last; returns the invitations
    whose wave may go. Another reason in between makes it wait, unless its turn was given back."""
    pairs = sorted(invitations)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO recall_last_asked AS l (patient_id, asked_on, invitation_id)
               SELECT DISTINCT ON (1) w.patient_id, %(on)s::date, w.invitation_id
               FROM unnest(%(patients)s::bigint[], %(invitations)s::bigint[]) AS w(patient_id, invitation_id) ORDER BY 1, 3
               ON CONFLICT (patient_id) DO UPDATE SET asked_on = excluded.asked_on, invitation_id = excluded.invitation_id
                   WHERE l.invitation_id = excluded.invitation_id OR l.asked_on <= excluded.asked_on - %(apart)s
               RETURNING invitation_id""",
            {
                "on": on,
                "patients": [pair[0] for pair in pairs],
                "invitations": [pair[1] for pair in pairs],
                "apart": APART,
            },
        )
        return {row[0] for row in cursor.fetchall()}


def claimed_by(invitations: Sequence[tuple[int, int]]) -> None:
    """Write down which invitation took the turn: (patient, invitation) pairs just claimed."""
    pairs = sorted(invitations)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE recall_last_asked l SET invitation_id = w.invitation_id
               FROM unnest(%s::bigint[], %s::bigint[]) AS w(patient_id, invitation_id) WHERE l.patient_id = w.patient_id""",
            [[pair[0] for pair in pairs], [pair[1] for pair in pairs]],
        )


def give_back(invitation_ids: Iterable[int]) -> None:
    """Nothing of these invitations ever reached anybody: the people's turn is free again."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM recall_last_asked WHERE invitation_id = ANY(%s)", [list(invitation_ids)])
