"""Courses: make one, give somebody a place at all its dates or at none, take them off, cancel or move a date for all.

Lock order: patients, then the course, then seats and appointments, as everywhere in booking. A place on a course is a number:
whoever is enrolled has the seat of that number at each date, and it stays theirs at a date that they cancel. The table has
one person in a place and one in a seat; the lock of the course only chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from onedoor.booking import errors, series, texts
from onedoor.booking.actions import fitting, interpreters, places, refilling, telling
from onedoor.booking.kinds import COURSE_NO_PLACE
from onedoor.booking.models import (
    LIVE,
    Appointment,
    AppointmentType,
    Course,
    CourseDate,
    Enrolment,
    EnrolmentHistory,
    Seat,
    Session,
)
from onedoor.booking.texts import About
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.codes import CANCELLED_BY_PATIENT
from onedoor.kernel.transitions import record_first, transition
from onedoor.kernel.words import clock_time, short_day
from onedoor.messaging import api as messaging
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

SWEEP = "booking.courses"
OWN = "own"
REASONS = ("patient", "practice")
NAMELESS = "A course has a name and somebody who leads it."


@dataclass(frozen=True)
class NewCourse:
    """What a course is. `starts` are its dates; `join_until` is the last day to join, the day of the first date when None."""

    site_id: int
    type_id: int
    name: str
    leader: str
    minutes: int
    capacity: int
    starts: Sequence[datetime]
    join_until: date | None = None


@transaction.atomic
def make_course(*, organisation_id: int, course: NewCourse, by: Actor) -> Course:
    """A course with `capacity` places at each of its dates. Raises BadCourse, NotYours."""
    places.check_staff(by, organisation_id)
    starts = sorted(course.starts)
    _check_sound(course, starts)
    theirs = AppointmentType.objects.filter(pk=course.type_id, organisation_id=organisation_id)
    if not theirs.exists():
        raise errors.NotYours
    made = Course.objects.create(
        organisation_id=organisation_id,
        site_id=course.site_id,
        type_id=course.type_id,
        name=course.name,
        leader=course.leader,
        minutes=course.minutes,
        capacity=course.capacity,
        join_until=course.join_until or _day(starts[0]),
        made_at=clock.now(),
    )
    dates = CourseDate.objects.bulk_create([CourseDate(course=made, starts_at=at) for at in starts])
    sessions = _sessions(made, dates)
    _check_free(made, [(session, one.starts_at) for one, session in sessions])
    Seat.objects.bulk_create(
        [_seat(made, one, session, n) for one, session in sessions for n in range(1, made.capacity + 1)],
        batch_size=5_000,
    )
    _note(made, "make_course", by, detail={"dates": len(dates), "places": made.capacity})
    return made


@transaction.atomic
def enrol(
    *, course_ref: UUID, patient_id: int, by: Actor, via: str = "desk", tell: bool = True, despite: str = ""
) -> Enrolment:
    """Give a patient a place at each date of a course that is left, or at none; one text tells of all. Twice is once.

    `via` is desk, portal or telephone. Raises CourseFull, CourseClosed, BusyOn (it names the dates), NotYours; DoesNotFit as
    `book`, when a date does not meet a need of theirs.
    """
    course = _course(course_ref)
    places.check_theirs(by, patient_id, course.organisation_id)
    return put_on(course=course, patient_id=patient_id, by=by, via=via, tell=tell, despite=despite)


def put_on(
    *,
    course: Course,
    patient_id: int,
    by: Actor,
    via: str,
    tell: bool = True,
    notice: timedelta = timedelta(),
    despite: str = "",
) -> Enrolment:
    """`enrol` in the caller's transaction, at the dates that are more than `notice` away."""
    places.lock_patients([patient_id])
    _lock(course)
    found = Enrolment.objects.filter(course=course, patient_id=patient_id, state__in=("waiting", "enrolled")).first()
    if found is not None and found.state == "enrolled":
        return found
    dates = list(_ahead(course, clock.now() + notice))
    if not dates or clock.today() > course.join_until:
        raise errors.CourseClosed
    place = _free_place(course, dates)
    seats = Seat.objects.filter(course_date__in=dates, n=place).values_list("pk", flat=True)
    lacks = fitting.check_all(patient_id=patient_id, seat_ids=list(seats), by=by, despite=despite)
    enrolment = _enrolled(course, patient_id, place, found, via, by)
    keys = _take_all(course, dates, place, patient_id, via=via)
    places.first(ids=keys, state="booked", by=by)
    appointments = _appointments(keys)
    places.write_down(appointments=appointments, did="booked", said=f"Booked, {course.name}", by=by)
    fitting.write_down_all(appointments=appointments, lacks=lacks, despite=despite, by=by)
    # Whoever waited for a place of this kind by itself waits no more.
    refilling.place_taken(appointment=appointments[0], by=by)
    _note(course, "enrol", by, patient_id=patient_id, detail={"dates": len(keys), "place": place})
    if tell:
        compose = partial(texts.enrolled, dates=len(keys), came_free=via == "waiting")
        _tell(appointments[:1], f"enrolled:{enrolment.pk}", compose, f"they have a place on {course.name}", by)
    return enrolment


