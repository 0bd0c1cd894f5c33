"""Importing a file: choose it, see what it would do and which rows cannot be taken, then apply it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking.types import SYSTEMS
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Permission
from onedoor.records import api as records
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

LARGEST = 100 * 1024 * 1024
"""Bytes of an upload. A practice's list is some 5 MB; more is for `onedoor import`, which reads from disk."""

_SHOWN = 200
"""Rows of the report on the page; the download has them all."""

KINDS: dict[str, tuple[exchange.Kind, str]] = {
    "patients": ("patients", "The list of patients"),
    "appointments": ("appointments", "The diary of appointments"),
}

REASONS = {
    # records' reason for holding a row, as a heading
    "unit": "Another unit",
    "no_unit": "No unit",
    "percent": "HbA1c in per cent",
    "impossible": "A value that nobody has",
    "number": "Not a number",
    "no_value": "No value",
    "value": "A value where none belongs",
    "future": "A day to come",
    "date": "No such day",
    "before_birth": "Before birth",
    "patient": "Nobody of that number",
    "nhs_number": "Not an NHS number",
    "organisation": "Organisation not known",
    "code_missing": "No code",
    "code_damaged": "A damaged code",
    "code_unknown": "A code not known here",
    "code_superseded": "A superseded code",
    "code_term": "Code and term differ",
    "code_cluster": "Another cluster",
}

STATES = {
    "previewed": "read, not applied",
    "applied": "applied",
    "waiting": "waits for a person",
    "lapsed": "not applied in time",
}


@staff(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponseBase:
    """The files of late, and the form for another; an upload leads to its preview."""
    access = granted(request)
    problem: tuple[str, str, str] | None = None
    if request.method == "POST":
        kind = KINDS.get(request.POST.get("kind", ""))
        file = request.FILES.get("file")
        if kind is None:
            problem = ("Say what is in the file.", "#patients", "")
        elif file is None:
            problem = ("Choose a file.", "#file", "")
        elif not file.size:
            problem = ("The file is empty. Export it again.", "#file", "")
        elif file.size > LARGEST:
            problem = ("The file is too large to upload. Whoever runs Onedoor can import it from disk.", "#file", "")
        else:
            try:
                found = exchange.preview_upload(
                    kind=kind[0], name=(file.name or "upload")[:200], content=file.read(), access=access
                )
            except exchange.UnreadableFile as fault:
                problem = (fault.what, "#file", f"Where: {fault.where}. {fault.what_to_do}")
            else:
                return redirect("import_file", ref=found.ref)
    return staff_page(
        request,
        "staff/imports.jinja",
        "imports",
        status=400 if problem else 200,
        problem=problem,
        kinds=KINDS,
        chosen=request.POST.get("kind", ""),
        files=[(file, exchange.report_of(file)) for file in exchange.uploads(access)],
        states=STATES,
        held=sum(records.held_counts(access).values()),
    )


@staff(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def held(request: HttpRequest) -> HttpResponseBase:
    """Rows of coded entries that could not be believed, with their reasons; a post says of some that they are not needed."""
    access = granted(request)
    if request.method == "POST":
        keys = [
            int(text) for text in request.POST.getlist("row") if text.isascii() and text.isdigit() and len(text) < 19
        ]
        try:
            number = records.dismiss_held(access=access, held_ids=keys)
        except records.Held.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, f"{number} put away." if keys else "Tick the rows that are not needed first.")
        return redirect(request.get_full_path())
    counts = records.held_counts(access)
    reason = request.GET.get("reason", "")
    rows = records.held(access, reason=reason if reason in counts else "", limit=_SHOWN)
    return staff_page(
        request,
        "staff/held.jinja",
        "imports",
        counts=counts,
        reasons=REASONS,
        reason=reason if reason in counts else "",
        rows=rows,
        terms=records.terms(row.cells["code"] for row in rows),
    )


@staff(Permission.IMPORT)
@require_GET
def file(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What a file would do, or did, and the rows that were not taken whole."""
    found = _file(request, ref)
    report = exchange.report_of(found)
    rejected = [row for row in report.rows if row.level == "reject"]
    noted = [row for row in report.rows if row.level == "note"]
    return staff_page(
        request,
        "staff/import.jinja",
        "imports",
        file=found,
        report=report,
        system=SYSTEMS.get(report.source, report.source),
        rejected=rejected[:_SHOWN],
        noted=noted[:_SHOWN],
        states=STATES,
    )


@staff(Permission.IMPORT)
@require_POST
def apply(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take the rows of a file that was previewed."""
    found = _file(request, ref)
    done = exchange.apply_upload(ref=found.ref, access=granted(request))
    if done.state == "waiting":
        messages.info(request, "So many appointments are missing from it that a person must decide first.")
    elif done.state == "lapsed":
        messages.error(request, "It was not applied in time, and its content is gone. Upload it again.")
    else:
        messages.success(request, "Applied. Nobody was texted because of it.")
    return redirect("import_file", ref=ref)


@staff(Permission.IMPORT)
@require_GET
def rejects(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The rows that were not taken whole, for a spreadsheet."""
    found = _file(request, ref)
    answer = HttpResponse(exchange.as_csv(exchange.report_of(found)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="not-taken-{found.ref}.csv"'
    return answer


def _file(request: HttpRequest, ref: UUID) -> exchange.ImportFile:
    try:
        return exchange.upload(granted(request), ref)
    except exchange.ImportFile.DoesNotExist as error:
        raise Http404 from error
