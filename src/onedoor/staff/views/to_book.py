"""Booking after triage: what the service is to book, the clock that ends first on top, and one of them with its free places."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking import api as booking
from onedoor.directory.api import Service
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff.frame import listens, staff_page
from onedoor.ui.access import granted, staff

_SHOWN = 20
"""On a telephone each takes a sixth of a screen."""
_DAYS = 10
_UNFIT = 8
"""Places that do not fit, of which one may be booked with a reason."""


@staff(Permission.REFERRALS)
@require_GET
def to_book(request: HttpRequest) -> HttpResponse:
    """What a service is to book; with `view=others` what patients and practices are to."""
    access = granted(request)
    topic = listens(access, "referrals")
    services = referrals.services_of(access)
    service = _chosen(request, services)
    view, after = request.GET.get("view", ""), request.GET.get("after", "")
    if service is None or view not in ("", "others"):
        return staff_page(request, "staff/referrals_none.jinja", "to_book")
    try:
        shown = referrals.to_book_page(access, service, others=view == "others", after=after, limit=_SHOWN)
    except ValueError as error:
        raise Http404 from error
    return staff_page(
        request,
        "staff/to_book.jinja",
        "to_book",
        services=services,
        service=service,
        view=view,
        rows=shown.rows,
        after=quote(shown.after),
        begun=bool(after),
        counts=referrals.to_book_counts(access, service),
        who_books=referrals.WHO_BOOKS,
        priorities=referrals.PRIORITIES,
        unserved=[one.stream.name for one in referrals.stream_kinds(access, service) if not one.chosen],
        topic=topic,
    )


@staff(Permission.REFERRALS)
@require_GET
def one(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One referral with the free places of its stream's kinds, by day; opening it is noted where the patient can see it."""
    access = granted(request)
    referral = _referral(access, ref)
    card = None
    if referral.patient_id is not None and referral.patient_id in patients.names(access, [referral.patient_id]):
        card = patients.card(access, referral.patient_id)
        records.look(access=access, patient_id=card.id, page="to book")
    row = referrals.one_to_book(access, ref)
    may = referrals.may_book(access, referral)
    free = referrals.places(access, referral) if may else []
    days = groupby(free, key=lambda place: place.starts_at.astimezone(LONDON).date())
    by_day = [(day, list(places)) for day, places in days]
    served = next((k for k in referrals.stream_kinds(access, referral.service) if k.stream == referral.stream), None)
    return staff_page(
        request,
        "staff/to_book_one.jinja",
        "to_book",
        one=referral,
        row=row,
        card=card,
        may=may,
        courses=referrals.courses(access, referral) if may else [],
        days=by_day if "all" in request.GET else by_day[:_DAYS],
        unfit=referrals.places(access, referral, fitting=False)[:_UNFIT] if may else [],
        more="all" not in request.GET and len(by_day) > _DAYS,
        kinds=[kind for kind in served.all if kind.pk in served.chosen] if served else [],
        told=[said for said in referrals.where_is(access, referral.patient_id or 0) if said.ref == ref],
        priorities=referrals.PRIORITIES,
    )


@staff(Permission.REFERRALS)
@require_POST
def book(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Book one place, also one that does not meet a need where a reason is given, and open the list."""
    access = granted(request)
    referral = _referral(access, ref)
    despite = request.POST.get("despite", "").strip()[:200]
    try:
        booked = referrals.book_visit(
            access=access, ref=ref, seat_ref=UUID(request.POST.get("to", "")), despite=despite
        )
    except ValueError as error:
        raise Http404 from error
    except (booking.BookingError, referrals.NotDone) as why:
        messages.error(request, str(why))
        return redirect("to_book_one", ref)
    when = f"{short_day(booked.starts_at)} at {clock_time(booked.starts_at)}"
    sure = "Booked" if booked.state == "booked" else "Asked of the other diary"
    messages.success(request, f"{sure}: {when}. A text tells the patient; whoever has none is on the list of calls.")
    return redirect(f"{reverse('to_book')}?service={referral.service.slug}")


@staff(Permission.REFERRALS)
@require_POST
def course(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Give them a place at every date of a course, or put them on its list; and open the list to book."""
    access = granted(request)
    referral = _referral(access, ref)
    try:
        chosen = UUID(request.POST.get("course", ""))
    except ValueError as error:
        raise Http404 from error
    try:
        if request.POST.get("do") == "wait":
            referrals.wait_for_course(access=access, ref=ref, course_ref=chosen)
            said = "On the course’s list: they are told when a place is theirs. The clock runs on."
        else:
            referrals.book_course(access=access, ref=ref, course_ref=chosen)
            said = (
                "They have a place at every date ahead. One text tells them; whoever has none is on the list of calls."
            )
    except (booking.BookingError, referrals.NotDone) as why:
        messages.error(request, str(why))
        return redirect("to_book_one", ref)
    messages.success(request, said)
    return redirect(f"{reverse('to_book')}?service={referral.service.slug}")


@staff(Permission.REFERRALS)
@require_POST
def wait(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Nothing fits: onto the list for places that others give up."""
    access = granted(request)
    referral = _referral(access, ref)
    try:
        referrals.wait_for_visit(access=access, ref=ref)
    except (booking.BookingError, referrals.NotDone) as why:
        messages.error(request, str(why))
        return redirect("to_book_one", ref)
    messages.success(request, "On the list: places that others give up are offered to them. The clock runs on.")
    return redirect(f"{reverse('to_book')}?service={referral.service.slug}")


@staff(Permission.REFERRALS)
@require_http_methods(["GET", "POST"])
def kinds(request: HttpRequest) -> HttpResponse:
    """By which kinds of appointment each stream's people are seen."""
    access = granted(request)
    services = referrals.services_of(access)
    service = _chosen(request, services)
    if service is None:
        return staff_page(request, "staff/referrals_none.jinja", "to_book")
    if request.method == "POST":
        given = request.POST.getlist("kind")
        stream = request.POST.get("stream", "")
        if not all(key.isdecimal() and len(key) < 19 for key in (stream, *given)):
            raise Http404
        try:
            referrals.set_stream_kinds(
                access=access, service=service, stream_id=int(stream), type_ids=[int(key) for key in given]
            )
        except referrals.NotDone as why:
            messages.error(request, str(why))
        else:
            messages.success(request, "Saved.")
        return redirect(f"{reverse('to_book_kinds')}?service={service.slug}")
    return staff_page(
        request,
        "staff/to_book_kinds.jinja",
        "to_book",
        services=services,
        service=service,
        streams=referrals.stream_kinds(access, service),
    )


def _referral(access: Access, ref: UUID) -> referrals.Referral:
    """One of a service of the access; 404 for all others, also for a practice that sent it."""
    try:
        found = referrals.folder(access, ref)
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error
    if not found.may_decide:
        raise Http404
    return found.referral


def _chosen(request: HttpRequest, services: list[Service]) -> Service | None:
    """The service that the address names, the first without a name; 404 for one that is not among them."""
    slug = request.GET.get("service", "")
    found = next((service for service in services if slug in ("", service.slug)), None)
    if found is None and slug:
        raise Http404
    return found
