"""A question to one patient: who may be asked what, and what each answer by text does. From the door in: text to state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Ask, Inbound, Message, State
from onedoor.messaging.tests.asking_factories import account, say
from onedoor.patients.models import Patient
from onedoor.questionnaires import api, rules
from onedoor.questionnaires.models import PutQuestion
from onedoor.records.models import Coded, Entry
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+447700900111"


def practice() -> Organisation:
    organisation = factories.practice()
    account(organisation)
    return organisation


def ask(patient: Patient, form: str, words: str = "") -> PutQuestion:
    organisation = Organisation.objects.get(ods_code="Y99002")
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    return api.ask(organisation_id=organisation.pk, patient_id=patient.pk, form=form, words=words, by=desk)


def put(form: str, words: str = "", *, first_name: str = "Sam") -> PutQuestion:
    return ask(factories.patient(practice(), first_name, mobile=PHONE), form, words)


def reply(question: PutQuestion, text: str) -> Inbound:
    found = say(question.organisation, PHONE, text)
    question.refresh_from_db()
    return found


def said(question: PutQuestion) -> list[tuple[str, str]]:
    rows = Entry.objects.filter(patient=question.patient, kind="said").order_by("id")
    return [(entry.text, entry.code.code if entry.code else "") for entry in rows.select_related("code")]


@pytest.mark.parametrize(
    ("form", "text", "value", "unit", "lines"),
    [
        ("smoking", "1", "never", "", [("has never smoked", "266919005")]),
        ("smoking", "gave up 5 years ago", "ex", "", [("used to smoke", "8517006")]),
        ("smoking", "3 please", "current", "", [("smokes", "77176002")]),
        ("alcohol", "about 14", "14", "units/week", [("drinks 14 units of alcohol a week", "1082641000000106")]),
        ("alcohol", "none", "0", "units/week", [("drinks 0 units of alcohol a week", "1082641000000106")]),
        (
            "bp",
            "132/84",
            "132/84",
            "mm[Hg]",
            [
                ("systolic blood pressure at home 132 mm[Hg]", "1162737008"),
                ("diastolic blood pressure at home 84 mm[Hg]", "1162735000"),
            ],
        ),
        ("yesno", "yes", "yes", "", [("asked “Can you hear well on the telephone?”, said: yes", "")]),
        ("yesno", "nope", "no", "", [("asked “Can you hear well on the telephone?”, said: no", "")]),
        (
            "free text",
            "Before noon is best",
            "Before noon is best",
            "",
            [("asked “Can you hear well on the telephone?”, said: Before noon is best", "")],
        ),
    ],
)
def test_a_valid_answer_is_kept_as_said(
    form: str, text: str, value: str, unit: str, lines: list[tuple[str, str]]
) -> None:
    question = put(form, "Can you hear well on the telephone?")
    inbound = reply(question, text)
    assert (question.state, question.value, question.unit, question.via) == ("answered", value, unit, "text")
    assert said(question) == [(f"Said by the patient by text: {words}", code) for words, code in lines]
    assert (inbound.outcome, inbound.intent) == ("acted", "answer")
    assert not Ask.objects.filter(state="open").exists()


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [("smoking", "i dont smoke", "vape"), ("alcohol", "a few pints", "2 or 3 glasses"), ("bp", "80/132", "350/90")],
)
def test_what_is_not_clear_is_asked_again_once_and_then_a_persons(form: str, first: str, second: str) -> None:
    question = put(form)
    reply(question, first)
    assert (question.state, question.value) == ("asked", "")
    again = Message.objects.get(purpose="question")
    assert again.body == rules.put_again(form, "Sam") != rules.put(form, "", "Sam", "Wexcombe Road Surgery")
    with clock.at(clock.now() + timedelta(minutes=20)):
        reply(question, second)
    assert (question.state, question.value) == ("unclear", "")
    assert Message.objects.filter(purpose="question").count() == 1
    assert Task.objects.filter(kind="unclear_answer", state="open").count() == 1
    assert said(question) == []


def test_a_clear_answer_to_the_second_asking_counts() -> None:
    question = put("smoking")
    reply(question, "i dont smoke")
    with clock.at(clock.now() + timedelta(minutes=20)):
        reply(question, "2")
    assert (question.state, question.value) == ("answered", "ex")


def test_what_a_trust_asks_counts_once_the_practice_has_accepted_it() -> None:
    question = put("smoking")
    OrganisationRelation.objects.create(
        organisation=factories.practice("Y99903"),
        other=question.organisation,
        kind=Relation.TRUST,
        starts_on=clock.today(),
    )
    reply(question, "2")
    assert [fact.elsewhere for fact in Coded.objects.filter(patient=question.patient)] == [True]


@pytest.mark.parametrize("form", ["smoking", "alcohol", "bp", "yesno", "free text"])
def test_who_would_rather_not_say_has_not_answered(form: str) -> None:
    question = put(form, "Can you hear well on the telephone?")
    reply(question, "I'd rather not say")
    assert (question.state, question.value) == ("declined", "")
    assert all("Said by the patient" not in text for text, _ in said(question))


def test_every_reading_at_home_is_read_by_a_person_and_nothing_is_advised() -> None:
    """The facts give no threshold and no wording (clinical.md 4), so a machine says nothing of a pressure, low or high."""
    question = put("bp")
    reply(question, "210/125")
    assert Task.objects.filter(kind="read_answer", patient=question.patient, state="open").count() == 1
    [answer] = Message.objects.filter(purpose="answer").values_list("body", flat=True)
    assert answer == "Sam: thank you, we have your answer. Somebody at the practice will read it."


def test_words_of_danger_come_before_the_answer() -> None:
    question = put("free text", "How are you getting on?")
    inbound = reply(question, "I want to end my life")
    assert (inbound.intent, question.state) == ("crisis", "asked")
    assert Task.objects.filter(kind="crisis").exists()


@pytest.mark.parametrize(
    "text", ["STOP", "Automatic reply: I am away from 12/08 to 14/08 and will reply when I return."]
)
def test_what_is_no_answer_stores_nothing(text: str) -> None:
    question = put("bp")
    reply(question, text)
    assert (question.state, question.value) == ("asked", "")
    assert said(question) == []


def test_unanswered_is_a_state_of_its_own() -> None:
    question = put("smoking")
    with clock.at(question.ends_at):
        jobs.run_once("questionnaires.expire")
        reply(question, "1")
    assert (question.state, question.value) == ("expired", "")
    assert said(question) == []


def test_a_withdrawn_question_is_neither_sent_nor_answered() -> None:
    question = put("smoking")
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=question.organisation_id)
    with pytest.raises(NotPermitted):
        api.withdraw(question_id=question.pk, by=Actor.patient(question.patient_id))
    assert api.withdraw(question_id=question.pk, by=desk)
    reply(question, "1")
    assert (question.state, question.value) == ("withdrawn", "")
    assert Message.objects.get(purpose="put_question").state == State.CLEARED
    assert not api.withdraw(question_id=question.pk, by=desk)


def test_one_question_at_a_time() -> None:
    question = put("smoking")
    with pytest.raises(api.CannotAsk, match="still open"):
        ask(question.patient, "bp")


@pytest.mark.parametrize(
    ("form", "words", "shared", "why"),
    [
        ("alcohol", "", True, "private"),
        ("yesno", "Do you want a visit?", True, "private"),
        ("yesno", "Is your depression better?", False, "must not"),
        ("free text", "", False, "Write the question"),
        ("free text", "x" * 121, False, "Write the question"),
        ("weight", "", False, "Choose"),
    ],
)
def test_what_is_not_asked_by_text(form: str, words: str, shared: bool, why: str) -> None:
    organisation = practice()
    sam = factories.patient(organisation, mobile=PHONE)
    if shared:
        factories.patient(organisation, "Ada", mobile=PHONE)
    with pytest.raises(api.CannotAsk, match=why):
        ask(sam, form, words)
    assert not Message.objects.exists()


def test_whoever_opted_out_is_not_asked() -> None:
    organisation = practice()
    sam = factories.patient(organisation, mobile=PHONE)
    say(organisation, PHONE, "STOP")
    with pytest.raises(api.CannotAsk, match="No text may go"):
        ask(sam, "smoking")
    assert not PutQuestion.objects.exists()


def test_on_a_shared_phone_the_answer_is_that_of_whoever_was_asked() -> None:
    organisation = practice()
    sam = factories.patient(organisation, mobile=PHONE)
    ada = factories.patient(organisation, "Ada", mobile=PHONE)
    question = ask(sam, "smoking")
    assert Message.objects.get().body.startswith("Sam: ")
    other = ask(ada, "smoking")
    reply(question, "1")
    other.refresh_from_db()
    # Both were asked: nobody knows whose it is, and a person finds out.
    assert (question.state, other.state) == ("asked", "asked")


def test_the_same_answer_on_the_patients_own_page() -> None:
    question = put("smoking")
    own = Access.of_patient(question.patient_id)
    for value, done in (("sometimes", False), ("never", True)):
        acted = messaging.answer(
            access=own,
            patient_id=question.patient_id,
            kind="question",
            subject_id=question.pk,
            intent="answer",
            value=value,
            via="portal",
        )
        assert acted.done is done
    question.refresh_from_db()
    assert (question.state, question.value, question.via) == ("answered", "never", "portal")
    assert said(question) == [("Said by the patient on their page: has never smoked", "266919005")]


STEPS = st.lists(
    st.sampled_from(["1", "i dont smoke", "skip", "yes and no", "withdraw", "expire", "thanks"]), max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_unknown_is_never_an_answer(steps: list[str]) -> None:
    """Whatever comes in whatever order: a value stands only in "answered", there only a valid one, and every move is allowed."""
    question = PutQuestion.objects.first() or put("smoking")
    if question.state != "asked":
        question = ask(question.patient, "smoking")
    moment = clock.now()
    for n, step in enumerate(steps, 1):
        moment += timedelta(minutes=20 * n)
        with clock.at(moment):
            if step == "withdraw":
                desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=question.organisation_id)
                api.withdraw(question_id=question.pk, by=desk)
            elif step == "expire":
                moment = question.ends_at
                with clock.at(moment):
                    jobs.run_once("questionnaires.expire")
            else:
                reply(question, step)
        question.refresh_from_db()
        assert (question.state == "answered") == bool(question.value)
        assert not question.value or rules.is_valid(question.form, question.value)
    moves = question.history.order_by("id").values_list("from_state", "to_state")
    assert all(to in rules.MOVES[before] for before, to in moves if before)
    if question.state == "asked":
        api.withdraw(question_id=question.pk, by=factories.TEST)
