"""What is done for a caller on pages of their own: refer them, book, move and cancel visits, and change how they are reached.

Every page is of the live contact: it shows the one patient while the view lasts, and leads back to the contact when it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking import api as booking
from onedoor.booking.types import AppointmentView, FreePlace
from onedoor.calls import api as door
from onedoor.directory import api as directory
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff.frame import staff_page
from onedoor.staff.views.calls import card_of, do, live_contact, minutes_left
from onedoor.ui.access import granted, staff

_WHERE = ("now", "today", "practice")


def _shown(
    request: HttpRequest, ref: UUID, template: str, page: str, live: door.Live, view: door.View, **context: Any
) -> HttpResponse:
    """A page about whoever the contact shows; that it was opened is on the list of who looked."""
    if request.method == "GET":
        records.look(access=view.access, patient_id=view.patient_id, page=f"telephone contact: {page}")
    return staff_page(
        request, template, "calls", live=live, minutes=minutes_left(view), card=card_of(view), ref=ref, **context
    )


def _open(request: HttpRequest, ref: UUID) -> tuple[door.Live, door.View | None]:
    live = live_contact(granted(request), ref)
    if live.view is None:
        messages.error(request, "You do not see them any more: ask again who they are.")
    return live, live.view


@staff(Permission.CALLS)
@require_http_methods(["GET", "POST"])
def refer(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Choose a service; for the patient's own asking the signs that cannot wait; then what is not known already."""
    live, view = _open(request, ref)
    if view is None:
        return redirect("call", ref)
    said = request.POST if request.method == "POST" else request.GET
    services = [one for one in directory.cards() if one.refers]
    service = next((one for one in services if one.slug == said.get("service", "")), None)
    if said.get("service") and service is None:
        raise Http404
    sources = _sources(service)
    source = said.get("source", "") or (next(iter(sources)) if len(sources) == 1 else "")
    if source not in sources:
        source = ""
    signs = said.getlist("sign")
    flags = {str(number): flag for number, flag in enumerate(referrals.RED_FLAGS)}
    chosen = [flags[sign].where for sign in signs if sign in flags]
    step = _step(service, source, signs, chosen)
    twin = None
    if request.method == "POST" and step == "signs" and "signs" in said:
        messages.error(request, "Ask each of these, and choose what they have, or “None of these”.")
    if request.method == "POST" and step == "form" and "reason" in said and service is not None:
        try:
            door.refer(
                access=granted(request),
                ref=ref,
                new=_referral(service, source, said, view.patient_id),
                rung_by=said.get("rung_by", ""),
                none_of_these=signs == ["none"],
            )
        except door.NotSeen as why:
            messages.error(request, str(why))
            return redirect("call", ref)
        except referrals.OpenAlready as open_already:
            twin = open_already.twin
        except referrals.NotDone as why:
            messages.error(request, str(why))
        else:
            messages.success(request, f"Referred to {service.name}. It is with triage now; they are written to.")
            return redirect("call", ref)
    card = card_of(view)
    return _shown(
        request,
        ref,
        "staff/call_refer.jinja",
        "refer",
        live,
        view,
        services=services,
        service=service,
        sources=sources,
        source=source,
        step=step,
        flags=flags,
        worst=next((where for where in _WHERE if where in chosen), "now"),
        streams=list(directory.Stream.objects.filter(service_id=service.id, active=True)) if service else [],
        said=said,
        key=said.get("key") or str(uuid4()),
        known=referrals.known_of(card),
        facts=referrals.FACTS,
        asked=referrals.ASKED_OF_PATIENT if source == "self" else referrals.ASKED,
        questions=referrals.questions(),
        twin=twin,
    )


def _sources(service: directory.Card | None) -> dict[str, str]:
    """Who may refer to a service by telephone, in words: the patient only while it takes self-referrals."""
    if service is None:
        return {}
    own = {"self": "The patient, for themselves"} if service.takes_self_referral else {}
    return own | {key: referrals.SOURCES[key] for key in service.refers if key in referrals.SOURCES and key != "self"}


def _step(service: directory.Card | None, source: str, signs: list[str], chosen: list[str]) -> str:
    if service is None:
        return "service"
    if not source:
        return "source"
    if source != "self" or signs == ["none"]:
        return "form"
    return "stop" if chosen and "none" not in signs else "signs"


def _referral(service: directory.Card, source: str, said: Mapping[str, str], patient_id: int) -> referrals.NewReferral:
    try:
        key = UUID(said.get("key", ""))
    except ValueError:
        key = uuid4()
    return referrals.NewReferral(
        service_slug=service.slug,
        patient_id=patient_id,
        source=source,
        reason=said.get("reason", ""),
        form_key=key,
        priority=said.get("priority", ""),
        stream_id=int(said["stream"]) if said.get("stream", "").isdecimal() else None,
        answers={key: said.get(key, "") for key in referrals.ASKED},
        anyway=bool(said.get("anyway")),
    )