@transaction.atomic
def wait_for_course(*, course_ref: UUID, patient_id: int, by: Actor, via: str = "desk") -> Enrolment:
    """Put a patient on the list of those who would like a place that comes free. Twice is once; whoever is enrolled stays so.

    Raises CourseClosed, NotYours.
    """
    course = _course(course_ref)
    places.check_theirs(by, patient_id, course.organisation_id)
    places.lock_patients([patient_id])
    if clock.today() > course.join_until or not _ahead(course, clock.now()).exists():
        raise errors.CourseClosed
    now = clock.now()
    made, new = Enrolment.objects.get_or_create(
        course=course,
        patient_id=patient_id,
        state__in=("waiting", "enrolled"),
        defaults={"state": "waiting", "asked_at": now, "via": via},
    )
    if new:
        record_first(history=EnrolmentHistory, ids=[made.pk], state="waiting", by=by)
        _note(course, "wait_for_course", by, patient_id=patient_id)
        jobs.wake(SWEEP)
    return made


@transaction.atomic
def leave_course(*, enrolment_ref: UUID, by: Actor, reason: str = "patient", tell: bool = True) -> Enrolment:
    """Take somebody off a course or its waiting list: what is ahead is cancelled, and the place is the next one's.

    `reason` is patient or practice. Leaving twice is once. A patient may not give up by themselves what no reply may cancel
    (MayNotCancelByMachine). Raises NotYours, and Enrolment.DoesNotExist.
    """
    if reason not in REASONS:
        raise ValueError(reason)
    enrolment = Enrolment.objects.select_related("course__type").get(ref=enrolment_ref)
    course = enrolment.course
    places.check_mine(by, enrolment.patient_id, course.organisation_id)
    if by.kind != "user" and (course.type.never_by_machine or not course.type.reply_may_cancel):
        raise errors.MayNotCancelByMachine
    places.lock_patients([enrolment.patient_id])
    _lock(course)
    if not move_enrolments(ids=[enrolment.pk], to="left", by=by, reason=reason):
        enrolment.refresh_from_db()
        return enrolment
    ended = end_all(appointments=_live_ahead(course, enrolment.patient_id), reason=reason, by=by)
    _note(course, "leave_course", by, patient_id=enrolment.patient_id, detail={"reason": reason, "dates": len(ended)})
    if tell and ended:
        say = texts.left_course if reason == "patient" else texts.course_cancelled
        what = f"left:{enrolment.pk}"
        _tell(ended[:1], what, partial(say, dates=len(ended)), f"they are no longer on {course.name}", by)
    jobs.wake(SWEEP)
    enrolment.refresh_from_db()
    return enrolment


