"""Asking one patient by text: a question, an invitation, and what came back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.staff.frame import organisation_of
from onedoor.ui.access import granted, staff

QUESTION_WORDS = {
    "asked": "Asked",
    "answered": "Answered",
    "declined": "Would rather not say",
    "unclear": "Not clear: a person asks",
    "withdrawn": "Withdrawn",
    "expired": "No response",
}
RESPONSE_WORDS = {
    "asked": "Asked",
    "in_progress": "Begun",
    "completed": "Answered",
    "handed_over": "A person goes on",
    "declined": "Would rather not say",
    "withdrawn": "Withdrawn",
    "expired": "No response",
}
VISIT_WORDS = {
    "none": "No rule asks for a visit",
    "phone": "By telephone",
    "face_to_face": "Face to face",
    "today": "Today, at once",
}
INVITATION_WORDS = {
    "invited": "Invited",
    "accepted": "Said yes",
    "booked": "Booked",
    "declined": "Declined",
    "already_done": "Says already done",
    "done": "Done, by the record",
    "withdrawn": "Withdrawn",
    "expired": "No response",
}


def section(access: Access, patient_id: int) -> dict[str, Any]:
    """What the patient’s page shows of questions, questionnaires and invitations: eight queries, however many there are."""
    return {
        "asked": questionnaires.asked_of(access, patient_id),
        "question_words": QUESTION_WORDS,
        "may_be_asked": questionnaires.choices(),
        "responses": questionnaires.responses_of(access, patient_id),
        "response_words": RESPONSE_WORDS,
        "visit_words": VISIT_WORDS,
        "may_be_sent": questionnaires.startable(),
        "invitations": recall.invitations_of(access, patient_id),
        "invitation_words": INVITATION_WORDS,
        "channel_words": recall.CHANNEL_WORDS,
    }


@staff(Permission.MESSAGES)
@require_POST
def ask(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Put a question to a patient by text."""
    access, patient = _patient(request, ref)
    try:
        questionnaires.ask(
            organisation_id=organisation_of(access).pk,
            patient_id=patient.pk,
            form=request.POST.get("form", ""),
            words=request.POST.get("words", ""),
            by=access.actor,
        )
        messages.success(request, "Asked. The answer will show here.")
    except questionnaires.CannotAsk as refusal:
        messages.error(request, f"{refusal} Nothing was sent.")
    return _there(ref)


@staff(Permission.MESSAGES)
@require_POST
def withdraw(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take a question back."""
    access = granted(request)
    try:
        question = questionnaires.by_ref(access, ref)
    except questionnaires.PutQuestion.DoesNotExist as error:
        raise Http404 from error
    done = questionnaires.withdraw(question_id=question.pk, by=access.actor)
    _say(request, "The question is withdrawn." if done else "")
    return _there(patients.by_id(access, question.patient_id).ref)


@staff(Permission.MESSAGES)
@require_POST
def send(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Put a questionnaire to a patient: by text, by link, on their own page, or with a code for the tablet."""
    access, patient = _patient(request, ref)
    via = request.POST.get("via", "")
    try:
        made = questionnaires.start(
            patient_id=patient.pk,
            organisation_id=organisation_of(access).pk,
            key=request.POST.get("key", ""),
            via=via,
            by=access.actor,
            reason="asked now",
        )
    except questionnaires.CannotAsk as refusal:
        messages.error(request, f"{refusal} Nothing was sent.")
    else:
        said = {
            "portal": "It waits on their own page.",
            "kiosk": f"The code for the tablet is {made.code}, for an hour.",
        }
        messages.success(request, said.get(via, "Sent. The answers will show here."))
    return _there(ref)


@staff(Permission.MESSAGES)
@require_POST
def take_back(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take a questionnaire back."""
    access = granted(request)
    try:
        response = questionnaires.response_by_ref(access, ref)
    except questionnaires.Response.DoesNotExist as error:
        raise Http404 from error
    done = questionnaires.withdraw_response(response_id=response.pk, by=access.actor)
    _say(request, "The questions are withdrawn." if done else "")
    return _there(patients.by_id(access, response.patient_id).ref)


@staff(Permission.MESSAGES)
@require_POST
def invite(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Invite a patient for a flu vaccine by text."""
    access, patient = _patient(request, ref)
    try:
        recall.invite(organisation_id=organisation_of(access).pk, patient_id=patient.pk, by=access.actor)
        messages.success(request, "Invited. The answer will show here.")
    except recall.CannotInvite as refusal:
        messages.error(request, f"{refusal} Nothing was sent.")
    return _there(ref)


@staff(Permission.MESSAGES)
@require_POST
def withdraw_invitation(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Take an invitation back."""
    access = granted(request)
    try:
        invitation = recall.by_ref(access, ref)
    except recall.Invitation.DoesNotExist as error:
        raise Http404 from error
    done = recall.withdraw(invitation_id=invitation.pk, by=access.actor)
    _say(request, "The invitation is withdrawn." if done else "")
    return _there(patients.by_id(access, invitation.patient_id).ref)


def _patient(request: HttpRequest, ref: UUID) -> tuple[Access, patients.Patient]:
    access = granted(request)
    try:
        return access, patients.by_ref(access, ref)
    except patients.Patient.DoesNotExist as error:
        raise Http404 from error


def _say(request: HttpRequest, done: str) -> None:
    if done:
        messages.success(request, done)
    else:
        messages.error(request, "It had ended before. Nothing was changed.")


def _there(ref: UUID) -> HttpResponse:
    answer = redirect("patient", ref=ref)
    answer["Location"] += "#asked"
    return answer
