"""What is locked before work about a diary, a visit or an offer ends.

Whoever makes or withdraws such work has locked these already; work itself is locked last by everybody (`tasks.lock_first`).
"""

from __future__ import annotations

from onedoor.booking.actions import places
from onedoor.booking.actions.merge import one_at_a_time
from onedoor.booking.models import (
    Appointment,
    Conflict,
    Course,
    DiaryImport,
    DiaryRequest,
    Enrolment,
    InterpreterBooking,
    Offer,
    Release,
)
from onedoor.tasks.api import Task


def lock_import(task: Task) -> None:
    """The diary that an import is of, as imports do."""
    found = DiaryImport.objects.filter(pk=task.subject_id or 0).values_list("site_id", "source").first()
    if found is not None:
        one_at_a_time(*found)


def lock_conflict(task: Task) -> None:
    """The diary that disagrees."""
    found = Conflict.objects.filter(pk=task.subject_id or 0)
    of = found.values_list("diary_import__site_id", "diary_import__source").first()
    if of is not None:
        one_at_a_time(*of)


def lock_request(task: Task) -> None:
    """The patient whose place is asked for or given up."""
    places.lock_patients(
        DiaryRequest.objects.filter(pk=task.subject_id or 0).values_list("appointment__patient_id", flat=True)
    )


def lock_appointment(task: Task) -> None:
    """The patient whose appointment it is."""
    places.lock_patients(Appointment.objects.filter(pk=task.subject_id or 0).values_list("patient_id", flat=True))


def lock_interpreter(task: Task) -> None:
    """The patient whose interpreter it is."""
    places.lock_patients(
        InterpreterBooking.objects.filter(pk=task.subject_id or 0).values_list("appointment__patient_id", flat=True)
    )


def lock_offer(task: Task) -> None:
    """All that answering an offer locks, in its order: the patient, the two places, the release, the offer."""
    offer = Offer.objects.filter(pk=task.subject_id or 0).select_related("entry__appointment", "release").first()
    if offer is None:
        return
    own = offer.entry.appointment
    places.lock_patients([offer.entry.patient_id])
    places.lock_seats(ids=[offer.release.seat_id, *([own.seat_id] if own is not None else [])])
    Release.objects.select_for_update(no_key=True).get(pk=offer.release_id)
    Offer.objects.select_for_update(no_key=True, of=("self",)).get(pk=offer.pk)


def lock_enrolment(task: Task) -> None:
    """Whoever is on the course, and the course."""
    found = Enrolment.objects.filter(pk=task.subject_id or 0).values_list("patient_id", "course_id").first()
    if found is not None:
        places.lock_patients([found[0]])
        list(Course.objects.select_for_update(no_key=True).filter(pk=found[1]).values_list("pk"))
