"""The front page of reports: of each dashboard its headline, how it moves, and what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel.access import Permission
from onedoor.reporting.api import packs_ready
from onedoor.reporting.dashboards.headlines import headlines
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

PAGES = (
    ("reports_msk", "A service’s referrals", "received, decided, waiting, calls"),
    ("reports_loop", "Reminders and refilled places", "sent, answered, cancelled, refilled, missed"),
    ("reports_trajectory", "Trajectory", "what is needed each month to reach an aim"),
    ("reports_plan", "Action plan", "what is done, by whom, and what it brings"),
    ("reports_forum", "Forum", "what was agreed and is due"),
    ("reports_packs", "Packs", "the month as a document and a workbook"),
    ("reports_measures", "Measures", "what each figure counts"),
    ("reports_closings", "Months", "which are closed, and whether they can be built again"),
    ("reports_lint", "Check a report", "what in it does not add up"),
    ("reports_money", "Money", "what channels cost"),
)
"""The other pages of figures: address, title, what is there."""


@staff(Permission.REPORTS)
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """Where to go, the answer already on it."""
    access = granted(request)
    return staff_page(
        request, "staff/reports.jinja", "reports", headlines=headlines(access), packs=packs_ready(access), pages=PAGES
    )
