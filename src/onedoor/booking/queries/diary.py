"""Reads of the diary: a day side by side, a patient's appointments, places that can be booked, a day in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from onedoor.booking.actions.telling import REMINDER
from onedoor.booking.models import TAKEN, Appointment, AppointmentType, Conflict, DiaryImport, Offer, Seat
from onedoor.booking.queries.needs import interpreters_of, unmet
from onedoor.booking.rules import UNMARKS, standing
from onedoor.booking.types import (
    AppointmentView,
    DayCounts,
    DayDiary,
    FreePlace,
    InterpreterView,
    PersonAtSeat,
    SeatState,
    SeatView,
    SessionView,
)
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Part, Permission
from onedoor.kernel.clock import LONDON
from onedoor.kernel.sensitive import IN_SQL
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients

_SHOWN: Mapping[str, SeatState] = {
    "held": "held",
    "pending": "pending",
    "booked": "booked",
    "arrived": "arrived",
    "fulfilled": "seen",
    "noshow": "missed",
    "cancelling": "cancelling",
}


class _Row(NamedTuple):
    """One seat of a day, or a session without any."""

    session_id: int
    clinician: str
    session_name: str
    site: str
    source: str
    seat_id: int | None
    seat_ref: UUID
    starts_at: datetime
    minutes: int
    type_name: str
    seat_state: str
    patient_id: int | None
    appointment_id: int
    appointment_ref: UUID
    state: str
    confirmed: bool
    reminded: bool
    instead_of: bool
    late_said_at: datetime | None
    late_minutes: int | None


def day_diary(access: Access, organisation_id: int, day: date) -> DayDiary:
    """A day of an organisation: sessions side by side, each place with its state and who has it.

    Raises NotPermitted outside the access. A person whom the access does not reach has no name. Five queries for any day.
    """
    _check(access, organisation_id)
    rows = _day_rows(organisation_id, day)
    names = patients.names(access, {row.patient_id for row in rows if row.patient_id is not None})
    offers, conflicts = _offers_and_conflicts([row.seat_id for row in rows if row.seat_id is not None])
    interpreters = interpreters_of(row.appointment_id for row in rows if row.patient_id is not None)
    sessions: dict[int, tuple[_Row, list[SeatView]]] = {}
    for row in rows:
        seats = sessions.setdefault(row.session_id, (row, []))[1]
        if row.seat_id is None:
            continue
        person = _person(row, names, interpreters.get(row.appointment_id, ()))
        asked = offers.get(row.seat_id, 0)
        seats.append(
            SeatView(
                ref=row.seat_ref,
                id=row.seat_id,
                starts_at=row.starts_at,
                minutes=row.minutes,
                type_name=row.type_name,
                state=_SHOWN[row.state] if person else _empty(row.seat_state, asked),
                person=person,
                offers_open=asked,
                conflict=conflicts.get(row.seat_id, ""),
            )
        )
    views = tuple(
        SessionView(key, row.clinician, row.session_name, row.site, row.source, tuple(seats))
        for key, (row, seats) in sessions.items()
    )
    counts: Counter[str] = Counter(seat.state for view in views for seat in view.seats)
    return DayDiary(organisation_id=organisation_id, day=day, sessions=views, counts=dict(counts))


def _person(
    row: _Row, names: Mapping[int, patients.Patient], interpreters: tuple[InterpreterView, ...]
) -> PersonAtSeat | None:
    if row.patient_id is None:
        return None
    known = names.get(row.patient_id)
    return PersonAtSeat(
        patient_id=row.patient_id,
        patient_ref=known.ref if known else None,
        name=known.shown_name if known else "",
        appointment_ref=row.appointment_ref,
        appointment_id=row.appointment_id,
        confirmed=row.confirmed,
        reminded=row.reminded,
        instead_of=row.instead_of,
        interpreters=interpreters,
        # Whoever has arrived is late no more.
        late_said_at=row.late_said_at if row.state == "booked" else None,
        late_minutes=row.late_minutes,
    )


def _empty(seat_state: str, offers: int) -> SeatState:
    if seat_state in ("gone", "course"):
        return "gone" if seat_state == "gone" else "course"
    if seat_state != "open":
        return "blocked"
    return "offered" if offers else "free"


def _day_rows(organisation_id: int, day: date) -> list[_Row]:
    """Sessions, seats and whoever has or had each seat last, live before ended; places that are gone and empty left out, and
    holds whose time is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, e.clinician, e.name, t.name, e.source, s.id, s.ref, s.starts_at, s.minutes, k.name, s.state,
                      a.patient_id, a.id, a.ref, a.state, a.confirmed_at IS NOT NULL, a.reminded_at IS NOT NULL,
                      a.instead_of_id IS NOT NULL, a.late_said_at, a.late_minutes
               FROM booking_session e
               JOIN accounts_site t ON t.id = e.site_id
               LEFT JOIN booking_seat s ON s.session_id = e.id
               LEFT JOIN booking_appointment_type k ON k.id = s.type_id
               LEFT JOIN LATERAL (
                   SELECT * FROM booking_appointment x
                   WHERE x.seat_id = s.id AND x.state = ANY(%(shown)s)
                     AND NOT (x.state = 'held' AND x.hold_until_real <= clock_timestamp())
                   ORDER BY x.state = ANY(%(taken)s) DESC, x.id DESC LIMIT 1) a ON true
               WHERE e.organisation_id = %(organisation)s AND e.day = %(day)s
                 AND (s.state IS DISTINCT FROM 'gone' OR a.id IS NOT NULL)
               ORDER BY e.name, e.clinician, e.id, s.starts_at, s.n""",
            {"organisation": organisation_id, "day": day, "shown": list(_SHOWN), "taken": list(TAKEN)},
        )
        rows = [_Row(*row) for row in cursor.fetchall()]
    unsent = _not_texted([row.appointment_id for row in rows if row.reminded])
    return [row._replace(reminded=False) if row.appointment_id in unsent else row for row in rows]


def _not_texted(appointment_ids: Iterable[int]) -> set[int]:
    """Of appointments whose reminder was queued, those to which none went: suppressed, too late or no longer true."""
    return messaging.never_sent(subject="appointment", subject_ids=list(appointment_ids), purpose=REMINDER)


def _offers_and_conflicts(seat_ids: list[int]) -> tuple[dict[int, int], dict[int, str]]:
    offers = dict(
        Offer.objects.filter(release__seat_id__in=seat_ids, release__state="open", state="open")
        .values_list("release__seat_id")
        .annotate(n=Count("id"))
    )
    conflicts = dict(Conflict.objects.filter(seat_id__in=seat_ids, state="open").values_list("seat_id", "what"))
    return offers, conflicts


def appointments_of(access: Access, patient_id: int, *, limit: int = 100) -> list[AppointmentView]:
    """A patient's appointments at the organisations of this access, the latest first; the patient's own access and the
    system's see all. Raises Patient.DoesNotExist outside the access."""
    patients.by_id(access, patient_id)
    found = _visible(access).filter(patient_id=patient_id).exclude(state__in=("held", "lapsed"))
    return _views(found.order_by("-starts_at", "-id")[:limit])