@transaction.atomic
def change_course(*, course_ref: UUID, name: str, capacity: int, by: Actor) -> int:
    """Another name, or more or fewer places at each date ahead; those who wait have new places by the sweep.

    Returns how many are free. Raises BadCourse when more are enrolled than it would have places, TooLate when no date is ahead,
    NotYours, Course.DoesNotExist.
    """
    course = _course(course_ref)
    places.check_staff(by, course.organisation_id)
    _lock(course)
    course.refresh_from_db(fields=["name", "capacity"])
    ahead = list(_ahead(course, clock.now()))
    if not ahead:
        raise errors.TooLate
    name = " ".join(name.split())
    if not name:
        raise errors.BadCourse(NAMELESS)
    taken = _taken(course)
    if not max(1, len(taken)) <= capacity <= series.MOST_PLACES:
        raise errors.BadCourse(
            f"{len(taken):,} are on it: it has {max(1, len(taken)):,} to {series.MOST_PLACES:,} places. "
            "Whoever is to come no more leaves first, and is told."
        )
    was: dict[str, object] = {"name": course.name, "places": course.capacity}
    course.name, course.capacity = name[:80], capacity
    if course.name != was["name"]:
        _rename(course, ahead)
    _have_places(course, ahead, taken)
    course.save(update_fields=["name", "capacity"])
    _note(course, "change_course", by, detail={"was": was, "name": course.name, "places": course.capacity})
    jobs.wake(SWEEP)
    return capacity - len(taken)


@dataclass(frozen=True)
class CalledOff:
    """Who was on a course that is cancelled, and who waited for a place on it."""

    enrolled: int
    waited: int


@transaction.atomic
def cancel_course(*, course_ref: UUID, by: Actor) -> CalledOff:
    """We hold none of its dates ahead: everybody enrolled is told once for all of theirs and leaves; for whoever waited a person
    finds another course. Referrals for which they came are to be booked again, as when a date is cancelled.

    Raises TooLate when no date is ahead, NotYours, Course.DoesNotExist.
    """
    course = _course(course_ref)
    places.check_staff(by, course.organisation_id)
    while not _lock_everybody(course):
        pass
    dates = list(_ahead(course, clock.now()))
    if not dates:
        raise errors.TooLate
    enrolments = dict(
        Enrolment.objects.filter(course=course, state="enrolled").order_by("pk").values_list("patient_id", "pk")
    )
    coming = Appointment.objects.filter(seat__course_date__in=dates, state="booked").order_by("pk")
    CourseDate.objects.filter(pk__in=[one.pk for one in dates]).update(cancelled_at=clock.now())
    Seat.objects.filter(course_date__in=dates).update(state="gone")
    move_enrolments(ids=list(enrolments.values()), to="left", by=by, reason="practice")
    ended = end_all(appointments=list(coming), reason="practice", by=by)
    waiting = list(Enrolment.objects.select_related("course").filter(course=course, state="waiting").order_by("pk"))
    left = set(move_enrolments(ids=[one.pk for one in waiting], to="left", by=by, reason="practice"))
    tasks.ask_for(
        tasks=[
            find_another(one, f"{course.name} is cancelled: find another course") for one in waiting if one.pk in left
        ],
        by=by,
    )
    _note(
        course,
        "cancel_course",
        by,
        detail={"dates": len(dates), "people": len(enrolments), "waited": len(left)},
    )
    theirs: dict[int, list[Appointment]] = {}
    for one in ended:
        theirs.setdefault(one.patient_id, []).append(one)
    for many in {len(mine) for mine in theirs.values()}:
        firsts = [mine[0] for mine in theirs.values() if len(mine) == many]
        compose = partial(texts.course_cancelled, dates=many)
        _tell(firsts, f"course_cancelled:{course.pk}", compose, f"{course.name} is cancelled", by)
    return CalledOff(len(enrolments), len(left))


def find_another(enrolment: Enrolment, title: str) -> NewTask:
    """For whoever waited for a place that never comes: a person finds them something else."""
    return NewTask(
        kind=COURSE_NO_PLACE.name,
        organisation_id=enrolment.course.organisation_id,
        key=f"{COURSE_NO_PLACE.name}:{enrolment.pk}",
        title=title,
        patient_id=enrolment.patient_id,
        subject="enrolment",
        subject_id=enrolment.pk,
    )


