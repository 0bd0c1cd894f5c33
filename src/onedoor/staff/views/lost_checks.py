"""Checks done at a trust that do not count here: which of its spreadsheet count, why others do not, and entering what can be."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Permission
from onedoor.records import api as records
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

LARGEST = 20 * 1024 * 1024
"""Bytes of a spreadsheet; a trust's year of checks is one or two million."""

_SHOWN = 500


@staff(Permission.CHECKS)
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest) -> HttpResponseBase:
    """The files compared of late, and the form for another."""
    access = granted(request)
    problem: tuple[str, str, str] | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or not file.size:
            problem = ("Choose the trust’s spreadsheet.", "#file", "")
        elif file.size > LARGEST:
            problem = ("The file is too large. Save the sheet with the checks by itself.", "#file", "")
        else:
            try:
                found = exchange.compare_checks(
                    content=file.read(),
                    name=(file.name or "upload")[:200],
                    trust_ods=request.POST.get("trust", ""),
                    access=access,
                )
            except exchange.UnreadableFile as fault:
                problem = (fault.what, "#file", f"Where: {fault.where}. {fault.what_to_do}")
            else:
                return redirect("lost_checks_file", ref=found.ref)
    return staff_page(
        request,
        "staff/lost_checks.jinja",
        "finish_line",
        status=400 if problem else 200,
        problem=problem,
        trusts=exchange.trusts_for(access),
        chosen=request.POST.get("trust", ""),
        files=exchange.trust_files(access),
    )


@staff(Permission.CHECKS)
@require_GET
def file(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One file: figures by reason, and the checks of one. Whoever it names can see that it was opened."""
    access = granted(request)
    reason = request.GET.get("why", "can_count")
    if reason not in exchange.REASONS:
        raise Http404
    try:
        found = exchange.trust_file(access, ref, reason=reason, limit=_SHOWN)
    except exchange.TrustFile.DoesNotExist as error:
        raise Http404 from error
    named = [line.patient.pk for line in found.lines if line.patient]
    records.look_many(access=accounts.for_checks(access), patient_ids=named, page="checks done at a trust")
    return staff_page(
        request,
        "staff/lost_checks_file.jinja",
        "finish_line",
        found=found,
        reason=reason,
        reasons=exchange.REASONS,
        may_enter=reason in ("can_count", "other_code"),
        shown=_SHOWN,
    )


@staff(Permission.CHECKS)
@require_POST
def accept(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Enter one check, those ticked, or all that can be counted."""
    said = request.POST
    ticked = [key for key in said.getlist("one") + said.getlist("only") if key.isdecimal() and len(key) < 19]
    keys = None if said.get("all") else [int(key) for key in (said.getlist("only") or ticked)]
    if keys is not None and not keys:
        messages.error(request, "Tick which. Nothing was entered.")
        return redirect("lost_checks_file", ref=ref)
    try:
        number = exchange.accept_checks(access=granted(request), ref=ref, keys=keys)
    except exchange.TrustFile.DoesNotExist as error:
        raise Http404 from error
    if number:
        messages.success(
            request, f"{number:,} {'check is' if number == 1 else 'checks are'} on the record, as done at the trust."
        )
    else:
        messages.error(request, "Nothing was entered: it was entered already, or the person is no longer in your care.")
    why = said.get("why", "")
    return redirect(reverse("lost_checks_file", args=[ref]) + (f"?why={why}" if why in exchange.REASONS else ""))