def upcoming_of(access: Access, patient_id: int) -> list[AppointmentView]:
    """A patient's appointments still to come, the next first. Raises Patient.DoesNotExist outside the access."""
    patients.by_id(access, patient_id)
    found = _visible(access).filter(
        patient_id=patient_id, starts_at__gt=clock.now(), state__in=("pending", "booked", "cancelling", "arrived")
    )
    return _views(found.order_by("starts_at", "id"))


def diary_readings(organisation_ids: Iterable[int], *, limit: int) -> list[tuple[int, str, datetime]]:
    """(organisation, system, when) of the last readings of these organisations' outside diaries, at most `limit` of each. Says
    nothing of anybody's appointments."""
    recent = DiaryImport.objects.filter(organisation_id__in=list(organisation_ids)).exclude(state="settled")
    ranked = recent.annotate(
        nth=Window(RowNumber(), partition_by=[F("organisation_id"), F("source")], order_by=F("at").desc())
    )
    found = ranked.filter(nth__lte=limit).values_list("organisation_id", "source", "at")
    return [(organisation_id, source, at) for organisation_id, source, at in found]


def ahead_of(patient_ids: Iterable[int], type_ids: Iterable[int]) -> dict[int, int]:
    """Of these patients those who have a visit of one of these kinds ahead: the next one's key, by patient. One query; for a
    context that asks before it invites somebody for what is booked."""
    found = Appointment.objects.filter(
        patient_id__in=list(patient_ids),
        seat__type_id__in=list(type_ids),
        starts_at__gt=clock.now(),
        state__in=("pending", "booked", "cancelling", "arrived"),
    )
    return dict(found.order_by("-starts_at", "-id").values_list("patient_id", "id"))


