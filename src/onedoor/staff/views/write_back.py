"""What is still to be typed into the practice's own system, and how the practice has its write-back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.exchange import api as exchange
from onedoor.kernel.access import Access, Permission
from onedoor.records import api as records
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

_MOST = 200
"""Lines of one step: what a page can show, with room."""


@staff(Permission.PATIENTS)
@require_GET
def to_type(request: HttpRequest) -> HttpResponse:
    """The list, the longest waiting first. Whoever it names can see that it was opened."""
    access = granted(request)
    found = exchange.to_type(access)
    records.look_many(access=access, patient_ids={line.patient_id for line in found.lines}, page="to be typed")
    return staff_page(request, "staff/to_type.jinja", "tasks", typing=found)


@staff(Permission.PATIENTS)
@require_POST
def typed(request: HttpRequest) -> HttpResponseBase:
    """Tick what was typed, or what need not be."""
    chosen = [int(one) for one in request.POST.getlist("item") if one.isdecimal() and len(one) < 19][:_MOST]
    needed = request.POST.get("do") != "left"
    if one := request.POST.get("only", ""):
        chosen = [int(one)] if one.isdecimal() and len(one) < 19 else []
    done = exchange.say_typed(access=granted(request), item_ids=chosen, needed=needed)
    if done:
        word = "1 entry" if done == 1 else f"{done} entries"
        messages.success(request, f"Ticked: {word} {'typed' if needed else 'not needed'}.")
    else:
        messages.error(request, "Nothing was ticked: choose what you typed.")
    back = request.POST.get("back", "")
    here = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if here else reverse("to_type"))


@staff(Permission.SETTINGS)
@require_http_methods(["GET", "POST"])
def setting(request: HttpRequest) -> HttpResponseBase:
    """Off, typed by somebody, or a document a day."""
    access = granted(request)
    if request.method == "POST":
        route = request.POST.get("route", "")
        if route not in exchange.FEED_ROUTES:
            raise Http404
        try:
            exchange.set_feed(access=access, route=route)
            messages.success(request, f"Saved: {exchange.FEED_ROUTES[route][0].lower()}.")
        except exchange.NoMailbox as fault:
            messages.error(request, str(fault))
        return redirect("write_back")
    return staff_page(
        request,
        "staff/write_back.jinja",
        "settings",
        feed=exchange.feed_setting(access),
        routes=exchange.FEED_ROUTES,
    )


def strip_of(access: Access, patient_id: int) -> dict[str, Any]:
    """What is to be typed of one patient, for their page."""
    return {"typing": exchange.to_type(access, patient_id=patient_id)}
