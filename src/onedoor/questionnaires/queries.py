"""Reads of questionnaires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.questionnaires import actions, answering, engine, rules
from onedoor.questionnaires.answering import MOST_BY_TEXT, answers_of, is_alone
from onedoor.questionnaires.definitions import Definition, Item, shipped
from onedoor.questionnaires.licensed import NotReady, definition_of, every_one, not_yet
from onedoor.questionnaires.models import OPEN, Given, PutQuestion, Response
from onedoor.questionnaires.prior import last_known
from onedoor.questionnaires.readers import is_valid
from onedoor.questionnaires.types import AnswerView, Choice, QuestionView, ResponseView, Step

SUBJECTS = (actions.SUBJECT, answering.SUBJECT)
"""What the entries of answers on the record are about: a single question, a questionnaire."""


def asked_of(access: Access, patient_id: int, *, limit: int = 10) -> list[QuestionView]:
    """What a patient was asked, the newest first. Raises Patient.DoesNotExist outside the access."""
    return [_view(question) for question in _of(access, patient_id).order_by("-asked_at", "-id")[:limit]]


def questions_open_of(access: Access, patient_id: int) -> list[QuestionView]:
    """Single questions that a patient may still answer. Raises Patient.DoesNotExist outside the access."""
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


# ---- questionnaires


def startable() -> list[Choice]:
    """Every questionnaire for staff to send: those that may be sent first, then the licensed ones with why they may not."""
    found = [
        Choice(key, one.title, one.is_private(), len(one.items) > MOST_BY_TEXT, not_yet(one))
        for key, one in every_one().items()
    ]
    return sorted(found, key=lambda one: (bool(one.not_yet), one.title))


def responses_of(access: Access, patient_id: int, *, limit: int = 10) -> list[ResponseView]:
    """Questionnaires put to a patient, the newest first. Raises Patient.DoesNotExist outside the access."""
    found = _responses(access, patient_id).order_by("-asked_at", "-id")[:limit]
    return [_response_view(one) for one in found.prefetch_related("given")]


def open_of(access: Access, patient_id: int) -> list[ResponseView]:
    """Questionnaires that a patient may still answer, the oldest first. Raises Patient.DoesNotExist outside the access."""
    found = _responses(access, patient_id).filter(state__in=OPEN, ends_at__gt=clock.now()).order_by("id")
    return [_response_view(one) for one in found.prefetch_related("given")]


def response_by_ref(access: Access, ref: UUID) -> Response:
    """One response with its patient; Response.DoesNotExist outside the access."""
    found = Response.objects.select_related("patient", "organisation")
    if not access.everything:
        found = (
            found.filter(patient_id=access.patient_id)
            if access.patient_id is not None
            else found.filter(organisation_id__in=access.organisations)
        )
    return found.get(ref=ref)


def shares_phone(response: Response) -> bool:
    """Whether others have the patient's phone too, so that a page opened by its link shows nothing of the record."""
    return not is_alone(response)


def asked_since(*, patient_ids: Sequence[int], since: datetime) -> Mapping[int, datetime]:
    """When each of these patients was last asked something by text or link at or after `since`, a questionnaire or a single
    question; two queries."""
    last: dict[int, datetime] = {}
    for rows in (
        Response.objects.filter(patient_id__in=patient_ids, asked_at__gte=since, via__in=("text", "link")),
        PutQuestion.objects.filter(patient_id__in=patient_ids, asked_at__gte=since),
    ):
        for patient_id, at in rows.values_list("patient_id").annotate(Max("asked_at")):
            last[patient_id] = max(at, last.get(patient_id, at))
    return last


def fhir_of(access: Access, ref: UUID) -> dict[str, Any]:
    """A response as a FHIR R4 QuestionnaireResponse. Response.DoesNotExist outside the access."""
    response = response_by_ref(access, ref)
    status = {"completed": "completed", "asked": "in-progress", "in_progress": "in-progress"}.get(
        response.state, "stopped"
    )
    authored = (response.ended_at or response.last_at or response.asked_at).isoformat()
    return engine.as_fhir(_as_asked(response), answers_of(response), status=status, authored=authored)