@staff(Permission.CALLS)
@require_GET
def places(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Free places: of a kind, for a visit that moves, or for a referral that is to be booked."""
    live, view = _open(request, ref)
    if view is None:
        return redirect("call", ref)
    moved = _visit(view, request.GET.get("move", ""))
    referral = _to_book(view, request.GET.get("referral", ""))
    kinds = [] if moved or referral else door.kinds(live, view)
    chosen = moved.type_id if moved else _number(request.GET.get("kind", ""))
    found: list[FreePlace] = []
    if referral is not None:
        found = _places_of(view, referral)
    elif chosen:
        found = door.places(live, view, type_id=chosen, day=None, limit=24)
    if not moved and not referral and chosen and chosen not in {kind.pk for kind in kinds}:
        raise Http404
    return _shown(
        request,
        ref,
        "staff/call_places.jinja",
        "book",
        live,
        view,
        moved=moved,
        referral=referral,
        kinds=kinds,
        chosen=chosen,
        places=found[:24],
    )


def _places_of(view: door.View, referral: referrals.ToBook) -> list[FreePlace]:
    found = referrals.Referral.objects.select_related("service").get(pk=referral.id)
    return referrals.places(view.access, found)


@staff(Permission.CALLS)
@require_POST
def book(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Book a place, move a visit to it, or book it for a referral."""
    said = request.POST
    seat = _uuid(said.get("seat", ""))
    despite = said.get("despite", "").strip()[:200]
    back = f"{reverse('call_places', args=[ref])}?{_query(said)}"

    def act(access: Access) -> None:
        if said.get("move"):
            made = door.move(
                access=access, ref=ref, appointment_ref=_uuid(said["move"]), seat_ref=seat, despite=despite
            )
        elif said.get("referral"):
            made = door.book_visit(access=access, ref=ref, referral_ref=_uuid(said["referral"]), seat_ref=seat)
        else:
            made = door.book(access=access, ref=ref, seat_ref=seat, despite=despite)
        asked = " It is being booked in the practice’s own diary." if made.state == "pending" else ""
        how = "Moved to" if said.get("move") else "Booked:"
        day, at = short_day(made.starts_at), clock_time(made.starts_at)
        messages.success(request, f"{how} {day} at {at}.{asked}")

    return do(request, ref, act, refused=back)


@staff(Permission.CALLS)
@require_POST
def cancel(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Cancel a visit that they give up."""
    visit = _uuid(request.POST.get("visit", ""))
    return do(request, ref, lambda access: door.cancel(access=access, ref=ref, appointment_ref=visit), "Cancelled.")


@staff(Permission.CALLS)
@require_POST
def late(request: HttpRequest, ref: UUID) -> HttpResponse:
    """They are on the way, and late."""
    visit, minutes = _uuid(request.POST.get("visit", "")), _number(request.POST.get("minutes", ""))
    said = minutes if minutes and minutes <= 120 else None
    return do(
        request,
        ref,
        lambda access: door.say_late(access=access, ref=ref, appointment_ref=visit, minutes=said),
        "The clinic sees that they are late.",
    )


@staff(Permission.CALLS)
@require_GET
def details(request: HttpRequest, ref: UUID) -> HttpResponse:
    """How they are reached, where they live, what they speak and need."""
    live, view = _open(request, ref)
    if view is None:
        return redirect("call", ref)
    return _shown(
        request,
        ref,
        "staff/call_details.jinja",
        "details",
        live,
        view,
        needs=patients.needs_of(view.access, view.patient_id),
        groups=patients.NEED_GROUPS,
        hours=patients.NEED_HOURS,
    )


@staff(Permission.CALLS)
@require_POST
def change(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One change of the details page, by which of its forms was sent."""
    said = request.POST
    what = said.get("what", "")
    back = reverse("call_details", args=[ref])

    def act(access: Access) -> None:
        if what in ("landline", "email", "mobile"):
            door.change_point(access=access, ref=ref, kind=what, value=said.get("value", ""))
        elif what == "new_mobile":
            check = door.text_code(
                access=access, ref=ref, number=said.get("value", ""), shared_is_meant="shared" in said
            )
            if not check.texted:
                messages.warning(
                    request, "No text can go from here: reception makes sure of the number after the call."
                )
        elif what == "code":
            door.confirm_code(access=access, ref=ref, code=said.get("code", ""))
        elif what == "home":
            door.change_home(access=access, ref=ref, address=said.get("address", ""), postcode=said.get("postcode", ""))
        elif what == "language":
            door.change_language(access=access, ref=ref, language=said.get("language", ""))
        elif what == "need":
            door.add_need(
                access=access,
                ref=ref,
                key=said.get("need", ""),
                language=said.get("need_language", ""),
                hour=_number(said.get("hour", "")),
            )
        elif what == "end_need":
            door.end_need(access=access, ref=ref, need_id=_number(said.get("need", "")) or 0)
        else:
            raise Http404

    done = "A code is on its way to that number: ask them to read it out." if what == "new_mobile" else "Changed."
    return do(request, ref, act, done, back=back)


def _visit(view: door.View, text: str) -> AppointmentView | None:
    if not text:
        return None
    try:
        return booking.by_ref(view.access, _uuid(text))
    except ObjectDoesNotExist as error:
        raise Http404 from error


def _to_book(view: door.View, text: str) -> referrals.ToBook | None:
    if not text:
        return None
    found = referrals.one_to_book(view.access, _uuid(text))
    if found is None:
        raise Http404
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _query(said: Mapping[str, str]) -> str:
    return "&".join(
        f"{name}={said[name]}" for name in ("move", "referral", "kind") if said.get(name, "").replace("-", "").isalnum()
    )
