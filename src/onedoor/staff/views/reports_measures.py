"""The measure book: what each figure means, what it was counted from, and the months that were closed."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.reporting import api as reporting
from onedoor.reporting.levels import reach
from onedoor.reporting.measures import closing, explaining, tables
from onedoor.reporting.measures.book import CLOCKS, in_force
from onedoor.reporting.tables import Table
from onedoor.staff.figures import figures_page
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.staff.views.reports_months import month_before, read_month
from onedoor.ui.access import granted, staff

_OFFERED = 24
"""Months that can be chosen to be closed."""


@staff(Permission.REPORTS)
@require_GET
def measures(request: HttpRequest) -> HttpResponse:
    """Every measure in force, in words."""
    closed = closing.closings()
    return staff_page(
        request,
        "staff/reports_measures.jinja",
        "reports",
        measures=sorted(in_force(clock.today()).values(), key=lambda one: one.name.lower()),
        last=closed[0] if closed else None,
    )


@staff(Permission.REPORTS)
@require_GET
def measure(request: HttpRequest, key: str) -> HttpResponse:
    """A figure explained: of `organisation` (one's own) for `month` (the last closed)."""
    access = granted(request)
    units = reach(access)
    closed = sorted({one.month for one in closing.closings()}, reverse=True)
    code = request.GET.get("organisation") or organisation_of(access).ods_code
    month = read_month(request.GET["month"]) if request.GET.get("month") else closed[0] if closed else None
    definition = in_force(clock.today()).get(key)
    try:
        found = explaining.explain(access, key, month=month, organisation=code) if month in closed and month else None
    except LookupError as missing:
        # A figure that was never kept is not found, one of an organisation out of reach neither.
        if definition is None or not any(unit.ods_code == code for unit in units.values()):
            raise Http404 from missing
        found = None
    if found is None and definition is None:
        raise Http404
    who = request.GET.get("who", explaining.WHO[0])
    page = request.GET.get("page", "1")
    start = (int(page) - 1) * explaining.PEOPLE if page.isdecimal() and 0 < int(page) < 100_000 else 0
    people, total = (
        reporting.people_counted(access, found, who=who, start=start) if found and who in explaining.WHO else ([], 0)
    )
    shown: dict[str, Table] = {"figure": tables.practices(found)} if found else {}
    if found and (found.left_out or found.not_yet):
        shown["left_out"] = tables.left_out(found)

    def address(**other: str) -> str:
        said = {"month": f"{month:%Y-%m}" if month else "", "organisation": code, "who": who} | other
        return f"{reverse('reports_measure', args=[key])}?{urlencode(said)}"

    return figures_page(
        request,
        "staff/reports_measure.jinja",
        "reports",
        tables=shown,
        found=found,
        measure=found.measure if found else definition,
        clocks=CLOCKS,
        units=list(units.values()),
        code=code,
        months=closed,
        month=month,
        who=who,
        people=people,
        total=total,
        start=start,
        size=explaining.PEOPLE,
        page=start // explaining.PEOPLE + 1,
        address=address,
    )


@staff(Permission.REPORTS)
@require_GET
def closings(request: HttpRequest) -> HttpResponse:
    """The months that were closed, and the button that closes one for whoever runs the locality."""
    access = granted(request)
    closed = closing.closings()
    this = clock.today().replace(day=1)
    offered = [month_before(this, number) for number in range(1, _OFFERED + 1)]
    done = {one.month for one in closed}
    asked = read_month(request.GET.get("month", ""))
    return staff_page(
        request,
        "staff/reports_closings.jinja",
        "reports",
        closings=closed,
        latest={one.month: one.edition for one in reversed(closed)},
        offered=offered,
        next=asked if asked in offered else next((month for month in offered if month not in done), offered[0]),
        may_close=closing.may_close(access),
        up_to_date=offered[0] in done,
        asked=asked,
    )


@staff(Permission.CLOSE_MONTHS)
@require_POST
def close(request: HttpRequest) -> HttpResponseBase:
    """Close a month, or close it again with a reason."""
    month = _month(request)
    try:
        made = reporting.close_month(granted(request), month=month, why=request.POST.get("why", ""))
    except NotPermitted as refused:
        raise Http404 from refused
    except reporting.CannotClose as error:
        messages.error(request, str(error))
        # Nothing that was chosen is lost: the month stands there still.
        return redirect(f"{reverse('reports_closings')}?month={month:%Y-%m}")
    else:
        edition = f", edition {made.edition}" if made.edition > 1 else ""
        messages.success(request, f"{made.month:%B %Y} is closed{edition}.")
    return redirect("reports_closings")


@staff(Permission.CLOSE_MONTHS)
@require_POST
def rebuild(request: HttpRequest) -> HttpResponseBase:
    """Work a closed month out again from the record, and say whether it is the same."""
    edition = request.POST.get("edition", "")
    try:
        built = reporting.rebuild_month(
            granted(request), month=_month(request), edition=int(edition) if edition.isdecimal() else None
        )
    except (NotPermitted, reporting.NotClosed) as refused:
        raise Http404 from refused
    named = f"{built.closing.month:%B %Y}, edition {built.closing.edition}"
    if built.same:
        messages.success(request, f"{named}, was worked out again from the record: the same to the byte.")
    else:
        messages.error(request, f"{named}, is not the same when it is worked out again. Tell whoever runs Onedoor.")
    return redirect("reports_closings")


def _month(request: HttpRequest) -> date:
    month = read_month(request.POST.get("month", ""))
    if month is None:
        raise Http404
    return month
