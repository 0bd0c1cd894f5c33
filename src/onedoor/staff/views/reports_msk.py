"""The dashboard of a service that triages."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel.access import Permission
from onedoor.reporting.dashboards import msk
from onedoor.staff.figures import figures_page
from onedoor.staff.views.reports_months import chosen_months
from onedoor.ui.access import granted, staff

PRINTED = Path("localities") / "demo" / "published-activity.csv"
PRINTED_OF = "msk-community"
"""What seed 002 printed of the demonstration's service; there is nothing printed to hold another against."""


@staff(Permission.REPORTS)
@require_GET
def reports_msk(request: HttpRequest) -> HttpResponse:
    """`service`, and the months `from` to `to`; the last twelve without them."""
    access = granted(request)
    services = msk.services_seen(access)
    wanted = request.GET.get("service", "")
    service = next((one for one in services if one.slug == wanted), None)
    if wanted and service is None:
        raise Http404
    months = chosen_months(request)
    shown = service or (services[0] if services else None)
    if shown is None:
        return figures_page(request, "staff/reports_msk.jinja", "reports", dashboard=None, services=[], months=months)
    dashboard = msk.msk(access, shown, months.first, months.last, printed=_printed(shown.slug))
    return figures_page(
        request,
        "staff/reports_msk.jinja",
        "reports",
        tables=dashboard.tables,
        charts=dashboard.charts,
        dashboard=dashboard,
        services=services,
        months=months,
    )


def _printed(slug: str) -> list[msk.Printed]:
    file = settings.ROOT / PRINTED
    return msk.read_printed(file) if settings.DEMONSTRATION and slug == PRINTED_OF and file.exists() else []
