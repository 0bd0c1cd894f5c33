"""A patient's course as one thing: its dates, each of which they may cancel, and leaving it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel.access import Access, Part
from onedoor.ui.access import granted, patient_or_proxy
from onedoor.ui.pages import page


@patient_or_proxy(Part.CARE)
@require_GET
def course(request: HttpRequest, ref: UUID) -> HttpResponse:
    """All its dates, which were kept and which are ahead."""
    access = granted(request)
    found = _mine(access, ref)
    return page(
        request,
        "portal/course.jinja",
        c=found,
        phone=accounts.telephone(found.organisation_id),
        may_change=access.has(Part.CHANGES),
    )


@patient_or_proxy(Part.CHANGES)
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Ask once, then give up all that is ahead, or the place on the list."""
    access = granted(request)
    found = _mine(access, ref)
    if found.state not in ("enrolled", "waiting") or not found.may_leave:
        return redirect("my_course", ref=ref)
    if request.method == "GET":
        return page(request, "portal/course_leave.jinja", c=found)
    try:
        booking.leave_course(enrolment_ref=ref, by=access.actor, reason="patient")
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing of yours has changed.")
        return redirect("my_course", ref=ref)
    messages.success(request, f"You are no longer on {found.name}. Thank you for telling us.")
    return redirect("my_home")


def _mine(access: Access, ref: UUID) -> booking.OwnCourse:
    try:
        return booking.enrolment_of(access, ref)
    except booking.Enrolment.DoesNotExist as error:
        raise Http404 from error
