"""Dead dispatchers and unclear answers: nothing lost, nothing said twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from onedoor.factories import patient, person, practice
from onedoor.kernel import clock
from onedoor.kernel.jobs import run_once
from onedoor.messaging.dispatch import reconcile, store
from onedoor.messaging.dispatch.reconcile import LOCK_CLASS, Doubt
from onedoor.messaging.models import Ask, Attempt, DispatchRun, Message, State
from onedoor.messaging.ports import Found
from onedoor.messaging.rules.unresolved import Decision, decided
from onedoor.messaging.tests.sending_factories import CAMPAIGN, MOBILE, RESULT, account, queued, tried
from onedoor.messaging.types import Group, NewAsk
from onedoor.records.api import Entry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db

LOOKUPS = (60.0, 600.0)


@contextmanager
def alive(run: int) -> Iterator[None]:
    """Another session that holds the run's lock."""
    parameters = connection.get_connection_params()
    for key in ("cursor_factory", "context"):
        parameters.pop(key, None)
    with psycopg.connect(**parameters, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, run])
        yield


def test_what_a_dead_dispatcher_held_is_queued_or_unknown() -> None:
    practice_ = practice()
    account(practice_)
    in_hand = queued(practice_)
    Message.objects.filter(pk=in_hand.pk).update(state=State.CLAIMED, run=5)
    said = tried(practice_, run=5)
    DispatchRun.objects.create(pk=5)
    with alive(5):
        assert reconcile.release_dead(60.0) == 0
    assert run_once("messaging.reconcile") == 2
    in_hand.refresh_from_db()
    said.refresh_from_db()
    assert in_hand.state == State.QUEUED
    assert said.state == State.UNKNOWN
    assert said.retry_real is not None
    assert Attempt.objects.get().outcome == "unknown"


def test_a_run_that_was_ended_claims_nothing_more() -> None:
    """A dispatcher that was stopped past `stuck` wakes, and claims before it notices that its session was ended."""
    practice_ = practice()
    account(practice_)
    DispatchRun.objects.create(pk=5)
    assert reconcile.release_dead(60.0) == 0
    late = queued(practice_)
    with pytest.raises(store.RunOver):
        store.claim(5, {late.account_id or 0: 10})
    late.refresh_from_db()
    assert (late.state, late.run) == (State.QUEUED, None)


def test_a_doubt_is_looked_up_by_one_at_a_time() -> None:
    practice_ = practice()
    account(practice_)
    message = tried(practice_, State.UNKNOWN)
    Message.objects.update(retry_real=clock.real_now() + timedelta(hours=1))
    assert reconcile.take_doubts(60.0) == []
    Message.objects.update(retry_real=clock.real_now())
    assert [doubt.id for doubt in reconcile.take_doubts(60.0)] == [message.pk]
    assert reconcile.take_doubts(60.0) == []


def doubt(state: State = State.UNKNOWN, **more: Any) -> Doubt:
    practice_ = practice()
    account(practice_)
    ask = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=1))
    message = tried(practice_, state, ask=ask, **more)
    return Doubt(message.pk, message.account_id or 0, str(message.ref))


def test_found_is_accepted_under_the_providers_id() -> None:
    sam = patient(practice(), mobile=MOBILE)
    one = doubt(patient_id=sam.pk)
    assert reconcile.adopt([(one, Found("p-7", "sending"))]) == 1
    assert reconcile.adopt([(one, Found("p-7", "sending"))]) == 0
    message = Message.objects.get(pk=one.id)
    assert (message.state, message.provider_id, str(message.pence)) == (State.ACCEPTED, "p-7", "2.400")
    assert Entry.objects.count() == 1
    assert Attempt.objects.get().outcome == "accepted"


