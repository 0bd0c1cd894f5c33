"""The shared record: a patient's timeline across organisations, kept up to date on open pages; and break-glass with its review.

What is read of another organisation's entries is decided in one place (`records.reading`); this only lays it out. The timeline is
a piece of a page that is fetched again by itself: whether it may still be read is asked at each fetch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import page

READ = 200
SHOWN = 20
LOOKS_LAST = timedelta(hours=1)
"""A page that stays open and fetches its own news has been looked at once an hour. Ours."""
_HOUR = 3600
_OF_HEALTH = frozenset({"check", "said", "coded", "document"})
"""The kinds whose words are about health. Those of visits, referrals, invitations, offers, calls and texts tell of places."""
WITHHELD = "Words not shown: they may say where"


@dataclass(frozen=True)
class Line:
    """One item of the timeline, and how it is told. `key` names it for the page, and changes when what it says does."""

    entry: records.Entry
    key: str
    day_only: bool
    """A day is all that is known of when."""
    days: int
    """So many days ago."""
    late: bool
    """It came to be known here more than an hour after it was done."""


def shown(access: Access, patient_id: int, asked: QueryDict, *, hidden: bool = False) -> dict[str, Any]:
    """What the timeline's template needs: items as asked, and what is not shared. `hidden` leaves out whose entries they are and
    words that may say where (`_withhold`), and lets nobody ask for those of one organisation."""
    known, kept = records.record_of(access, patient_id, limit=READ)
    if hidden:
        _withhold(known)
    kind, ods = asked.get("kind", ""), "" if hidden else asked.get("from", "")
    places = {} if hidden else {entry.organisation.ods_code: entry.organisation for entry in known}
    found = [
        entry for entry in known if (not kind or entry.kind == kind) and (not ods or entry.organisation.ods_code == ods)
    ]
    whole = "all" in asked
    return {
        "lines": [_line(entry) for entry in (found if whole else found[:SHOWN])],
        "more": not whole and len(found) > SHOWN,
        "kind": kind,
        "of": ods,
        "entry_kinds": sorted({entry.kind for entry in known}),
        "places": sorted(places.values(), key=lambda place: place.name),
        "kept": [] if hidden else kept,
        "hidden": hidden,
    }


def _withhold(entries: Iterable[records.Entry]) -> None:
    """Put a code's own term, or that words are withheld, in place of words that may say where somebody is: those of kinds that
    tell of places, and any in which one that is known here is named. What is coded is read as ever."""
    names = accounts.place_names()
    for entry in entries:
        said = entry.text.casefold()
        if entry.kind not in _OF_HEALTH or any(name in said for name in names):
            entry.text = entry.code.shown_term if entry.code else WITHHELD


def fresh(access: Access, places: Iterable[accounts.Organisation]) -> list[exchange.Feed]:
    """How fresh the sources of those are whose entries a page shows, and of one's own organisation."""
    return exchange.feeds({*access.organisation_ids, *(place.pk for place in places)})


def _line(entry: records.Entry) -> Line:
    at = entry.effective_at.astimezone(clock.LONDON)
    said = (entry.intent_key, entry.text, entry.measured, entry.in_error_at, entry.awaits, entry.accepted_at)
    return Line(
        entry=entry,
        key=salted_hmac("onedoor.timeline", repr(said)).hexdigest()[:16],
        day_only=(at.hour, at.minute, at.second) == (0, 0, 0),
        days=(clock.today() - at.date()).days,
        late=(entry.recorded_at - entry.effective_at).total_seconds() > _HOUR,
    )


