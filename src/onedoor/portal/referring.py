"""A patient refers themselves: the signs that cannot wait first, then what they want help with."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from onedoor.accounts.api import telephone
from onedoor.directory import api as directory
from onedoor.patients import api as patients
from onedoor.referrals import api as referrals
from onedoor.ui.access import granted, patient
from onedoor.ui.pages import page

WHERE = ("now", "today", "practice")


@patient
@require_http_methods(["GET", "POST"])
def refer_myself(request: HttpRequest, slug: str) -> HttpResponse:
    """One service. A step at a time: the signs, then the form, then what happens next."""
    access = granted(request)
    service = directory.card(slug)
    if service is None or "patient" not in service.refers or access.patient_id is None:
        raise Http404
    card = patients.card(access, access.patient_id)
    said = request.POST
    signs = said.getlist("sign")
    step = "signs"
    twin = None
    if not service.takes_self_referral:
        step = "closed"
    elif request.method == "POST" and signs and "none" not in signs:
        step = "stop"
    elif request.method == "POST" and signs == ["none"]:
        step = "form"
    elif request.method == "POST":
        messages.error(request, "Choose what you have, or “None of these”; not both.")
    if step == "form" and "reason" in said:
        new = referrals.NewReferral(
            service_slug=slug,
            patient_id=card.id,
            source="self",
            reason=said.get("reason", ""),
            form_key=_key(said.get("key", "")),
            answers={key: said.get(key, "") for key in referrals.ASKED},
            anyway=bool(said.get("anyway")),
        )
        try:
            referrals.refer_myself(access=access, new=new, none_of_these=True)
        except referrals.OpenAlready as open_already:
            twin = open_already.twin
        except referrals.NotDone as why:
            messages.error(request, str(why))
        else:
            messages.success(request, f"Sent. {service.name} has it now and will write to you.")
            return redirect("my_home")
    flags = {str(number): flag for number, flag in enumerate(referrals.RED_FLAGS)}
    chosen = [flags[sign].where for sign in signs if sign in flags]
    return page(
        request,
        "portal/refer.jinja",
        service=service,
        me=card,
        step=step,
        flags=flags,
        worst=next((where for where in WHERE if where in chosen), "now"),
        practice=card.practice,
        phone=telephone(patients.registered_at(access, card.id) or 0),
        asked=referrals.ASKED_OF_PATIENT,
        said=said,
        key=said.get("key") or str(uuid4()),
        twin=twin,
        known=len(referrals.known_of(card)),
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
