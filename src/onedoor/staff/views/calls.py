"""The one number, by hand: begin a contact, be sure who rings, tell them, and leave behind what has to be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.booking import api as booking
from onedoor.calls import api as door
from onedoor.directory import api as directory
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.referrals import api as referrals
from onedoor.staff.frame import staff_page
from onedoor.staff.views.directory import danger
from onedoor.ui.access import granted, staff

_SERVICES = 5
BACK_IN = {"1": "Within the hour", "4": "Within four hours", "24": "By this time tomorrow"}


@staff(Permission.CALLS)
@require_GET
def calls(request: HttpRequest) -> HttpResponse:
    """Begin a contact or go on with one; one's own of late; and how the line was answered, by the definition chosen."""
    access, today = granted(request), clock.today()
    last = min(_day(request.GET.get("last", "")) or today, today)
    first = min(_day(request.GET.get("first", "")) or last - timedelta(days=35), last)
    definition = request.GET.get("definition", "x-on")
    if definition not in door.DEFINITIONS:
        raise Http404
    return staff_page(
        request,
        "staff/calls.jinja",
        "calls",
        live=door.open_contact(access),
        lately=door.lately(access),
        outcomes=door.OUTCOMES,
        figures=door.figures(access, first, last, definition),
        definitions=door.DEFINITIONS,
        today=today,
    )


@staff(Permission.CALLS)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Somebody rings."""
    return redirect("call", door.start(access=granted(request)))


@staff(Permission.CALLS)
@require_GET
def call(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The contact: who rings, and once that is sure and while it lasts, what they may be told."""
    return _page(request, _live(granted(request), ref), {})


def _page(request: HttpRequest, live: door.Live, said: Mapping[str, str]) -> HttpResponse:
    """The page of a live contact; `said` is what of the caller's points did not open anybody's record."""
    asked = directory.read_asked(request.GET)
    findings = directory.find(asked.words, place=asked.place, age=asked.age, by_patient=False) if asked.words else None
    return staff_page(
        request,
        "staff/call.jinja",
        "calls",
        live=live,
        said=said,
        minutes=live.view and max(1, round((live.view.until - clock.real_now()).total_seconds() / 60)),
        asked=asked,
        findings=findings,
        found=findings.found[:_SERVICES] if findings else (),
        danger=danger(asked.words, findings),
        misses=directory.MISSES,
        kept=request.GET.get("kept", ""),
        teams=door.TEAM_NAMES,
        outcomes=door.OUTCOMES,
        back_in=BACK_IN,
        **(_seen(live.view) if live.view else {}),
    )


def _live(access: Access, ref: UUID) -> door.Live:
    try:
        return door.live(access, ref)
    except door.Contact.DoesNotExist as error:
        raise Http404 from error


def _seen(view: door.View) -> dict[str, Any]:
    """What the view shows. Where nothing that identifies may be said, no address and no number stands on the page."""
    card = patients.card(view.access, view.patient_id)
    if card.restricted:
        card = replace(card, address="", postcode="", mobiles=(), landlines=(), emails=())
    return {
        "card": card,
        "age": _years(card.born_on, clock.today()),
        "where": referrals.where_is(view.access, view.patient_id),
        "upcoming": booking.upcoming_of(view.access, view.patient_id),
    }


@staff(Permission.CALLS)
@require_POST
def find(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What the caller says of themselves: the record opens if it is one patient's, and is not said to be near otherwise."""
    said = request.POST
    born = said.get("born_on", "").strip()
    points = door.Points(
        name=said.get("name", ""),
        born_on=_day(born),
        postcode=said.get("postcode", ""),
        nhs_number=said.get("nhs_number", ""),
    )
    access = granted(request)
    live = _live(access, ref)
    if born and points.born_on is None:
        messages.error(request, "That is no date of birth: write it as 7/12/1980.")
        return _page(request, live, said)
    try:
        door.find_caller(access=access, ref=ref, points=points)
    except door.NotIdentified as why:
        messages.error(request, str(why))
        # A page in answer, not a redirect: what they said stands in no address.
        return _page(request, _live(access, ref), said)
    return redirect("call", ref)


@staff(Permission.CALLS)
@require_POST
def service(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Look for a service in the caller's words, or say what the search ended in: a gap is kept with need and place, no name."""
    access = granted(request)
    _live(access, ref)
    asked = directory.read_asked(request.POST)
    here = reverse("call", args=[ref])
    if not asked.words:
        return redirect(here)
    findings = directory.find(asked.words, place=asked.place, age=asked.age, by_patient=False)
    taken = next((one.card for one in findings.found if one.card.slug == request.POST.get("taken")), None)
    refused = "none" in request.POST
    kept = directory.end_search(
        findings=findings,
        place=asked.place,
        via="staff",
        taken=taken.slug if taken else None,
        refused=refused,
        after=asked.after,
        by=access.actor,
    )
    if refused:
        messages.success(request, "Kept as a gap: nothing that was found would do.")
        return redirect(here)
    if taken:
        as_gap = " It was second best, which is kept as a gap." if kept else ""
        messages.success(request, f"They were told of {taken.name}.{as_gap}")
        return redirect(here)
    return redirect(f"{here}?{asked.query}" + (f"&kept={kept}" if kept else "") + "#service")


@staff(Permission.CALLS)
@require_POST
def hand_over(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Give it to a team, with what was heard."""
    team, words = request.POST.get("team", ""), request.POST.get("words", "")
    return _do(
        request,
        ref,
        lambda access: door.hand_over(access=access, ref=ref, team=team, words=words),
        "Handed over: it is on their list. Say goodbye, and end the call.",
    )


@staff(Permission.CALLS)
@require_POST
def ring_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Promise to ring back, by a moment."""
    said = request.POST
    hours = said.get("within", "")
    by_when = clock.now() + timedelta(hours=int(hours)) if hours in BACK_IN else None
    return _do(
        request,
        ref,
        lambda access: door.ask_call_back(
            access=access, ref=ref, number=said.get("number", ""), words=said.get("words", ""), by_when=by_when
        ),
        "On reception’s list to ring back.",
    )


@staff(Permission.CALLS)
@require_POST
def end(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The call is over."""
    answer = _do(
        request, ref, lambda access: door.end(access=access, ref=ref, outcome=request.POST.get("outcome", "")), "Ended."
    )
    return redirect("calls") if door.open_contact(granted(request)) is None else answer


def _do(request: HttpRequest, ref: UUID, act: Callable[[Access], None], done: str = "") -> HttpResponse:
    try:
        act(granted(request))
    except door.Contact.DoesNotExist as error:
        raise Http404 from error
    except door.NotDone as why:
        messages.error(request, str(why))
    else:
        if done:
            messages.success(request, done)
    return redirect("call", ref)


def _years(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _day(said: str) -> date | None:
    for how in ("%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(said.strip(), how).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None
