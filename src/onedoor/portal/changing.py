"""Another time by the link of a text: opened with the date of birth, without signing in.

The page names no clinic, no clinician and no reason, whoever holds the telephone (clinical.md 6.2).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time, short_day
from onedoor.messaging import api as messaging
from onedoor.portal import birth
from onedoor.ui.access import public
from onedoor.ui.pages import page

PROVED = "change_link"
"""Where the session keeps which link was opened with the right date of birth, and until when."""


@public
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link: the date of birth, then other times, and keeping or cancelling what they have."""
    try:
        link = booking.link_of(token)
        asked = birth.ask(request, key=PROVED, link=link.pk, is_right=lambda born_on: _is_right(token, born_on))
        if asked is not None:
            return asked
        return _do(request, token) if request.method == "POST" else _times(request, token)
    except booking.LinkClosed:
        return page(request, "portal/change_over.jinja", status=404)


def _is_right(token: str, born_on: date) -> bool:
    right = booking.born_on_is(token=token, born_on=born_on)
    # The third wrong try has closed it.
    booking.link_of(token)
    return right


def _do(request: HttpRequest, token: str) -> HttpResponse:
    link = booking.link_of(token)
    mine = link.appointment
    access = Access.of_patient(mine.patient_id)
    practice, phone = accounts.sender(mine.organisation_id)
    wish, was = request.POST.get("wish", ""), _at(mine.starts_at)

    def move() -> str:
        by = Actor("patient", mine.patient_id, "link in a text", mine.organisation_id)
        new = booking.choose(token=token, seat_ref=UUID(request.POST.get("to", "")), by=by)
        if new.state == "pending":
            return f"We are booking {_at(new.starts_at)} and will text you when it is sure. Until then you keep {was}."
        return f"Your appointment is now {_at(new.starts_at)}. You no longer have {was}."

    def keep() -> str:
        try:
            _answer(access, mine.patient_id, mine.pk, "confirm")
        except messaging.NotOpen:
            booking.confirm(appointment_id=mine.pk, by=access.actor)
        return f"Thank you. You keep {was}."

    def cancel() -> str:
        if not _answer(access, mine.patient_id, mine.pk, "cancel"):
            return f"The practice will be in touch. Until then you keep {was}."
        ended = booking.by_ref(access, mine.ref).state == "cancelled"
        return f"{was} is {'cancelled' if ended else 'being cancelled'}. Thank you for telling us."

    deeds: dict[str, Callable[[], str]] = {"move": move, "keep": keep, "cancel": cancel}
    if wish not in deeds:
        return _times(request, token)
    try:
        said = deeds[wish]()
    except ValueError:
        return _times(request, token)
    except booking.SeatTaken:
        return _times(request, token, wrong="That time has just gone. Nothing of yours has changed. Choose another.")
    except booking.PatientBusy:
        return _times(request, token, wrong="You have another appointment at that time. Nothing of yours has changed.")
    except (booking.BookingError, messaging.NotOpen):
        wrong = f"That cannot be done here. Nothing of yours has changed. Please ring {phone}."
        return _times(request, token, wrong=wrong)
    return page(request, "portal/change_done.jinja", said=said, practice=practice, phone=phone)


def _times(request: HttpRequest, token: str, *, wrong: str = "") -> HttpResponse:
    mine = booking.link_of(token).appointment
    free = booking.other_times(mine)
    practice, phone = accounts.sender(mine.organisation_id)
    # One button for each moment: with whom is not said here, so that two at once are the same to choose from.
    times = {place.starts_at: place for place in reversed(free)}
    days = groupby((times[moment] for moment in sorted(times)), key=lambda one: one.starts_at.astimezone(LONDON).date())
    return page(
        request,
        "portal/change.jinja",
        mine=mine,
        days=[(day, list(places)) for day, places in days],
        practice=practice,
        phone=phone,
        wrong=wrong,
    )


def _answer(access: Access, patient_id: int, appointment_id: int, intent: str) -> bool:
    acted = messaging.answer(
        access=access,
        patient_id=patient_id,
        kind="appointment",
        subject_id=appointment_id,
        intent=intent,
        via="portal",
    )
    return acted.done


def _at(moment: datetime) -> str:
    return f"{short_day(moment)} at {clock_time(moment)}"
