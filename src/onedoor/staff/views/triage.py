"""Referrals: what must be decided first, one of them with its facts, and what a service has open from day to day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.directory.api import Service
from onedoor.documents import api as documents
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import listens, staff_page
from onedoor.ui.access import granted, staff

_SHOWN = 25
_ENTRIES = 12
_FACTS = 200
_DAYS = 28
VIEWS = ("", "parked", "asked", "held", "send")


@staff(Permission.REFERRALS)
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """What is open and undecided by the clock that ends first, and what is parked, asked, held or to be sent on."""
    access = granted(request)
    topic = listens(access, "referrals")
    services = referrals.services_of(access)
    service = _chosen(request, services)
    view = request.GET.get("view", "")
    if service is None or view not in VIEWS:
        return staff_page(request, "staff/referrals_none.jinja", "referrals")
    after = request.GET.get("after", "")
    page = referrals.worklist(access, service, after=after, limit=_SHOWN) if view == "" else None
    rows = page.rows if page else _aside(access, service, view)
    return staff_page(
        request,
        "staff/referrals.jinja",
        "referrals",
        services=services,
        service=service,
        view=view,
        rows=rows,
        after=page.after if page else None,
        begun=bool(after),
        counts=referrals.counts(access, service),
        clocks=referrals.clocks_on(service, clock.today()),
        held=referrals.held(access, service, by=access.actor.id, limit=3) if view == "" else [],
        priorities=referrals.PRIORITIES,
        topic=topic,
    )


def _aside(access: Access, service: Service, view: str) -> list[referrals.Row]:
    if view == "held":
        return referrals.held(access, service)
    if view == "send":
        return referrals.to_send_on(access, service)
    return referrals.set_aside(access, service, asked_of=access.actor.id if view == "asked" else None)


@staff(Permission.REFERRALS, Permission.REFER)
@require_GET
def referral(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One referral with its facts beside it; opening it is noted where the patient can see it."""
    access = granted(request)
    folder = _folder(request, ref)
    one = folder.referral
    card, entries = None, []
    if one.patient_id is not None and one.patient in patients.names(access, [one.patient_id]).values():
        card = patients.card(access, one.patient_id)
        records.look(access=access, patient_id=card.id, page="referral")
        entries = records.timeline(access, card.id, limit=_FACTS)
    service = one.service
    sender = accounts.organisation_by_ods(one.referrer_ods) if one.referrer_ods else None
    waits = folder.may_decide and one.closed_at is None and one.state == "AWAITING_TRIAGE" and folder.held is None
    return staff_page(
        request,
        "staff/referral.jinja",
        "referrals" if folder.may_decide else "referrals_sent",
        folder=folder,
        one=one,
        card=card,
        referrer=sender.name if sender else one.referrer_ods,
        entries=entries if "all" in request.GET else entries[:_ENTRIES],
        more="all" not in request.GET and len(entries) > _ENTRIES,
        waits=waits,
        may_book=referrals.may_book(access, one),
        streams=[stream for stream in service.streams.all() if stream.active],
        colleagues=[user for user in accounts.colleagues(access) if user.pk != access.actor.id] if waits else [],
        mine=referrals.held(access, service, by=access.actor.id, limit=1) if folder.may_decide else [],
        outcomes=referrals.OUTCOMES,
        sources=referrals.SOURCES,
        priorities=referrals.PRIORITIES,
        closings=referrals.CLOSINGS,
        discharges=referrals.DISCHARGES,
        reasons=referrals.REJECT_REASONS,
        who_books=referrals.WHO_BOOKS,
        withdrawals=referrals.WITHDRAWALS,
        state_words=STATES,
        letters=documents.of_subjects(access, "referral", [one.pk]).get(one.pk, []),
        tomorrow=clock.today() + timedelta(days=1),
        may_inform=one.closed_at is None and one.state in ("AWAITING_TRIAGE", "TRIAGE_RESPONSE"),
    )


