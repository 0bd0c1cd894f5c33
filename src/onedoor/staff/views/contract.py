"""The clocks of a service's contract: what is in force, what comes, what was, and setting them from a day on."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.accounts.api import require_runs_all
from onedoor.directory.api import Service, service_by_slug
from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted, Permission, acts_for
from onedoor.referrals import api as referrals
from onedoor.staff.addresses import chosen_day
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff


@staff(Permission.SWITCHES)
@require_GET
def contract(request: HttpRequest, slug: str) -> HttpResponse:
    """The provider's own staff see and set them."""
    service = _service(request, slug)
    today = clock.today()
    rows = referrals.contracts_of(service.pk)
    return staff_page(
        request,
        "staff/contract.jinja",
        "services",
        service=service,
        clocks=referrals.clocks_on(service, today, rows),
        rows=rows,
        in_force=next((row.pk for row in rows if row.from_day <= today), None),
        today=today,
        first=today - timedelta(days=366),
        last=today + timedelta(days=366),
    )


@staff(Permission.SWITCHES)
@require_POST
def set_contract(request: HttpRequest, slug: str) -> HttpResponse:
    """Set them from a day on."""
    service, said = _service(request, slug), request.POST
    try:
        moved = referrals.set_contract(
            access=granted(request),
            service_id=service.pk,
            clocks=referrals.Clocks(
                _number(said.get("triage_hours", "")) or 0,
                said.get("triage_basis", ""),
                _number(said.get("urgent_days", "")) or 0,
                _number(said.get("onward_working_days", "")) or 0,
                _number(said.get("booking_days", "")) if said.get("booking_days", "").strip() else None,
            ),
            from_day=chosen_day(said.get("from_day"), date.min),
            reason=said.get("reason", ""),
        )
    except referrals.NotDone as why:
        messages.error(request, f"{why} Nothing was changed.")
    else:
        messages.success(
            request, f"Kept. {moved:,} referral{'s' if moved != 1 else ''} got another triage clock by it."
        )
    return redirect("contract", slug=slug)


def _service(request: HttpRequest, slug: str) -> Service:
    service = service_by_slug(slug)
    if service is None:
        raise Http404
    if not acts_for(granted(request).actor, service.organisation_id):
        try:
            require_runs_all(granted(request).actor)
        except NotPermitted as error:
            raise Http404 from error
    return service


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 6 else 0
