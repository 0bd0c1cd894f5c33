"""Whatever people do to referrals: each is in one state, the days add up, and no history is rewritten (hazard H10)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.kernel import clock, jobs
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Decision, History, Referral
from onedoor.referrals.rules import MOVES, OUTCOMES
from onedoor.referrals.tests.factories import Place, place, referral

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
PEOPLE = 3
Step = tuple[str, str, datetime, bool, int]


def verdict(at: Place, outcome: str) -> referrals.Verdict:
    """This outcome with whatever any of them needs."""
    return referrals.Verdict(
        outcome,
        stream_id=at.streams[0].pk,
        onward_service="Rheumatology",
        who_books="gp",
        reason="OTHER",
        advice="Rest",
    )


def _acts(at: Place) -> dict[str, Callable[[Referral], object]]:
    ben = at.ben.actor.id or 0
    tomorrow = clock.today() + timedelta(days=1)

    def decide(key: str) -> Callable[[Referral], object]:
        return lambda one: referrals.decide(access=at.ada, ref=one.ref, verdict=verdict(at, key))

    decided = {f"decide {key}": decide(key) for key in OUTCOMES}

    def take_back(one: Referral) -> object:
        latest = Decision.objects.filter(referral=one).order_by("-pk").first()
        return latest and referrals.take_back(access=at.ben, decision_ref=latest.ref)

    return decided | {
        "take back": take_back,
        "park": lambda one: referrals.park(access=at.ben, ref=one.ref, reason="Scan", until=tomorrow),
        "bring back": lambda one: referrals.bring_back(access=at.ada, ref=one.ref),
        "ask": lambda one: referrals.ask_colleague(access=at.ada, ref=one.ref, user_id=ben, question="?"),
        "answer": lambda one: referrals.answer(access=at.ben, ref=one.ref, text="Yes"),
        "inform": lambda one: referrals.give_information(access=at.ada, ref=one.ref, text="The left"),
        "withdraw": lambda one: referrals.withdraw(access=at.ada, ref=one.ref, because="withdrawn"),
        "discharge": lambda one: referrals.discharge(access=at.ada, ref=one.ref, outcome="finished"),
        "send on": lambda one: referrals.send_on(access=at.ben, ref=one.ref),
        "sweep": lambda one: jobs.run_once("referrals.take_effect"),
    }


NAMES = [
    *(f"decide {key}" for key in OUTCOMES),
    *(
        "take back",
        "park",
        "bring back",
        "ask",
        "answer",
        "inform",
        "withdraw",
        "discharge",
        "send on",
        "sweep",
        "sweep",
    ),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from(NAMES), st.sampled_from([0, 5, 15, 16, 600, 1440])),
        max_size=24,
    )
)
def test_any_sequence_leaves_each_in_one_state_and_every_day_adding_up(steps: list[tuple[int, str, int]]) -> None:
    with transaction.atomic():
        at = place()
        now = MONDAY
        with clock.at(now):
            ones = [referral(at, factories.patient(at.practice) if n else None) for n in range(PEOPLE)]
        kept: dict[int, list[Step]] = {one.pk: [] for one in ones}
        for who, name, minutes in steps:
            now += timedelta(minutes=minutes)
            with clock.at(now), suppress(referrals.NotDone):
                _acts(at)[name](ones[who])
            _true(at, ones, kept)
        with clock.at(now + timedelta(minutes=16)):
            jobs.run_once("referrals.take_effect")
            _true(at, ones, kept)
            assert not Decision.objects.filter(state="held").exists()
            found = referrals.conservation(at.ada, at.service, MONDAY.date(), clock.today())
            assert (found.unexplained, found.broken) == (0, [])
            _nothing_is_lost(at, ones)
        transaction.set_rollback(True)


def _true(at: Place, ones: list[Referral], kept: dict[int, list[Step]]) -> None:
    """Each is where its history says, came there by moves that are allowed, and nothing written before has changed."""
    for one in ones:
        one.refresh_from_db()
        steps = list(
            History.objects.filter(parent=one)
            .order_by("pk")
            .values_list("from_state", "to_state", "at", "closes", "pk")
        )
        assert steps[-1][1] == one.state
        assert steps[-1][3] == (one.closed_at is not None)
        assert sum(step[3] for step in steps) <= 1
        assert all(step[1] in MOVES[step[0]] for step in steps[1:])
        assert all(before[1] == after[0] for before, after in pairwise(steps))
        assert steps[: len(kept[one.pk])] == kept[one.pk]
        kept[one.pk] = steps
        assert Decision.objects.filter(referral=one, state="held").count() <= 1


def _nothing_is_lost(at: Place, ones: list[Referral]) -> None:
    """Whatever awaits triage stands on the worklist or is set aside, once; and nothing else does."""
    shown = [row.id for row in referrals.worklist(at.ada, at.service).rows]
    shown += [row.id for row in referrals.set_aside(at.ada, at.service)]
    waits = [one.pk for one in ones if one.state == "AWAITING_TRIAGE" and one.closed_at is None]
    assert sorted(shown) == sorted(waits)
    figures = referrals.counts(at.ada, at.service)
    assert figures
    assert figures.waiting + figures.parked == len(waits)
