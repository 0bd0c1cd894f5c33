"""Reads of courses: which there are and what is left, one date's register, who is on a course and how often they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from onedoor.accounts.api import Site
from onedoor.booking import series
from onedoor.booking.models import Appointment, AppointmentType, Course, CourseDate, Enrolment
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Part, Permission
from onedoor.kernel.sensitive import IN_SQL
from onedoor.patients import api as patients


@dataclass(frozen=True)
class DateView:
    """One date of a course. `state` is planned, over or cancelled; `n` counts from 1 and leaves cancelled ones out (0)."""

    ref: UUID
    n: int
    starts_at: datetime
    state: str


@dataclass(frozen=True)
class CourseView:
    """A course, what is left of it and how well it is attended. `came` of `told`: over all its people and dates so far of which
    somebody has said whether they came."""

    id: int
    ref: UUID
    organisation_id: int
    organisation: str
    name: str
    type_id: int
    type_name: str
    site: str
    leader: str
    minutes: int
    capacity: int
    join_until: date
    dates: tuple[DateView, ...]
    enrolled: int
    waiting: int
    came: int
    told: int

    @property
    def left(self) -> int:
        """Free places."""
        return self.capacity - self.enrolled

    @property
    def ahead(self) -> tuple[DateView, ...]:
        """Dates still to come."""
        return tuple(one for one in self.dates if one.state == "planned")

    @property
    def may_join(self) -> bool:
        """Whether one may still join, or wait for a place."""
        return bool(self.ahead) and clock.today() <= self.join_until

    @property
    def counted(self) -> tuple[DateView, ...]:
        """Its dates without those that we cancelled."""
        return tuple(one for one in self.dates if one.state != "cancelled")


@dataclass(frozen=True)
class Member:
    """Somebody on a course, who was, or who waits. `came` of `told` dates so far, of `dates` in all."""

    ref: UUID
    patient_id: int
    patient_ref: UUID | None
    name: str
    """Empty when the access does not reach this patient."""
    born_on: date | None
    state: str
    place: int | None
    asked_at: datetime
    came: int
    told: int
    dates: int


@dataclass(frozen=True)
class RegisterLine:
    """Somebody's line on the register of a date. `state` is the appointment's."""

    appointment_ref: UUID
    patient_id: int
    patient_ref: UUID | None
    name: str
    born_on: date | None
    state: str
    reason: str
    confirmed: bool
    came: int
    told: int


@dataclass(frozen=True)
class OwnDate:
    """A date of a course as its patient sees it. `state` is the appointment's, or "off" where they have none."""

    starts_at: datetime
    appointment_ref: UUID | None
    state: str
    ahead: bool


@dataclass(frozen=True)
class OwnCourse:
    """A course as somebody on it, or waiting for it, sees it."""

    ref: UUID
    """Of the enrolment."""
    state: str
    name: str
    organisation_id: int
    organisation: str
    site: str
    leader: str
    minutes: int
    may_leave: bool
    """Whether they may leave by themselves."""
    dates: tuple[OwnDate, ...]

    @property
    def ahead(self) -> tuple[OwnDate, ...]:
        """Dates at which they are expected."""
        return tuple(one for one in self.dates if one.ahead)


def courses_of(access: Access, type_ids: Sequence[int], from_day: date) -> list[CourseView]:
    """Courses of these kinds that one may join on `from_day` or later, full ones among them, by their next date.

    Which courses there are is nobody's secret: any access reads it, a patient's too. Four queries for any number.
    """
    found = Course.objects.filter(type_id__in=list(type_ids), join_until__gte=from_day)
    views = [view for view in _views(found) if view.may_join]
    return sorted(views, key=lambda view: view.ahead[0].starts_at)


def courses(access: Access, organisation_id: int, *, over: bool = False) -> list[CourseView]:
    """An organisation's courses with a date to come, by their next date; with `over`, those without, the last first.

    Raises NotPermitted. Four queries for any number.
    """
    _check(access, organisation_id)
    coming = CourseDate.objects.filter(cancelled_at=None, starts_at__gt=clock.now()).values("course")
    mine = Course.objects.filter(organisation_id=organisation_id)
    if over:
        views = _views(mine.exclude(pk__in=coming).order_by("-made_at")[:200])
        return sorted(views, key=lambda view: view.dates[-1].starts_at, reverse=True)
    views = _views(mine.filter(pk__in=coming))
    return sorted(views, key=lambda view: view.ahead[0].starts_at if view.ahead else view.dates[-1].starts_at)


def course_by_ref(access: Access, ref: UUID) -> CourseView:
    """One course; raises Course.DoesNotExist outside the access."""
    found = list(Course.objects.filter(ref=ref))
    if not found:
        raise Course.DoesNotExist
    if not access.everything and found[0].organisation_id not in _organisations(access):
        raise Course.DoesNotExist
    return _views(Course.objects.filter(ref=ref))[0]


