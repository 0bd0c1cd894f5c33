"""Whatever happens in whatever order: each text in one state, only moves that exist, never said again once the provider has it.

Everything goes through the doors of the outbox and of the dispatcher's store; the provider is a list of what it took. It is
truthful and its look-ups are too, which is all that messaging.md 6.2 asks of it; what it said reaches us late, twice or never.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.jobs import run_once
from onedoor.messaging import api
from onedoor.messaging.actions.receipt_effects import TERMINAL
from onedoor.messaging.actions.results import Result
from onedoor.messaging.dispatch import reconcile, store
from onedoor.messaging.models import Attempt, DispatchRun, Message, RateBucket, Receipt, State
from onedoor.messaging.ports import Fate, Found
from onedoor.messaging.tests.sending_factories import CAMPAIGN, REMINDER, RESULT, URGENT, account, queued
from onedoor.messaging.types import NewAsk, Purpose
from onedoor.patients.models import Patient
from onedoor.records.api import Entry
from onedoor.tasks import api as tasks

LOOKUPS = (60.0, 600.0)
ENDS = {State.DELIVERED, State.UNREACHED, State.DEAD_NUMBER, State.TECHNICAL}
SENT = {State.ACCEPTED, *ENDS}
PROVED = SENT
"""What an acceptance, a look-up or a receipt makes of a text of which we did not know that the provider has it."""
ARROWS: dict[State, set[State]] = {
    State.QUEUED: {State.CLAIMED, State.EXPIRED, State.CLEARED, *PROVED},
    State.CLAIMED: {State.QUEUED, State.SENDING, State.EXPIRED, State.CLEARED, State.SUPPRESSED, *PROVED},
    State.SENDING: {State.QUEUED, State.UNKNOWN, State.REFUSED, State.CLEARED, *PROVED},
    State.UNKNOWN: {State.QUEUED, State.EXPIRED, State.CLEARED, State.REFUSED, *PROVED},
    State.ACCEPTED: set(ENDS),
    State.UNREACHED: {State.DELIVERED},
    # Given up as far as we knew; what the provider says is believed all the same.
    State.EXPIRED: set(PROVED),
    State.CLEARED: set(PROVED),
    State.DELIVERED: set(),
    State.DEAD_NUMBER: set(),
    State.TECHNICAL: set(),
    State.REFUSED: set(),
    State.SUPPRESSED: set(),
}
picks = st.integers(0, 30)


people = st.integers(0, 2)
purposes = st.sampled_from([REMINDER, REMINDER, URGENT, CAMPAIGN, RESULT])
told_us: list[Fate] = ["accepted", "accepted", "unknown", "unknown", "refused_temporary", "refused_permanent"]
fates = st.tuples(st.sampled_from(told_us), st.booleans())
_keys = count()


class Outbox(RuleBasedStateMachine):
    """A practice with three patients, one dispatcher after another, and a provider."""

    practice: Organisation
    patients: list[Patient]
    account_id: int

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.now = clock.now()
        self.run = 1
        self.hand: list[store.Claim] = []
        self.unsaid: list[store.Begun] = []
        self.results: list[Result] = []
        self.taken: Counter[int] = Counter()
        self.before: dict[int, State] = {}
        self.rows: list[tuple[int, int, int, int, Decimal | None, datetime | None]] = []

    def teardown(self) -> None:
        """The day's balance explains every text; then each example leaves nothing behind."""
        try:
            found = api.accounts_of_day(Access.system("test"), self.now.date())
            assert [line for account in found for line in account.unexplained] == []
        finally:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.practice = factories.practice()
        self.patients = [factories.patient(self.practice, f"P{n}", mobile=f"+44770090040{n}") for n in range(3)]
        self.account_id = account(self.practice, per_minute=6_000_000, per_day=10_000_000).pk
        self.access = factories.person(self.practice)[1]
        self._next_run(1)

    def _next_run(self, run: int) -> None:
        self.run, self.hand, self.unsaid = run, [], []
        DispatchRun.objects.create(pk=run)

    def has(self, *states: State) -> bool:
        """Whether a text is in one of these states."""
        return not set(states).isdisjoint(self.before.values())

    # ---- the outbox -----------------------------------------------------------------------------------------------

    @precondition(lambda self: sum(state <= State.UNKNOWN for state in self.before.values()) < 6)
    @rule(texts=st.lists(st.tuples(people, purposes, st.integers(1, 12)), min_size=1, max_size=3))
    def queue(self, texts: list[tuple[int, Purpose, int]]) -> None:
        with clock.at(self.now):
            for person, purpose, hours in texts:
                queued(
                    self.practice,
                    patient_id=self.patients[person].pk,
                    purpose=purpose.name,
                    not_after=self.now + timedelta(hours=hours),
                    subject="visit",
                    subject_id=person,
                    ask=NewAsk("appointment", "visit", person, expires_at=self.now + timedelta(days=2)),
                )

    @precondition(lambda self: self.has(State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN))
    @rule(what=st.one_of(people, st.just("stop"), st.integers(30, 240).map(lambda minutes: timedelta(minutes=minutes))))
    def something_changes(self, what: int | str | timedelta) -> None:
        """A visit is moved, sending is stopped for a while, or time passes: within the day, so that all may go all the time."""
        if isinstance(what, timedelta):
            self.now = min(self.now + what, self.now.replace(hour=17, minute=59))
        Message.objects.filter(retry_real__isnull=False).update(retry_real=clock.real_now())
        with clock.at(self.now):
            if what == "stop":
                api.stop_sending(organisation_id=self.practice.pk, by=TEST)
                assert store.claim(self.run, {self.account_id: 100}) == []
                assert self._wave(self.hand) == []
                api.resume_sending(organisation_id=self.practice.pk, by=TEST)
            elif isinstance(what, int):
                api.clear(subject="visit", subject_ids=[what], because="moved", by=TEST)
            else:
                run_once("messaging.expire")

    # ---- the dispatcher -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.has(State.QUEUED, State.CLAIMED))
    @rule(
        room=st.sampled_from([0, 2, 6]),
        begins=st.sampled_from([1, 6, 6]),
        fates=st.lists(fates, min_size=1, max_size=4),
        heard=st.booleans(),
    )
    def dispatch(self, room: int, begins: int, fates: list[tuple[Fate, bool]], heard: bool) -> None:
        """Some texts are claimed, some of those in hand begun, some of those begun said over the wire, in this order.

        `heard`: what became of them is stored at once.
        """
        with clock.at(self.now):
            if room:
                self.hand += store.claim(self.run, {self.account_id: room})
                self.only_moves_that_exist()
            chosen, self.hand = self.hand[:begins], self.hand[begins:]
            self.unsaid += self._wave(chosen)
        for fate, took in fates[: len(self.unsaid)]:
            self._say(self.unsaid.pop(0), fate, took)
        if heard:
            self.only_moves_that_exist()
            self._store(len(self.results), 1)

    def _wave(self, chosen: list[store.Claim]) -> list[store.Begun]:
        RateBucket.objects.update(tokens=1_000_000)
        begun = store.begin_wave(self.run, chosen, store.accounts(), 60.0, 1.0).begun
        assert not {one.id for one in begun} & set(self.taken), "about to say again what the provider has"
        return begun

    def _say(self, begun: store.Begun, fate: Fate, took: bool) -> None:
        """Of a text of unknown fate only the provider knows whether it has it."""
        accepted = fate == "accepted"
        if accepted or (fate == "unknown" and took):
            self.taken[begun.id] += 1
        self.results.append(
            Result(
                begun.id,
                begun.attempt,
                fate,
                provider_id=f"p-{begun.id}" if accepted else None,
                why="" if accepted else "test",
            )
        )

    @precondition(lambda self: self.results)
    @rule(count=st.integers(1, 3), twice=st.booleans())
    def flush(self, count: int, twice: bool) -> None:
        """Results are stored, also those of a run that is over; the connection may be lost after a commit."""
        self._store(count, 2 if twice else 1)

    def _store(self, count: int, times: int) -> None:
        batch, self.results = self.results[:count], self.results[count:]
        with clock.at(self.now):
            for _ in range(times):
                store.flush(batch, LOOKUPS[0])

    @precondition(lambda self: self.has(State.CLAIMED, State.SENDING))
    @rule()
    def die(self) -> None:
        """The dispatcher is gone, and so is what it had not yet said; another takes over."""
        with clock.at(self.now):
            reconcile.release_dead(LOOKUPS[0])
        self._next_run(self.run + 1)

    # ---- the provider's word ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.taken)
    @rule(told=st.lists(st.tuples(picks, st.sampled_from([*TERMINAL, "delivered", "sending"])), min_size=1, max_size=3))
    def receipts(self, told: list[tuple[int, str]]) -> None:
        """In any order, and the first of them again."""
        known = dict(Message.objects.filter(pk__in=self.taken).order_by("id").values_list("id", "ref"))
        for pick, status in [*told, told[0]]:
            key = sorted(known)[pick % len(known)]
            Receipt.objects.create(
                account_id=self.account_id,
                key=f"p-{key}:{status}:{next(_keys)}",
                reference=str(known[key]),
                status=status,
                body={"id": f"p-{key}", "reference": str(known[key]), "status": status},
            )
        with clock.at(self.now):
            assert run_once("messaging.receipts") == len(told) + 1

    @precondition(lambda self: self.has(State.UNKNOWN))
    @rule(times=st.sampled_from([0, 1, 2, 2]))
    def look_up(self, times: int) -> None:
        """Once, twice, which decides what becomes of an absent text, or without an answer."""
        for answered in [True] * times or [False]:
            Message.objects.filter(retry_real__isnull=False, state=State.UNKNOWN).update(retry_real=clock.real_now())
            doubts = reconcile.take_doubts(LOOKUPS[0])
            found = [doubt for doubt in doubts if doubt.id in self.taken]
            missing = [doubt for doubt in doubts if doubt.id not in self.taken]
            if answered:
                with clock.at(self.now):
                    reconcile.adopt([(doubt, Found(f"p-{doubt.id}", "sending")) for doubt in found])
                    reconcile.absent(missing, LOOKUPS)

    @precondition(lambda self: self.has(State.UNKNOWN))
    @rule(pick=picks, silent=st.booleans())
    def person(self, pick: int, silent: bool) -> None:
        """A person ends some work in some way; perhaps nobody has answered look-ups for hours."""
        if silent:
            since = clock.real_now() - timedelta(hours=5)
            Attempt.objects.filter(message__state=State.UNKNOWN).update(started_real=since, ended_real=since)
        with clock.at(self.now):
            run_once("messaging.in_doubt")
            waiting = tasks.waiting(self.access)
            if waiting:
                task = waiting[pick % len(waiting)]
                outcomes = tasks.kind_of(task.kind).outcomes
                tasks.complete(access=self.access, ref=task.ref, outcome=outcomes[pick % len(outcomes)].value)

    # ---- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        self.only_moves_that_exist()
        self.the_provider_has_it_once_at_most_and_we_never_say_so_for_nothing()
        self.one_attempt_at_a_time()
        self.pence_and_record_once()

    def only_moves_that_exist(self) -> None:
        self.rows = list(Message.objects.values_list("id", "state", "attempt", "fragments", "pence", "accepted_at"))
        after = {row[0]: State(row[1]) for row in self.rows}
        moved = [(self.before[key], state) for key, state in after.items() if self.before.get(key, state) != state]
        assert [(was, state) for was, state in moved if state not in ARROWS[was]] == []
        assert set(self.before) <= set(after)
        self.before = after

    def the_provider_has_it_once_at_most_and_we_never_say_so_for_nothing(self) -> None:
        assert all(times == 1 for times in self.taken.values())
        assert {key for key, state in self.before.items() if state in SENT} <= set(self.taken)

    def one_attempt_at_a_time(self) -> None:
        attempts = list(Attempt.objects.values_list("message_id", "outcome"))
        for outcome in ("", "accepted"):
            assert set(Counter(key for key, became in attempts if became == outcome).values()) <= {1}
        assert all(self.before[key] == State.SENDING for key, became in attempts if became == "")
        assert Counter(key for key, _ in attempts) == Counter({row[0]: row[2] for row in self.rows if row[2]})

    def pence_and_record_once(self) -> None:
        entries = Counter(Entry.objects.filter(kind="text_sent").values_list("subject_id", flat=True))
        for key, state, _, fragments, pence, accepted_at in self.rows:
            sent = state in SENT
            assert (entries[key], accepted_at is not None) == (int(sent), sent)
            assert pence == (None if not sent else 0 if state == State.TECHNICAL else fragments * Decimal("2.4"))


@pytest.mark.slow
@pytest.mark.django_db
def test_any_order_of_events_keeps_the_promises() -> None:
    run_state_machine_as_test(
        Outbox,
        settings=settings(
            max_examples=int(os.environ.get("ONEDOOR_EXAMPLES", "10")),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize="ONEDOOR_EXAMPLES" not in os.environ,
            database=None,
        ),
    )
