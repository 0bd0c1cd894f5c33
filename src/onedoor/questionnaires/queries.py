"""Reads of questionnaires."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.questionnaires import rules
from onedoor.questionnaires.models import PutQuestion
from onedoor.questionnaires.types import QuestionView


def asked_of(access: Access, patient_id: int, *, limit: int = 10) -> list[QuestionView]:
    """What a patient was asked, the newest first. Raises Patient.DoesNotExist outside the access."""
    return [_view(question) for question in _of(access, patient_id).order_by("-asked_at", "-id")[:limit]]


def open_of(access: Access, patient_id: int) -> list[QuestionView]:
    """What a patient may still answer. Raises Patient.DoesNotExist outside the access."""
    found = _of(access, patient_id).filter(state="asked", ends_at__gt=clock.now())
    return [_view(question) for question in found.order_by("id")]


def by_ref(access: Access, ref: UUID) -> PutQuestion:
    """One question; PutQuestion.DoesNotExist outside the access."""
    found = PutQuestion.objects.all()
    if not access.everything:
        found = (
            found.filter(patient_id=access.patient_id)
            if access.patient_id is not None
            else found.filter(organisation_id__in=access.organisations)
        )
    return found.get(ref=ref)


def choices() -> dict[str, str]:
    """What staff may ask by text: form and label."""
    return {name: form.label for name, form in rules.FORMS.items()}


def _of(access: Access, patient_id: int) -> QuerySet[PutQuestion]:
    patient = patients.by_id(access, patient_id)
    found = PutQuestion.objects.filter(patient=patient)
    if access.everything or access.patient_id is not None:
        return found
    return found.filter(organisation_id__in=access.organisations)


def _view(question: PutQuestion) -> QuestionView:
    form = rules.FORMS[question.form]
    return QuestionView(
        id=question.pk,
        ref=question.ref,
        organisation_id=question.organisation_id,
        form=question.form,
        label=form.label,
        words=question.words,
        state=question.state,
        asked_again=question.again_at is not None,
        value=question.value,
        unit=question.unit,
        via=question.via,
        asked_at=question.asked_at,
        ends_at=question.ends_at,
        ended_at=question.ended_at,
    )
