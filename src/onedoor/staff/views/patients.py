"""Finding a patient, and what is going on with one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff import subjects
from onedoor.staff.frame import staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, staff

_FOUND = 20
_AHEAD = ("held", "pending", "booked", "arrived", "cancelling")


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
    from onedoor.booking import api as booking

    kind = request.GET.get("kind", "")
    entries = records.timeline(access, card.id, limit=200)
    appointments = booking.appointments_of(access, card.id)
    waiting = tasks.waiting(access, patient_id=card.id)
    return staff_page(
        request,
        "staff/patient.jinja",
        "patients",
        card=card,
        upcoming=sorted((a for a in appointments if is_ahead(a.state, a.starts_at)), key=lambda a: a.starts_at),
        tasks=waiting,
        links=subjects.links(access, waiting),
        kinds={declared.name: declared for declared in tasks.kinds()},
        me=access.actor.id,
        kind=kind,
        entry_kinds=sorted({entry.kind for entry in entries}),
        entries=[entry for entry in entries if kind in ("", entry.kind)],
        looks=records.who_looked(access, card.id, limit=10),
    )


def is_ahead(state: str, starts_at: datetime) -> bool:
    """Whether an appointment is still to come, or is going on."""
    return state in _AHEAD and starts_at >= clock.london_day(clock.today())[0]
