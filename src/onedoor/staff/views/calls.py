"""The one number, by hand: begin a contact, be sure who rings, tell them, and leave behind what has to be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
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
from onedoor.patients.types import Card
from onedoor.referrals import api as referrals
from onedoor.reporting import api as reporting
from onedoor.staff.addresses import typed_day
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
    last = min(typed_day(request.GET.get("last", "")) or today, today)
    first = min(typed_day(request.GET.get("first", "")) or last - timedelta(days=35), last)
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
        asked=_asked(door.contact_figures(access, first, last)),
        today=today,
    )


@dataclass(frozen=True)
class Asked:
    """What callers wanted, as it may be passed on: counts below 5 hidden, the others to the nearest 5."""

    contacts: str
    where: str
    where_share: str
    handed: str
    joined: str
    outcomes: tuple[tuple[str, str], ...]
    few: int
    """Outcomes of too few to be listed."""


def _asked(found: door.ContactFigures) -> Asked | None:
    if not found.contacts:
        return None
    hidden = reporting.HIDDEN
    where = reporting.shown(found.where)
    told = list(zip(found.by_outcome, reporting.parts_shown(list(found.by_outcome.values())), strict=True))
    share = f"{found.where_share:.0f}%" if where != hidden and found.where_share is not None else hidden
    return Asked(
        contacts=reporting.shown(found.contacts),
        where=where,
        where_share=share,
        handed=reporting.shown(found.handed),
        joined=reporting.shown(found.joined),
        outcomes=tuple((door.OUTCOMES[key], part) for key, part in told if part != hidden),
        few=sum(part == hidden and found.by_outcome[key] > 0 for key, part in told),
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
    return _page(request, live_contact(granted(request), ref), {})


def _page(request: HttpRequest, live: door.Live, said: Mapping[str, str]) -> HttpResponse:
    """The page of a live contact; `said` is what of the caller's points did not open anybody's record."""
    asked = directory.read_asked(request.GET)
    findings = directory.find(asked.words, **asked.how, by_patient=False) if asked.words else None
    return staff_page(
        request,
        "staff/call.jinja",
        "calls",
        live=live,
        said=said,
        minutes=minutes_left(live.view),
        asked=asked,
        findings=findings,
        found=findings.found[:_SERVICES] if findings else (),
        danger=danger(asked.words, findings),
        misses=directory.MISSES,
        kept=request.GET.get("kept", ""),
        desks=door.desks(live.organisation_id, live.view),
        outcomes=door.OUTCOMES,
        done=[door.DEEDS[kind] for kind in live.deeds],
        suggested=next((door.SUGGESTED[kind] for kind in reversed(live.deeds) if kind in door.SUGGESTED), ""),
        back_in=BACK_IN,
        **(_seen(live, live.view) if live.view else {}),
    )


def minutes_left(view: door.View | None) -> int:
    """How long a view still lasts, at least one; 0 for none."""
    return max(1, round((view.until - clock.real_now()).total_seconds() / 60)) if view else 0


def live_contact(access: Access, ref: UUID) -> door.Live:
    try:
        return door.live(access, ref)
    except door.Contact.DoesNotExist as error:
        raise Http404 from error


def card_of(view: door.View) -> Card:
    """Whom the view shows. Where nothing that identifies may be said, no address and no number stands on the page."""
    card = patients.card(view.access, view.patient_id)
    if card.restricted:
        card = replace(card, address="", postcode="", mobiles=(), landlines=(), emails=())
    return card


def _seen(live: door.Live, view: door.View) -> dict[str, Any]:
    card = card_of(view)
    return {
        "card": card,
        "age": _years(card.born_on, clock.today()),
        "where": referrals.where_is(view.access, view.patient_id),
        "visits": door.visits(live, view),
        "to_book": referrals.to_book(view.access, view.patient_id),
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
    live = live_contact(access, ref)
    if born and points.born_on is None:
        messages.error(request, "That is no date of birth: write it as 7/12/1980.")
        return _page(request, live, said)
    try:
        door.find_caller(access=access, ref=ref, points=points)
    except door.NotIdentified as why:
        messages.error(request, str(why))
        # A page in answer, not a redirect: what they said stands in no address.
        return _page(request, live_contact(access, ref), said)
    return redirect("call", ref)


@staff(Permission.CALLS)
@require_POST
def service(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Look for a service in the caller's words, or say what the search ended in: a gap is kept with need and place, no name."""
    access = granted(request)
    live_contact(access, ref)
    asked = directory.read_asked(request.POST)
    here = reverse("call", args=[ref])
    if not asked.words:
        return redirect(here)
    findings = directory.find(asked.words, **asked.how, by_patient=False)
    said = request.POST
    chosen = said.get("taken") or said.get("refer") or said.get("book")
    taken = next((one.card for one in findings.found if one.card.slug == chosen), None)
    refused = "none" in said
    kept = door.end_search(
        access=access,
        ref=ref,
        findings=findings,
        place=asked.place,
        taken=taken.slug if taken else "",
        refused=refused,
        after=asked.after,
    )
    if refused:
        messages.success(request, "Kept as a gap: nothing that was found would do.")
        return redirect(here)
    if taken:
        as_gap = " It is second best, which is kept as a gap." if kept else ""
        if as_gap and "taken" not in said:
            messages.success(request, as_gap.strip())
        if "refer" in said:
            return redirect(f"{reverse('call_refer', args=[ref])}?service={taken.slug}")
        if "book" in said:
            return redirect("call_places", ref)
        messages.success(request, f"They were told of {taken.name}.{as_gap}")
        return redirect(here)
    return redirect(f"{here}?{asked.query}" + (f"&kept={kept}" if kept else "") + "#service")


