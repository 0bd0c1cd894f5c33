"""What is still booked for a referral that has ended elsewhere: a person says whether it is given up.

A list ends referrals and texts nobody, so it cancels nothing by itself; who is told of an ending here is told by `ending`.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.referrals.actions.ending import end_visits
from onedoor.referrals.models import Referral
from onedoor.referrals.rules import CLOSINGS
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task
from onedoor.tasks.types import Kind, NewTask, Outcome

SUBJECT = "ended_referral"
GIVEN_UP = "given_up"
ENDED_BOOKED = tasks.declare_kind(
    Kind(
        "ended_booked",
        "Visits booked for referrals that have ended",
        "triage",
        timedelta(hours=4),
        (
            Outcome(GIVEN_UP, "Cancel what is booked: the patient is told"),
            Outcome("kept", "It is right: they are still to come"),
        ),
    )
)
_AT_ONCE = 1_000

# A visit is a referral's own. Whoever waits is taken to wait for it where they did so before its end was known, and no other open
# referral of theirs is seen by that kind.
_STANDING = """
    WITH wanted AS (
        SELECT patient_id, type_id, joined_at AS since FROM booking_waiting_entry
        WHERE state = 'waiting' AND appointment_id IS NULL
        UNION ALL
        SELECT e.patient_id, c.type_id, e.asked_at FROM booking_enrolment e JOIN booking_course c ON c.id = e.course_id
        WHERE e.state IN ('waiting', 'enrolled')),
    ended AS (
        SELECT v.referral_id AS id FROM booking_appointment a JOIN referrals_visit v ON v.appointment_id = a.id
        WHERE a.state IN ('booked', 'pending') AND a.starts_at > %(now)s
        UNION
        SELECT r.id FROM wanted w JOIN referrals_stream_type k ON k.type_id = w.type_id
        JOIN referrals_referral r ON r.patient_id = w.patient_id AND r.stream_id = k.stream_id
        WHERE w.since < (SELECT max(h.recorded_at) FROM referrals_history h WHERE h.parent_id = r.id AND h.closes)
            AND NOT EXISTS (SELECT 1 FROM referrals_referral o JOIN referrals_stream_type i ON i.stream_id = o.stream_id
                            WHERE o.patient_id = w.patient_id AND o.closed_at IS NULL AND i.type_id = w.type_id))
    SELECT r.id, r.patient_id, s.organisation_id, s.name, r.closed_because
    FROM ended JOIN referrals_referral r ON r.id = ended.id JOIN directory_service s ON s.id = r.service_id
    WHERE r.closed_at IS NOT NULL AND r.patient_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM tasks_task t WHERE t.kind = %(kind)s AND t.subject_id = r.id)
    ORDER BY r.id LIMIT %(most)s"""


@transaction.atomic
def ask_what_stands(*, by: Actor) -> int:
    """One piece of work for each ended referral for which somebody is still booked or waits; returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"now": clock.now(), "kind": ENDED_BOOKED.name, "most": _AT_ONCE})
        found = cursor.fetchall()
    return len(
        tasks.ask_for(
            tasks=[
                NewTask(
                    kind=ENDED_BOOKED.name,
                    organisation_id=organisation_id,
                    key=f"{ENDED_BOOKED.name}:{key}",
                    title=f"{service}: the referral has ended, and something is still booked",
                    detail=f"{CLOSINGS[because]}, says a list. Nothing was cancelled and nobody was told.",
                    patient_id=patient_id,
                    subject=SUBJECT,
                    subject_id=key,
                )
                for key, patient_id, organisation_id, service, because in found
            ],
            by=by,
        )
        if found
        else ()
    )


def give_up(*, referral_id: int, by: Actor) -> None:
    """Somebody said that it is given up: visits ahead are cancelled, and nobody waits. In the transaction of the work."""
    referral = Referral.objects.select_for_update(of=("self",)).get(pk=referral_id)
    if referral.closed_at is not None:
        end_visits(referral, referral.closed_because, by)


def lock_patient(task: Task) -> None:
    """The patient of the referral, before the work is."""
    whose = Referral.objects.filter(pk=task.subject_id or 0, patient__isnull=False).values_list("patient_id", flat=True)
    booking.lock_patients([key for key in whose if key is not None])
