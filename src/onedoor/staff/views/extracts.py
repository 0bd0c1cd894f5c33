"""Monthly extracts: who sent which month, sending one, saying what its columns are, taking it; and the sheet that goes out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.exchange import api as exchange
from onedoor.kernel.access import Permission
from onedoor.staff.download import note_download
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

LARGEST = 20 * 1024 * 1024
"""Bytes of an upload; a practice's month is under one million. More is for `onedoor import extract`, which reads from disk."""

_SHOWN = 200


@staff(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def extracts(request: HttpRequest) -> HttpResponseBase:
    """Months by organisation, the files of late, and the form for another."""
    access = granted(request)
    problem: tuple[str, str, str] | None = None
    months = exchange.months_back()
    if request.method == "POST":
        file, month = request.FILES.get("file"), _month(request.POST.get("month", ""), months)
        if file is None:
            problem = ("Choose the spreadsheet.", "#file", "")
        elif not file.size:
            problem = ("The file is empty.", "#file", "Export it again.")
        elif month is None:
            problem = ("Say which month it tells of.", "#month", "")
        elif file.size > LARGEST:
            problem = ("The file is too large to upload. Whoever runs Onedoor can read it from disk.", "#file", "")
        else:
            try:
                found = exchange.receive_extract(
                    content=file.read(), name=(file.name or "upload")[:200], month=month, access=access
                )
            except exchange.UnreadableFile as fault:
                problem = (fault.what, "#file", f"Where: {fault.where}. {fault.what_to_do}")
            else:
                return redirect("extract", ref=found.ref)
    lines = exchange.extract_status(access)
    return staff_page(
        request,
        "staff/extracts.jinja",
        "extracts",
        status=400 if problem else 200,
        problem=problem,
        lines=lines,
        months=months,
        chosen=request.POST.get("month", ""),
        files=exchange.extracts(access),
        states=exchange.EXTRACT_STATES,
        may_send_out=access.may(Permission.CHECKS),
    )


def _month(text: str, months: list[date]) -> date | None:
    """One of the months that may be sent: the last ones, and this."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if found in months else None


@staff(Permission.IMPORT)
@require_GET
def extract(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One file: its columns to be confirmed, or its quality and what is not taken."""
    return _page(request, _found(request, ref))


def _page(request: HttpRequest, found: exchange.Extract, problem: str = "") -> HttpResponse:
    if found.state == "to_map":
        columns, gone = exchange.columns_of(found)
        return staff_page(
            request,
            "staff/extract_columns.jinja",
            "extracts",
            status=400 if problem else 200,
            extract=found,
            columns=columns,
            gone=gone,
            groups=exchange.field_groups(),
            fields=exchange.EXTRACT_FIELDS,
            problem=(problem, "#column-0", "") if problem else None,
        )
    reason = request.GET.get("why", "")
    reason = reason if reason in exchange.EXTRACT_REASONS else ""
    return staff_page(
        request,
        "staff/extract.jinja",
        "extracts",
        extract=found,
        quality=exchange.extract_quality(found),
        rejects=exchange.extract_rejects(found, reason=reason, limit=_SHOWN),
        reason=reason,
        reasons=exchange.EXTRACT_REASONS,
        fields=exchange.EXTRACT_FIELDS,
        states=exchange.EXTRACT_STATES,
        shown=_SHOWN,
    )


@staff(Permission.IMPORT)
@require_POST
def columns(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Say which column is what, or that it is to be said anew."""
    found = _found(request, ref)
    access = granted(request)
    try:
        if request.POST.get("again"):
            exchange.map_extract_again(access=access, ref=ref)
        else:
            said = {heading: request.POST.get(f"column-{at}", "") for at, heading in enumerate(found.headings)}
            exchange.confirm_extract(access=access, ref=ref, columns=said)
    except exchange.WrongMapping as fault:
        found.columns = said
        return _page(request, found, problem=str(fault))
    except exchange.UnreadableFile as fault:
        messages.error(request, f"{fault.what} {fault.what_to_do}")
    except exchange.CannotTake:
        messages.error(request, "It was taken meanwhile, or is no longer kept.")
    return redirect("extract", ref=ref)


@staff(Permission.IMPORT)
@require_POST
def take(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Put what can be believed on the record. A file without a row tells of no month, and is not taken for one that does."""
    if not _found(request, ref).rows:
        messages.error(request, "There is no row in it, so nothing can be taken. Export it again.")
        return redirect("extract", ref=ref)
    try:
        found = exchange.take_extract(access=granted(request), ref=ref)
    except exchange.CannotTake:
        messages.error(request, "Nothing was taken now: it was taken before, or is no longer kept.")
    else:
        messages.success(request, f"Taken: {found.taken:,} new on the record, {found.same:,} there already.")
    return redirect("extract", ref=ref)


@staff(Permission.IMPORT)
@require_POST
def withdraw(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Say that the file was taken by mistake."""
    _found(request, ref)
    try:
        gone = exchange.withdraw_extract(access=granted(request), ref=ref)
    except exchange.CannotTake:
        messages.error(request, "It is not taken, so there is nothing to withdraw.")
    else:
        messages.success(
            request, f"Withdrawn: {gone:,} on the record are in error now. What another file has too stays."
        )
    return redirect("extract", ref=ref)


@staff(Permission.IMPORT)
@require_POST
def rejects(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Everything that is not taken, for a spreadsheet."""
    found = _found(request, ref)
    note_download(granted(request), "extract-not-taken", found.rejected)
    answer = HttpResponse(exchange.extract_rejects_csv(found), content_type="text/csv; charset=utf-8")
    return _as_download(answer, f"not-taken-{found.month:%Y-%m}.csv")


@staff(Permission.CHECKS)
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """The register with its checks as a file; of others' people by agreement only."""
    sheet = exchange.register_sheet(
        access=granted(request), form="csv" if request.POST.get("form") == "csv" else "xlsx"
    )
    return _as_download(HttpResponse(sheet.content, content_type=sheet.media_type), sheet.name)


def _as_download(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _found(request: HttpRequest, ref: UUID) -> exchange.Extract:
    try:
        return exchange.extract_of(granted(request), ref)
    except exchange.Extract.DoesNotExist as error:
        raise Http404 from error
