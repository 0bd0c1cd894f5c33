"""Signing in: with a password, or with one click in a demonstration."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts.api import WORKS_AT, User, hide_small_counts, workplaces
from onedoor.ui.access import granted, of, public, staff
from onedoor.ui.pages import local, page

DEMO_ROLES = (
    ("receptionist", "Receptionist", "the diary, the inbox and the tasks of the front desk"),
    ("practice_manager", "Practice manager", "the same, with imports, counters and settings"),
    ("triage_clinician", "Triage clinician", "the referrals to a service, by the clock that ends first"),
    ("call_handler", "Call handler", "who is on the telephone, once they have said who they are"),
    (
        "health_care_assistant",
        "Health-care assistant",
        "the checks: who is near the end of theirs, and the form to fill",
    ),
    ("social_prescriber", "Social prescriber", "a partner’s: only the lists that a practice shares, while they last"),
    ("ics_analyst", "ICS analyst", "the figures of every practice of the care system, no patients"),
    (
        "information_asset_owner",
        "Information asset owner",
        "the same figures, and for a reason and an hour the small counts that are hidden",
    ),
    ("administrator", "System administrator", "settings and switches, no patients"),
    ("patient", "Patient", "their own appointments and who looked at their record"),
    ("carer", "Carer", "the pages of a patient for whom they act, as far as was agreed"),
)


@public
@require_http_methods(["GET", "POST"])
def signin(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page; a wrong name or password says so without saying which."""
    wrong = False
    if request.method == "POST":
        user = authenticate(request, username=request.POST.get("username"), password=request.POST.get("password"))
        if user is not None:
            login(request, user)
            return redirect(_next(request))
        wrong = True
    roles = DEMO_ROLES if settings.DEMONSTRATION else ()
    return page(
        request, "staff/signin.jinja", status=400 if wrong else 200, roles=roles, wrong=wrong, next=_next(request)
    )


@public
@require_POST
def demo_signin(request: HttpRequest, role: str) -> HttpResponseBase:
    """One click in a demonstration signs in as somebody of it."""
    if not settings.DEMONSTRATION or role not in {name for name, _, _ in DEMO_ROLES}:
        raise Http404
    user = User.objects.filter(username=f"demo-{role}").first()
    if user is None:
        raise Http404
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(_next(request))


@staff()
@require_POST
def work_at(request: HttpRequest) -> HttpResponse:
    """Somebody with roles at several organisations turns to another of them."""
    places = {str(place.pk): place.pk for place in workplaces(granted(request).actor.id or 0)}
    chosen = places.get(request.POST.get("organisation", ""))
    if chosen is None:
        raise Http404
    request.session[WORKS_AT] = chosen
    return redirect("home")


@public
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """Sign out and return to the sign-in page; whoever saw small counts sees them no more."""
    access = of(request)
    if access is not None and access.sees_small_counts:
        hide_small_counts(access=access)
    logout(request)
    return redirect("signin")


@public
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it whatever the page says."""
    return redirect("/assets/images/favicon.ico")


def _next(request: HttpRequest) -> str:
    return local(request.POST.get("next") or request.GET.get("next"), "/")
