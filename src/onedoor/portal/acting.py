"""Acting for somebody else: choosing whom, who may act for oneself, and a carer's first sign-in."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.accounts.api import User
from onedoor.patients import api as patients
from onedoor.ui.access import ACTS_FOR, acting, granted, patient, portal, public
from onedoor.ui.pages import page


@portal
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponseBase:
    """Whom somebody acts for now: one of those for whom they may, or themselves. One patient at a time."""
    user = request.user
    assert isinstance(user, User)
    own = patients.sign_in(user.pk).patient_id is not None
    if request.method == "POST":
        for_whom = request.POST.get("for", "")
        if for_whom == "own" and own:
            request.session.pop(ACTS_FOR, None)
        elif patients.ward(user.pk, for_whom) is not None:
            request.session[ACTS_FOR] = for_whom
        else:
            raise Http404
        return redirect("my_home")
    now = acting(request)
    return page(
        request,
        "portal/acting.jinja",
        wards=patients.wards(user.pk),
        asleep=patients.asleep(user.pk),
        own=own,
        now=now.ward if now else None,
        name=user.shown_name,
        parts=patients.PARTS,
    )


@patient
@require_GET
def proxies(request: HttpRequest) -> HttpResponse:
    """Who may act for the signed-in patient, since when, until when, and who did."""
    access = granted(request)
    assert access.patient_id is not None
    return page(
        request,
        "portal/proxies.jinja",
        me=patients.card(access, access.patient_id),
        found=patients.proxies_of(access, access.patient_id),
    )


@patient
@require_POST
def end(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The patient ends somebody's right at once, and need not say why."""
    access = granted(request)
    try:
        patients.end_proxy(access=access, ref=ref, because="")
    except patients.NoSuchProxy as error:
        raise Http404 from error
    messages.success(request, "Done. They can see and do nothing for you here from now on.")
    return redirect("my_proxies")


@public
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponseBase:
    """A carer chooses a password with the code that they were handed. What does not fit together is not said."""
    said = request.POST
    wrong = ""
    if request.method == "POST":
        try:
            user = patients.begin_to_sign_in(
                name=said.get("name", "")[:40],
                code=said.get("code", "")[:40],
                born_on=_day(said.get("day", ""), said.get("month", ""), said.get("year", "")),
                password=said.get("password", ""),
            )
        except patients.WrongCode:
            wrong = (
                "The name, the code and the date of birth do not go together, or the code is over. Ask for a new one."
            )
        except ValueError as weak:
            wrong = str(weak)
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            messages.success(request, "You can sign in from now on.")
            return redirect("my_acting")
    return page(request, "portal/begin.jinja", status=400 if wrong else 200, said=said, wrong=wrong)


def _day(day: str, month: str, year: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError) as error:
        raise ValueError("Write your date of birth as three numbers, for example 27 3 1984.") from error
