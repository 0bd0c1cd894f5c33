"""A visit that is booked for checks which were meanwhile done somewhere else: whoever keeps the diary is told, once."""

from __future__ import annotations

from collections import defaultdict

from django.db import connection

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel import clock, words
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.recall.check_kinds import SPARED
from onedoor.recall.models import CheckVisit, RecallProgramme
from onedoor.recall.programmes import in_force
from onedoor.recall.queries import due
from onedoor.recall.queries.checks import SUBJECT
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask


def tell_of_visits(visit: CheckVisit, *, by: Actor) -> None:
    """Ask reception of another organisation about the patient's next visit there, where all that it is for is done by now or
    waits to be accepted, in the caller's transaction. The visit stays: whether it is needed still, a person decides."""
    types = _spared(visit)
    found = booking.ahead_of([visit.patient_id], types) if types else {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT appointment_id, organisation_id, starts_at FROM booking_visits_ahead WHERE appointment_id = ANY(%s)",
            [sorted(found.values())],
        )
        rows = cursor.fetchall()
    practice = patients.practice_of(visit.patient_id)
    named = {one.partner_id for one in accounts.readers_of([visit.organisation_id])} if rows else set()
    named |= {practice.pk} if practice else set()
    where = f"on {words.long_day(visit.day)} at {visit.organisation.name}"
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=SPARED.name,
                organisation_id=organisation_id,
                key=f"{SPARED.name}:{appointment_id}:{visit.pk}",
                title="A visit is booked for checks that were done elsewhere meanwhile",
                detail=f"Booked for {words.long_day(starts_at)}. The checks were done "
                # That somebody is known to a mental health trust can itself be what is private (ADR 13).
                f"{where if organisation_id in named else 'at another organisation'}.",
                patient_id=visit.patient_id,
                subject=SUBJECT,
                subject_id=visit.pk,
            )
            for appointment_id, organisation_id, starts_at in rows
        ],
        by=by,
    )


def _spared(visit: CheckVisit) -> list[int]:
    """Kinds of appointment of other organisations that serve nothing but what this person has had."""
    on = clock.today()
    had = due.had(visit.patient_id, on, in_force(on))
    if not had:
        return []
    serves: dict[int, set[str]] = defaultdict(set)
    rows = RecallProgramme.objects.filter(types__isnull=False).exclude(organisation_id=visit.organisation_id)
    for key, kind in rows.values_list("key", "types"):
        serves[kind].add(key)
    return sorted(kind for kind, keys in serves.items() if keys <= had)
