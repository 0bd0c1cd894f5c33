"""Recall: who is due, what went out, what came back; what the next night will do; and the lists shared with partners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.records import api as records
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.staff.views.asking import INVITATION_WORDS
from onedoor.ui.access import granted, staff

_SHOWN = 100
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@staff(Permission.RECALL)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Programmes with their funnels, what the next run does, costs and loads, and whom it leaves out."""
    access = granted(request)
    here = organisation_of(access).pk
    return staff_page(
        request,
        "staff/recall.jinja",
        "recall",
        programmes=recall.programmes(access, here),
        policy=recall.policy_of_run(access, here),
        preview=recall.preview_run(access, here),
        uptake=recall.uptake(access, here),
        empty={one.key for one in recall.rule_sets() if one.register_is_empty},
        reasons=recall.EXCEPTIONS,
        channels=recall.CHANNEL_WORDS,
        today=clock.today(),
    )


@staff(Permission.RECALL)
@require_POST
def set_run(request: HttpRequest) -> HttpResponse:
    """How many a week, and how far apart the waves are."""
    access = granted(request)
    try:
        recall.set_run(
            organisation_id=organisation_of(access).pk,
            weekly=_number(request.POST.get("weekly")),
            gap_days=_number(request.POST.get("gap_days")),
            by=access.actor,
        )
        messages.success(request, "Saved. It holds from the next run on.")
    except recall.CannotSet as why:
        messages.error(request, str(why))
    return redirect("recall")


@staff(Permission.RECALL)
@require_POST
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """Switch a programme on or off."""
    access = granted(request)
    on = request.POST.get("on") == "1"
    try:
        recall.switch_programme(organisation_id=organisation_of(access).pk, key=key, on=on, by=access.actor)
    except recall.CannotSet as why:
        raise Http404 from why
    done = "is on: the next run asks whoever is due" if on else "is off: nobody more is asked for it"
    messages.success(request, f"The programme {done}.")
    return redirect("recall")


@staff(Permission.RECALL)
@require_GET
def programme(request: HttpRequest, key: str) -> HttpResponse:
    """One programme: its people by what came of it, whom it leaves out, its waves, and its appointments.
    Whoever it names can see that it was opened."""
    access = granted(request)
    here = organisation_of(access).pk
    found = next((one for one in recall.programmes(access, here) if one.programme.key == key), None)
    if found is None:
        raise Http404
    state, word = request.GET.get("state", ""), request.GET.get("out", "")
    people = recall.asked_people(access, here, key, state=state if state in INVITATION_WORDS else "", limit=_SHOWN)
    left = recall.left_out(access, here, key=key, word=word if word in recall.EXCEPTIONS else "", limit=_SHOWN)
    named = {one.patient_id for one in people} | {one.patient_id for one in left}
    records.look_many(access=access, patient_ids=named, page="list of a recall programme")
    return staff_page(
        request,
        "staff/recall_programme.jinja",
        "recall",
        one=found,
        state=state if state in INVITATION_WORDS else "",
        word=word if word in recall.EXCEPTIONS else "",
        states=INVITATION_WORDS,
        reasons=recall.EXCEPTIONS,
        channels=recall.CHANNEL_WORDS,
        people=people,
        left_out=left,
        uptake=recall.uptake(access, here, key=key),
        kinds=booking.types_of(access, here) if access.may(Permission.DIARY) else [],
    )


@staff(Permission.RECALL)
@require_POST
def visits(request: HttpRequest, key: str) -> HttpResponse:
    """By which kinds of appointment people of a programme are seen."""
    access = granted(request)
    given = request.POST.getlist("kind")
    if not all(one.isdecimal() and len(one) < 19 for one in given):
        raise Http404
    try:
        recall.set_visits(
            organisation_id=organisation_of(access).pk, key=key, type_ids=[int(one) for one in given], by=access.actor
        )
    except recall.CannotSet as why:
        raise Http404 from why
    messages.success(request, "Saved. Whoever has one of these ahead is not asked, and may choose one.")
    return redirect("recall_programme", key)


