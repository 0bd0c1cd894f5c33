"""The register of one date of a course: who came, in one go; and who has missed so often that somebody rings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from onedoor.booking import errors, series
from onedoor.booking.actions import places
from onedoor.booking.kinds import COURSE_MISSED
from onedoor.booking.models import Appointment, CourseDate, Enrolment, Seat
from onedoor.booking.rules import MARKS
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import DID_NOT_ATTEND
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

TO = {did: state for state, (did, _) in MARKS.items()}
"""The state of each mark of the register: arrived, seen, missed."""


@transaction.atomic
def take_register(*, date_ref: UUID, marks: Mapping[UUID, str], by: Actor) -> int:
    """Mark who came to a date: by the reference of the appointment, "arrived", "seen" or "missed". What is marked so already
    stays. Returns how many changed.

    A mark that cannot follow the present one (somebody cancelled meanwhile) is passed over. Raises TooEarly when somebody is
    marked as missing before it began, NotYours, and CourseDate.DoesNotExist.
    """
    one = CourseDate.objects.select_related("course").get(ref=date_ref)
    places.check_staff(by, one.course.organisation_id)
    if "missed" in marks.values() and one.starts_at > clock.now():
        raise errors.TooEarly
    found = Appointment.objects.filter(seat__course_date=one, ref__in=marks)
    places.lock_patients(found.values_list("patient_id", flat=True))
    wanted: dict[str, list[int]] = defaultdict(list)
    for key, ref, state in found.order_by("pk").values_list("pk", "ref", "state"):
        if TO[marks[ref]] != state:
            wanted[marks[ref]].append(key)
    changed = [key for mark, keys in sorted(wanted.items()) for key in _mark(keys, mark, by=by)]
    see_who_missed(appointment_ids=changed, by=by)
    return len(changed)


def _mark(keys: Sequence[int], mark: str, *, by: Actor) -> list[int]:
    said = {"arrived": "Patient arrived", "seen": "Patient seen", "missed": "Did not attend"}[mark]
    moved = places.shift(ids=keys, to=TO[mark], by=by)
    marked = Appointment.objects.filter(pk__in=moved).select_related("seat__session", "seat__type").order_by("pk")
    places.write_down(
        appointments=list(marked), did=mark, said=said, by=by, concept=DID_NOT_ATTEND if mark == "missed" else None
    )
    return moved


def see_who_missed(*, appointment_ids: Sequence[int], by: Actor) -> None:
    """Of those whose dates were just marked: whoever is on the course and missed the last ones is rung, nobody is discharged;
    for whoever came after all nobody rings. In the caller's transaction, with the patients locked."""
    pairs = set(
        Appointment.objects.filter(pk__in=appointment_ids, seat__course_date__isnull=False).values_list(
            "seat__course_date__course_id", "patient_id"
        )
    )
    if not pairs:
        return
    courses, people = {course for course, _ in pairs}, {patient for _, patient in pairs}
    told = Appointment.objects.filter(
        seat__course_date__course__in=courses, patient__in=people, state__in=series.HELD
    ).order_by("starts_at", "pk")
    states: dict[tuple[int, int], list[str]] = defaultdict(list)
    for course, patient, state in told.values_list("seat__course_date__course_id", "patient_id", "state"):
        states[course, patient].append(state)
    enrolled = Enrolment.objects.filter(course__in=courses, patient__in=people, state="enrolled")
    missing: list[tuple[Enrolment, list[str]]] = []
    coming: list[tuple[Enrolment, list[str]]] = []
    for one in enrolled.select_related("course").order_by("pk"):
        its = states[one.course_id, one.patient_id]
        (missing if series.missed_again(its) else coming).append((one, its))
    tasks.ask_for(tasks=[_ring(one, its) for one, its in missing], by=by)
    tasks.withdraw(keys=[_key(one) for one, _ in coming], because="came after all", by=by)


def has_place(seat: Seat, patient_id: int) -> bool:
    """Whether this seat of a course is that of the patient's own place on it."""
    mine = Enrolment.objects.filter(patient_id=patient_id, state="enrolled", place=seat.n)
    return mine.filter(course__dates=seat.course_date_id).exists()


def _key(enrolment: Enrolment) -> str:
    return f"{COURSE_MISSED.name}:{enrolment.pk}"


def _ring(enrolment: Enrolment, states: Sequence[str]) -> NewTask:
    course = enrolment.course
    came = sum(state in series.CAME for state in states)
    return NewTask(
        kind=COURSE_MISSED.name,
        organisation_id=course.organisation_id,
        key=_key(enrolment),
        title=f"Ring: missed {series.MISSED_IN_A_ROW} dates in a row of {course.name}",
        detail=f"Came to {came} of {len(states)} dates so far.",
        patient_id=enrolment.patient_id,
        subject="enrolment",
        subject_id=enrolment.pk,
    )