def ref_of(enrolment_id: int) -> UUID:
    """The public reference of an enrolment."""
    return Enrolment.objects.values_list("ref", flat=True).get(pk=enrolment_id)


@transaction.atomic
def cancel_date(*, date_ref: UUID, by: Actor) -> int:
    """We cancel one date: everybody who would come is told, and stays on the course. Returns how many.

    Raises TooLate when it has begun or was cancelled, NotYours, and CourseDate.DoesNotExist.
    """
    one = _lock_date(date_ref, by)
    more = _ahead(one.course, clock.now()).exclude(pk=one.pk).exists()
    CourseDate.objects.filter(pk=one.pk).update(cancelled_at=clock.now())
    Seat.objects.filter(course_date=one).update(state="gone")
    ended = end_all(appointments=_of_date(one), reason="practice", by=by)
    _note(one.course, "cancel_course_date", by, detail={"date": one.pk, "people": len(ended)})
    say = texts.date_cancelled if more else texts.cancelled_by_practice
    _tell(ended, f"date_cancelled:{one.pk}", say, "an appointment is cancelled", by)
    return len(ended)


@dataclass(frozen=True)
class Moved:
    """What became of those who had a date that was moved: moved with it, or had something else at the new time."""

    moved: int
    busy: int


@transaction.atomic
def move_date(*, date_ref: UUID, to: datetime, by: Actor) -> Moved:
    """Move one date for everybody on the course, and tell them. Whoever has another appointment at the new time has this one
    cancelled by us and is told so; they stay on the course.

    Raises TooLate when either time is over, BadCourse when the course is at another date then, NotYours, and
    CourseDate.DoesNotExist.
    """
    one = _lock_date(date_ref, by)
    course, was = one.course, one.starts_at
    if to <= clock.now():
        raise errors.TooLate
    length = timedelta(minutes=course.minutes)
    others = course.dates.filter(cancelled_at=None).exclude(pk=one.pk)
    if others.filter(starts_at__lt=to + length, starts_at__gt=to - length).exists():
        raise errors.BadCourse("The course has another date at that time.")
    staying = _of_date(one)
    busy = _busy(staying, to, to + length, by=by)
    left = end_all(appointments=[a for a in staying if a.patient_id in busy], reason="practice", by=by)
    going = [a.pk for a in staying if a.patient_id not in busy]
    session = _session(course, _day(to))
    _check_free(course, [(session, to)], besides=one)
    # Whoever was booked for the old time is told of that, and asked for the new one.
    interpreters.end(appointment_ids=going, because="the date is moved", by=by)
    Seat.objects.filter(course_date=one).update(session=session, starts_at=to)
    CourseDate.objects.filter(pk=one.pk).update(starts_at=to)
    # What was asked about the old time is asked again about the new one.
    Appointment.objects.filter(pk__in=going).update(
        starts_at=to,
        during=DateTimeTZRange(to, to + length),
        reminded_at=None,
        confirmed_at=None,
        late_said_at=None,
        late_minutes=None,
        told_at=clock.now(),
    )
    messaging.clear(subject="appointment", subject_ids=going, because="moved", by=by)
    moved = _appointments(going)
    interpreters.bring_up_to_date(patient_ids=[a.patient_id for a in moved], by=by)
    places.write_down(appointments=moved, did="moved", said="Appointment moved to", by=by)
    _note(course, "move_course_date", by, detail={"date": one.pk, "people": len(moved), "busy": len(left)})
    stamp = int(clock.now().timestamp())
    _tell(moved, f"date_moved:{stamp}", partial(texts.moved, was=was), "an appointment is moved", by)
    _tell(left, f"date_cancelled:{one.pk}", texts.date_cancelled, "an appointment is cancelled", by)
    return Moved(len(moved), len(left))


