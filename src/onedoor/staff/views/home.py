"""Home: what needs me now, and what went on without me."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from onedoor.staff.frame import organisation_of, staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import granted, signed_in


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    """Staff see their worklists, an administrator the state of the system, and a patient their own pages."""
    access = granted(request)
    if access.patient_id is not None:
        return redirect("my_home")
    counts = tasks.counts(access)
    return staff_page(
        request,
        "staff/home.jinja",
        "home",
        counts=counts,
        kinds={declared.name: declared for declared in tasks.kinds()},
        topic=f"tasks:{organisation_of(access).pk}",
    )