def lately_of(access: Access, patient_id: int, *, days: int) -> list[AppointmentView]:
    """A patient's appointments that began in so many days until now, the latest first, whatever became of them; a text may
    still be about one. Raises Patient.DoesNotExist outside the access."""
    patients.by_id(access, patient_id)
    now = clock.now()
    found = _visible(access).filter(patient_id=patient_id, starts_at__gt=now - timedelta(days=days), starts_at__lte=now)
    return _views(found.exclude(state__in=("held", "lapsed")).order_by("-starts_at", "-id"))


def may_unmark(access: Access, appointment_id: int) -> bool:
    """Whether an appointment of this access was marked today (arrived, seen, did not attend), so that the mark may still be
    taken back."""
    found = _visible(access).filter(pk=appointment_id, state__in=UNMARKS).first()
    last = standing(found.history.order_by("id")) if found is not None else None
    return last is not None and last.at.astimezone(LONDON).date() == clock.today()


def last_booked(access: Access, type_id: int, *, limit: int) -> list[AppointmentView]:
    """The booked appointments of a type that are furthest ahead, whose patients the access may see."""
    found = _visible(access).filter(
        seat__type_id=type_id, state="booked", starts_at__gt=clock.now(), patient__in=patients.visible(access)
    )
    return _views(found.order_by("-starts_at", "-id")[:limit])


def by_ref(access: Access, ref: UUID) -> AppointmentView:
    """One appointment by public reference; raises Appointment.DoesNotExist outside the access."""
    appointment = _visible(access).get(ref=ref)
    if not patients.visible(access).filter(pk=appointment.patient_id).exists():
        raise Appointment.DoesNotExist
    return _views([appointment])[0]


def seat_by_ref(access: Access, ref: UUID) -> SeatView:
    """One place, without its person; raises Seat.DoesNotExist outside the access. For the page that books it."""
    found = Seat.objects.select_related("session", "type")
    if not access.everything:
        found = found.filter(session__organisation_id__in=_organisations(access))
    seat = found.get(ref=ref)
    taken = Appointment.objects.filter(seat=seat, state__in=TAKEN).exists()
    return SeatView(
        ref=seat.ref,
        id=seat.pk,
        starts_at=seat.starts_at,
        minutes=seat.minutes,
        type_name=seat.type.name,
        state="booked" if taken else _empty(seat.state, 0),
    )


def free_places(
    access: Access,
    organisation_id: int,
    *,
    type_id: int | None = None,
    day: date | None = None,
    patient_id: int | None = None,
    limit: int = 50,
) -> list[FreePlace]:
    """Places that can be booked now, the earliest first, of a type and on a day if given.

    For a patient those that fit come first, and the others say why they do not. Raises NotPermitted, and Patient.DoesNotExist
    outside the access.
    """
    _check(access, organisation_id)
    if patient_id is not None:
        patients.by_id(access, patient_id)
    others = Appointment.objects.filter(seat=OuterRef("pk"), state__in=TAKEN)
    found = Seat.objects.filter(
        ~Exists(others), session__organisation_id=organisation_id, state="open", starts_at__gt=clock.now()
    )
    if type_id is not None:
        found = found.filter(type_id=type_id)
    if day is not None:
        found = found.filter(session__day=day)
    lacks = unmet([patient_id], list(found.values_list("id", flat=True))) if patient_id is not None else {}
    ordered = found.select_related("session", "type").order_by("starts_at", "id")
    misfits = [key for _, key in lacks]
    seats = list(ordered.exclude(pk__in=misfits)[:limit]) if misfits else list(ordered[:limit])
    if misfits and len(seats) < limit:
        seats += ordered.filter(pk__in=misfits)[: limit - len(seats)]
    return [
        FreePlace(
            ref=seat.ref,
            starts_at=seat.starts_at,
            minutes=seat.minutes,
            clinician=seat.session.clinician,
            type_name=seat.type.name,
            source=seat.session.source,
            misfits=lacks.get((patient_id or 0, seat.pk), ()),
        )
        for seat in seats
    ]