def move_enrolments(*, ids: Sequence[int], to: str, by: Actor, reason: str = "", place: int | None = None) -> list[int]:
    """Move enrolments where the table of moves allows it; returns which. To "enrolled" with the place."""
    now = clock.now()
    also = {"place": place, "enrolled_at": now} if to == "enrolled" else {"ended_at": now, "reason": reason}
    return transition(
        model=Enrolment,
        history=EnrolmentHistory,
        moves=series.MOVES,
        ids=ids,
        to=to,
        by=by,
        reason=reason,
        also=also,
    )


def end_all(*, appointments: Sequence[Appointment], reason: str, by: Actor) -> list[Appointment]:
    """Cancel these appointments of our own diary, in the caller's transaction; returns those that were, in their order."""
    keys = places.shift(ids=[a.pk for a in appointments], to="cancelled", by=by, reason=reason, also={"reason": reason})
    ended = _appointments(keys)
    if not ended:
        return []
    places.write_down(
        appointments=ended,
        did="cancelled",
        said=f"Appointment cancelled by {reason}",
        by=by,
        concept=CANCELLED_BY_PATIENT if reason == "patient" else None,
    )
    messaging.clear(subject="appointment", subject_ids=keys, because=reason, by=by)
    refilling.release(appointment_ids=keys, by=by)
    return ended


def _tell(
    appointments: Sequence[Appointment], what: str, compose: Callable[[About], str], about: str, by: Actor
) -> None:
    """One text each, or a person rings."""
    if not appointments:
        return
    unsent = telling.tell(appointments=appointments, what=what, compose=compose, by=by)
    telling.ring(appointments=[a for a in appointments if a.pk in unsent], what=what, about=about, by=by)


def _check_sound(course: NewCourse, starts: Sequence[datetime]) -> None:
    """Raise BadCourse where it is none."""
    if not course.name or not course.leader:
        raise errors.BadCourse(NAMELESS)
    if not 1 <= course.capacity <= series.MOST_PLACES:
        raise errors.BadCourse(f"A course has 1 to {series.MOST_PLACES:,} places.")
    if not 5 <= course.minutes <= 480:
        raise errors.BadCourse("A date lasts 5 minutes to 8 hours.")
    if not 1 <= len(starts) <= series.MOST_DATES:
        raise errors.BadCourse(f"A course has 1 to {series.MOST_DATES} dates.")
    if starts[0] <= clock.now():
        raise errors.BadCourse("The first date is over.")
    length = timedelta(minutes=course.minutes)
    if any(after - before < length for before, after in pairwise(starts)):
        raise errors.BadCourse("Two of its dates are at the same time.")


def _session(course: Course, day: date) -> Session:
    """The session of our own diary in which a course is on a day."""
    return Session.objects.get_or_create(
        site_id=course.site_id,
        source=OWN,
        day=day,
        clinician=course.leader,
        name=course.name,
        defaults={"organisation_id": course.organisation_id},
    )[0]


def _check_free(course: Course, wanted: Sequence[tuple[Session, datetime]], besides: CourseDate | None = None) -> None:
    """Raise BadCourse when the same leader has a course of this name at one of the times already, or the site is another's."""
    for session, at in wanted:
        others = Seat.objects.filter(session=session, starts_at=at)
        if besides is not None:
            others = others.exclude(course_date=besides)
        if session.organisation_id != course.organisation_id:
            raise errors.NotYours
        if others.exists():
            raise errors.BadCourse(f"{course.leader} has {course.name} at {clock_time(at)} on {short_day(at)} already.")


def _course(ref: UUID) -> Course:
    return Course.objects.select_related("type").get(ref=ref)


def _lock(course: Course) -> None:
    list(Course.objects.select_for_update(no_key=True).filter(pk=course.pk).values_list("pk"))


def _lock_date(ref: UUID, by: Actor) -> CourseDate:
    """A date still ahead, with everybody on the course, and the course, locked. Raises TooLate, NotYours."""
    one = CourseDate.objects.select_related("course").get(ref=ref)
    places.check_staff(by, one.course.organisation_id)
    while not _lock_everybody(one.course):
        pass
    one.refresh_from_db(fields=["starts_at", "cancelled_at"])
    if one.cancelled_at is not None or one.starts_at <= clock.now():
        raise errors.TooLate
    return one


