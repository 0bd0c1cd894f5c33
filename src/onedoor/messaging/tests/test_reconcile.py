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
from onedoor.kernel.access import Access
from onedoor.kernel.jobs import run_once
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.dispatch import reconcile, store
from onedoor.messaging.dispatch.reconcile import LOCK_CLASS, Doubt
from onedoor.messaging.models import Ask, Attempt, DispatchRun, Message, ProviderAccount, State
from onedoor.messaging.ports import Found
from onedoor.messaging.rules.unresolved import Decision, decided
from onedoor.messaging.tests.sending_factories import CAMPAIGN, MOBILE, REMINDER, RESULT, account, queued, tried
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
        # A session ends a moment after it was closed here.
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, run])


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


def test_what_was_decided_about_absent_texts_is_on_the_audit(django_assert_max_num_queries: Any) -> None:
    practice_ = practice()
    account(practice_)
    made = {
        "resend": [tried(practice_, State.UNKNOWN), tried(practice_, State.UNKNOWN)],
        "expire": [tried(practice_, State.UNKNOWN, purpose=CAMPAIGN.name)],
        "person": [tried(practice_, State.UNKNOWN, purpose=RESULT.name)],
        "clear": [tried(practice_, State.UNKNOWN)],
    }
    Message.objects.filter(pk=made["clear"][0].pk).update(because="moved")
    Message.objects.update(lookups=1)
    doubts = [Doubt(one.pk, one.account_id or 0, str(one.ref)) for ones in made.values() for one in ones]
    with django_assert_max_num_queries(22):
        reconcile.absent(doubts, LOOKUPS)
    rows = AuditEntry.objects.filter(action="reconcile_messages")
    assert {row.detail["decision"]: row.detail["messages"] for row in rows} == {
        decision: [one.pk for one in ones] for decision, ones in made.items()
    }
    assert {row.organisation_id for row in rows} == {practice_.pk}


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


def in_doubt_for(hours: float, *purposes: str, **more: Any) -> ProviderAccount:
    """A practice's account, with a text of each purpose that has been of unknown fate for so many real hours."""
    practice_ = practice()
    made = account(practice_)
    since = clock.real_now() - timedelta(hours=hours)
    for purpose in purposes:
        message = tried(practice_, State.UNKNOWN, purpose=purpose, **more)
        Attempt.objects.filter(message=message).update(started_real=since, ended_real=since)
    Message.objects.update(retry_real=clock.real_now())
    return made


def the_question(made: ProviderAccount) -> tuple[Access, tasks.Task]:
    """The one task about the account, and somebody who may end it."""
    assert run_once("messaging.in_doubt") == 1
    assert run_once("messaging.in_doubt") == 0
    _, access = person(made.organisation)
    (task,) = tasks.waiting(access)
    assert (task.kind, task.subject_id, task.team) == ("unknown_sends", made.pk, "management")
    return access, task


def test_about_an_account_that_nobody_answers_for_one_person_is_asked() -> None:
    """A revoked key: every look-up is answered 403, for as many texts as were on the wire."""
    made = in_doubt_for(5, *[REMINDER.name] * 300)
    _, task = the_question(made)
    assert "300 texts" in task.detail
    assert set(Message.objects.values_list("state", flat=True)) == {State.UNKNOWN}
    DispatchRun.objects.create(pk=1)
    assert store.claim(1, {made.pk: 1_000}) == []


def test_a_text_of_no_more_use_is_asked_about_sooner() -> None:
    made = in_doubt_for(1, REMINDER.name)
    assert run_once("messaging.in_doubt") == 0
    with clock.at(clock.now() + timedelta(days=2)):
        the_question(made)


def test_texts_given_up_end_unsent_and_results_are_asked_about_one_by_one() -> None:
    access, task = the_question(in_doubt_for(5, REMINDER.name, CAMPAIGN.name, RESULT.name))
    fresh = tried(practice(), State.UNKNOWN)
    tasks.complete(access=access, ref=task.ref, outcome="leave")
    states = dict(Message.objects.values_list("purpose", "state").exclude(pk=fresh.pk))
    assert states == {REMINDER.name: State.EXPIRED, CAMPAIGN.name: State.EXPIRED, RESULT.name: State.UNKNOWN}
    assert set(Message.objects.filter(state=State.EXPIRED).values_list("because", flat=True)) == {"unknown"}
    fresh.refresh_from_db()
    assert fresh.state == State.UNKNOWN
    (left,) = tasks.waiting(access)
    assert left.kind == "unknown_send"
    assert run_once("messaging.in_doubt") == 0
    assert AuditEntry.objects.get(action="give_up_messages").detail == {"given_up": 2}


def test_texts_are_looked_up_again_when_the_key_is_put_right() -> None:
    access, task = the_question(in_doubt_for(5, REMINDER.name))
    (one,) = reconcile.take_doubts(60.0)
    assert reconcile.take_doubts(60.0) == []
    tasks.complete(access=access, ref=task.ref, outcome="look")
    assert [doubt.id for doubt in reconcile.take_doubts(60.0)] == [one.id]
    assert run_once("messaging.in_doubt") == 0
    with clock.at(clock.now() + timedelta(hours=3)):
        assert run_once("messaging.in_doubt") == 1


def test_nobody_is_asked_any_more_once_the_provider_has_answered() -> None:
    access, _ = the_question(in_doubt_for(5, REMINDER.name))
    reconcile.adopt([(doubt, Found("p-1", "delivered")) for doubt in reconcile.take_doubts(60.0)])
    assert run_once("messaging.in_doubt") == 0
    assert tasks.waiting(access) == []


def test_the_longer_nobody_answers_the_more_rarely_they_are_asked() -> None:
    in_doubt_for(2, REMINDER.name)
    reconcile.take_doubts(60.0)
    retry = Message.objects.get().retry_real
    assert retry is not None
    assert timedelta(minutes=29) < retry - clock.real_now() < timedelta(minutes=31)


def test_absence_of_a_text_that_the_provider_may_have_forgotten_proves_nothing() -> None:
    in_doubt_for(80, REMINDER.name)
    Message.objects.update(lookups=1)
    reconcile.absent(reconcile.take_doubts(60.0), LOOKUPS)
    assert Message.objects.get().state == State.EXPIRED


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
