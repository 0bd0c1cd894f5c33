"""What a dispatcher does to the outbox, statement by statement: who gets a text in hand, what may go, what is learned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from onedoor.factories import TEST, patient, practice
from onedoor.kernel import clock
from onedoor.messaging import api
from onedoor.messaging.actions.results import Result
from onedoor.messaging.dispatch import store
from onedoor.messaging.models import Ask, Attempt, DispatchRun, Message, OptOut, RateBucket, State
from onedoor.messaging.ports import Fate
from onedoor.messaging.tests.sending_factories import CAMPAIGN, MOBILE, URGENT, account, queued
from onedoor.messaging.types import NewAsk
from onedoor.patients.models import ContactPoint, Patient
from onedoor.records.api import Entry

pytestmark = pytest.mark.django_db

FAST: dict[str, Any] = {"per_minute": 6_000_000, "per_day": 10_000_000}


def in_hand(account_id: int, run: int = 1, room: int = 100) -> list[store.Claim]:
    DispatchRun.objects.get_or_create(pk=run)
    return store.claim(run, {account_id: room})


def claimed(account_id: int, room: int = 100) -> list[int]:
    return [claim.id for claim in in_hand(account_id, room=room)]


def wave(claims: list[store.Claim], run: int = 1) -> store.Wave:
    RateBucket.objects.update(tokens=1_000_000)
    return store.begin_wave(run, claims, store.accounts(), 60.0, 1.0)


def state_of(message: Message) -> State:
    return State(Message.objects.values_list("state", flat=True).get(pk=message.pk))


def test_the_urgent_lane_first_then_by_time() -> None:
    practice_ = practice()
    key = account(practice_).pk
    bulk, normal, urgent = (
        queued(practice_, purpose=name).pk for name in (CAMPAIGN.name, "test_reminder", URGENT.name)
    )
    assert claimed(key, room=2) == [urgent, normal]
    assert claimed(key) == [bulk]
    assert claimed(key) == []


def test_not_too_early_not_too_late_not_while_stopped() -> None:
    practice_ = practice()
    key = account(practice_).pk
    message = queued(practice_, not_before=clock.now() + timedelta(hours=1), not_after=clock.now() + timedelta(hours=3))
    assert claimed(key) == []
    with clock.at(clock.now() + timedelta(hours=1)):
        for organisation_id in (practice_.pk, None):
            api.stop_sending(organisation_id=organisation_id, by=TEST)
            assert claimed(key) == []
            api.resume_sending(organisation_id=organisation_id, by=TEST)
        assert claimed(key) == [message.pk]
        store.give_back(1, [message.pk])
    with clock.at(clock.now() + timedelta(hours=3)):
        assert claimed(key) == []


def test_in_the_evening_only_what_keeps_no_quiet_hours() -> None:
    practice_ = practice()
    key = account(practice_).pk
    queued(practice_)
    urgent = queued(practice_, purpose=URGENT.name, not_after=clock.now() + timedelta(days=2))
    with clock.at(clock.now().replace(hour=20)):
        assert claimed(key) == [urgent.pk]


def test_a_wave_commits_an_attempt_for_each() -> None:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    message = queued(practice_)
    begun = wave(in_hand(key)).begun
    assert [(one.id, one.attempt, one.reference, one.number) for one in begun] == [
        (message.pk, 1, str(message.ref), MOBILE)
    ]
    assert state_of(message) == State.SENDING
    attempt = Attempt.objects.get()
    assert (attempt.n, attempt.run, attempt.outcome) == (1, 1, "")


def test_a_wave_leaves_out_what_changed_since_the_claim() -> None:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    people = {name: patient(practice_, name, mobile=f"+44770090020{n}") for n, name in enumerate(("Ann", "Bea", "Cy"))}
    ask = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=1))
    died, opted, moved = (
        queued(practice_, patient_id=one.pk, subject="a", subject_id=one.pk, ask=ask) for one in people.values()
    )
    late = queued(practice_, not_after=clock.now() + timedelta(minutes=5))
    good = queued(practice_)
    claims = in_hand(key)
    Patient.objects.filter(pk=people["Ann"].pk).update(deceased=True)
    OptOut.objects.create(organisation=practice_, number="+447700900201", since=clock.now(), because="stop")
    with transaction.atomic():
        api.clear(subject="a", subject_ids=[people["Cy"].pk], because="moved", by=TEST)
    with clock.at(clock.now() + timedelta(minutes=10)):
        assert [one.id for one in wave(claims).begun] == [good.pk]
    assert state_of(died) == state_of(opted) == State.SUPPRESSED
    assert {Message.objects.get(pk=one.pk).because for one in (died, opted)} == {"deceased", "stop"}
    assert state_of(moved) == State.CLEARED
    assert state_of(late) == State.EXPIRED
    assert Ask.objects.filter(state="open", message__in=[died, opted]).count() == 0


def test_another_run_cannot_begin_what_this_one_claimed() -> None:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    queued(practice_)
    assert wave(in_hand(key, run=1), run=2).begun == []


def test_a_stop_between_claim_and_wave_puts_it_back() -> None:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    message = queued(practice_)
    claims = in_hand(key)
    api.stop_sending(organisation_id=None, by=TEST)
    assert wave(claims).begun == []
    assert state_of(message) == State.QUEUED


def test_no_more_than_the_bucket_holds() -> None:
    practice_ = practice()
    key = account(practice_, per_minute=6, per_day=2).pk
    for _ in range(3):
        queued(practice_)
    claims = in_hand(key)
    RateBucket.objects.update(tokens=9, filled_real=clock.real_now())
    first = store.begin_wave(1, claims, store.accounts(), 60.0, 1.0)
    assert (len(first.begun), len(first.waiting)) == (1, 2)
    assert first.pauses[key] > 1
    assert store.begin_wave(1, first.waiting, store.accounts(), 60.0, 1.0).begun == []
    RateBucket.objects.update(tokens=1)
    second = store.begin_wave(1, first.waiting, store.accounts(), 60.0, 1.0)
    assert (len(second.begun), len(second.waiting)) == (1, 1)
    RateBucket.objects.update(tokens=1)
    assert store.begin_wave(1, second.waiting, store.accounts(), 60.0, 1.0).begun == []  # the day's two are spent


def test_after_a_429_nobody_sends_on_the_key_for_a_while() -> None:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    queued(practice_)
    store.pause_bucket(RateBucket.objects.get().pk, 5.0, whole_day=False)
    paused = wave(in_hand(key))
    assert paused.begun == []
    assert 0 < paused.pauses[key] <= 5


def begun() -> Message:
    practice_ = practice()
    key = account(practice_, **FAST).pk
    sam = patient(practice_, mobile=MOBILE)
    ask = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=1))
    message = queued(practice_, patient_id=sam.pk, ask=ask)
    wave(in_hand(key))
    return message


def flush(message: Message, fate: Fate, **more: Any) -> Message:
    store.flush([Result(message.pk, 1, fate, **more)], 60.0)
    return Message.objects.get(pk=message.pk)


def test_accepted_is_priced_and_on_the_record() -> None:
    message = flush(begun(), "accepted", status=201, provider_id="p-9")
    assert (message.state, message.provider_id, str(message.pence)) == (State.ACCEPTED, "p-9", "2.400")
    assert message.accepted_at == clock.now()
    entry = Entry.objects.get()
    assert (entry.patient_id, entry.kind, entry.subject_id) == (message.patient_id, "text_sent", message.pk)
    assert entry.code is not None
    assert entry.code.code == "279991000000102"
    assert Attempt.objects.get().outcome == "accepted"


def test_the_same_result_twice_is_one() -> None:
    message = begun()
    flush(message, "accepted", provider_id="p-9")
    assert flush(message, "accepted", provider_id="p-10").provider_id == "p-9"
    assert Entry.objects.count() == 1


def test_an_answer_that_cannot_be_stored_is_unknown_and_stands_in_nobodys_way() -> None:
    odd, good = begun(), begun()
    store.flush_all(
        [
            Result(odd.pk, 1, "accepted", status=201, provider_id="p-\x00"),
            Result(good.pk, 1, "accepted", status=201, provider_id="p-8"),
        ],
        60.0,
    )
    assert [state_of(odd), state_of(good)] == [State.UNKNOWN, State.ACCEPTED]


def test_refused_for_good_ends_it_and_its_question() -> None:
    message = flush(begun(), "refused_permanent", status=400, why="ValidationError")
    assert (message.state, message.because) == (State.REFUSED, "ValidationError")
    assert not Ask.objects.filter(state="open").exists()
    assert not Entry.objects.exists()


def test_refused_for_now_is_queued_for_later() -> None:
    message = flush(begun(), "refused_temporary", status=429)
    assert message.state == State.QUEUED
    assert message.retry_real is not None
    assert message.retry_real > clock.real_now()
    assert claimed(message.account_id or 0) == []


def test_refused_for_now_and_untrue_meanwhile_is_cleared() -> None:
    message = begun()
    with transaction.atomic():
        api.clear(subject=message.subject, subject_ids=[0], because="moved", by=TEST)
    Message.objects.update(because="moved")
    assert flush(message, "refused_temporary").state == State.CLEARED


def test_unknown_is_looked_up_later_and_never_queued() -> None:
    message = flush(begun(), "unknown")
    assert message.state == State.UNKNOWN
    assert message.retry_real is not None
    assert claimed(message.account_id or 0) == []


@pytest.mark.parametrize("state", [State.QUEUED, State.CLAIMED, State.UNKNOWN, State.EXPIRED, State.CLEARED])
def test_a_late_acceptance_is_believed_in_whatever_state(state: State) -> None:
    message = begun()
    Message.objects.update(state=state)
    assert flush(message, "accepted", provider_id="p-9").state == State.ACCEPTED


def test_a_result_of_an_earlier_attempt_says_nothing_of_a_later_one() -> None:
    message = begun()
    Message.objects.update(attempt=2)
    fates: tuple[Fate, ...] = ("unknown", "refused_temporary", "refused_permanent")
    for fate in fates:
        assert flush(message, fate, why="x").state == State.SENDING


def test_a_number_replaced_while_the_text_waited_is_not_texted() -> None:
    practice_ = practice()
    key = account(practice_).pk
    person = patient(practice_, mobile=MOBILE)
    message = queued(practice_, patient_id=person.pk)
    ContactPoint.objects.filter(patient=person).update(until=clock.now(), ended_because="replaced")
    ContactPoint.objects.create(patient=person, kind="mobile", value="+447700900888", since=clock.now())
    assert wave(in_hand(key)).begun == []
    message.refresh_from_db()
    assert (State(message.state), message.because) == (State.SUPPRESSED, "old_number")
