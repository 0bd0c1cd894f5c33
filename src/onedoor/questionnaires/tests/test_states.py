"""Whatever comes in whatever order: one question at a time, in order; nothing twice, nothing partial, nothing after the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Ask, OptOut
from onedoor.messaging.tests.asking_factories import account, arrive
from onedoor.patients.models import ContactPoint
from onedoor.questionnaires import api, engine, rules
from onedoor.questionnaires.definitions import Definition
from onedoor.questionnaires.licensed import definition_of
from onedoor.questionnaires.models import OPEN, Given, Response
from onedoor.records.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PHONE = "+447700900123"
STEPS = st.lists(
    st.sampled_from(
        [
            "never",
            "b",
            "d",
            "12",
            "rather a lot",
            "skip",
            "thanks",
            "again",
            "STOP",
            "page",
            "withdraw",
            "days",
            "weeks",
        ]
    ),
    max_size=9,
)


def desk(organisation: Organisation) -> Actor:
    return Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_comes_in_whatever_order(steps: list[str]) -> None:
    organisation = factories.practice()
    account(organisation)
    # A new patient each time, whose phone was nobody's: what one said before must not be another's.
    ContactPoint.objects.filter(value=PHONE).update(until=clock.now())
    patient = factories.patient(organisation, mobile=PHONE)
    OptOut.objects.filter(number=PHONE, until=None).update(until=clock.now())
    response = api.start(
        patient_id=patient.pk, organisation_id=organisation.pk, key="audit-c", via="text", by=desk(organisation)
    )
    definition, moment, last = definition_of("audit-c"), clock.now(), ("", "")
    for n, step in enumerate(steps):
        moment += timedelta(days=3 if step == "days" else 15 if step == "weeks" else 0, hours=1)
        before = dict(response.given.values_list("link", "value"))
        with clock.at(moment):
            jobs.run_once("questionnaires.expire_responses")
            if step == "withdraw":
                api.withdraw_response(response_id=response.pk, by=desk(organisation))
            elif step == "page":
                on_page(response)
            elif step not in ("days", "weeks"):
                # The same delivery again: the same text under the same id.
                text, provider = last if step == "again" and last[0] else (step, f"{response.pk}-{n}")
                arrive(organisation, PHONE, text, provider_id=provider, received_at=moment - timedelta(seconds=2))
                jobs.run_once("messaging.understand")
                last = (text, provider)
        response.refresh_from_db()
        after = dict(response.given.values_list("link", "value"))
        check(response, before, after, definition)
        if step == "again":
            assert after == before or response.state not in OPEN


def on_page(response: Response) -> None:
    """One answer on their own page, to the question that is next."""
    step = api.step(response, offer=False)
    given = (step.options[0][0],) if step.options else ("5",)
    by = Actor.patient(response.patient_id)
    try:
        if step.link:
            api.answer(response_id=response.pk, link=step.link, given=given, via="portal", by=by)
        else:
            api.finish(response_id=response.pk, via="portal", by=by)
    except api.NotOpen:
        assert Response.objects.get(pk=response.pk).state not in OPEN or response.ends_at <= clock.now()


def check(response: Response, before: dict[str, str], after: dict[str, str], definition: Definition) -> None:
    moves = response.history.order_by("id").values_list("from_state", "to_state")
    assert all(to in rules.RESPONSE_MOVES[was] for was, to in moves if was)
    assert len(after.keys() - before.keys()) <= 1
    asks = Ask.objects.filter(subject="questionnaire", subject_id=response.pk, state="open")
    written = Entry.objects.filter(kind="said", subject="questionnaire", subject_id=response.pk)
    if response.state in OPEN:
        # In order: every question before an answered one that is asked was answered too.
        asked = [item.link for item in engine.to_ask(definition, after)]
        answered = [link in after for link in asked]
        assert answered == sorted(answered, reverse=True)
        assert asks.count() <= 1
        assert not written.exists()
        assert (response.score, response.visit) == (None, "")
    else:
        assert not asks.exists()
    if response.state == "completed":
        assert engine.next_item(definition, after) is None
        assert response.visit
    else:
        assert response.score is None
        assert not written.filter(code__code="763256006").exists()
    if response.state == "expired":
        assert not Given.objects.filter(response=response).exists()


def test_a_page_answer_ends_the_question_by_text() -> None:
    organisation = factories.practice()
    account(organisation)
    patient = factories.patient(organisation, mobile=PHONE)
    response = api.start(
        patient_id=patient.pk, organisation_id=organisation.pk, key="audit-c", via="text", by=desk(organisation)
    )
    on_page(response)
    with clock.at(clock.now() + timedelta(minutes=5)):
        arrive(organisation, PHONE, "d", received_at=clock.now() - timedelta(seconds=2))
        jobs.run_once("messaging.understand")
    assert dict(response.given.values_list("link", "value")) == {"often": "never"}


def test_answered_to_the_end_and_never_sent_is_taken_when_its_time_is_over() -> None:
    organisation = factories.practice()
    account(organisation)
    patient = factories.patient(organisation)
    response = api.start(
        patient_id=patient.pk, organisation_id=organisation.pk, key="audit-c", via="portal", by=desk(organisation)
    )
    on_page(response)
    with clock.at(response.ends_at):
        jobs.run_once("questionnaires.expire_responses")
    response.refresh_from_db()
    assert (response.state, response.score) == ("completed", 0)
