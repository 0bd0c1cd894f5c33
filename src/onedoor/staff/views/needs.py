"""What patients need: written down on their page, asked of places, booked with the place, and what was not met."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import MOST, as_file, moment
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff

SPAN = 28
"""Days that the list of needs not met shows until others are chosen."""


@staff(Permission.PATIENTS)
@require_http_methods(["GET", "POST"])
def patient_needs(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """A patient's needs: write one down, end one, say what they speak. Everything else follows from here."""
    access = granted(request)
    try:
        card = patients.card(access, patients.by_ref(access, ref).pk)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    if request.method == "POST":
        _write(request, access, card.id)
        return redirect("patient_needs", ref=ref)
    records.look(access=access, patient_id=card.id, page="needs")
    return staff_page(
        request,
        "staff/patient_needs.jinja",
        "patients",
        card=card,
        kept=patients.needs_of(access, card.id),
        here=organisation_of(access).pk,
        groups=patients.NEED_GROUPS,
        hours=patients.NEED_HOURS,
    )


def _write(request: HttpRequest, access: Access, patient_id: int) -> None:
    given = request.POST
    here = organisation_of(access).pk
    try:
        if "end" in given:
            patients.end_need(access=access, organisation_id=here, need_id=_number(given["end"]))
            messages.success(request, "Ended. Visits to come are looked at again.")
        elif "language" in given and given.get("what") == "language":
            patients.set_language(
                access=access, organisation_id=here, patient_id=patient_id, language=given["language"]
            )
            messages.success(request, "Kept: what they speak.")
        else:
            hour = given.get("hour", "")
            text = patients.record_need(
                access=access,
                organisation_id=here,
                patient_id=patient_id,
                key=given.get("need", ""),
                language=given.get("spoken", ""),
                hour=int(hour) if hour.isdigit() else None,
                words=given.get("words", ""),
            )
            messages.success(request, f"Kept: {text}. Letters, texts and places follow it.")
    except ValueError:
        messages.error(
            request,
            "Nothing was kept: choose a need, and say which language an interpreter is for or which hour is meant.",
        )
    except patients.Need.DoesNotExist as error:
        raise Http404 from error


@staff(Permission.DIARY)
@require_GET
def needs(request: HttpRequest) -> HttpResponse:
    """Interpreters of visits to come, and needs that were not met."""
    access = granted(request)
    organisation = organisation_of(access)
    first, last = _span(request)
    return staff_page(
        request,
        "staff/needs.jinja",
        "diary",
        ahead=booking.interpreters_ahead(access, organisation.pk),
        breaches=booking.breaches(access, organisation.pk, first, last),
        first=first,
        last=last,
        today=clock.today(),
    )


@staff(Permission.DIARY)
@require_POST
def needs_download(request: HttpRequest) -> HttpResponse:
    """The needs that were not met as a file."""
    access = granted(request)
    first, last = _span(request)
    return as_file(
        access,
        f"needs-not-met-{first}-{last}",
        ("Written down", "Patient", "Visit", "With", "Kind", "Need", "The place", "Booked all the same because", "By"),
        [
            (
                moment(one.at),
                one.patient_name,
                moment(one.starts_at),
                one.clinician,
                one.type_name,
                one.need,
                one.why,
                one.despite,
                one.by,
            )
            for one in booking.breaches(access, organisation_of(access).pk, first, last, limit=MOST)
        ],
    )


@staff(Permission.DIARY)
@require_POST
def interpreter(request: HttpRequest, ref: UUID, answer: str) -> HttpResponse:
    """What became of an interpreter: booked in person, by telephone or video; or none is to be had."""
    access = granted(request)
    try:
        key = booking.interpreter_by_ref(access, ref)
    except booking.InterpreterBooking.DoesNotExist as error:
        raise Http404 from error
    modes = {"in-person": "in person", "telephone": "telephone", "video": "video"}
    try:
        if answer in modes:
            booking.confirm_interpreter(interpreter_id=key, mode=modes[answer], by=access.actor)
            messages.success(request, "Kept: the interpreter is booked.")
        elif answer == "none":
            booking.refuse_interpreter(interpreter_id=key, by=access.actor)
            messages.success(request, "Kept: none is to be had. There is a task to find another way.")
        else:
            raise Http404
    except booking.BookingError as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    return redirect("needs")


@staff(Permission.SETTINGS)
@require_http_methods(["GET", "POST"])
def clinics(request: HttpRequest) -> HttpResponseBase:
    """What is known of the places of each clinic."""
    access = granted(request)
    organisation = organisation_of(access)
    known = booking.clinics(access, organisation.pk)
    if request.method == "POST":
        chosen = _number(request.POST.get("clinic", ""))
        if not 0 <= chosen < len(known) or request.POST.get("named") != known[chosen].named:
            messages.error(request, "Nothing was changed: the diary has changed meanwhile. Look again.")
        else:
            clinic = known[chosen]
            booking.describe_clinic(
                organisation_id=organisation.pk,
                site_id=clinic.site_id,
                clinician=clinic.clinician,
                name=clinic.name,
                features=[key for key in booking.FEATURES if key in request.POST.getlist("feature")],
                by=access.actor,
            )
            messages.success(request, f"Saved: {clinic.name} with {clinic.clinician}.")
        return redirect("clinics")
    return staff_page(request, "staff/clinics.jinja", "settings", clinics=known, features=booking.FEATURES)


def _span(request: HttpRequest) -> tuple[date, date]:
    given = request.GET if request.method == "GET" else request.POST
    today = clock.today()
    last = min(chosen_day(given.get("last"), today), today)
    return min(chosen_day(given.get("first"), last - timedelta(days=SPAN)), last), last


def _number(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 15:
        raise Http404
    return int(given)
