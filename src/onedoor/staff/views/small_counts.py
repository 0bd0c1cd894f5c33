"""Choosing to see small counts as they are, for an hour and a reason, and hiding them again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from onedoor.accounts import api as accounts
from onedoor.kernel.access import Permission
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import back, local


@staff(Permission.SMALL_COUNTS)
@require_POST
def show(request: HttpRequest) -> HttpResponse:
    """Show them from now on, in this sign-in, to whoever says why (`reason`, `words`) on the page `back`."""
    reports = reverse("reports")
    try:
        made = accounts.show_small_counts(
            access=granted(request),
            reason=request.POST.get("reason", ""),
            words=request.POST.get("words", ""),
            page=local(request.POST.get("back"), reports),
        )
    except accounts.NotShown as why:
        messages.error(request, f"{why} Small counts are still hidden.")
    else:
        request.session[accounts.SHOWS_SMALL_COUNTS] = str(made.ref)
    return back(request, reports)


@staff(Permission.SMALL_COUNTS)
@require_POST
def hide(request: HttpRequest) -> HttpResponse:
    """Hide them again; where they are hidden already there is nothing to do."""
    access = granted(request)
    if access.sees_small_counts:
        accounts.hide_small_counts(access=access)
    request.session.pop(accounts.SHOWS_SMALL_COUNTS, None)
    messages.success(request, "Small counts are hidden again.")
    return back(request, reverse("reports"))
