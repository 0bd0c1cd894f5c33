"""A patient's own pages: what happens next, and the few things they can do about it themselves."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.booking.types import AppointmentView
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part
from onedoor.kernel.words import clock_time, long_day
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.patients.types import Card
from onedoor.portal import asking
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient, patient_or_proxy, public
from onedoor.ui.pages import page

_AHEAD = ("pending", "booked", "cancelling")
_NOT_ARRIVED = ("unreached", "dead number", "technical failure", "refused", "expired", "suppressed")


@patient_or_proxy(Part.CARE, Part.LETTERS, Part.MESSAGES)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What happens next: a place that may be had, then the appointments ahead, then where referrals are.

    A proxy who may only read begins here too, and sees where to: each read asks for its own part.
    """
    access, me = _me(request)
    return page(
        request,
        "portal/home.jinja",
        me=me,
        offers=booking.open_offers_of(access, me.id),
        # A course stands there as one thing, not date by date.
        upcoming=[a for a in booking.upcoming_of(access, me.id) if not a.course],
        courses=booking.courses_of_patient(access, me.id),
        referrals=referrals.where_is(access, me.id),
        # What somebody is asked about themselves, only they answer.
        **(
            asking.section(access, me.id)
            if access.parts is None
            else {"questionnaires": [], "questions": [], "invitations": []}
        ),
        **_frame(access),
    )


@patient_or_proxy(Part.CARE)
@require_GET
def appointment(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One appointment, and what can be done about it."""
    access, me = _me(request)
    found = _appointment(access, me.id, ref)
    return page(
        request,
        "portal/appointment.jinja",
        me=me,
        a=found,
        ahead=is_ahead(found),
        waiting=any(entry.own_starts_at == found.starts_at for entry in booking.waiting_list(access, patient_id=me.id)),
        phone=accounts.telephone(found.organisation_id),
        **_frame(access),
    )


@patient_or_proxy(Part.CHANGES)
@require_POST
def coming(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The same as answering YES to the reminder."""
    access, me = _me(request)
    found = _appointment(access, me.id, ref)

    def do() -> str:
        try:
            _answer(access, found, "confirm")
        except messaging.NotOpen:
            # Nobody has asked yet, and they say so all the same.
            booking.confirm(appointment_id=found.id, by=access.actor)
        return "Thank you. We expect you."

    return _try(request, do, reverse("my_appointment", args=[ref]))


@patient_or_proxy(Part.CHANGES)
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Ask once, then cancel; only what a reply could cancel too."""
    access, me = _me(request)
    found = _appointment(access, me.id, ref)
    if not found.reply_may_cancel or found.state not in ("booked", "pending") or not is_ahead(found):
        return redirect("my_appointment", ref=ref)
    if request.method == "GET":
        return page(request, "portal/cancel.jinja", me=me, a=found)

    def do() -> str:
        _answer(access, found, "cancel")
        said = f"{long_day(found.starts_at)} at {clock_time(found.starts_at)}"
        ended = booking.by_ref(access, ref).state == "cancelled"
        return f"{said} is {'cancelled' if ended else 'being cancelled'}. Thank you for telling us."

    return _try(request, do, reverse("my_home"))


@patient_or_proxy(Part.CHANGES)
@require_POST
def earlier(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The same as answering EARLY."""
    access, me = _me(request)
    found = _appointment(access, me.id, ref)

    def do() -> str:
        if _answer(access, found, "earlier"):
            return "We will text you when an earlier appointment comes free."
        return "The practice will be in touch. Until then you keep this one."

    return _try(request, do, reverse("my_appointment", args=[ref]))


@patient_or_proxy(Part.CHANGES)
@require_POST
def answer_offer(request: HttpRequest, ref: UUID, answer: str) -> HttpResponse:
    """Take an offered place, or stay as you are."""
    access, _ = _me(request)
    try:
        offer = booking.offer_by_ref(access, ref)
    except booking.Offer.DoesNotExist as error:
        raise Http404 from error
    if answer not in ("accept", "decline"):
        raise Http404

    def do() -> str:
        if answer == "decline":
            booking.decline_offer(offer_id=offer.pk, by=access.actor)
            return "Thank you for telling us. Nothing of yours has changed."
        made = booking.accept_offer(offer_id=offer.pk, by=access.actor)
        if made.state == "pending":
            return "The practice is booking it for you now, and will text you when it is sure."
        return "It is yours. See you then."

    return _try(request, do, reverse("my_home"))


@patient_or_proxy(Part.MESSAGES)
@require_GET
def messages_page(request: HttpRequest) -> HttpResponse:
    """Texts between the patient and the practice."""
    access, me = _me(request)
    return page(
        request,
        "portal/messages.jinja",
        me=me,
        texts=messaging.texts_of_patient(access, me.id),
        not_arrived=_NOT_ARRIVED,
    )


@public
@require_GET
def genuine(request: HttpRequest) -> HttpResponse:
    """Did you send me this? Whose a sending number is, for anybody; nothing here depends on who is a patient."""
    number = request.GET.get("number", "").strip()[:20]
    senders = [accounts.sender(key) for key in messaging.texts_from(number)]
    return page(request, "portal/genuine.jinja", number=number, is_number=messaging.is_number(number), senders=senders)


@patient
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Who else has looked at the patient's record."""
    access, me = _me(request)
    seen = [look for look in records.who_looked(access, me.id) if look.actor_kind != "patient"]
    openings = patients.openings_of(access, me.id)
    return page(request, "portal/looks.jinja", me=me, looks=seen, openings=openings, practice=me.practice)


def _frame(access: Access) -> dict[str, bool]:
    """What the page may lead to: all of it for the patient, and for a proxy what was given to them."""
    return {
        "may_see_care": access.has(Part.CARE),
        "may_change": access.has(Part.CHANGES),
        "may_read": access.has(Part.LETTERS),
        "may_see_texts": access.has(Part.MESSAGES),
        "own": access.parts is None,
    }


def _answer(access: Access, about: AppointmentView, intent: str) -> bool:
    """The same as the text would have done; False when a person must look first."""
    acted = messaging.answer(
        access=access,
        patient_id=about.patient_id,
        kind="appointment",
        subject_id=about.id,
        intent=intent,
        via="portal",
    )
    return acted.done


def is_ahead(found: AppointmentView) -> bool:
    """Whether an appointment is still to come."""
    return found.state in _AHEAD and found.starts_at > clock.now()


def _me(request: HttpRequest) -> tuple[Access, Card]:
    access = granted(request)
    assert access.patient_id is not None
    return access, patients.card(access, access.patient_id)


def _mine(access: Access, patient_id: int) -> list[AppointmentView]:
    return list(booking.appointments_of(access, patient_id))


def _appointment(access: Access, patient_id: int, ref: UUID) -> AppointmentView:
    found = next((a for a in _mine(access, patient_id) if a.ref == ref), None)
    if found is None:
        raise Http404
    return found


def _try(request: HttpRequest, do: Callable[[], str], then: str) -> HttpResponse:
    try:
        messages.success(request, do())
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing of yours has changed.")
    except messaging.NotOpen:
        messages.error(request, "It is too late for that. Please ring the practice.")
    return redirect(then)
