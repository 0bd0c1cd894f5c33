"""Choose a time after triage: the day, the time, and then sure. Signed in, or by the link of a text after the date of birth.

By the link the page names no service, no place and no clinician, whoever holds the telephone (clinical.md 6.2). A time is kept
for a few minutes while the patient makes sure, and whoever is quicker has it: then the next ones are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from onedoor.booking import api as booking
from onedoor.booking.types import FreePlace
from onedoor.kernel.access import Access, Part
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time, long_day
from onedoor.portal import birth
from onedoor.portal.tracker import PROVED
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient_or_proxy, public
from onedoor.ui.pages import page

GONE = "That time has just gone. Nothing is booked. Choose another."
BUSY = "You have another appointment at that time. Nothing is booked. Choose another."
_DAYS_SHOWN = 10


@dataclass(frozen=True)
class _Chooser:
    """Who chooses for which referral; `by_link` that they have not signed in, and `back` where they came from."""

    access: Access
    referral: referrals.Referral
    here: str
    back: str
    by_link: bool


@patient_or_proxy(Part.CHANGES)
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Choose a time for one of the patient's own referrals; a proxy who may change appointments chooses for them."""
    access = granted(request)
    try:
        one = referrals.own(access, ref)
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error
    return _page(request, _Chooser(access, one, reverse("my_choose", args=[ref]), reverse("my_referrals"), False))


@public
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same by the link of a text, which opens the page of one referral; after the date of birth."""
    try:
        link = referrals.track_link_of(token)
        asked = birth.ask(request, key=PROVED, link=link.pk, is_right=lambda day: _is_right(token, day))
    except referrals.LinkClosed:
        return page(request, "portal/tracker_over.jinja", status=404)
    if asked:
        return asked
    patient_id = link.referral.patient_id
    assert patient_id is not None
    by = Actor("patient", patient_id, "link in a text", link.referral.service.organisation_id)
    access = Access(actor=by, patient_id=patient_id, purpose="own record")
    one = referrals.own(access, link.referral.ref)
    return _page(request, _Chooser(access, one, reverse("choose", args=[token]), reverse("track", args=[token]), True))


def _is_right(token: str, born_on: date) -> bool:
    right = referrals.born_on_is(token=token, born_on=born_on)
    # The third wrong try has closed it.
    referrals.track_link_of(token)
    return right


def _page(request: HttpRequest, who: _Chooser) -> HttpResponse:
    if not referrals.may_book(who.access, who.referral):
        return _shown(request, who, "portal/choose_not.jinja")
    wish = request.POST.get("wish", "")
    if wish == "wait":
        return _wait(request, who)
    if wish in ("hold", "book"):
        return _take(request, who, wish)
    if wish in ("course", "course_wait"):
        return _join(request, who, wish)
    return _times(request, who)


def _take(request: HttpRequest, who: _Chooser, wish: str) -> HttpResponse:
    try:
        seat_ref = UUID(request.POST.get("to", ""))
    except ValueError:
        return _times(request, who)
    try:
        if wish == "hold":
            held = referrals.hold_visit(access=who.access, ref=who.referral.ref, seat_ref=seat_ref)
            return _shown(request, who, "portal/choose_sure.jinja", when=_at(held.starts_at), to=seat_ref)
        booked = referrals.book_visit(access=who.access, ref=who.referral.ref, seat_ref=seat_ref, via="portal")
    except (booking.SeatTaken, booking.TooLate):
        return _times(request, who, wrong=GONE)
    except booking.PatientBusy:
        return _times(request, who, wrong=BUSY)
    except (booking.BookingError, referrals.NotDone):
        return _shown(request, who, "portal/choose_not.jinja")
    return _shown(
        request,
        who,
        "portal/choose_done.jinja",
        when=_at(booked.starts_at),
        sure=booked.state == "booked",
        place=booked.seat.session.site.name,
    )


def _wait(request: HttpRequest, who: _Chooser) -> HttpResponse:
    try:
        referrals.wait_for_visit(access=who.access, ref=who.referral.ref, via="portal")
    except (booking.BookingError, referrals.NotDone):
        return _shown(request, who, "portal/choose_not.jinja")
    return _shown(request, who, "portal/choose_waits.jinja")


def _join(request: HttpRequest, who: _Chooser, wish: str) -> HttpResponse:
    """A place at every date of a course, or on its list."""
    try:
        chosen = UUID(request.POST.get("to", ""))
    except ValueError:
        return _times(request, who)
    ref = who.referral.ref
    try:
        if wish == "course_wait":
            referrals.wait_for_course(access=who.access, ref=ref, course_ref=chosen, via="portal")
            return _shown(request, who, "portal/choose_waits.jinja", course=chosen)
        referrals.book_course(access=who.access, ref=ref, course_ref=chosen, via="portal")
    except booking.BusyOn as busy:
        dates = ", ".join(_at(moment) for moment in busy.dates)
        return _times(request, who, wrong=f"You have another appointment on: {dates}. Nothing is booked.")
    except (booking.CourseFull, booking.CourseClosed):
        return _times(request, who, wrong="The last place has just gone. Nothing is booked. Choose again.")
    except (booking.BookingError, referrals.NotDone):
        return _shown(request, who, "portal/choose_not.jinja")
    one = next((c for c in referrals.courses(who.access, who.referral) if c.ref == chosen), None)
    return _shown(request, who, "portal/choose_course_done.jinja", course=one)


def _times(request: HttpRequest, who: _Chooser, *, wrong: str = "") -> HttpResponse:
    """The days on which something is free, and courses; with a day its times, with a course its dates."""
    courses = referrals.courses(who.access, who.referral)
    wanted = request.GET.get("course", "")
    joins = next((one for one in courses if str(one.ref) == wanted), None)
    if joins is not None and not wrong:
        return _shown(request, who, "portal/choose_course.jinja", course=joins)
    days = _by_day(referrals.places(who.access, who.referral))
    day = request.GET.get("day", "")
    chosen = next((one for one in days if one[0].isoformat() == day), None)
    if day and chosen is None and not wrong:
        wrong = "Nothing is free on that day any more. Choose another."
    if chosen is not None and not wrong:
        return _shown(request, who, "portal/choose_time.jinja", day=chosen[0], places=chosen[1])
    more = "all" in request.GET
    return _shown(
        request,
        who,
        "portal/choose_day.jinja",
        days=days if more else days[:_DAYS_SHOWN],
        more=not more and len(days) > _DAYS_SHOWN,
        wrong=wrong,
        courses=courses,
    )


def _by_day(free: Sequence[FreePlace]) -> list[tuple[date, list[FreePlace]]]:
    """One place for each moment: with whom is not said here, so that two at once are the same to choose from."""
    times = {place.starts_at: place for place in reversed(free)}
    days = groupby((times[moment] for moment in sorted(times)), key=lambda one: one.starts_at.astimezone(LONDON).date())
    return [(day, list(places)) for day, places in days]


def _shown(request: HttpRequest, who: _Chooser, template: str, **context: Any) -> HttpResponse:
    service = who.referral.service
    ring = service.phone or service.organisation.phone
    frame = "portal/change_base.jinja" if who.by_link else "portal/base.jinja"
    return page(request, template, frame=frame, who=who, ring=ring, **context)


def _at(moment: datetime) -> str:
    return f"{long_day(moment)} at {clock_time(moment)}"