def types_of(access: Access, organisation_id: int) -> list[AppointmentType]:
    """An organisation's types of appointment by name. Raises NotPermitted."""
    _check(access, organisation_id)
    return list(AppointmentType.objects.filter(organisation_id=organisation_id).order_by("name"))


def day_counts(access: Access, organisation_id: int, day: date) -> DayCounts:
    """What the appointments of a day add up to. Raises NotPermitted."""
    _check(access, organisation_id)
    start, end = clock.london_day(day)
    stands = Q(state__in=("booked", "arrived", "fulfilled", "noshow", "cancelling", "pending"))
    cancelled = Q(state__in=("cancelled", "cancelling"))
    of_the_day = Appointment.objects.filter(organisation_id=organisation_id, starts_at__gte=start, starts_at__lt=end)
    unsent = _not_texted(of_the_day.filter(reminded_at__isnull=False).values_list("id", flat=True))
    row = of_the_day.aggregate(
        booked=Count("id", filter=stands),
        reminded=Count("id", filter=Q(reminded_at__isnull=False) & ~Q(pk__in=unsent)),
        confirmed=Count("id", filter=Q(confirmed_at__isnull=False)),
        cancelled_by_patient=Count("id", filter=cancelled & Q(reason="patient")),
        cancelled_by_practice=Count("id", filter=cancelled & Q(reason="practice")),
        cancelled_outside=Count("id", filter=cancelled & Q(reason="outside")),
        moved=Count("id", filter=cancelled & Q(reason="moved")),
        missed=Count("id", filter=Q(state="noshow")),
        seen=Count("id", filter=Q(state="fulfilled")),
        requests_waiting=Count("id", filter=Q(state__in=("pending", "cancelling"))),
    )
    return DayCounts(**row)


def _organisations(access: Access) -> Iterable[int]:
    return access.organisations if access.may(Permission.DIARY) else ()


def _check(access: Access, organisation_id: int) -> None:
    if access.everything:
        return
    if organisation_id not in _organisations(access):
        raise NotPermitted(Permission.DIARY)


def _shown_to(access: Access, own: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """A patient's own, less what was not given to a proxy: a private kind, clinic or clinician is as if it were not there."""
    if not access.has(Part.CARE):
        return own.none()
    if access.has(Part.PRIVATE):
        return own
    private = Q()
    for said in ("seat__type__name", "seat__session__name", "seat__session__clinician", "seat__session__site__name"):
        private |= Q(**{f"{said}__iregex": IN_SQL})
    return own.exclude(private)


def _visible(access: Access) -> QuerySet[Appointment]:
    found = Appointment.objects.select_related(
        "seat__session__site", "seat__type", "seat__course_date__course", "organisation"
    )
    if access.everything:
        return found
    if access.patient_id is not None:
        return _shown_to(access, found.filter(patient_id=access.patient_id))
    return found.filter(organisation_id__in=_organisations(access))


def _views(found: Iterable[Appointment]) -> list[AppointmentView]:
    """Appointments as pages show them, with their interpreters in one query."""
    appointments = list(found)
    interpreters = interpreters_of(a.pk for a in appointments)
    return [_view(a, interpreters.get(a.pk, ())) for a in appointments]


def _view(a: Appointment, interpreters: tuple[InterpreterView, ...]) -> AppointmentView:
    seat, session, kind = a.seat, a.seat.session, a.seat.type
    return AppointmentView(
        id=a.pk,
        ref=a.ref,
        patient_id=a.patient_id,
        organisation_id=a.organisation_id,
        organisation=a.organisation.name,
        starts_at=a.starts_at,
        minutes=seat.minutes,
        clinician=session.clinician,
        session_name=session.name,
        site=session.site.name,
        type_id=kind.pk,
        type_name=kind.name,
        source=session.source,
        state=a.state,
        reason=a.reason,
        booked_via=a.booked_via,
        confirmed_at=a.confirmed_at,
        reply_may_cancel=kind.reply_may_cancel,
        may_refill=kind.may_refill,
        interpreters=interpreters,
        course=seat.course_date.course.name if seat.course_date is not None else "",
    )
