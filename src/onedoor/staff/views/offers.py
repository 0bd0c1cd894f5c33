"""Offers: is the cancelled place being filled, who is asked, and who would like an earlier one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import MOST, as_file, moment
from onedoor.staff.frame import listens, organisation_of, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.jinja import counted
from onedoor.ui.pages import back

OFFER_WORDS = {
    "accepted": "took it",
    "gone": "somebody else was first",
    "declined": "said no",
    "withdrawn": "withdrawn",
    "unanswered": "did not answer in time",
}


def what_next(
    release: booking.ReleaseView, waiting: Sequence[booking.WaitingView], notice: timedelta, on: bool = True
) -> str:
    """What happens with an open place once those who are asked now have had their time, as a sentence or two."""
    free = "Until somebody books it, a late yes still counts, and anybody can be booked into it in the diary."
    if not on:
        return f"Nobody else is asked, because refilling is off. {free}"
    if release.starts_at - notice <= clock.now():
        return f"It starts too soon to ask anybody else. {free}"
    left = sum(_may_be_asked(entry, release) for entry in waiting)
    if not left:
        return (
            "Nobody else on the list can take it, so nobody else is asked; whoever joins the list and can take it is asked "
            f"next. {free} Otherwise it is left empty when its time comes."
        )
    minutes = math.ceil(release.time_left.total_seconds() / 60)
    if minutes and release.asked:
        return f"The next on the list are asked in {counted(minutes, 'minute')}. {free}"
    return f"The next on the list are asked within a minute, on working days between 8am and 6pm. {free}"


def _may_be_asked(entry: booking.WaitingView, release: booking.ReleaseView) -> bool:
    """Whether somebody on the list would have an earlier appointment by this place and was not asked about it."""
    return (
        entry.type_name == release.type_name
        and entry.patient_id not in {offer.patient_id for offer in release.offers}
        and (entry.own_starts_at is None or entry.own_starts_at > release.starts_at)
        and (entry.not_before is None or entry.not_before <= release.starts_at.astimezone(clock.LONDON).date())
    )


@staff(Permission.DIARY)
@require_GET
def offers(request: HttpRequest, day: date | None = None) -> HttpResponseBase:
    """Places released on a day, the open ones first, and the list of those who wait."""
    if "day" in request.GET:
        return redirect("offers_day", day=chosen_day(request.GET["day"], clock.today()))
    access = granted(request)
    topic = listens(access, "offers")
    today = clock.today()
    day = day or today
    organisation = organisation_of(access)
    released = booking.releases(access, day, organisation_id=organisation.pk)
    policy, waiting = booking.policy_of(access, organisation.pk), booking.waiting_list(access)
    notice = timedelta(minutes=policy.notice_minutes)
    return staff_page(
        request,
        "staff/offers.jinja",
        "offers",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        running=[(one, what_next(one, waiting, notice, policy.on)) for one in released if one.state == "open"],
        ended=[release for release in released if release.state != "open"],
        numbers=booking.refill_numbers(access, day, organisation_id=organisation.pk),
        policy=policy,
        offer_words=OFFER_WORDS,
        waiting=waiting,
        may_switch=access.may(Permission.SWITCHES),
        topic=topic,
    )


@staff(Permission.DIARY)
@require_POST
def download(request: HttpRequest, day: date) -> HttpResponse:
    """The places released on a day and what became of them, as a file."""
    access = granted(request)
    return as_file(
        access,
        f"released-{day}",
        ("Place", "Kind", "With", "Released", "State", "Rounds", "Asked", "Accepted by", "Minutes to fill"),
        [
            (
                moment(one.starts_at),
                one.type_name,
                one.clinician,
                moment(one.released_at),
                one.state,
                one.wave,
                len(one.offers),
                one.accepted_by.name if one.accepted_by else "",
                one.minutes_to_fill if one.minutes_to_fill is not None else "",
            )
            for one in booking.releases(access, day, organisation_id=organisation_of(access).pk)
        ],
    )


@staff(Permission.DIARY)
@require_POST
def waiting_download(request: HttpRequest) -> HttpResponse:
    """The list of those who would like an earlier place, in the order of being asked, as a file."""
    access = granted(request)
    return as_file(
        access,
        "waiting-list",
        ("Who", "For", "Not before", "Has now", "Since", "First in line", "Times offered"),
        [
            (
                one.name,
                one.type_name,
                one.not_before.isoformat() if one.not_before else "",
                moment(one.own_starts_at),
                moment(one.joined_at),
                "yes" if one.priority == 0 else "no",
                one.offered,
            )
            for one in booking.waiting_list(access, limit=MOST)
        ],
    )


@staff(Permission.DIARY)
@require_POST
def answer(request: HttpRequest, ref: UUID, answer: str) -> HttpResponse:
    """A patient told us their answer to an offer, on the telephone or at the desk."""
    access = granted(request)
    try:
        offer = booking.offer_by_ref(access, ref)
    except booking.Offer.DoesNotExist as error:
        raise Http404 from error
    if answer not in ("accept", "decline"):
        raise Http404

    def do() -> str:
        if answer == "decline":
            booking.decline_offer(offer_id=offer.pk, by=access.actor)
            return "Noted: they stay as they are."
        made = booking.accept_offer(offer_id=offer.pk, by=access.actor)
        return "It is being booked in the practice’s own diary." if made.state == "pending" else "The place is theirs."

    return _try(request, do)


@staff(Permission.DIARY)
@require_POST
def stop(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Offer this one place to nobody else."""
    access = granted(request)
    try:
        found = booking.release(access, ref)
    except booking.Release.DoesNotExist as error:
        raise Http404 from error

    def do() -> str:
        booking.stop_offering(release_id=found.id, by=access.actor)
        return "Nobody else is offered this place. It stays free in the diary."

    return _try(request, do)


