"""Putting a question to a patient, taking it back, and what an answer does."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.events import emit
from onedoor.kernel.sensitive import says_sensitive
from onedoor.kernel.transitions import record_first, transition
from onedoor.messaging import api as messaging
from onedoor.messaging.types import Acted, NewAsk, NewMessage
from onedoor.patients import api as patients
from onedoor.questionnaires import rules
from onedoor.questionnaires.events import TrustAnswered
from onedoor.questionnaires.kinds import ANSWER, UNCLEAR
from onedoor.questionnaires.models import OPEN, PutQuestion, PutQuestionHistory, Response
from onedoor.questionnaires.purposes import PUT
from onedoor.questionnaires.types import CannotAsk
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks.types import Kind, NewTask

SUBJECT = "question"
SLICE = 200


@transaction.atomic
def ask(*, organisation_id: int, patient_id: int, form: str, words: str = "", by: Actor) -> PutQuestion:
    """Put one question to one patient by text to their own number.

    Raises NotPermitted for anybody but staff of the organisation, and CannotAsk with the reason: a question is open already,
    no text may go to this patient, the phone is shared and the question is private, or the words name what no text may.
    """
    require_staff(by, organisation_id)
    reach = patients.reach(organisation_id, [patient_id]).get(patient_id)
    if reach is None or not reach.registered:
        raise CannotAsk("This patient is not registered here.")
    own = " ".join(words.split())
    _may_ask(form, own, shared=reach.mobile_holders > 1)
    if Response.objects.filter(patient_id=patient_id, via="text", state__in=OPEN).exists():
        raise CannotAsk("Questions to this patient are still open. Withdraw them first.")
    now = clock.now()
    try:
        with transaction.atomic():
            made = PutQuestion.objects.create(
                organisation_id=organisation_id,
                patient_id=patient_id,
                form=form,
                words=own if form in rules.OWN_WORDS else "",
                asked_at=now,
                ends_at=now + rules.KEPT,
            )
    except IntegrityError as error:
        raise CannotAsk("A question to this patient is still open. Withdraw it first.") from error
    record_first(history=PutQuestionHistory, ids=[made.pk], state="asked", by=by)
    practice, _ = accounts.sender(organisation_id)
    sent = messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"question:{made.pk}",
                organisation_id=organisation_id,
                purpose=PUT.name,
                body=rules.put(form, own, reach.given_name, practice),
                not_after=made.ends_at,
                patient_id=patient_id,
                subject=SUBJECT,
                subject_id=made.pk,
                ask=NewAsk(form, SUBJECT, made.pk, made.ends_at),
            )
        ],
        by=by,
    )
    if sent.suppressed:
        raise CannotAsk("No text may go to this patient now: see how they want to be contacted, and ask by telephone.")
    audit.record(by=by, line=_line(made, "ask"))
    return made


def _may_ask(form: str, own: str, *, shared: bool) -> None:
    if form not in rules.FORMS:
        raise CannotAsk("Choose what to ask.")
    if shared and rules.FORMS[form].private:
        raise CannotAsk("Others have this phone too, and the question is private: ask by telephone.")
    if form not in rules.OWN_WORDS:
        return
    if not own or len(own) > rules.LONGEST_WORDS:
        raise CannotAsk(f"Write the question in at most {rules.LONGEST_WORDS} letters.")
    if says_sensitive(own.lower()):
        raise CannotAsk("The words name something that a text must not: ask by telephone.")


@transaction.atomic
def withdraw(*, question_id: int, by: Actor) -> bool:
    """Take a question back; its text is not sent if it has not gone. False when it had ended before."""
    question = PutQuestion.objects.get(pk=question_id)
    require_staff(by, question.organisation_id)
    if not _end(question, "withdrawn", by=by):
        return False
    messaging.clear(subject=SUBJECT, subject_ids=[question.pk], because="question withdrawn", by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=[question.pk], state="withdrawn", by=by)
    audit.record(by=by, line=_line(question, "withdraw_question"))
    return True


@transaction.atomic
def expire(*, limit: int = SLICE) -> int:
    """End questions that nobody answered in time: "no response", which is no answer. Returns how many."""
    by = Actor.system("questions not answered")
    due = PutQuestion.objects.filter(state="asked", ends_at__lte=clock.now()).order_by("id")
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    if not keys:
        return 0
    transition(
        model=PutQuestion, history=PutQuestionHistory, moves=rules.MOVES, ids=keys, to="expired", by=by,
        also={"ended_at": clock.now()},
    )  # fmt: skip
    messaging.close_asks(subject=SUBJECT, subject_ids=keys, state="expired", by=by)
    return len(keys)


def answered(question: PutQuestion, value: str, *, via: str, by: Actor) -> Acted:
    """Keep a valid answer as said by the patient, on the record too; anything else is unclear. In the caller's transaction."""
    if not rules.is_valid(question.form, value):
        return unclear(question, via=via, by=by)
    form = rules.FORMS[question.form]
    if not _end(question, "answered", by=by, also={"value": value, "unit": form.unit, "via": via}):
        return Acted(answer=None, done=False)
    lines = rules.on_record(question.form, question.words, value)
    # What a trust asked counts once the practice has accepted it (ADR 12).
    away = any(line.concept for line in lines) and accounts.serves_as_trust(question.organisation_id)
    record_entries(
        entries=[
            NewEntry(
                patient_id=question.patient_id,
                organisation_id=question.organisation_id,
                kind="said",
                text=f"Said by the patient {_by(via)}: {line.text}",
                intent_key=f"question:{question.pk}:{n}",
                source=_by(via),
                concept=line.concept,
                value=line.value,
                unit=line.unit,
                elsewhere=away and line.concept is not None,
                subject=SUBJECT,
                subject_id=question.pk,
            )
            for n, line in enumerate(lines, 1)
        ],
        by=by,
    )
    if away:
        emit(TrustAnswered((question.patient_id,), question.organisation_id))
    task = _task(ANSWER, question, f"Read an answer: {form.label.lower()}") if form.person_reads else None
    after = " Somebody at the practice will read it." if form.person_reads else ""
    return Acted(answer=f"{_name(question)}: thank you, we have your answer.{after}", task=task)


