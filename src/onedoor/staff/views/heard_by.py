"""Who has not heard by the day that we said: the people behind the task."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel.access import Permission
from onedoor.referrals import api as referrals
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff


@staff(Permission.TASKS)
@require_GET
def missed(request: HttpRequest) -> HttpResponse:
    """The longest missed first."""
    access = granted(request)
    return staff_page(
        request,
        "staff/missed.jinja",
        "tasks",
        found=referrals.missed(access),
        may_see_patients=access.may(Permission.PATIENTS),
    )
