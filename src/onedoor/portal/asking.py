"""What a patient is asked or invited to, answered on their own page: the same as the text would have done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from onedoor.kernel.access import Access
from onedoor.messaging import api as messaging
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.ui.access import granted, patient

_LONGEST = 500


def section(access: Access, patient_id: int) -> dict[str, Any]:
    """What a patient may answer now."""
    return {
        "questionnaires": questionnaires.open_of(access, patient_id),
        "questions": questionnaires.questions_open_of(access, patient_id),
        "invitations": recall.open_invitations_of(access, patient_id),
    }


@patient
@require_POST
def answer_question(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Answer a question, or say that one would rather not."""
    access = granted(request)
    try:
        question = questionnaires.by_ref(access, ref)
    except questionnaires.PutQuestion.DoesNotExist as error:
        raise Http404 from error
    here = question.organisation_id
    if request.POST.get("skip"):
        return _do(
            request,
            access,
            "question",
            question.pk,
            "decline",
            "",
            "Thank you. You need not answer.",
            organisation_id=here,
        )
    value = request.POST.get("value", "").strip()[:_LONGEST]
    if question.form == "bp":
        value = f"{value}/{request.POST.get('bottom', '').strip()}"
    return _do(
        request,
        access,
        "question",
        question.pk,
        "answer",
        value,
        "Thank you, we have your answer.",
        organisation_id=here,
    )


@patient
@require_POST
def answer_invitation(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Yes, no, had it already, or where and when."""
    access = granted(request)
    try:
        invitation = recall.by_ref(access, ref)
    except recall.Invitation.DoesNotExist as error:
        raise Http404 from error
    said = {
        "accept": "Thank you. The practice will be in touch to book it.",
        "decline": "Thank you for telling us. You can change your mind here.",
        "already_done": "Thank you. Please say where and when you had it.",
        "answer": "Thank you. We have noted what you told us.",
    }
    intent = request.POST.get("answer", "")
    if intent not in said:
        raise Http404
    value = request.POST.get("value", "").strip()[:_LONGEST]
    here = invitation.organisation_id
    return _do(request, access, "invitation", invitation.pk, intent, value, said[intent], organisation_id=here)


def _do(
    request: HttpRequest,
    access: Access,
    kind: str,
    subject_id: int,
    intent: str,
    value: str,
    thanks: str,
    *,
    organisation_id: int,
) -> HttpResponse:
    assert access.patient_id is not None
    # Before the answer, and whatever becomes of it.
    alarm = messaging.heed(access=access, patient_id=access.patient_id, organisation_id=organisation_id, written=value)
    if alarm:
        messages.error(request, alarm)
    try:
        acted = messaging.answer(
            access=access,
            patient_id=access.patient_id,
            kind=kind,
            subject_id=subject_id,
            intent=intent,
            value=value,
            via="portal",
        )
    except messaging.NotOpen:
        messages.error(request, "It is too late for that. Please ring the practice.")
    else:
        if acted.done:
            messages.success(request, thanks)
        else:
            messages.error(request, "That is not an answer we can keep. Please look at it again. Nothing has changed.")
    return redirect("my_home")
