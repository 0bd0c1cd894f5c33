"""A questionnaire by text, turn by turn: order, the second try, SKIP, resume after days, expiry, and what may interrupt it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Ask, Inbound, Message
from onedoor.messaging.tests.asking_factories import account, arrive
from onedoor.patients.models import Patient
from onedoor.questionnaires import api
from onedoor.questionnaires.models import Response
from onedoor.records.models import Coded, Entry
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+447700900111"


def practice() -> Organisation:
    organisation = factories.practice()
    account(organisation)
    return organisation


def desk(organisation: Organisation) -> Actor:
    return Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)


def begin(key: str, *, via: str = "text", patient: Patient | None = None, only: tuple[str, ...] = ()) -> Response:
    organisation = practice()
    who = patient or factories.patient(organisation, mobile=PHONE)
    return api.start(
        patient_id=who.pk, organisation_id=organisation.pk, key=key, via=via, by=desk(organisation), only=only
    )


def reply(response: Response, text: str) -> Inbound:
    """A text that comes a minute after the question, and is read two seconds later."""
    with clock.at(clock.now() + timedelta(minutes=1)):
        arrive(response.organisation, PHONE, text, received_at=clock.now() - timedelta(seconds=2))
        jobs.run_once("messaging.understand")
    response.refresh_from_db()
    found = Inbound.objects.filter(organisation=response.organisation, number=PHONE).order_by("-id").first()
    assert found is not None
    return found


def replies(response: Response, *texts: str) -> Response:
    """One after the other, some minutes apart."""
    begun = clock.now()
    for n, text in enumerate(texts):
        with clock.at(begun + timedelta(minutes=3 * n)):
            reply(response, text)
    return response


def coded(response: Response) -> list[tuple[str, float | None]]:
    rows = Entry.objects.filter(kind="said", subject="questionnaire", subject_id=response.pk).order_by("id")
    values = dict(Coded.objects.filter(patient=response.patient).values_list("code__code", "value"))
    return [
        (entry.code.code if entry.code else "", values.get(entry.code.code) if entry.code else None) for entry in rows
    ]


def last_text() -> str:
    return Message.objects.order_by("-id").values_list("body", flat=True)[0]


@pytest.mark.parametrize(
    ("key", "texts", "codes", "score", "visit"),
    [
        ("audit-c", ["never"], [("763256006", 0.0), ("105542008", None)], 0, "none"),
        ("audit-c", ["B", "a", "a", "2"], [("1082641000000106", 2.0), ("763256006", 1.0)], 1, "none"),
        ("audit-c", ["d", "8", "weekly", "30"], [("1082641000000106", 30.0), ("763256006", 9.0)], 9, "phone"),
        ("smoking", ["1"], [("266919005", None)], None, "none"),
        ("smoking", ["gave up years ago"], [("8517006", None)], None, "none"),
        (
            "smoking",
            ["3", "15", "no"],
            [("77176002", None), ("160604004", None), ("230056004", 15.0), ("", None)],
            None,
            "none",
        ),
        (
            "smoking",
            ["3", "0", "yes"],
            [("77176002", None), ("266920004", None), ("203191000000107", None)],
            None,
            "phone",
        ),
        (
            "weight-height",
            ["82", "5ft 8"],
            [("27113001", 82.0), ("1153637007", 172.7), ("60621009", 27.5)],
            None,
            "none",
        ),
        ("home-bp", ["no", "132/84"], [("1162737008", 132.0), ("1162735000", 84.0)], None, "phone"),
        ("rcp", ["no", "no", "no", "no"], [("", None)], 0, "phone"),
        ("rcp", ["no", "yes", "no", "no"], [("", None)], 1, "face_to_face"),
        ("flu-had", ["no"], [("", None)], None, "none"),
        ("flu-had", ["yes", "Boots, 3 October"], [("", None)], None, "phone"),
    ],
)
def test_from_the_first_question_to_the_record(
    key: str, texts: list[str], codes: list[tuple[str, float | None]], score: int | None, visit: str
) -> None:
    response = replies(begin(key), *texts)
    assert (response.state, response.score, response.visit, response.rules_version) == ("completed", score, visit, "2")
    assert coded(response) == codes
    assert not Ask.objects.filter(state="open").exists()
    assert Task.objects.filter(state="open", subject="questionnaire").count() == (visit != "none")


@pytest.mark.parametrize("trust", [True, False])
def test_what_a_trust_asks_counts_once_the_practice_has_accepted_it(trust: bool) -> None:
    response = begin("smoking")
    if trust:
        OrganisationRelation.objects.create(
            organisation=factories.practice("Y99903"),
            other=response.organisation,
            kind=Relation.TRUST,
            starts_on=clock.today(),
        )
    replies(response, "3", "15", "no")
    assert {fact.elsewhere for fact in Coded.objects.filter(patient=response.patient)} == {trust}
    # What has no code waits for nobody to accept it.
    said = Entry.objects.filter(kind="said", subject_id=response.pk)
    assert {(entry.code is None, entry.elsewhere) for entry in said} == {(False, trust), (True, False)}


@pytest.mark.parametrize("via", ["text", "portal"])
def test_no_answers_complete_the_asthma_review_without_a_clinician(via: str) -> None:
    response = begin("rcp", via=via)
    if via == "text":
        replies(response, "no", "no", "no", "no")
    else:
        by = Actor.patient(response.patient_id)
        for link in ("danger-now", "sleep", "day", "activities"):
            api.answer(response_id=response.pk, link=link, given=("no",), via=via, by=by)
        api.finish(response_id=response.pk, via=via, by=by)
    entry = Entry.objects.get(patient=response.patient, kind="said")
    assert entry.code is None
    assert "sleep: no; symptoms by day: no; usual activities: no" in entry.text
    assert not Coded.objects.filter(patient=response.patient).exists()
    task = Task.objects.get(patient=response.patient, state="open")
    assert (task.kind, task.team, task.detail) == (
        "questionnaire",
        "duty",
        "a clinician reads three times no, and codes the review",
    )


def test_one_question_a_text_and_the_next_only_after_an_answer() -> None:
    response = begin("rcp")
    assert "chest pain" in last_text()
    assert response.at_item == "danger-now"
    replies(response, "no")
    assert "sleeping" in last_text()
    assert Ask.objects.filter(state="open").count() == 1


def test_what_is_not_clear_is_asked_once_more_and_then_a_persons() -> None:
    response = replies(begin("weight-height"), "12 stone 4", "quite tall")
    assert (response.state, response.at_item) == ("in_progress", "height")
    assert "could not read" in last_text()
    with clock.at(clock.now() + timedelta(minutes=20)):
        replies(response, "9")
    assert response.state == "handed_over"
    assert Task.objects.filter(kind="unclear_answer", state="open").count() == 1
    # What stands by itself was said, and is kept.
    assert coded(response) == [("27113001", 78.0)]


def test_a_score_is_never_made_of_some_of_its_answers() -> None:
    response = replies(begin("audit-c"), "c", "skip", "b", "10")
    assert (response.state, response.score) == ("completed", None)
    assert coded(response) == [("1082641000000106", 10.0)]


def test_it_goes_on_after_days_where_it_stopped() -> None:
    response = replies(begin("audit-c"), "d", "b")
    with clock.at(clock.now() + timedelta(days=3)):
        replies(response, "never", "12")
    assert (response.state, response.score) == ("completed", 4)


def test_after_fourteen_days_it_is_over_and_nothing_partial_is_left() -> None:
    response = replies(begin("audit-c"), "d", "b")
    with clock.at(response.ends_at):
        jobs.run_once("questionnaires.expire_responses")
        replies(response, "never")
    assert (response.state, response.score, response.given.count()) == ("expired", None, 0)
    assert coded(response) == []


def test_an_answer_that_cannot_wait_calls_a_person_at_once() -> None:
    response = replies(begin("home-bp"), "yes")
    assert (response.state, response.visit, response.rule) == ("handed_over", "today", "red-flag")
    task = Task.objects.get(kind="red_flag", state="open")
    assert (task.urgent, task.due_at) == (True, task.created_at)
    assert all(number in last_text() for number in ("999", "111"))
    # It is on the record in words; no code was given for it.
    assert coded(response) == [("", None)]


def test_words_of_danger_come_before_any_answer() -> None:
    response = begin("audit-c")
    inbound = reply(response, "i cant go on any more")
    assert (inbound.intent, response.state) == ("crisis", "asked")
    assert Task.objects.filter(kind="crisis", urgent=True).exists()


def test_stop_stops_and_answers_nothing() -> None:
    response = begin("smoking")
    inbound = reply(response, "STOP")
    assert (inbound.outcome, response.state) == ("stopped", "asked")
    assert coded(response) == []


def test_whoever_would_rather_not_say_anything_has_declined() -> None:
    response = replies(begin("weight-height"), "skip", "rather not say")
    assert (response.state, response.visit) == ("declined", "")
    assert coded(response) == []


def test_one_at_a_time() -> None:
    response = begin("smoking")
    with pytest.raises(api.CannotAsk, match="open"):
        begin("audit-c", patient=response.patient)
    with pytest.raises(api.CannotAsk, match="open"):
        api.ask(
            organisation_id=response.organisation_id,
            patient_id=response.patient_id,
            form="bp",
            by=desk(response.organisation),
        )


def test_nothing_private_goes_to_a_shared_phone() -> None:
    organisation = practice()
    sam = factories.patient(organisation, mobile=PHONE)
    factories.patient(organisation, "Ada", mobile=PHONE)
    for via in ("text", "link"):
        with pytest.raises(api.CannotAsk, match="private"):
            begin("audit-c", patient=sam, via=via)
    assert not Message.objects.exists()
    begin("audit-c", patient=sam, via="portal")
    # What is asked decides: weight and height are not private, units of alcohol are.
    with pytest.raises(api.CannotAsk, match="private"):
        begin("about-you", patient=sam)
    begin("about-you", patient=sam, only=("weight", "height"))


@pytest.mark.parametrize("key", ["act", "msk-hq", "eq-5d", "phq-9", "gad-7"])
def test_a_licensed_scale_refuses_to_start_and_says_why(key: str) -> None:
    with pytest.raises(api.CannotAsk, match="not here"):
        begin(key, via="portal")
    assert not Response.objects.exists()


def test_the_same_delivery_again_answers_nothing_more() -> None:
    response = begin("rcp")
    sent = clock.real_now()
    for n, provider_id in enumerate(("one", "one", "two"), 1):
        with clock.at(clock.now() + timedelta(minutes=n)):
            arrive(response.organisation, PHONE, "no", provider_id=provider_id, sent_real=sent)
            jobs.run_once("messaging.understand")
    response.refresh_from_db()
    assert response.at_item == "sleep"


def test_the_record_is_offered_with_its_age_and_never_taken() -> None:
    with clock.at(clock.now() - timedelta(days=250)):
        first = replies(begin("weight-height"), "82", "172")
    response = begin("weight-height", patient=first.patient)
    assert "We have 82 kg, from" in last_text()
    assert "Reply YES" in last_text()
    replies(response, "yes", "173")
    assert response.state == "completed"
    assert dict(response.given.values_list("link", "confirmed")) == {"weight": True, "height": False}
    assert [code for code, _ in coded(response)] == ["27113001", "1153637007", "60621009"]


def test_a_number_far_from_the_record_is_asked_for_once_more() -> None:
    with clock.at(clock.now() - timedelta(days=250)):
        first = replies(begin("weight-height"), "68", "172")
    response = begin("weight-height", patient=first.patient)
    # Pounds for kilograms, perhaps.
    replies(response, "150")
    assert (response.state, response.at_item, response.given.count()) == ("asked", "weight", 0)
    assert "you wrote 150 kg, which is far from what we have" in last_text()
    with clock.at(clock.now() + timedelta(hours=1)):
        replies(response, "10st 10", "172")
    assert dict(response.given.values_list("link", "value")) == {"weight": "68", "height": "172"}
    with clock.at(clock.now() + timedelta(hours=2)):
        again = replies(begin("weight-height", patient=first.patient), "90", "90", "172")
    assert again.given.get(link="weight").value == "90"


def test_by_text_to_a_shared_phone_no_number_is_far_from_the_record() -> None:
    """Whoever else has the phone would learn something of the record by trying numbers."""
    with clock.at(clock.now() - timedelta(days=250)):
        first = replies(begin("weight-height"), "68", "172")
    factories.patient(first.organisation, "Ada", mobile=PHONE)
    response = replies(begin("weight-height", patient=first.patient), "150", "172")
    assert (response.state, response.again_at) == ("completed", None)
    assert dict(response.given.values_list("link", "value")) == {"weight": "150", "height": "172"}
