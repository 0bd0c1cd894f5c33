"""The diary of a day, sessions side by side, and the page of one place in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.booking import api as booking
from onedoor.booking.types import SYSTEMS, AppointmentView, SeatView, SessionView
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.records import api as records
from onedoor.staff.addresses import chosen_day
from onedoor.staff.frame import listens, organisation_of, staff_page
from onedoor.ui.access import granted, staff

CANCEL_REASONS = ("patient", "practice")


@dataclass(frozen=True)
class Place:
    """One place of the diary with the session it stands in and, when it is somebody's, their appointment."""

    day: date
    session: SessionView
    seat: SeatView
    appointment: AppointmentView | None

    @property
    def address(self) -> str:
        """Its page."""
        return reverse("place", args=[self.day, self.seat.ref])


@staff(Permission.DIARY)
@require_GET
def diary(request: HttpRequest, day: date | None = None) -> HttpResponseBase:
    """A day of the practice; `?day=` from the date field leads to the day's own address."""
    if "day" in request.GET:
        return redirect("diary_day", day=chosen_day(request.GET["day"], clock.today()))
    access = granted(request)
    topic = listens(access, "diary")
    today = clock.today()
    day = day or today
    organisation = organisation_of(access)
    found = booking.day_diary(access, organisation.pk, day)
    only = request.GET.get("state", "")
    return staff_page(
        request,
        "staff/diary.jinja",
        "diary",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        diary=found,
        sessions=[(session, _shown(session, only)) for session in found.sessions],
        only=only,
        systems=SYSTEMS,
        topic=topic,
    )


