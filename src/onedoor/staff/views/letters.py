"""A letter as it was composed, to whom it went and how; and the post: what waits for it, and the files made of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.documents import api as documents
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.download import note_download
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import as_pdf

_WAYS = {"page": "Page to sign in to", "message": "Text with a link", "print": "Post"}
_STATES = {"waiting": "Waits", "done": "Done", "stopped": "Stopped", "replaced": "Replaced by a newer letter"}
_ROLES = {"patient": "The patient", "practice": "The practice"}


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """The post: how many letters wait for it, and the files made."""
    access = granted(request)
    return staff_page(
        request,
        "staff/letters.jinja",
        "letters",
        waiting=documents.waiting_for_post(access),
        files=documents.print_files(access),
        most=documents.MOST_PRINTED,
    )


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_POST
def make_print_file(request: HttpRequest) -> HttpResponse:
    """Put what waits for the post into one file."""
    access = granted(request)
    made = documents.make_print_file(organisation_id=organisation_of(access).pk, by=access.actor)
    if made is None:
        messages.info(request, "No letter waits for the post.")
    else:
        messages.success(request, f"{made.letters} letters, {made.pages} pages, are in {made.name or 'no file'}.")
        for ref, because in made.left_out:
            messages.warning(request, f"A letter was left out: {because}. Its reference is {ref}.")
    return redirect("letters")


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_POST
def print_file(request: HttpRequest, ref: UUID) -> HttpResponse:
    """A print file, for the printer. Asked for by POST, and written down, as every list that leaves the house."""
    access = granted(request)
    try:
        name, many, content = documents.print_file(access, ref)
    except documents.PrintFile.DoesNotExist as error:
        raise Http404 from error
    note_download(access, name, many)
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_GET
def letter(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One letter, with its deliveries."""
    access = granted(request)
    shown = _shown(request, ref)
    return staff_page(
        request,
        "staff/letter.jinja",
        "letters",
        shown=shown,
        names=documents.FORMAT_NAMES,
        ways=_WAYS,
        states=_STATES,
        roles=_ROLES,
        patient=patients.card(access, shown.patient_id) if shown.patient_id is not None else None,
        may_see_patients=access.may(Permission.PATIENTS),
    )


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_GET
def letter_pdf(request: HttpRequest, ref: UUID, style: str) -> HttpResponse:
    """The letter as PDF in a format."""
    _shown(request, ref)
    try:
        _, content = documents.file_of(granted(request), ref, style)
    except documents.NoSuchFormat as error:
        raise Http404 from error
    return as_pdf(content, f"letter-{style}")


@staff(Permission.PATIENTS, Permission.REFERRALS)
@require_POST
def received(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The practice says that a letter to it came. Not by opening it: a link may be followed by nobody."""
    _shown(request, ref)
    documents.opened(access=granted(request), ref=ref)
    messages.success(request, "Thank you. Whoever wrote it sees that it came.")
    return redirect("letter", ref=ref)


def _shown(request: HttpRequest, ref: UUID) -> documents.Shown:
    access = granted(request)
    try:
        shown = documents.by_ref(access, ref)
    except documents.Document.DoesNotExist as error:
        raise Http404 from error
    if shown.patient_id is not None:
        records.look(access=access, patient_id=shown.patient_id, page="letter")
    return shown
