"""What stands of a service in the directory, changed by its own people on a page; what it was before, for any of the staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.directory import api as directory
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import staff_page
from onedoor.staff.views.directory import may_edit
from onedoor.ui.access import granted, staff

_REQUIRED = ("name", "summary")
_PLACE = ("site", "address", "postcode", "step_free", "parking", "hours", "latitude", "longitude")


@staff(Permission.SWITCHES)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Everything of a service but its places, its switches and its contract's clocks."""
    access, card = granted(request), _own(request, slug)
    texts = directory.written(card.id)
    faults: list[directory.Fault] = []
    if request.method == "POST":
        texts = {column: request.POST.get(column, "") for column in texts}
        texts["refers"] = "|".join(name for name in directory.REFERRERS if name in request.POST.getlist("refers"))
        for column in ("bank_holidays", "active"):
            texts[column] = "yes" if column in request.POST else "no"
        row, faults = directory.read_texts(texts, _REQUIRED)
        if not faults:
            return _change(request, card, access, directory.told_of(row))
    return staff_page(
        request,
        "staff/service_edit.jinja",
        "services",
        s=card,
        texts=texts,
        faults={fault.column: fault for fault in reversed(faults)},
        referrers=directory.REFERRERS,
        edition=request.POST.get("edition", card.edition),
    )


def _change(request: HttpRequest, card: directory.Card, access: Access, changes: dict[str, Any]) -> HttpResponseBase:
    seen = request.POST.get("edition", "")
    try:
        changed = directory.edit_service(
            service_id=card.id,
            changes=changes,
            seen_edition=int(seen) if seen.isascii() and seen.isdigit() else -1,
            by=access.actor,
        )
    except directory.EditedMeanwhile:
        messages.error(request, "Nothing was changed: somebody else changed this service meanwhile. Look again.")
        return redirect("service_edit", slug=card.slug)
    except NotPermitted as error:
        raise Http404 from error
    messages.success(request, "Changed, from now on." if changed else "Nothing was different, so nothing was changed.")
    return redirect("service", slug=card.slug) if changes["active"] else redirect("services")


@staff(Permission.SWITCHES)
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, slug: str, ref: UUID | None = None) -> HttpResponseBase:
    """One of its places, or one more."""
    access, card = granted(request), _own(request, slug)
    held = next((one for one in card.places if one.ref == ref), None)
    if ref is not None and held is None:
        raise Http404
    texts = directory.place_written(held) if held else dict.fromkeys(_PLACE, "")
    faults: list[directory.Fault] = []
    if request.method == "POST":
        texts = {column: request.POST.get(column, "") for column in _PLACE}
        row, faults = directory.read_place(texts)
        if row is not None:
            try:
                directory.set_place(service_id=card.id, ref=ref, row=row, by=access.actor)
            except directory.PlaceTaken:
                faults = [directory.Fault(0, "site", "", "the service has another place of this name")]
            except NotPermitted as error:
                raise Http404 from error
            else:
                messages.success(request, "The place is kept, from now on.")
                return redirect("service_edit", slug=slug)
    return staff_page(
        request,
        "staff/service_place.jinja",
        "services",
        s=card,
        place=held,
        texts=texts,
        faults={fault.column: fault for fault in reversed(faults)},
    )


@staff(Permission.SWITCHES)
@require_POST
def place_end(request: HttpRequest, slug: str, ref: UUID) -> HttpResponse:
    """The service no longer sees anybody there."""
    access, card = granted(request), _own(request, slug)
    if ref not in {one.ref for one in card.places}:
        raise Http404
    directory.end_place(service_id=card.id, ref=ref, by=access.actor)
    messages.success(request, "The service no longer has that place.")
    return redirect("service_edit", slug=slug)


@staff(Permission.SWITCHES)
@require_POST
def verify(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody of the service has read its page, and it is true."""
    card = _own(request, slug)
    directory.verify_service(service_id=card.id, by=granted(request).actor)
    messages.success(request, "Thank you. The page says that you checked it today.")
    return redirect("service", slug=slug)


@staff()
@require_GET
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed, and whom the service took on a past day."""
    card = directory.card(slug, also_ended=True)
    if card is None:
        raise Http404
    today = clock.today()
    on = min(typed_day(request.GET.get("on", "")) or today, today)
    return staff_page(
        request,
        "staff/service_history.jinja",
        "services",
        s=card,
        on=on,
        today=today,
        then=directory.criteria_at(card.id, clock.london_day(on)[1] - timedelta(microseconds=1)),
        changes=directory.history(card.id),
        referrers=directory.REFERRERS,
    )


def _own(request: HttpRequest, slug: str) -> directory.Card:
    card = directory.card(slug, also_ended=True)
    if card is None or not may_edit(granted(request), card):
        raise Http404
    return card
