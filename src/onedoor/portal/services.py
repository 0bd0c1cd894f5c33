"""Find a service: for anybody, without signing in. Nothing here depends on who is a patient, and nothing says who searched."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from onedoor.directory import api as directory
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.messaging.ports import interpret
from onedoor.ui.access import public
from onedoor.ui.pages import page


@public
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponseBase:
    """Ask in plain words. What is posted is counted once; the page that it leads to can be read again."""
    if request.method == "POST":
        return _ended(request)
    asked = directory.read_asked(request.GET)
    findings = directory.find(asked.words, **asked.how, by_patient=True) if asked.words else None
    # Replies are read with more fear than a search needs: what is read so and fits a service is shown as any other is.
    danger = findings is not None and (
        findings.danger or (not findings.sure and interpret("appointment", asked.words).intent == "crisis")
    )
    return page(
        request,
        "portal/services.jinja",
        asked=asked,
        findings=findings,
        danger=danger,
        everything=directory.cards() if "all" in request.GET else [],
        misses=directory.MISSES,
        kept=request.GET.get("kept", ""),
        thanks="thanks" in request.GET,
    )


def _ended(request: HttpRequest) -> HttpResponseBase:
    here = reverse("find_service")
    asked = directory.read_asked(request.POST)
    if not asked.words:
        return redirect(here)
    findings = directory.find(asked.words, **asked.how, by_patient=True)
    refused = "none" in request.POST
    # Whoever is signed in on this telephone has nothing to do with it.
    kept = directory.end_search(
        findings=findings, place=asked.place, via="public", refused=refused, after=asked.after, by=Access.nobody().actor
    )
    if refused:
        return redirect(f"{here}?thanks=1")
    return redirect(f"{here}?{asked.query}" + (f"&kept={kept}" if kept else ""))


@public
@require_GET
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """What a service does, for whom, and how to get there."""
    found = directory.card(slug)
    if found is None:
        raise Http404
    asked = directory.read_asked(request.GET)
    return page(
        request,
        "portal/service.jinja",
        s=directory.seen_from(found, asked.place),
        criteria=directory.criteria_at(found.id, clock.now()),
        asked=asked,
        referrers=directory.REFERRERS,
    )