def _responses(access: Access, patient_id: int) -> QuerySet[Response]:
    patient = patients.by_id(access, patient_id)
    found = Response.objects.filter(patient=patient)
    if access.everything or access.patient_id is not None:
        return found
    return found.filter(organisation_id__in=access.organisations)


def _as_asked(response: Response) -> Definition:
    try:
        return definition_of(response.key)
    except NotReady:
        return shipped()[response.key]


def _response_view(response: Response) -> ResponseView:
    definition = _as_asked(response)
    given = {one.link: one for one in response.given.all()}
    answers = {link: one.value for link, one in given.items()}
    only = frozenset(response.only)
    asked = engine.to_ask(definition, answers, only)
    return ResponseView(
        id=response.pk,
        ref=response.ref,
        organisation_id=response.organisation_id,
        patient_id=response.patient_id,
        key=response.key,
        title=definition.title,
        state=response.state,
        via=response.via,
        reason=response.reason,
        asked_at=response.asked_at,
        ends_at=response.ends_at,
        ended_at=response.ended_at,
        answers=_answer_views(definition, asked, given),
        left=sum(item.link not in answers for item in asked),
        more=engine.may_follow(definition, answers, only),
        score=response.score,
        band=response.band,
        red_flag=bool(response.red_flags),
        visit=response.visit,
        rule=response.rule,
        why=response.why,
        rules_version=response.rules_version,
        code=response.code if response.code_until and response.code_until > clock.real_now() else "",
    )


def step(response: Response, *, at: str = "", offer: bool, since: datetime | None = None) -> Step:
    """The page of a response: the question `at` when it is one that is asked, else the next. `offer` shows what the record has,
    to the patient alone; with `since` no answer is shown, or can be gone back to, that was given before."""
    definition = _as_asked(response)
    given = {one.link: one for one in response.given.all()}
    answers = {link: one.value for link, one in given.items()}
    only = frozenset(response.only)
    asked = engine.to_ask(definition, answers, only)
    hidden = {link for link, one in given.items() if since is not None and one.at < since}
    item = next((one for one in asked if one.link == at and one.link not in hidden), None) or engine.next_item(
        definition, answers, only
    )
    before = [one.link for one in asked[: asked.index(item)]] if item else [one.link for one in asked]
    back = [link for link in before if link not in hidden]
    known = last_known(response.patient_id, [item.link]).get(item.link) if item and offer else None
    if known is not None and item is not None and not is_valid(item, known.value):
        known = None
    return Step(
        title=definition.title,
        link=item.link if item else "",
        kind=item.kind if item else "",
        text=item.text if item else "",
        hint=item.hint if item else "",
        options=tuple((one.code, one.label) for one in item.options) if item else (),
        parts=tuple((one.link, one.label) for one in item.parts) if item else (),
        unit=item.unit_words if item else "",
        value=answers.get(item.link, "") if item else "",
        answered=bool(item and item.link in answers),
        offered=in_words(definition, item.link, known.value) if known and item else "",
        offered_month=known.month if known else "",
        back=back[-1] if back else "",
        number=len(before) + 1,
        of=len(asked),
        more=engine.may_follow(definition, answers, only),
        answers=_answer_views(definition, [one for one in asked if one.link not in hidden], given),
    )


def _answer_views(definition: Definition, asked: Sequence[Item], given: Mapping[str, Given]) -> tuple[AnswerView, ...]:
    return tuple(
        AnswerView(
            item.link,
            item.text or item.link,
            in_words(definition, item.link, given[item.link].value),
            given[item.link].confirmed,
        )
        for item in asked
        if item.link in given
    )


def in_words(definition: Definition, link: str, value: str) -> str:
    """An answer as people read it; "" for one that was refused."""
    item = definition.item(link)
    option = item.option(value)
    if option is not None:
        return option.label or option.code
    unit = "mmHg" if item.kind == "pair" else item.unit_words
    return f"{value} {unit}".strip() if value else ""