def declined(question: PutQuestion, *, via: str, by: Actor) -> Acted:
    """They would rather not say. In the caller's transaction."""
    if not _end(question, "declined", by=by, also={"via": via}):
        return Acted(answer=None, done=False)
    record_entries(
        entries=[
            NewEntry(
                patient_id=question.patient_id,
                organisation_id=question.organisation_id,
                kind="said",
                text=f"Would rather not say ({_by(via)}): {rules.FORMS[question.form].label.lower()}",
                intent_key=f"question:{question.pk}:declined",
                source=_by(via),
                subject=SUBJECT,
                subject_id=question.pk,
            )
        ],
        by=by,
    )
    return Acted(answer=f"{_name(question)}: thank you. You need not answer.")


def unclear(question: PutQuestion, *, via: str, by: Actor) -> Acted:
    """No usable answer: the question again in other words, once; then a person. In the caller's transaction."""
    again = rules.FORMS[question.form].again
    if via == "portal":
        return Acted(answer=None, done=False)
    first = PutQuestion.objects.filter(pk=question.pk, state="asked", again_at=None)
    if again and first.update(again_at=clock.now()):
        return Acted(
            answer=rules.put_again(question.form, _name(question)),
            ask=NewAsk(question.form, SUBJECT, question.pk, question.ends_at),
        )
    _end(question, "unclear", by=by, also={"via": via})
    messaging.close_asks(subject=SUBJECT, subject_ids=[question.pk], state="withdrawn", by=by)
    return Acted(
        answer=None, task=_task(UNCLEAR, question, "Ask by telephone: an answer by text was not clear"), done=False
    )


def _end(question: PutQuestion, to: str, *, by: Actor, also: dict[str, object] | None = None) -> bool:
    moved = transition(
        model=PutQuestion,
        history=PutQuestionHistory,
        moves=rules.MOVES,
        ids=[question.pk],
        to=to,
        by=by,
        also={"ended_at": clock.now(), **(also or {})},
    )
    return bool(moved)


def _name(question: PutQuestion) -> str:
    return question.patient.given_name


def _by(via: str) -> str:
    return "by text" if via == "text" else "on their page"


def _task(kind: Kind, question: PutQuestion, title: str) -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=question.organisation_id,
        key=f"{kind.name}:{question.pk}",
        title=title,
        patient_id=question.patient_id,
        subject=SUBJECT,
        subject_id=question.pk,
    )


def _line(question: PutQuestion, action: str) -> audit.Line:
    return audit.Line(
        action,
        SUBJECT,
        question.pk,
        patient_id=question.patient_id,
        organisation_id=question.organisation_id,
        detail={"form": question.form},
    )
