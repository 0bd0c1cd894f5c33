"""Who may act for a patient: recorded once two points of who they are were checked, with a basis, a scope and a last day."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from onedoor.kernel import clock
from onedoor.kernel.access import Part, Permission
from onedoor.patients import api as patients
from onedoor.patients.types import Card
from onedoor.records import api as records
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff


@staff(Permission.PATIENTS)
@require_http_methods(["GET", "POST"])
def proxies(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Those who may act for a patient, and recording another."""
    card = _card(request, ref)
    if request.method == "GET":
        records.look(access=granted(request), patient_id=card.id, page="proxies")
        return _shown(request, card)
    said = request.POST
    try:
        first = patients.record_proxy(
            access=granted(request), patient_id=card.id, who=_who(request), wish=_wish(request)
        )
    except (patients.NotRecorded, ValueError) as why:
        return _shown(request, card, said=said, wrong=str(why))
    if first is not None:
        return _shown(request, card, first=first)
    messages.success(request, "Recorded. They can act from now on, with the sign-in that they have.")
    return redirect("patient_proxies", ref=ref)


@staff(Permission.PATIENTS)
@require_POST
def end(request: HttpRequest, ref: UUID, proxy: UUID) -> HttpResponse:
    """End it now, with a reason that the patient can read."""
    card = _card(request, ref)
    _of(request, card, proxy)
    try:
        patients.end_proxy(access=granted(request), ref=proxy, because=request.POST.get("because", ""))
    except patients.NoSuchProxy as error:
        raise Http404 from error
    except patients.NotRecorded as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Ended. They can see and do nothing for this patient from now on.")
    return redirect("patient_proxies", ref=ref)


@staff(Permission.PATIENTS)
@require_POST
def new_code(request: HttpRequest, ref: UUID, proxy: UUID) -> HttpResponse:
    """Another first code for a carer."""
    card = _card(request, ref)
    _of(request, card, proxy)
    try:
        first = patients.new_code(access=granted(request), ref=proxy)
    except patients.NoSuchProxy as error:
        raise Http404 from error
    except patients.NotRecorded as why:
        messages.error(request, str(why))
        return redirect("patient_proxies", ref=ref)
    return _shown(request, card, first=first)


@staff(Permission.PATIENTS)
@require_POST
def seen(request: HttpRequest, ref: UUID, proxy: UUID) -> HttpResponse:
    """The carer was seen again, after another organisation's code: what they were given holds again."""
    card = _card(request, ref)
    _of(request, card, proxy)
    try:
        patients.seen_again(access=granted(request), ref=proxy, checked=request.POST.getlist("checked"))
    except patients.NoSuchProxy as error:
        raise Http404 from error
    except patients.NotRecorded as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Done. They can act again from now on.")
    return redirect("patient_proxies", ref=ref)


def _card(request: HttpRequest, ref: UUID) -> Card:
    access = granted(request)
    try:
        return patients.card(access, patients.by_ref(access, ref).pk)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error


def _of(request: HttpRequest, card: Card, proxy: UUID) -> None:
    if proxy not in {one.ref for one in patients.proxies_of(granted(request), card.id)}:
        raise Http404


def _shown(
    request: HttpRequest,
    card: Card,
    *,
    said: object = None,
    wrong: str = "",
    first: patients.FirstSignIn | None = None,
) -> HttpResponse:
    return staff_page(
        request,
        "staff/proxies.jinja",
        "patients",
        card=card,
        found=patients.proxies_of(granted(request), card.id),
        said=said if said is not None else request.GET,
        chosen=request.POST.getlist("part") if wrong else [],
        ticked=request.POST.getlist("checked") if wrong else [],
        wrong=wrong,
        first=first,
        latest=patients.last_day_of_child(card.born_on),
        bases=patients.BASES,
        relationships=[(one, one) for one in patients.RELATIONSHIPS],
        parts=patients.PARTS,
        points=patients.CHECKED,
        child=patients.CHILD,
    )


def _who(request: HttpRequest) -> patients.Who:
    said = request.POST
    born_on = _date(request, "born")
    if born_on is None:
        raise ValueError("Write the date of birth of whoever is to act.")
    return patients.Who(
        given_name=said.get("given", ""),
        family_name=said.get("family", ""),
        born_on=born_on,
        known_by=said.get("known_by", ""),
    )


def _wish(request: HttpRequest) -> patients.Wish:
    said = request.POST
    last_day = _date(request, "until")
    known = {part.value for part in Part}
    return patients.Wish(
        basis=said.get("basis", ""),
        relationship=said.get("relationship", ""),
        parts=frozenset(Part(part) for part in said.getlist("part") if part in known),
        starts_on=clock.today(),
        ends_on=last_day + timedelta(days=1) if last_day else None,
        agreed_by=said.get("agreed_by", ""),
        child=said.get("child", ""),
        checked=said.getlist("checked"),
    )


def _date(request: HttpRequest, name: str) -> date | None:
    """A day in three boxes; None where all are empty."""
    given = [request.POST.get(f"{name}_{part}", "").strip() for part in ("day", "month", "year")]
    if not any(given):
        return None
    try:
        found = date(int(given[2]), int(given[1]), int(given[0]))
        # As an age and as a day before or after it is reckoned with.
        if not 1800 < found.year < 2200:
            raise ValueError(found.year)
        return found
    except (ValueError, OverflowError) as error:
        raise ValueError("A date is three numbers, for example 27 3 2027.") from error
