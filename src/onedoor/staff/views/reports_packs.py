"""Packs of closed months: to be fetched, made and sent now, or made by themselves; whom they went to, and who opened them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.kernel.access import NotPermitted, Permission
from onedoor.reporting import api as reporting
from onedoor.reporting.models import Closing, Pack
from onedoor.reporting.packs.queries import months_of_packs
from onedoor.staff.download import note_download
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@staff(Permission.REPORTS)
@require_GET
def reports_packs(request: HttpRequest) -> HttpResponse:
    """The last closed months with the pack of each organisation within reach."""
    return _page(request)


@staff(Permission.PACKS)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make the pack of `organisation` for `closing`, both by their key, and send it."""
    try:
        reporting.make_pack(
            access=granted(request),
            organisation_id=int(request.POST.get("organisation", "")),
            closing_id=int(request.POST.get("closing", "")),
        )
    except reporting.NoFigures as error:
        return _page(request, problem=str(error))
    except (ValueError, NotPermitted, Closing.DoesNotExist):
        raise Http404 from None
    except reporting.CannotBeSet:
        return _page(request, problem="The pack could not be set as a PDF. Whoever runs Onedoor finds it in the log.")
    return redirect("reports_packs")


@staff(Permission.PACKS)
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Have the packs of each `organisation` for `closing` made and sent, one after the other."""
    try:
        wanted = [int(key) for key in request.POST.getlist("organisation")]
        closing_id = int(request.POST.get("closing", ""))
    except ValueError:
        raise Http404 from None
    if not wanted:
        return _page(request, problem="Tick whom it is to be sent to.", field="send")
    try:
        many = reporting.send_packs(access=granted(request), organisation_ids=wanted, closing_id=closing_id)
    except (NotPermitted, Closing.DoesNotExist):
        raise Http404 from None
    if many:
        said = "1 pack is" if many == 1 else f"{many} packs are"
        messages.success(request, f"{said} being made and sent: a few seconds each.")
    return redirect("reports_packs")


@staff(Permission.PACKS)
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """Say from which day of the month `organisation` gets its pack by itself; an empty `day`: no more."""
    typed = request.POST.get("day", "").strip()
    try:
        organisation_id = int(request.POST.get("organisation", ""))
    except ValueError:
        raise Http404 from None
    try:
        if typed and not typed.isdecimal():
            raise ValueError("Write the day of the month as a number, from 1 to 28.")
        reporting.schedule_pack(
            access=granted(request), organisation_id=organisation_id, day=int(typed or 1), active=bool(typed)
        )
    except NotPermitted:
        raise Http404 from None
    except ValueError as error:
        return _page(request, problem=str(error), field=f"day-{organisation_id}", typed={organisation_id: typed})
    return redirect("reports_packs")


@staff(Permission.REPORTS)
@require_GET
def pack_file(request: HttpRequest, ref: UUID, form: str) -> HttpResponse:
    """A pack as PDF or workbook."""
    if form not in _TYPES:
        raise Http404
    try:
        pack = reporting.open_pack(access=granted(request), ref=ref)
    except Pack.DoesNotExist:
        raise Http404 from None
    note_download(granted(request), "pack", rows=1)
    response = HttpResponse(bytes(pack.pdf if form == "pdf" else pack.xlsx), content_type=_TYPES[form])
    name = f"onedoor-{pack.organisation.ods_code.lower()}-{pack.closing.month:%Y-%m}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: HttpRequest, problem: str = "", field: str = "", typed: Mapping[int, str] | None = None
) -> HttpResponse:
    """`field`: the id of what is to be put right; `typed`: days as they were typed, by organisation."""
    return staff_page(
        request,
        "staff/reports_packs.jinja",
        "reports",
        months=months_of_packs(granted(request)),
        may_make=granted(request).may(Permission.PACKS),
        problem=problem,
        field=field,
        typed=typed or {},
    )
