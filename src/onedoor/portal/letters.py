"""A patient's letters: the same words as on paper, and the paper itself in every format."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.documents import api as documents
from onedoor.kernel.access import Part
from onedoor.patients import api as patients
from onedoor.ui.access import granted, patient_or_proxy
from onedoor.ui.pages import as_pdf, page


@patient_or_proxy(Part.LETTERS)
@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """All letters to the patient, the latest first; those that a newer one took the place of say so."""
    access = granted(request)
    assert access.patient_id is not None
    return page(
        request,
        "portal/letters.jinja",
        me=patients.card(access, access.patient_id),
        found=documents.of_patient(access, access.patient_id),
    )


@patient_or_proxy(Part.LETTERS)
@require_GET
def letter(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One letter. Opening it is how we know that it came."""
    access = granted(request)
    try:
        shown = documents.by_ref(access, ref)
    except documents.Document.DoesNotExist as error:
        raise Http404 from error
    documents.opened(access=access, ref=ref)
    return page(request, "portal/letter.jinja", shown=shown, names=documents.FORMAT_NAMES)


@patient_or_proxy(Part.LETTERS)
@require_GET
def letter_pdf(request: HttpRequest, ref: UUID, style: str) -> HttpResponse:
    """The letter as PDF in a format."""
    try:
        _, content = documents.file_of(granted(request), ref, style)
    except (documents.Document.DoesNotExist, documents.NoSuchFormat) as error:
        raise Http404 from error
    return as_pdf(content, f"letter-{style}")
