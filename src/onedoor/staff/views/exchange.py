"""Did it get there? What one's organisation sent to practices, by state and partner; one document and all that happened to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import listens, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import as_pdf


@staff(Permission.CHECKS, Permission.SETTINGS)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Counts and how the line is; for whoever does the checks the documents too, those that wait for a person first."""
    access = granted(request)
    topic = listens(access, "exchange")
    view = request.GET.get("view", "")
    if view not in exchange.SENT_VIEWS:
        view = "all"
    practice, day = _uuid(request.GET.get("practice", "")), typed_day(request.GET.get("day"))
    lines, practices = [], []
    if access.may(Permission.CHECKS):
        lines = exchange.sent_documents(access, view=view, practice=practice, day=day)
        practices = exchange.practices_sent_to(access)
        named = [line.patient.pk for line in lines if line.patient is not None]
        records.look_many(access=accounts.for_checks(access), patient_ids=named, page="documents sent")
    partners = exchange.partners(access)
    return staff_page(
        request,
        "staff/exchange.jinja",
        "exchange",
        lines=lines,
        lists=access.may(Permission.CHECKS),
        views=exchange.SENT_VIEWS,
        view=view,
        practices=practices,
        practice=practice,
        day=day,
        most=exchange.MOST_SENT,
        partners=partners,
        routes=exchange.routes(access),
        person=sum(one.person for one in partners),
        topic=topic,
    )


@staff(Permission.CHECKS)
@require_GET
def document(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One document: what it says, where it is, what was answered, what may be decided."""
    access = granted(request)
    try:
        found = exchange.sent_document(access, ref)
    except (exchange.SentDocument.DoesNotExist, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
    records.look(access=accounts.for_checks(access), patient_id=found.line.document.patient_id, page="document sent")
    return staff_page(
        request,
        "staff/exchange_document.jinja",
        "exchange",
        found=found,
        line=found.line,
        one=found.line.document,
        card=patients.card(accounts.for_checks(access), found.line.document.patient_id),
    )


@staff(Permission.CHECKS)
@require_GET
def document_pdf(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The document as it goes."""
    access = granted(request)
    try:
        found = exchange.sent_document(access, ref)
        content = exchange.sent_pdf(access, ref)
    except (exchange.SentDocument.DoesNotExist, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
    records.look(access=accounts.for_checks(access), patient_id=found.line.document.patient_id, page="document sent")
    return as_pdf(content, "document")


@staff(Permission.CHECKS)
@require_POST
def decide(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Send it again, or say that it was given by other means, or is not to be sent."""
    choice, note = request.POST.get("choice", ""), request.POST.get("note", "").strip()[:200]
    if choice not in exchange.SENT_CHOICES:
        raise Http404
    if choice in ("by_hand", "stopped") and not note:
        messages.error(request, "Say how, or why, in a few words. Nothing was changed.")
        return redirect("exchange_document", ref=ref)
    try:
        exchange.decide_document(access=granted(request), ref=ref, choice=choice, note=note)
    except exchange.SentDocument.DoesNotExist as error:
        raise Http404 from error
    except exchange.CannotChoose:
        messages.error(request, "It has moved on meanwhile: see below how it stands. Nothing was changed.")
    else:
        messages.success(request, f"{exchange.SENT_CHOICES[choice]}: done.")
    return redirect("exchange_document", ref=ref)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