@staff(Permission.DIARY)
@require_GET
def place(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """One place: who has it and what can be done with it; a free one can be given to a patient found here."""
    access = granted(request)
    topic = listens(access, "diary")
    found = _place(access, day, ref)
    person = found.seat.person
    card = None
    if person is not None and person.name:
        card = patients.card(access, person.patient_id)
        records.look(access=access, patient_id=card.id, page="diary")
    words = request.GET.get("q", "").strip()
    people = patients.search(access, words) if words and person is None else []
    lacks = booking.fits(access, [one.pk for one in people], [found.seat.id]) if people else {}
    return staff_page(
        request,
        "staff/place.jinja",
        "diary",
        place=found,
        card=card,
        q=words,
        found=people,
        lacks={patient_id: reasons for (patient_id, _), reasons in lacks.items()},
        breaches=booking.breaches_of([found.appointment.id]).get(found.appointment.id, []) if found.appointment else [],
        begun=found.seat.starts_at <= clock.now(),
        also=recall.plans_at(access, [found.appointment.id]).get(found.appointment.id, "") if found.appointment else "",
        undoable=found.appointment is not None and booking.may_unmark(access, found.appointment.id),
        systems=SYSTEMS,
        topic=topic,
    )


@staff(Permission.DIARY)
@require_POST
def book(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """Give a free place to a patient."""
    access = granted(request)
    found = _place(access, day, ref)
    who = _patient(access, request.POST.get("patient", ""))

    def do() -> str:
        made = booking.book(
            seat_ref=found.seat.ref, patient_id=who.pk, by=access.actor, via="desk", despite=_despite(request)
        )
        asked = " It is being booked in the practice’s own diary." if made.state == "pending" else ""
        return f"{who.shown_name} has {_said(found)}.{asked}"

    return _try(request, found, do)


@staff(Permission.DIARY)
@require_POST
def cancel(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """Cancel the appointment of a place, with the reason that is coded."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)
    reason = request.POST.get("reason", "")
    if reason not in CANCEL_REASONS:
        messages.error(request, "Say who cancels: the patient or the practice.")
        return redirect(found.address)

    def do() -> str:
        left = booking.cancel(appointment_id=appointment.id, by=access.actor, reason=reason)
        if left.state == "cancelling":
            return f"{_said(found)} is being cancelled in the practice’s own diary. It is offered once that is done."
        return f"{_said(found)} is cancelled."

    return _try(request, found, do)


@staff(Permission.DIARY)
@require_POST
def mark(request: HttpRequest, day: date, ref: UUID, what: str) -> HttpResponse:
    """The patient has arrived, was seen, or did not attend."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)
    action, said = {
        "arrived": (booking.arrive, "has arrived"),
        "seen": (booking.fulfil, "was seen"),
        "missed": (booking.did_not_attend, "did not attend"),
    }[what]

    def do() -> str:
        action(appointment_id=appointment.id, by=access.actor)
        return f"{found.seat.person.name if found.seat.person else 'The patient'} {said}."

    return _try(request, found, do)


@staff(Permission.DIARY)
@require_POST
def unmark(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """The wrong mark was pressed: take it back."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)

    def do() -> str:
        booking.unmark(appointment_id=appointment.id, by=access.actor)
        return f"Taken back. {_said(found)} is as it was before."

    return _try(request, found, do)


@staff(Permission.DIARY)
@require_POST
def not_late(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """What the patient said of running late is no longer true, or was not meant so."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)

    def do() -> str:
        booking.not_late(appointment_id=appointment.id, by=access.actor)
        return f"{_said(found)} is no longer shown as late."

    return _try(request, found, do)


@staff(Permission.DIARY)
@require_GET
def move_to(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """Free places of the same kind on a day, to move an appointment to."""
    access = granted(request)
    found, _ = _taken(access, day, ref)
    person = found.seat.person
    assert person is not None
    card = patients.card(access, person.patient_id)
    records.look(access=access, patient_id=card.id, page="diary")
    on = chosen_day(request.GET.get("day"), max(day, clock.today()))
    other = booking.day_diary(access, organisation_of(access).pk, on)
    free = [
        (session, seat)
        for session in other.sessions
        for seat in session.seats
        if seat.state in ("free", "offered") and seat.type_name == found.seat.type_name and seat.starts_at > clock.now()
    ]
    lacks = booking.fits(access, [card.id], [seat.id for _, seat in free])
    return staff_page(
        request,
        "staff/move.jinja",
        "diary",
        place=found,
        card=card,
        on=on,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        today=clock.today(),
        # Those that fit first.
        free=sorted(free, key=lambda pair: ((card.id, pair[1].id) in lacks, pair[1].starts_at)),
        lacks={seat_id: reasons for (_, seat_id), reasons in lacks.items()},
    )


@staff(Permission.DIARY)
@require_POST
def move(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """Move an appointment to another place, given by its day and reference."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)
    try:
        to = _place(access, chosen_day(request.POST.get("day"), day), UUID(request.POST.get("to", "")))
    except ValueError as error:
        raise Http404 from error

    def do() -> str:
        made = booking.move(
            appointment_ref=appointment.ref, seat_ref=to.seat.ref, by=access.actor, despite=_despite(request)
        )
        if made.state == "pending":
            return f"{_said(to)} is being booked in the practice’s own diary. Until then {_said(found)} stays."
        return f"Moved from {_said(found)} to {_said(to)}."

    return _try(request, found, do, then=to)


@staff(Permission.DIARY)
@require_POST
def wants_earlier(request: HttpRequest, day: date, ref: UUID) -> HttpResponse:
    """Put the patient on the list of those who would like an earlier place."""
    access = granted(request)
    found, appointment = _taken(access, day, ref)

    def do() -> str:
        booking.join_waiting(
            patient_id=appointment.patient_id,
            appointment_id=appointment.id,
            type_id=appointment.type_id,
            via="desk",
            by=access.actor,
        )
        return "On the list: offered a place when an earlier one comes free."

    return _try(request, found, do)


def _shown(session: SessionView, only: str) -> list[SeatView]:
    return [seat for seat in session.seats if only in ("", seat.state)]


def _place(access: Access, day: date, ref: UUID) -> Place:
    """A place by its own reference or by that of the appointment in it; 404 outside the access."""
    for session in booking.day_diary(access, organisation_of(access).pk, day).sessions:
        for seat in session.seats:
            if ref in (seat.ref, seat.person.appointment_ref if seat.person else None):
                return Place(day, session, seat, _appointment(access, seat))
    raise Http404


def _taken(access: Access, day: date, ref: UUID) -> tuple[Place, AppointmentView]:
    found = _place(access, day, ref)
    if found.appointment is None:
        raise Http404
    return found, found.appointment


def _appointment(access: Access, seat: SeatView) -> AppointmentView | None:
    if seat.person is None or not seat.person.name:
        return None
    held = booking.appointments_of(access, seat.person.patient_id)
    return next((a for a in held if a.ref == seat.person.appointment_ref), None)


def _patient(access: Access, ref: str) -> patients.Patient:
    try:
        return patients.by_ref(access, UUID(ref))
    except (ValueError, patients.Patient.DoesNotExist) as error:
        raise Http404 from error


def _despite(request: HttpRequest) -> str:
    """Why somebody is given a place that does not fit them."""
    return request.POST.get("despite", "").strip()[:200]


def _said(place: Place) -> str:
    return f"{short_day(place.seat.starts_at)} at {clock_time(place.seat.starts_at)} with {place.session.clinician}"


def _try(request: HttpRequest, place: Place, do: Callable[[], str], then: Place | None = None) -> HttpResponse:
    """Do it and say so on the place's page; a refusal of booking is said there too, and nothing was changed."""
    try:
        messages.success(request, do())
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        then = None
    return redirect((then or place).address)