def _lock_everybody(course: Course) -> bool:
    """Lock those on the course, then the course. False, and nothing is locked, where somebody came onto it between the two."""
    enrolled = Enrolment.objects.filter(course=course, state="enrolled").values_list("patient_id", flat=True)
    people = set(enrolled)
    with transaction.atomic():
        places.lock_patients(people)
        _lock(course)
        if set(enrolled.all()) <= people:
            return True
        # Patients are locked before courses by everybody: with the locks given back, those who came are locked in their turn.
        transaction.set_rollback(True)
    return False


def _ahead(course: Course, after: datetime) -> QuerySet[CourseDate]:
    return course.dates.filter(cancelled_at=None, starts_at__gt=after).order_by("starts_at")


def _free_place(course: Course, dates: Sequence[CourseDate]) -> int:
    """The lowest number that nobody has, with the course locked. Raises CourseFull."""
    free = min(_numbers(dates) - _taken(course), default=None)
    if free is None:
        raise errors.CourseFull
    return free


def _taken(course: Course) -> set[int | None]:
    """The numbers of those who are enrolled, who have one (`enrolled_has_place`)."""
    return set(Enrolment.objects.filter(course=course, state="enrolled").values_list("place", flat=True))


def _numbers(dates: Sequence[CourseDate]) -> set[int]:
    """The numbers of the places at these dates. There may be gaps: whoever is on it keeps theirs when places go."""
    return set(Seat.objects.filter(course_date__in=dates, state="course").values_list("n", flat=True))


def _have_places(course: Course, ahead: Sequence[CourseDate], taken: set[int | None]) -> None:
    """Make or take away seats at these dates until there are as many numbers as the course has places, those of people kept."""
    there = _numbers(ahead)
    spare = sorted(there - taken, reverse=True)[: max(0, len(there) - course.capacity)]
    Seat.objects.filter(course_date__in=ahead, n__in=spare).update(state="gone")
    fresh = sorted(set(range(1, series.MOST_PLACES + 1)) - there)[: max(0, course.capacity - len(there))]
    Seat.objects.bulk_create(
        [_seat(course, one, one_session, n) for one, one_session in _sessions(course, ahead) for n in fresh],
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["session", "starts_at", "n"],
        update_fields=["state"],
    )


def _rename(course: Course, ahead: Sequence[CourseDate]) -> None:
    """Its dates ahead stand in the diary under the new name. Raises BadCourse when its leader has a course of that name then."""
    sessions = _sessions(course, ahead)
    for one, session in sessions:
        _check_free(course, [(session, one.starts_at)], besides=one)
    for one, session in sessions:
        Seat.objects.filter(course_date=one).update(session=session)


def _sessions(course: Course, dates: Sequence[CourseDate]) -> list[tuple[CourseDate, Session]]:
    days = {day: _session(course, day) for day in {_day(one.starts_at) for one in dates}}
    return [(one, days[_day(one.starts_at)]) for one in dates]


def _seat(course: Course, one: CourseDate, session: Session, n: int) -> Seat:
    return Seat(
        session=session,
        type_id=course.type_id,
        starts_at=one.starts_at,
        minutes=course.minutes,
        n=n,
        state="course",
        course_date=one,
    )


def _enrolled(course: Course, patient_id: int, place: int, found: Enrolment | None, via: str, by: Actor) -> Enrolment:
    """The enrolment of whoever waited, or a new one."""
    if found is not None:
        move_enrolments(ids=[found.pk], to="enrolled", by=by, place=place)
        found.refresh_from_db()
        return found
    now = clock.now()
    made = Enrolment.objects.create(
        course=course, patient_id=patient_id, state="enrolled", place=place, asked_at=now, enrolled_at=now, via=via
    )
    record_first(history=EnrolmentHistory, ids=[made.pk], state="enrolled", by=by)
    return made