@staff(Permission.SWITCHES)
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Refilling on or off for the practice."""
    access = granted(request)
    on = request.POST.get("on") == "1"
    booking.set_policy(organisation_id=organisation_of(access).pk, on=on, by=access.actor)
    messages.success(
        request,
        "Released places are offered again."
        if on
        else "Refilling is off. Nobody is offered a place, and open offers ended.",
    )
    return back(request, reverse("settings"))


@staff(Permission.DIARY)
@require_POST
def leave(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take somebody off the waiting list."""
    access = granted(request)
    try:
        entry = booking.entry_by_ref(access, ref)
    except booking.WaitingEntry.DoesNotExist as error:
        raise Http404 from error

    def do() -> str:
        booking.leave_waiting(entry_ids=[entry.pk], by=access.actor)
        return "Taken off the list. Their appointment stays as it is."

    return _try(request, do)


@staff(Permission.DIARY)
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponseBase:
    """Put a patient without an appointment on the list: find them, then say for what."""
    access = granted(request)
    types = booking.types_of(access, organisation_of(access).pk)
    refillable = [kind for kind in types if kind.may_refill]
    who = _who(request)
    if request.method == "POST" and who is not None:
        chosen = next((kind for kind in refillable if str(kind.id) == request.POST.get("type")), None)
        if chosen is None:
            messages.error(request, "Choose a kind of appointment.")
            return redirect(f"{reverse('waiting_join')}?patient={who.ref}")
        kind = chosen

        def do() -> str:
            booking.join_waiting(
                patient_id=who.pk,
                appointment_id=None,
                type_id=kind.id,
                via="desk",
                by=access.actor,
                priority=0 if request.POST.get("first") else None,
            )
            return f"{who.shown_name} is on the list for {kind.name}."

        return _try(request, do)
    card = None
    if who is not None:
        card = patients.card(access, who.pk)
        records.look(access=access, patient_id=card.id, page="waiting list")
    words = request.GET.get("q", "").strip()
    return staff_page(
        request,
        "staff/join.jinja",
        "offers",
        card=card,
        types=refillable,
        q=words,
        found=patients.search(access, words) if words else [],
    )


def _who(request: HttpRequest) -> patients.Patient | None:
    given = request.POST.get("patient") or request.GET.get("patient")
    if not given:
        return None
    try:
        return patients.by_ref(granted(request), UUID(given))
    except (ValueError, patients.Patient.DoesNotExist) as error:
        raise Http404 from error


def _try(request: HttpRequest, do: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, do())
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    return back(request, reverse("offers"))