@staff(Permission.CALLS)
@require_POST
def number(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The number that rings, or that it is withheld."""
    said = "" if "withheld" in request.POST else request.POST.get("number", "").strip()
    if not said and "withheld" not in request.POST:
        messages.error(request, "Give the number, or say that it is withheld.")
        return redirect("call", ref)
    return do(request, ref, lambda access: door.note_number(access=access, ref=ref, number=said))


@staff(Permission.CALLS)
@require_POST
def told(request: HttpRequest, ref: UUID) -> HttpResponse:
    """They asked where a referral is and heard it."""
    try:
        referral = UUID(request.POST.get("referral", ""))
    except ValueError as error:
        raise Http404 from error
    return do(request, ref, lambda access: door.told(access=access, ref=ref, referral_ref=referral), "Kept: told.")


@staff(Permission.CALLS)
@require_POST
def hand_over(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Give it to a desk, here or elsewhere, with what was heard; or connect the caller to it now."""
    said = request.POST
    now = "now" in said
    return do(
        request,
        ref,
        lambda access: door.hand_over(
            access=access,
            ref=ref,
            team=said.get("team", ""),
            words=said.get("words", ""),
            told=said.get("told", ""),
            number=said.get("number", ""),
            on_the_line=now,
        ),
        "Connected: say to both who the other is, and end the call."
        if now
        else "Handed over: it is on their list. Say goodbye, and end the call.",
    )


@staff(Permission.CALLS)
@require_POST
def ring_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Promise to ring back, by a moment."""
    said = request.POST
    hours = said.get("within", "")
    by_when = clock.now() + timedelta(hours=int(hours)) if hours in BACK_IN else None
    return do(
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
    answer = do(
        request, ref, lambda access: door.end(access=access, ref=ref, outcome=request.POST.get("outcome", "")), "Ended."
    )
    return redirect("calls") if door.open_contact(granted(request)) is None else answer


def do(
    request: HttpRequest, ref: UUID, act: Callable[[Access], object], done: str = "", back: str = "", refused: str = ""
) -> HttpResponse:
    """Do it and say so, on the contact's page or at `back`; a refusal is said there, or at `refused`, and nothing was changed."""
    try:
        act(granted(request))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except door.NotSeen as why:
        messages.error(request, str(why))
        return redirect("call", ref)
    except (door.NotDone, booking.BookingError, referrals.NotDone) as why:
        messages.error(request, str(why))
        back = refused or back
    else:
        if done:
            messages.success(request, done)
    return redirect(back or reverse("call", args=[ref]))


def _years(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _day(said: str) -> date | None:
    for how in ("%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(said.strip(), how).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None