def _take_all(course: Course, dates: Sequence[CourseDate], place: int, patient_id: int, *, via: str) -> list[int]:
    """Put the patient on the seats of their number at these dates, all or none; returns the appointments. Raises BusyOn."""
    seats = dict(Seat.objects.filter(course_date__in=dates, n=place).values_list("pk", "starts_at"))
    _end_holds(patient_id, seats.values(), course.minutes)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO booking_appointment (ref, organisation_id, seat_id, patient_id, starts_at, during, state,
                   reason, booked_via, booked_at, told_at)
               SELECT gen_random_uuid(), %(organisation)s, s.id, %(patient)s, s.starts_at,
                   tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes)), 'booked', '', %(via)s,
                   %(now)s, %(now)s
               FROM booking_seat s WHERE s.id = ANY(%(seats)s) AND s.state = 'course' ORDER BY s.starts_at
               ON CONFLICT DO NOTHING RETURNING id, seat_id""",
            {
                "organisation": course.organisation_id,
                "patient": patient_id,
                "via": via,
                "now": clock.now(),
                "seats": sorted(seats),
            },
        )
        made = cursor.fetchall()
    missing = sorted(seats[key] for key in set(seats) - {seat for _, seat in made})
    busy = [at for at in missing if _has_something(patient_id, at, course.minutes)]
    if busy:
        raise errors.BusyOn(busy)
    if missing or len(seats) < len(dates):
        # Somebody took one of the seats out of the diary.
        raise errors.SeatTaken
    return [key for key, _ in made]


def _has_something(patient_id: int, at: datetime, minutes: int) -> bool:
    mine = Appointment.objects.filter(patient_id=patient_id, state__in=LIVE)
    return mine.filter(during__overlap=DateTimeTZRange(at, at + timedelta(minutes=minutes))).exists()


def _end_holds(patient_id: int, starts: Iterable[datetime], minutes: int) -> None:
    """End what a patient only holds at these times: a second choice replaces the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT a.id FROM booking_appointment a
               JOIN unnest(%s::timestamptz[]) AS t(at) ON a.during && tstzrange(t.at, t.at + make_interval(mins => %s))
               WHERE a.patient_id = %s AND a.state = 'held'""",
            [list(starts), minutes, patient_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        places.end_holds(ids=ids, by=Actor.system("booking: holds"), reason="hold ended")


def _busy(staying: Sequence[Appointment], start: datetime, end: datetime, *, by: Actor) -> set[int]:
    """Which of these patients have another appointment from `start` to `end`. What they only hold then is let go."""
    others = Appointment.objects.filter(
        patient_id__in=[a.patient_id for a in staying],
        state__in=LIVE,
        during__overlap=DateTimeTZRange(start, end),
    ).exclude(pk__in=[a.pk for a in staying])
    rows = list(others.values_list("pk", "patient_id", "state"))
    places.end_holds(ids=[key for key, _, state in rows if state == "held"], by=by, reason="hold ended")
    return {patient_id for _, patient_id, state in rows if state != "held"}


def _appointments(keys: Sequence[int]) -> list[Appointment]:
    """With seat, session and type, in the order of their times."""
    found = Appointment.objects.select_related("seat__session", "seat__type").filter(pk__in=keys)
    return list(found.order_by("starts_at", "pk"))


def _of_date(one: CourseDate) -> list[Appointment]:
    """Those who would come."""
    return list(Appointment.objects.filter(seat__course_date=one, state="booked").order_by("pk"))


def _live_ahead(course: Course, patient_id: int) -> list[Appointment]:
    found = Appointment.objects.filter(
        seat__course_date__course=course, patient_id=patient_id, state="booked", starts_at__gt=clock.now()
    )
    return list(found.order_by("pk"))


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _note(
    course: Course, action: str, by: Actor, *, patient_id: int | None = None, detail: dict[str, object] | None = None
) -> None:
    audit.record(
        by=by,
        line=audit.Line(
            action,
            "course",
            course.pk,
            patient_id=patient_id,
            organisation_id=course.organisation_id,
            detail=detail or {},
        ),
    )
    jobs.notify_live("diary", course.organisation_id)
