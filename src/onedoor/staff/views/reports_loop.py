"""The dashboard of the loop, and last month's diary replayed with nothing sent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.reporting import shadow
from onedoor.reporting.dashboards import loop
from onedoor.reporting.tables import Column
from onedoor.staff.figures import figures_page
from onedoor.staff.views.reports_months import chosen_months, month_before, read_month
from onedoor.ui.access import granted, staff

_DEAREST = Decimal(10_000)


@staff(Permission.REPORTS)
@require_GET
def reports_loop(request: HttpRequest) -> HttpResponse:
    """`practice` by its ODS code, and the months `from` to `to`; everything within reach for half a year without them."""
    months = chosen_months(request, usual=6)
    try:
        dashboard = loop.loop(
            granted(request), months.first, months.last, practice=request.GET.get("practice", "").strip().upper()
        )
    except LookupError:
        raise Http404 from None
    return figures_page(
        request,
        "staff/reports_loop.jinja",
        "reports",
        tables=dashboard.tables,
        charts=dashboard.charts,
        dashboard=dashboard,
        as_of=Column("", "").said(dashboard.counted_at),
        months=months,
    )


@staff(Permission.REPORTS)
@require_GET
def reports_shadow(request: HttpRequest) -> HttpResponse:
    """`practice`, `month` and what a place is worth (`value`, pounds); the first practice and last month without them."""
    access, asked = granted(request), request.GET
    practices = shadow.practices(access)
    code = asked.get("practice", "").strip().upper()
    unit = next((one for one in practices if one.ods_code == code), None)
    if code and unit is None:
        raise Http404
    month, value, problem = _asked(asked.get("month", ""), asked.get("value", ""))
    unit = unit or (practices[0] if practices else None)
    found = shadow.shadow(access, unit, month, value=value) if unit else None
    return figures_page(
        request,
        "staff/reports_shadow.jinja",
        "reports",
        tables={"places": found.table} if found else {},
        shadow=found,
        practices=practices,
        month=month,
        value=value,
        problem=problem,
    )


def _asked(month: str, value: str) -> tuple[date, Decimal, str]:
    """Month and worth as typed, or what they are without; and what was wrong with them, in words."""
    usual = month_before(clock.today())
    read = read_month(month) if month else usual
    if read is None or read > clock.today():
        return usual, shadow.PLACE_POUNDS, f"“{month[:20]}” is no month that has begun. Type one as {usual:%Y-%m}."
    try:
        pounds = Decimal(value.strip().lstrip("£")) if value.strip() else shadow.PLACE_POUNDS
    except InvalidOperation:
        pounds = Decimal(-1)
    if not (pounds.is_finite() and 0 <= pounds <= _DEAREST):
        return read, shadow.PLACE_POUNDS, f"“{value[:20]}” is no sum of money. Type pounds, as {shadow.PLACE_POUNDS}."
    return read, pounds.quantize(Decimal("0.01")), ""
