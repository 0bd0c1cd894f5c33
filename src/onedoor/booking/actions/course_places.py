"""The sweep of courses: places that came free go to whoever waits first, and courses that are over end."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, F, Q

from onedoor.booking import errors, series
from onedoor.booking.actions import courses, telling
from onedoor.booking.kinds import COURSE_NO_PLACE
from onedoor.booking.models import Course, CourseDate, Enrolment
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

SLICE = 500


def give_places() -> int:
    """Enrol those who wait where a place is free, the first who asked first; returns how many.

    Whoever cannot have it (busy at one of the dates, no longer in our care) waits on, and the next has it. Of a need that it does
    not meet a person hears, once.
    """
    by = Actor.system("booking: free places on courses")
    given = 0
    for course in _with_room():
        waiting = Enrolment.objects.filter(course=course, state="waiting").order_by("asked_at", "pk")
        reaches = telling.reaches_of((course.organisation_id, one.patient_id) for one in waiting)
        for one in waiting:
            reach = reaches[course.organisation_id][one.patient_id]
            if reach.deceased or not reach.registered:
                continue
            try:
                with transaction.atomic():
                    courses.put_on(course=course, patient_id=one.patient_id, by=by, via="waiting", notice=series.NOTICE)
            except (errors.CourseFull, errors.CourseClosed):
                break
            except errors.DoesNotFit as why:
                _say_what_it_lacks(course, one, why, by)
                continue
            except errors.BookingError:
                continue
            given += 1
    return given


def _say_what_it_lacks(course: Course, waiting: Enrolment, why: errors.DoesNotFit, by: Actor) -> None:
    key = f"{COURSE_NO_PLACE.name}:fit:{waiting.pk}"
    if not tasks.Task.objects.filter(key=key).exists():
        tasks.ask_for(
            tasks=[
                NewTask(
                    kind=COURSE_NO_PLACE.name,
                    organisation_id=course.organisation_id,
                    key=key,
                    title=f"A place is free on {course.name}, and it does not meet what they need",
                    detail=f"{why.sentence} Put it right, enrol them with a reason, or find another course."[:400],
                    patient_id=waiting.patient_id,
                    subject="enrolment",
                    subject_id=waiting.pk,
                )
            ],
            by=by,
        )


def _with_room() -> list[Course]:
    """Courses that one may join, with a free place and somebody who waits."""
    enrolled = Count("enrolments", filter=Q(enrolments__state="enrolled"))
    waiting = Count("enrolments", filter=Q(enrolments__state="waiting"))
    found = Course.objects.filter(join_until__gte=clock.today(), enrolments__state="waiting").distinct()
    counted = Course.objects.filter(pk__in=found.values("pk")).annotate(enrolled=enrolled, waiting=waiting)
    return list(counted.filter(waiting__gt=0, enrolled__lt=F("capacity")).select_related("type").order_by("pk"))


@transaction.atomic
def end_courses(*, limit: int = SLICE) -> int:
    """End the enrolments of courses without a date to come; and for whoever waited until nobody could join any more, have a
    person find something else. Returns how many."""
    by = Actor.system("booking: courses that are over")
    now = clock.now()
    coming = CourseDate.objects.filter(cancelled_at=None, starts_at__gt=now).values("course")
    over = Enrolment.objects.filter(state="enrolled").exclude(course__in=coming).order_by("pk")[:limit]
    finished = courses.move_enrolments(ids=[one.pk for one in over], to="finished", by=by, reason="over")
    vain = Enrolment.objects.filter(state="waiting").filter(
        Q(course__join_until__lt=clock.today()) | ~Q(course__in=coming)
    )
    waited = {one.pk: one for one in vain.select_related("course").order_by("pk")[:limit]}
    left = courses.move_enrolments(ids=list(waited), to="left", by=by, reason="over")
    tasks.ask_for(
        tasks=[
            courses.find_another(waited[key], f"No place came free on {waited[key].course.name}: find another course")
            for key in left
        ],
        by=by,
    )
    audit.record_many(
        by=by,
        lines=[
            audit.Line("course_over", "enrolment", key, detail={"to": to})
            for key, to in [*((key, "finished") for key in finished), *((key, "left") for key in left)]
        ],
    )
    return len(finished) + len(left)
