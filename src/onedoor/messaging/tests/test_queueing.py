"""Into the outbox and out of it, through the door."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor.factories import TEST, patient, practice
from onedoor.kernel import clock
from onedoor.kernel.models import AuditEntry
from onedoor.messaging import api
from onedoor.messaging.models import Ask, Message, OptOut, State
from onedoor.messaging.tests.sending_factories import CAMPAIGN, MOBILE, RESULT, URGENT, account, new, queue, queued
from onedoor.messaging.types import NewAsk, NewMessage, QueueResult
from onedoor.patients.models import CareRelationship

pytestmark = pytest.mark.django_db


def test_a_text_waits_with_its_question_and_its_price_in_fragments() -> None:
    practice_ = practice()
    account(practice_)
    sam = patient(practice_, mobile=MOBILE)
    ask = NewAsk("appointment", "appointment", 7, expires_at=clock.now() + timedelta(days=1))
    result = queue(
        new(practice_, patient_id=sam.pk, body="It\u2019s " + "a" * 157, subject="appointment", subject_id=7, ask=ask)
    )
    message = Message.objects.get()
    assert result == QueueResult(new=1, suppressed=0)
    assert (message.state, message.number, message.fragments, message.body[:4]) == (State.QUEUED, MOBILE, 2, "It's")
    opened = Ask.objects.get()
    assert (opened.message_id, opened.number, opened.state, opened.patient_id) == (message.pk, MOBILE, "open", sam.pk)
    assert AuditEntry.objects.get(action="queue_messages").detail == {
        "purpose": "test_reminder",
        "queued": 1,
        "held": 0,
    }


def test_one_intent_is_one_text() -> None:
    practice_ = practice()
    account(practice_)
    message = new(practice_)
    assert queue(message, message) == QueueResult(1, 0)
    assert queue(message) == QueueResult(0, 0)
    assert Message.objects.count() == 1


def test_outside_a_transaction_it_refuses(transactional_db: None) -> None:
    practice_ = practice()
    with pytest.raises(RuntimeError):
        api.queue(messages=[new(practice_)], by=TEST)


def test_what_must_not_be_sent_is_stored_with_its_reason_and_asks_nothing() -> None:
    practice_ = practice()
    account(practice_)
    ask = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=1))
    dead = patient(practice_, mobile="+447700900001", deceased=True)
    silent = patient(practice_)
    rings = patient(practice_, mobile="+447700900002", needs=("Contact by telephone",))
    reads = patient(practice_, mobile="+447700900003", needs=("Easyread",))
    young = patient(practice_, mobile="+447700900004", born_on=date(2012, 1, 1))
    for _ in range(2):
        shared = patient(practice_, mobile="+447700900005")
    left = patient(practice_, mobile="+447700900006")
    CareRelationship.objects.filter(patient=left).update(ends_on=date(2026, 1, 1))
    OptOut.objects.create(organisation=practice_, number="+447700900007", since=clock.now(), because="stop")
    stopped = patient(practice_, mobile="+447700900007")
    cases: list[tuple[NewMessage, str]] = [
        (new(practice_, patient_id=dead.pk, ask=ask), "deceased"),
        (new(practice_, patient_id=silent.pk, ask=ask), "no_number"),
        (new(practice_, patient_id=rings.pk, ask=ask), "by_phone"),
        (new(practice_, patient_id=reads.pk), "other_format"),
        (new(practice_, patient_id=young.pk, purpose=RESULT.name), "young"),
        (new(practice_, patient_id=shared.pk, purpose=RESULT.name), "shared"),
        (new(practice_, patient_id=left.pk, purpose=CAMPAIGN.name), "left"),
        (new(practice_, patient_id=stopped.pk, ask=ask), "stop"),
        (new(practice_, body="  "), "no_words"),
        (new(practice_, body="a" * 919), "too_long"),
    ]
    assert queue(*(message for message, _ in cases)) == QueueResult(0, len(cases))
    for message, because in cases:
        stored = Message.objects.get(intent_key=message.intent_key)
        assert (stored.state, stored.because) == (State.SUPPRESSED, because)
    assert not Ask.objects.exists()


def test_an_answer_goes_to_a_number_that_opted_out() -> None:
    practice_ = practice()
    account(practice_)
    OptOut.objects.create(organisation=practice_, number=MOBILE, since=clock.now(), because="stop")
    assert queue(new(practice_, purpose=URGENT.name)) == QueueResult(1, 0)


def test_without_an_account_nothing_is_sent_and_the_reason_kept() -> None:
    queue(new(practice()))
    assert Message.objects.get().because == "no_account"


def test_quiet_hours_hold_a_reminder_and_not_an_answer() -> None:
    practice_ = practice()
    account(practice_)
    friday = datetime(2026, 12, 4, 18, 5, tzinfo=clock.LONDON)
    with clock.at(friday):
        reminder = queued(practice_, not_after=friday + timedelta(days=4))
        answer = queued(practice_, purpose=URGENT.name)
        useless = new(practice_, not_after=friday + timedelta(days=1))
        assert queue(useless) == QueueResult(0, 1)
    assert reminder.not_before == datetime(2026, 12, 7, 8, 0, tzinfo=clock.LONDON)
    assert answer.not_before == friday
    assert Message.objects.get(intent_key=useless.intent_key).state == State.EXPIRED


@pytest.mark.parametrize("ask", [True, False])
def test_a_thousand_texts_take_as_many_statements_as_ten(ask: bool) -> None:
    practice_ = practice()
    account(practice_)
    people = [patient(practice_, mobile=f"+4477009{n:05d}").pk for n in range(10)]
    question = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=1)) if ask else None
    counts = []
    for size in (10, 1_000):
        messages = [new(practice_, patient_id=people[n % 10], ask=question) for n in range(size)]
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            assert api.queue(messages=messages, by=TEST).new == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_clearing_takes_back_what_was_not_said_and_marks_what_may_be() -> None:
    practice_ = practice()
    account(practice_)
    ask = NewAsk("appointment", "appointment", 7, expires_at=clock.now() + timedelta(days=1))
    about = {"subject": "appointment", "subject_id": 7}
    rows = {state: queued(practice_, **about, ask=ask) for state in State}
    other = queued(practice_, subject="appointment", subject_id=8)
    for state, message in rows.items():
        Message.objects.filter(pk=message.pk).update(state=state)
    with transaction.atomic():
        assert api.clear(subject="appointment", subject_ids=[7], because="moved", by=TEST) == 2
    now_in = {state: Message.objects.get(pk=message.pk) for state, message in rows.items()}
    assert now_in[State.QUEUED].state == now_in[State.CLAIMED].state == State.CLEARED
    assert now_in[State.SENDING].because == now_in[State.UNKNOWN].because == "moved"
    for state in State:
        if state not in (State.QUEUED, State.CLAIMED):
            assert now_in[state].state == state
    assert Message.objects.get(pk=other.pk).state == State.QUEUED
    assert not Ask.objects.filter(state="open").exists()


def test_clearing_one_purpose_leaves_the_others_and_their_questions() -> None:
    practice_ = practice()
    account(practice_)
    ask = NewAsk("appointment", "appointment", 7, expires_at=clock.now() + timedelta(days=1))
    kept = queued(practice_, subject="appointment", subject_id=7, ask=ask)
    gone = queued(practice_, subject="appointment", subject_id=7, ask=ask, purpose=CAMPAIGN.name)
    with transaction.atomic():
        api.clear(subject="appointment", subject_ids=[7], because="moved", by=TEST, purposes=[CAMPAIGN.name])
    assert Message.objects.get(pk=kept.pk).state == State.QUEUED
    assert Message.objects.get(pk=gone.pk).state == State.CLEARED
    assert [row.message_id for row in Ask.objects.filter(state="open")] == [kept.pk]


def test_stopping_is_once_and_lifted_once() -> None:
    practice_ = practice()
    for organisation_id in (practice_.pk, None):
        assert not api.stopped(organisation_id)
        assert api.stop_sending(organisation_id=organisation_id, by=TEST)
        assert not api.stop_sending(organisation_id=organisation_id, by=TEST)
        assert api.stopped(organisation_id)
        assert api.resume_sending(organisation_id=organisation_id, by=TEST)
        assert not api.resume_sending(organisation_id=organisation_id, by=TEST)