@staff(Permission.PATIENTS)
@require_POST
def month(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The month in which one patient is asked, instead of that of their birth."""
    access = granted(request)
    try:
        patient = patients.by_ref(access, ref)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error
    given = request.POST.get("month", "")
    try:
        recall.set_month(
            access=access,
            patient_id=patient.pk,
            month=_number(given) if given else None,
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, "Saved. It holds from the next run on.")
    except recall.CannotSet as why:
        messages.error(request, str(why))
    answer = redirect("patient", ref=ref)
    answer["Location"] += "#due"
    return answer


# -- partners -------------------------------------------------------------------------------------------------------------------


@staff(Permission.RECALL)
@require_GET
def partners(request: HttpRequest) -> HttpResponse:
    """Sharing agreements, the lists made under them, and what came back."""
    access = granted(request)
    here = organisation_of(access).pk
    today = clock.today()
    return staff_page(
        request,
        "staff/recall_partners.jinja",
        "recall",
        agreements=recall.agreements(access, here),
        outcomes=recall.PARTNER_OUTCOMES,
        today=today,
        soon=today + timedelta(days=28),
    )


@staff(Permission.RECALL)
@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """Write down a sharing agreement."""
    access = granted(request)
    days = [_day(request, name) for name in ("signed", "starts", "ends")]
    if any(day is None for day in days):
        messages.error(request, "Nothing was written down: give the three days.")
        return redirect("recall_partners")
    signed, starts, ends = (day for day in days if day is not None)
    try:
        recall.agree_to_share(
            access=access,
            organisation_id=organisation_of(access).pk,
            partner_ods=request.POST.get("partner", ""),
            purpose=request.POST.get("purpose", ""),
            basis=request.POST.get("basis", ""),
            sensitive=request.POST.get("sensitive") == "1",
            signed_on=signed,
            starts_on=starts,
            ends_on=ends,
        )
        messages.success(request, "Written down. Lists can be made under it while it is in force.")
    except recall.CannotSet as why:
        messages.error(request, f"Nothing was written down. {why}")
    return redirect("recall_partners")


@staff(Permission.RECALL)
@require_POST
def share(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Make a list for a partner."""
    access = granted(request)
    until = _day(request, "until")
    if until is None:
        messages.error(request, "Nobody was shared: say until when.")
        return redirect("recall_partners")
    try:
        recall.share_list(access=access, ref=ref, expires_on=until)
        messages.success(request, "The list is made. The partner can open it now.")
    except recall.SharingAgreement.DoesNotExist as error:
        raise Http404 from error
    except recall.CannotShare as why:
        messages.error(request, f"Nobody was shared. {why}")
    return redirect("recall_partners")


@staff(Permission.RECALL)
@require_POST
def end(request: HttpRequest, ref: UUID) -> HttpResponse:
    """End an agreement now."""
    access = granted(request)
    try:
        ended = recall.end_agreement(access=access, ref=ref)
    except recall.SharingAgreement.DoesNotExist as error:
        raise Http404 from error
    if ended:
        messages.success(request, "Ended. Its lists open to nobody any more.")
    else:
        messages.error(request, "It had ended before.")
    return redirect("recall_partners")


@staff(Permission.PARTNER)
@require_GET
def shared(request: HttpRequest) -> HttpResponse:
    """The lists that practices shared with a partner."""
    access = granted(request)
    return staff_page(request, "staff/shared.jinja", "shared", lists=recall.lists_for_partner(access))


@staff(Permission.PARTNER)
@require_GET
def shared_list(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One list; opening it is written down."""
    access = granted(request)
    try:
        found = recall.open_list(access=access, ref=ref)
    except recall.PartnerList.DoesNotExist as error:
        raise Http404 from error
    return staff_page(request, "staff/shared_list.jinja", "shared", one=found, outcomes=recall.PARTNER_OUTCOMES)


@staff(Permission.PARTNER)
@require_POST
def shared_outcome(request: HttpRequest, ref: UUID, line: UUID) -> HttpResponse:
    """What became of one person of a list."""
    access = granted(request)
    try:
        recall.bring_back(access=access, ref=ref, line=line, outcome=request.POST.get("outcome", ""))
        messages.success(request, "Thank you. The practice sees it.")
    except (recall.PartnerList.DoesNotExist, recall.PartnerLine.DoesNotExist) as error:
        raise Http404 from error
    except recall.CannotSet as why:
        messages.error(request, str(why))
    return redirect("shared_list", ref)


def _number(given: str | None) -> int:
    """A whole number of a form; -1 for what is none, which no rule takes."""
    return int(given) if given is not None and given.isdecimal() and len(given) < 9 else -1


def _day(request: HttpRequest, name: str) -> date | None:
    return typed_day(request.POST.get(name, ""))


def due_of(access: Access, patient_id: int) -> dict[str, Any]:
    """What a patient's page says of what they are due for: standings, and the month in which they are asked."""
    return {
        "standings": recall.standings_of(access, patient_id),
        "month": recall.month_of(access, patient_id),
        "months": MONTHS,
        "today": clock.today(),
    }


@staff(Permission.PATIENTS)
@require_GET
def why(request: HttpRequest, ref: UUID, key: str) -> HttpResponse:
    """Why a patient is in, out, due or done on a day, to the entries that decided; opening it is noted."""
    access = granted(request)
    try:
        card = patients.card(access, patients.by_ref(access, ref).pk)
        day = typed_day(request.GET.get("on")) or clock.today()
        found = recall.why(access, card.id, key, day)
    except (patients.Patient.DoesNotExist, LookupError) as error:
        raise Http404 from error
    records.look(access=access, patient_id=card.id, page="why due")
    name = next((one.name for one in recall.rule_sets(day) if one.key == key), key)
    return staff_page(request, "staff/why.jinja", "patients", card=card, why=found, name=name)


@staff(Permission.RECALL)
@require_GET
def left_out(request: HttpRequest) -> HttpResponse:
    """People due whom the run leaves out, by reason. Whoever it names can see that it was opened."""
    access = granted(request)
    here = organisation_of(access).pk
    word = request.GET.get("out", "")
    word = word if word in recall.EXCEPTIONS else ""
    people = recall.left_out(access, here, word=word, limit=_SHOWN + 1)
    shown = [one.patient_id for one in people[:_SHOWN]]
    records.look_many(access=access, patient_ids=shown, page="left out of recall")
    return staff_page(
        request,
        "staff/recall_left_out.jinja",
        "recall",
        people=people[:_SHOWN],
        more=len(people) > _SHOWN,
        word=word,
        reasons=recall.EXCEPTIONS,
        counts=recall.preview_run(access, here).exceptions,
    )