@staff(Permission.PATIENTS)
@require_GET
def timeline(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The timeline alone, for the open page of a patient that has heard of something new."""
    access = granted(request)
    try:
        patient = patients.by_ref(access, ref)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    records.look(access=access, patient_id=patient.pk, page="patient", unless_within=LOOKS_LAST)
    here = reverse("patient", args=[ref])
    return page(request, "staff/timeline.jinja", here=here, **shown(access, patient.pk, request.GET))


# -- break-glass ------------------------------------------------------------


@staff(Permission.BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def break_glass(request: HttpRequest) -> HttpResponseBase:
    """Open the record of a patient who is in nobody's care here: by whole NHS number and date of birth, for a reason."""
    access = granted(request)
    problem, given = "", {name: request.POST.get(name, "")[:300] for name in ("number", "born", "reason", "words")}
    if request.method == "POST":
        made = patients.break_glass(
            access=access,
            number=given["number"],
            born_on=typed_day(given["born"]),
            reason=given["reason"],
            words=given["words"],
        )
        if not isinstance(made, patients.NotOpened):
            return redirect("opened", made.ref)
        problem = str(made)
    open_now = [(one, patients.card(one.access, one.row.patient_id).name) for one in patients.open_now(access)]
    return staff_page(
        request,
        "staff/break_glass.jinja",
        "break_glass",
        problem=problem,
        given=given,
        reasons=patients.GLASS_REASONS,
        hours=patients.LASTS.total_seconds() // _HOUR,
        open_now=open_now,
    )


def _opened(request: HttpRequest, ref: UUID) -> patients.Opened:
    try:
        return patients.opened(granted(request), ref)
    except patients.BreakGlass.DoesNotExist as error:
        raise Http404 from error


@staff(Permission.BREAK_GLASS)
@require_GET
def opened(request: HttpRequest, ref: UUID) -> HttpResponse:
    """A record that was opened by break-glass, to read: each look is marked so where the patient can see it."""
    one = _opened(request, ref)
    patient_id = one.row.patient_id
    card = patients.card(one.access, patient_id)
    if card.restricted:  # The S-flag hides where somebody is, and break-glass does not open that (clinical.md 6.2).
        card = replace(card, address="", postcode="", practice="", mobiles=(), landlines=(), emails=())
    records.look(access=one.access, patient_id=patient_id, page="opened record")
    told = shown(one.access, patient_id, request.GET, hidden=card.restricted)
    return staff_page(
        request,
        "staff/opened.jinja",
        "break_glass",
        card=card,
        opening=one.row,
        reason=patients.GLASS_REASONS[one.row.reason],
        minutes=max(1, round(one.left.total_seconds() / 60)),
        here=request.path,
        feeds=[] if card.restricted else fresh(one.access, told["places"]),
        **told,
    )


@staff(Permission.BREAK_GLASS)
@require_GET
def opened_timeline(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The timeline of an opened record alone."""
    one = _opened(request, ref)
    records.look(access=one.access, patient_id=one.row.patient_id, page="opened record", unless_within=LOOKS_LAST)
    here = reverse("opened", args=[ref])
    told = shown(one.access, one.row.patient_id, request.GET, hidden=one.row.patient.restricted)
    return page(request, "staff/timeline.jinja", here=here, **told)


@staff(Permission.BREAK_GLASS)
@require_POST
def close_glass(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Say that one has finished with it."""
    try:
        patients.close_glass(access=granted(request), ref=ref)
    except patients.BreakGlass.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, "The record is closed.")
    return redirect("break_glass")


@staff(Permission.SHARING, Permission.AUDIT)
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Who broke the glass: one's own people, and for records of one's own patients; what waits for a word first. And who saw
    small counts of one's own figures; whoever runs the system sees all of these, and no patient."""
    access = granted(request)
    small_counts = accounts.small_counts_to_review(access)
    if not access.may(Permission.SHARING):
        return staff_page(request, "staff/glass_reviews.jinja", "glass_reviews", glass=False, small_counts=small_counts)
    waiting: dict[int, list[tasks.Task]] = {}
    for kind in tasks.GLASS_KINDS:
        for task in tasks.waiting(access, kind=kind):
            waiting.setdefault(task.subject_id or 0, []).append(task)
    found = patients.openings_to_review(access, besides=waiting)
    names = patients.names(access, [one.patient_id for one in found if one.patient_id is not None])
    records.look_many(access=access, patient_ids=list(names), page="break-glass review")
    return staff_page(
        request,
        "staff/glass_reviews.jinja",
        "glass_reviews",
        glass=True,
        small_counts=small_counts,
        openings=sorted(found, key=lambda one: one.id not in waiting),
        waiting=waiting,
        patients=names,
        looks=records.looks_by_glass(access, [one.id for one in found]),
        kinds={kind.name: kind for kind in tasks.kinds()},
        outcomes_said=OUTCOMES,
        me=access.actor.id,
    )


OUTCOMES = {
    "right": "It was right",
    "ask": "Asked them",
    "report": "To be reported",
    "reported": "Reported",
}


# -- agreements ------------------------------------------------------------


@staff(Permission.SHARING)
@require_GET
def sharing(request: HttpRequest) -> HttpResponse:
    """Which organisations read what this one writes about patients of both, what it reads of others, and what was before."""
    return _sharing(request)


_TYPED = ("partner", "covers", "purpose", "basis", "by", "signed", "starts", "ends")


def _sharing(request: HttpRequest, problem: str = "", field: str = "partner") -> HttpResponse:
    """The page; with a problem, of a field or of them all, what was typed of an agreement stands in its form as it was."""
    today = clock.today()
    begun = {"starts": today.isoformat(), "ends": (today + timedelta(days=364)).isoformat()}
    given = {name: request.POST.get(name, "")[:200] if problem else begun.get(name, "") for name in _TYPED}
    return staff_page(
        request,
        "staff/sharing.jinja",
        "sharing",
        status=422 if problem else 200,
        problem=(problem, f"#{field}") if problem else None,
        given=given,
        agreements=accounts.record_agreements(granted(request)),
        covers=accounts.COVERS,
        today=today,
    )


@staff(Permission.SHARING)
@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """Write down an agreement that was signed."""
    access = granted(request)
    days = {name: typed_day(request.POST.get(name)) for name in ("signed", "starts", "ends")}
    signed, starts, ends = days["signed"], days["starts"], days["ends"]
    if signed is None or starts is None or ends is None:
        return _sharing(request, "Give the three days.", "signed")
    try:
        accounts.agree_records(
            access=access,
            organisation_id=access.actor.organisation_id or 0,
            partner_ods=request.POST.get("partner", ""),
            covers=request.POST.get("covers", ""),
            purpose=request.POST.get("purpose", ""),
            basis=request.POST.get("basis", ""),
            signed_by=request.POST.get("by", ""),
            signed_on=signed,
            starts_on=starts,
            ends_on=ends,
        )
    except accounts.CannotAgree as refusal:
        return _sharing(request, str(refusal))
    messages.success(request, "Written down. It holds from its first day.")
    return redirect("sharing")


@staff(Permission.SHARING)
@require_POST
def end_sharing(request: HttpRequest, ref: UUID) -> HttpResponse:
    """End an agreement: from this moment nothing is read by it."""
    try:
        ended = accounts.end_records(access=granted(request), ref=ref, because=request.POST.get("because", ""))
        messages.success(request, "Ended. Nothing is read by it any more." if ended else "It had ended already.")
    except accounts.CannotAgree as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    except accounts.RecordSharing.DoesNotExist as error:
        raise Http404 from error
    return redirect("sharing")