def test_absent_twice_is_sent_once_more_and_only_once() -> None:
    one = doubt()
    reconcile.absent([one], LOOKUPS)
    message = Message.objects.get(pk=one.id)
    assert (message.state, message.lookups) == (State.UNKNOWN, 1)
    assert message.retry_real is not None
    assert timedelta(seconds=530) < message.retry_real - clock.real_now() < timedelta(seconds=541)
    reconcile.absent([one], LOOKUPS)
    message.refresh_from_db()
    assert (message.state, message.lookups) == (State.QUEUED, 0)
    Attempt.objects.create(message=message, n=2, run=1, outcome="unknown")
    Message.objects.update(state=State.UNKNOWN, attempt=2, lookups=1)
    reconcile.absent([one], LOOKUPS)
    message.refresh_from_db()
    assert (message.state, message.because) == (State.EXPIRED, "unknown")
    assert not Ask.objects.filter(state="open").exists()


def test_absent_campaign_expires() -> None:
    one = doubt(purpose=CAMPAIGN.name)
    Message.objects.update(lookups=1)
    reconcile.absent([one], LOOKUPS)
    assert Message.objects.get().state == State.EXPIRED


def test_absent_and_untrue_meanwhile_is_cleared() -> None:
    one = doubt()
    Message.objects.update(lookups=1, because="moved")
    reconcile.absent([one], LOOKUPS)
    message = Message.objects.get()
    assert (message.state, message.because) == (State.CLEARED, "moved")


@pytest.mark.parametrize(
    ("outcome", "state"), [("resend", State.QUEUED), ("told", State.EXPIRED), ("leave", State.EXPIRED)]
)
def test_about_an_absent_result_a_person_decides(outcome: str, state: State) -> None:
    one = doubt(purpose=RESULT.name)
    Message.objects.update(lookups=1)
    reconcile.absent([one], LOOKUPS)
    message = Message.objects.get()
    assert message.state == State.UNKNOWN
    assert reconcile.take_doubts(60.0) == []
    _, access = person(message.organisation)
    (task,) = tasks.waiting(access)
    assert task.kind == "unknown_send"
    tasks.complete(access=access, ref=task.ref, outcome=outcome)
    message.refresh_from_db()
    assert message.state == state


def test_a_person_cannot_resend_what_a_receipt_has_proved() -> None:
    one = doubt(purpose=RESULT.name)
    Message.objects.update(lookups=1)
    reconcile.absent([one], LOOKUPS)
    Message.objects.update(state=State.DELIVERED)
    message = Message.objects.get()
    _, access = person(message.organisation)
    (task,) = tasks.waiting(access)
    tasks.complete(access=access, ref=task.ref, outcome="resend")
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_late_texts_expire_in_the_outbox() -> None:
    practice_ = practice()
    account(practice_)
    ask = NewAsk("appointment", "appointment", 1, expires_at=clock.now() + timedelta(days=3))
    late = queued(practice_, not_after=clock.now() + timedelta(hours=1), ask=ask)
    kept = queued(practice_, not_after=clock.now() + timedelta(hours=3))
    with clock.at(clock.now() + timedelta(hours=2)):
        assert run_once("messaging.expire") == 1
    late.refresh_from_db()
    kept.refresh_from_db()
    assert (late.state, late.because, kept.state) == (State.EXPIRED, "too_late", State.QUEUED)
    assert not Ask.objects.filter(state="open").exists()


@pytest.mark.parametrize(
    ("group", "untrue", "useful", "resent", "decision"),
    [
        ("reminder", False, True, False, "resend"),
        ("answer", False, True, False, "resend"),
        ("reminder", False, True, True, "expire"),
        ("answer", False, True, True, "expire"),
        ("campaign", False, True, False, "expire"),
        ("result", False, True, False, "person"),
        ("result", False, True, True, "person"),
        ("result", False, False, False, "expire"),
        ("reminder", False, False, False, "expire"),
        ("result", True, True, False, "clear"),
        ("reminder", True, False, True, "clear"),
    ],
)
def test_decisions(group: Group, untrue: bool, useful: bool, resent: bool, decision: Decision) -> None:
    assert decided(group, untrue=untrue, useful=useful, resent=resent) == decision