STATES = {
    "": "",
    "AWAITING_TRIAGE": "Awaiting triage",
    "TRIAGED_PROVIDER_TO_ACTION": "Triaged, the service acts",
    "TRIAGE_RESPONSE": "Triage has answered",
    "NOT_BOOKED": "Not booked",
    "BOOKED": "Booked",
    "DEFERRED_TO_PROVIDER": "No place was free: with the service",
    "REJECTED": "Not accepted",
    "ASSESSMENT_RESULT": "Seen",
    "DID_NOT_ATTEND": "Did not attend",
    "APPT_CANCELLED_BY_PATIENT": "Appointment cancelled by the patient",
    "APPT_CANCELLED_BY_PROVIDER": "Appointment cancelled by the service",
    "CANCELLED_REFERRAL": "Cancelled",
}
"""The states of e-RS (referrals-booking-telephony.md 2.3) as a page says them."""


@staff(Permission.REFERRALS)
@require_POST
def decide(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Decide, and open the next one."""
    said = request.POST
    verdict = referrals.Verdict(
        outcome=said.get("outcome", ""),
        stream_id=int(said["stream"]) if said.get("stream", "").isdecimal() else None,
        onward_service=said.get("onward_service", ""),
        who_books=said.get("who_books", ""),
        options=said.get("options", ""),
        reason=said.get("reason", ""),
        advice=said.get("advice", ""),
    )
    return _done(
        request,
        ref,
        lambda access: referrals.decide(access=access, ref=ref, verdict=verdict, seen=said.get("seen", "")),
        following=True,
    )


@staff(Permission.REFERRALS)
@require_POST
def take_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take a decision back while it is held, and open its referral."""
    access = granted(request)
    try:
        referral_ref = referrals.take_back(access=access, decision_ref=ref)
    except referrals.Decision.DoesNotExist as error:
        raise Http404 from error
    except referrals.NotDone as why:
        messages.error(request, str(why))
        return redirect("referrals")
    messages.success(request, "Taken back: it is in the queue again, and no letter has gone.")
    return redirect("referral", referral_ref)


@staff(Permission.REFERRALS)
@require_POST
def park(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Put one aside until a day."""
    until = typed_day(request.POST.get("until", ""))
    return _done(
        request,
        ref,
        lambda access: referrals.park(
            access=access,
            ref=ref,
            reason=request.POST.get("reason", ""),
            until=until or clock.today(),
            seen=request.POST.get("seen", ""),
        ),
        following=True,
    )


@staff(Permission.REFERRALS)
@require_POST
def ask(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Ask a colleague."""
    whom = request.POST.get("user", "")
    return _done(
        request,
        ref,
        lambda access: referrals.ask_colleague(
            access=access,
            ref=ref,
            user_id=int(whom) if whom.isdecimal() else 0,
            question=request.POST.get("question", ""),
            seen=request.POST.get("seen", ""),
        ),
        following=True,
    )


@staff(Permission.REFERRALS)
@require_POST
def answer(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Answer what a colleague asked."""
    text = request.POST.get("text", "")
    return _done(request, ref, lambda access: referrals.answer(access=access, ref=ref, text=text))


@staff(Permission.REFERRALS)
@require_POST
def bring_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """End a parking before its day."""
    return _done(request, ref, lambda access: referrals.bring_back(access=access, ref=ref))


@staff(Permission.REFERRALS, Permission.REFER)
@require_POST
def information(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What triage asked for, from the practice that referred or written down by the service."""
    _folder(request, ref)
    text = request.POST.get("text", "")
    files = files_of(request)
    return _done(
        request, ref, lambda access: referrals.give_information(access=access, ref=ref, text=text, files=files)
    )


@staff(Permission.REFERRALS)
@require_POST
def end(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Withdraw, discharge with an outcome, or say that it was sent on."""
    way, note = request.POST.get("way", ""), request.POST.get("note", "")
    if way == "send_on":
        return _done(request, ref, lambda access: referrals.send_on(access=access, ref=ref, note=note))
    if way == "discharge":
        outcome = request.POST.get("outcome", "")
        return _done(
            request, ref, lambda access: referrals.discharge(access=access, ref=ref, outcome=outcome, note=note)
        )
    if way != "withdraw":
        raise Http404
    because = request.POST.get("because", "")
    return _done(request, ref, lambda access: referrals.withdraw(access=access, ref=ref, because=because, note=note))


@staff(Permission.REFERRALS, Permission.REFER)
@require_GET
def attachment(request: HttpRequest, ref: UUID, file: UUID) -> HttpResponse:
    """A file of a referral: saved, never shown inside our own pages, since nobody has looked into it."""
    folder = _folder(request, ref)
    if file not in {kept.ref for kept in folder.attachments}:
        raise Http404
    found = referrals.attachment(granted(request), file)
    if folder.referral.patient_id is not None and folder.referral.patient_id in patients.names(
        granted(request), [folder.referral.patient_id]
    ):
        records.look(access=granted(request), patient_id=folder.referral.patient_id, page="referral file")
    response = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in found.name)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@staff(Permission.REFERRALS)
@require_GET
def balance(request: HttpRequest) -> HttpResponse:
    """Opening, came, went and closing of each day of a service, and whether anything is unexplained."""
    access = granted(request)
    services = referrals.services_of(access)
    service = _chosen(request, services)
    if service is None:
        return staff_page(request, "staff/referrals_none.jinja", "referrals")
    last = typed_day(request.GET.get("last", "")) or clock.today()
    first = typed_day(request.GET.get("first", "")) or last - timedelta(days=_DAYS - 1)
    if first > last or last - first > timedelta(days=366):
        messages.error(request, "Choose days in order, at most a year of them.")
        last = clock.today()
        first = last - timedelta(days=_DAYS - 1)
    return staff_page(
        request,
        "staff/referrals_balance.jinja",
        "referrals",
        services=services,
        service=service,
        first=first,
        last=last,
        found=referrals.conservation(access, service, first, last),
        months=referrals.months_of(access, service, first, last),
        state_words=STATES,
    )


@staff(Permission.REFER)
@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """What this practice referred, and what became of it, the latest first, some of them a page."""
    asked = request.GET.get("page", "")
    number = min(int(asked), 10_000) if asked.isdecimal() and len(asked) < 9 and int(asked) else 1
    found = referrals.sent(granted(request), limit=_SHOWN + 1, offset=_SHOWN * (number - 1))
    return staff_page(
        request,
        "staff/referrals_sent.jinja",
        "referrals_sent",
        rows=found[:_SHOWN],
        more=len(found) > _SHOWN,
        page=number,
        state_words=STATES,
        closings=referrals.CLOSINGS,
    )


def files_of(request: HttpRequest) -> list[referrals.NewFile]:
    """The files of a form; one larger than is taken is read no further than shows that."""
    sent = request.FILES.getlist("files")
    return [
        referrals.NewFile(str(file.name), file.read(referrals.ATTACHMENT_BYTES + 1))
        for file in sent
        if isinstance(file, UploadedFile)
    ]


def _folder(request: HttpRequest, ref: UUID) -> referrals.Folder:
    try:
        return referrals.folder(granted(request), ref)
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error


def _done(request: HttpRequest, ref: UUID, act: Callable[[Access], object], *, following: bool = False) -> HttpResponse:
    """Do it, say what came of it, and show the referral, or with `following` the next one to decide."""
    access = granted(request)
    try:
        act(access)
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error
    except referrals.NotDone as why:
        messages.error(request, str(why))
        return redirect("referral", ref)
    except booking.BookingError:
        messages.error(
            request, "What is booked for it has just changed. Nothing was changed here: look, and do it again."
        )
        return redirect("referral", ref)
    if not following:
        messages.success(request, "Done.")
        return redirect("referral", ref)
    following_ref = referrals.next_of(access, referrals.folder(access, ref).referral.service)
    if following_ref is None:
        messages.success(request, "Done. Nothing more waits to be decided.")
        return redirect("referrals")
    return redirect("referral", following_ref)


def _chosen(request: HttpRequest, services: list[Service]) -> Service | None:
    """The service that the address names, the first without a name; 404 for one that is not among them."""
    slug = request.GET.get("service", "")
    found = next((service for service in services if slug in ("", service.slug)), None)
    if found is None and slug:
        raise Http404
    return found