def course_choices(access: Access, organisation_id: int) -> tuple[list[AppointmentType], list[Site]]:
    """(kinds of appointment, sites) of which an organisation may make a course, by name. Raises NotPermitted."""
    _check(access, organisation_id)
    kinds = AppointmentType.objects.filter(organisation_id=organisation_id).order_by("name")
    return list(kinds), list(Site.objects.filter(organisation_id=organisation_id).order_by("name"))


def members(access: Access, course: CourseView) -> list[Member]:
    """Who is on a course, was, or waits: the enrolled by name, then the waiting in their order, then the others by name."""
    rows = list(Enrolment.objects.filter(course_id=course.id).order_by("asked_at", "pk"))
    names = patients.names(access, {row.patient_id for row in rows})
    came = _attendance(Appointment.objects.filter(seat__course_date__course_id=course.id))
    order = {"enrolled": 0, "waiting": 1, "finished": 2, "left": 3}
    found = []
    for row in rows:
        known = names.get(row.patient_id)
        counts = came.get((course.id, row.patient_id), (0, 0))
        found.append(
            Member(
                ref=row.ref,
                patient_id=row.patient_id,
                patient_ref=known.ref if known else None,
                name=known.shown_name if known else "",
                born_on=known.born_on if known else None,
                state=row.state,
                place=row.place,
                asked_at=row.asked_at,
                came=counts[0],
                told=counts[1],
                dates=len(course.counted),
            )
        )
    # Sorted is stable: those who wait stay in the order in which they asked.
    return sorted(found, key=lambda one: (order[one.state], "" if one.state == "waiting" else one.name))


def register(access: Access, course: CourseView, date_ref: UUID) -> list[RegisterLine]:
    """Who has a place at one date of a course, by name; whoever cancelled it too. Raises CourseDate.DoesNotExist when the date
    is not one of its."""
    if date_ref not in {one.ref for one in course.dates}:
        raise CourseDate.DoesNotExist
    latest = (
        Appointment.objects.filter(seat__course_date__ref=date_ref)
        .exclude(state__in=("held", "lapsed"))
        .order_by("patient_id", "-pk")
        .distinct("patient_id")
    )
    rows = list(latest)
    names = patients.names(access, {row.patient_id for row in rows})
    came = _attendance(Appointment.objects.filter(seat__course_date__course_id=course.id))
    on = set(
        Enrolment.objects.filter(course_id=course.id, state__in=("enrolled", "finished")).values_list(
            "patient_id", flat=True
        )
    )
    lines = []
    for row in rows:
        if row.state == "cancelled" and row.patient_id not in on:
            continue
        known = names.get(row.patient_id)
        counts = came.get((course.id, row.patient_id), (0, 0))
        lines.append(
            RegisterLine(
                appointment_ref=row.ref,
                patient_id=row.patient_id,
                patient_ref=known.ref if known else None,
                name=known.shown_name if known else "",
                born_on=known.born_on if known else None,
                state=row.state,
                reason=row.reason,
                confirmed=row.confirmed_at is not None,
                came=counts[0],
                told=counts[1],
            )
        )
    return sorted(lines, key=lambda line: (line.state == "cancelled", line.name))


def courses_of_patient(access: Access, patient_id: int, *, over: bool = False) -> list[OwnCourse]:
    """What a patient is on or waits for, each as one thing with its dates; with `over`, what they were on too.

    Raises Patient.DoesNotExist outside the access. Four queries for any number.
    """
    patients.by_id(access, patient_id)
    states = ("enrolled", "waiting", "finished", "left") if over else ("enrolled", "waiting")
    mine = Enrolment.objects.filter(patient_id=patient_id, state__in=states)
    if not access.everything:
        if access.patient_id is None:
            mine = mine.filter(course__organisation_id__in=_organisations(access))
        else:
            mine = _shown_to(access, mine)
    rows = list(
        mine.select_related("course__site", "course__organisation", "course__type")
        .prefetch_related(Prefetch("course__dates", CourseDate.objects.order_by("starts_at")))
        .order_by("course__made_at", "pk")
    )
    own: dict[int, Appointment] = {}
    held = Appointment.objects.filter(patient_id=patient_id, seat__course_date__course__in=[r.course_id for r in rows])
    for appointment in held.exclude(state__in=("held", "lapsed")).select_related("seat").order_by("pk"):
        own[appointment.seat.course_date_id or 0] = appointment
    return [_own(row, own) for row in rows]


