"""Counters: what a day came to, and whether everything that happened is explained."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.reporting import api as reporting
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import as_file
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff


@staff(Permission.COUNTERS)
@require_GET
def counters(request: HttpRequest, day: date | None = None) -> HttpResponseBase:
    """The balance of a day."""
    if "day" in request.GET:
        return redirect("counters_day", day=chosen_day(request.GET["day"], clock.today()))
    access = granted(request)
    today = clock.today()
    day = day or today
    return staff_page(
        request,
        "staff/counters.jinja",
        "counters",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        balance=reporting.balance(access, day),
        refills=booking.refill_numbers(access, day),
    )


@staff(Permission.COUNTERS)
@require_POST
def download(request: HttpRequest, day: date) -> HttpResponse:
    """The accounts of a day as a file, fit to be passed on: small numbers hidden, the others rounded."""
    access = granted(request)
    rows: list[tuple[str, str, str]] = []
    for account in reporting.balance(access, day).accounts:
        parts = reporting.parts_shown(list(account.parts.values()))
        rows += [(account.name, what, number) for what, number in zip(account.parts, parts, strict=True)]
        rows.append((account.name, "in all", reporting.shown(account.total)))
    return as_file(access, f"counters-{day}", ("Account", "What became of them", "How many"), rows)
