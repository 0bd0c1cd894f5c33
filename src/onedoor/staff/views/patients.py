"""Finding a patient, and what is going on with one."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.booking import api as booking
from onedoor.documents import api as documents
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Permission
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff import subjects
from onedoor.staff.frame import staff_page
from onedoor.staff.views import asking, recalling, record, write_back
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, staff

_FOUND = 20
_TEXTS = 6
_LETTERS = 20


@staff(Permission.PATIENTS)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find a patient by name, NHS number or telephone number."""
    words = request.GET.get("q", "").strip()
    found = patients.search(granted(request), words, limit=_FOUND + 1) if words else []
    return staff_page(
        request, "staff/patients.jinja", "patients", q=words, found=found[:_FOUND], more=len(found) > _FOUND
    )


@staff(Permission.PATIENTS)
@require_GET
def patient(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One patient: the next things first, then what was; opening it is noted where the patient can see it."""
    access = granted(request)
    try:
        card = patients.card(access, patients.by_ref(access, ref).pk)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    records.look(access=access, patient_id=card.id, page="patient")
    told = record.shown(access, card.id, request.GET)
    waiting = tasks.waiting(access, patient_id=card.id)
    return staff_page(
        request,
        "staff/patient.jinja",
        "patients",
        card=card,
        upcoming=booking.upcoming_of(access, card.id),
        offers=booking.open_offers_of(access, card.id),
        waiting=booking.waiting_list(access, patient_id=card.id),
        where=referrals.where_is(access, card.id),
        letters=documents.of_patient(access, card.id, limit=_LETTERS),
        received=exchange.received_of(access, card.id, limit=_LETTERS),
        documents_sent=exchange.sent_about(access, card.id),
        texts=messaging.texts_of_patient(access, card.id, limit=_TEXTS),
        threads=messaging.thread_of_patient(access, card.id, limit=1),
        tasks=waiting,
        links=subjects.links(access, waiting),
        seen=subjects.seen(access, waiting),
        kinds={declared.name: declared for declared in tasks.kinds()},
        me=access.actor.id,
        looks=records.who_looked(access, card.id, limit=10),
        proxies=[one for one in patients.proxies_of(access, card.id) if one.stands],
        may_ask=access.may(Permission.MESSAGES),
        may_refer=access.may(Permission.REFER),
        may_check=access.may(Permission.CHECKS),
        may_break_glass=access.may(Permission.BREAK_GLASS),
        here=request.path,
        feeds=record.fresh(access, told["places"]),
        **told,
        **asking.section(access, card.id),
        **recalling.due_of(access, card.id),
        **write_back.strip_of(access, card.id),
    )