def enrolment_of(access: Access, ref: UUID) -> OwnCourse:
    """One enrolment of a patient of this access; raises Enrolment.DoesNotExist outside it."""
    row = Enrolment.objects.values_list("patient_id", flat=True).filter(ref=ref).first()
    if row is None:
        raise Enrolment.DoesNotExist
    try:
        theirs = courses_of_patient(access, row, over=True)
    except patients.Patient.DoesNotExist:
        raise Enrolment.DoesNotExist from None
    found = next((one for one in theirs if one.ref == ref), None)
    if found is None:
        raise Enrolment.DoesNotExist
    return found


def _shown_to(access: Access, own: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """A patient's own, less what was not given to a proxy: a private kind, name, leader or site is as if it were not there."""
    if not access.has(Part.CARE):
        return own.none()
    if access.has(Part.PRIVATE):
        return own
    private = Q()
    for said in ("course__type__name", "course__name", "course__leader", "course__site__name"):
        private |= Q(**{f"{said}__iregex": IN_SQL})
    return own.exclude(private)


def _own(row: Enrolment, own: Mapping[int, Appointment]) -> OwnCourse:
    course, now = row.course, clock.now()
    dates = []
    for one in course.dates.all():
        appointment = own.get(one.pk)
        if one.cancelled_at is not None and appointment is None:
            continue
        state = appointment.state if appointment else "off"
        dates.append(
            OwnDate(
                starts_at=one.starts_at,
                appointment_ref=appointment.ref if appointment else None,
                state=state,
                ahead=state == "booked" and one.starts_at > now,
            )
        )
    return OwnCourse(
        ref=row.ref,
        state=row.state,
        name=course.name,
        organisation_id=course.organisation_id,
        organisation=course.organisation.name,
        site=course.site.name,
        leader=course.leader,
        minutes=course.minutes,
        may_leave=course.type.reply_may_cancel and not course.type.never_by_machine,
        dates=tuple(dates),
    )


def _attendance(found: QuerySet[Appointment]) -> dict[tuple[int, int], tuple[int, int]]:
    """By course and patient: to how many dates they came, of how many of which somebody has said so."""
    rows = (
        found.filter(state__in=series.HELD)
        .values_list("seat__course_date__course_id", "patient_id")
        .annotate(came=Count("id", filter=Q(state__in=series.CAME)), told=Count("id"))
        .order_by()
    )
    return {(course, patient): (came, told) for course, patient, came, told in rows}


def _views(found: QuerySet[Course]) -> list[CourseView]:
    """With dates, people and attendance: four queries for any number."""
    rows = list(found.select_related("type", "site", "organisation"))
    keys = [row.pk for row in rows]
    dates: dict[int, list[CourseDate]] = defaultdict(list)
    for one in CourseDate.objects.filter(course__in=keys).order_by("starts_at", "pk"):
        dates[one.course_id].append(one)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for course, state, n in (
        Enrolment.objects.filter(course__in=keys).values_list("course_id", "state").annotate(n=Count("id")).order_by()
    ):
        counts[course][state] = n
    came: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for course, yes, told in (
        Appointment.objects.filter(seat__course_date__course__in=keys, state__in=series.HELD)
        .values_list("seat__course_date__course_id")
        .annotate(yes=Count("id", filter=Q(state__in=series.CAME)), told=Count("id"))
        .order_by()
    ):
        came[course] = [yes, told]
    return [
        CourseView(
            id=row.pk,
            ref=row.ref,
            organisation_id=row.organisation_id,
            organisation=row.organisation.name,
            name=row.name,
            type_id=row.type_id,
            type_name=row.type.name,
            site=row.site.name,
            leader=row.leader,
            minutes=row.minutes,
            capacity=row.capacity,
            join_until=row.join_until,
            dates=_dates(dates[row.pk]),
            enrolled=counts[row.pk].get("enrolled", 0),
            waiting=counts[row.pk].get("waiting", 0),
            came=came[row.pk][0],
            told=came[row.pk][1],
        )
        for row in rows
    ]


def _dates(found: Sequence[CourseDate]) -> tuple[DateView, ...]:
    now, n, views = clock.now(), 0, []
    for one in found:
        cancelled = one.cancelled_at is not None
        n += not cancelled
        state = "cancelled" if cancelled else "planned" if one.starts_at > now else "over"
        views.append(DateView(one.ref, 0 if cancelled else n, one.starts_at, state))
    return tuple(views)


def _organisations(access: Access) -> Iterable[int]:
    """Where the access keeps the diary, or treats whoever was sent there: a class has both, the desk and who leads it."""
    return access.organisations if access.may(Permission.DIARY) or access.may(Permission.REFERRALS) else ()


def _check(access: Access, organisation_id: int) -> None:
    if not access.everything and organisation_id not in _organisations(access):
        raise NotPermitted(Permission.DIARY)
