"""Clocks of a contract hold from a day: what came before keeps its own, and shares of the past stay what they were."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from onedoor import factories
from onedoor.directory.models import Service
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Contract, Decision
from onedoor.referrals.tests.factories import Place, place, referral

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
TODAY = MONDAY.date()
DAY = timedelta(days=1)
SHORT = referrals.Clocks(24, "elapsed", 3, 2, booking_days=42)


def manager(at: Place) -> Access:
    return factories.person(at.service.organisation, Role.PRACTICE_MANAGER)[1]


def test_what_came_before_the_day_keeps_its_clock_and_its_share() -> None:
    at = place()
    before, after = (referral(at, received_at=MONDAY - n * DAY) for n in (3, 1))
    for one in (before, after):
        with clock.at(one.received_at + timedelta(hours=30)):
            referrals.decide(access=at.ada, ref=one.ref, verdict=referrals.Verdict("advice", advice="Rest"))
    with clock.at(MONDAY + DAY):
        moved = referrals.set_contract(
            access=manager(at), service_id=at.service.pk, clocks=SHORT, from_day=TODAY - DAY, reason="Variation 3"
        )
        assert moved == 1
        new = referral(at, received_at=MONDAY + DAY)
    for one in (before, after):
        one.refresh_from_db()
    assert before.triage_due_at == before.received_at + timedelta(hours=48)
    assert after.triage_due_at == after.received_at + timedelta(hours=24)
    assert new.triage_due_at == MONDAY + DAY + timedelta(hours=24)
    # As they were when they were made.
    assert set(Decision.objects.values_list("in_time", flat=True)) == {True}


def test_the_history_says_from_what_to_what_by_whom_and_why_and_the_directory_what_holds_today() -> None:
    at = place()
    ours = manager(at)
    with clock.at(MONDAY):
        referrals.set_contract(
            access=ours, service_id=at.service.pk, clocks=SHORT, from_day=TODAY + 2 * DAY, reason="V3"
        )
        rows = referrals.contracts_of(at.service.pk)
        assert [(row.triage_hours, row.reason) for row in rows] == [(24, "V3"), (48, "As the directory had it")]
        assert rows[0].by_label == ours.actor.label
        assert referrals.clocks_on(at.service, TODAY).triage_hours == 48
        assert Service.objects.get(pk=at.service.pk).triage_hours == 48
        assert AuditEntry.objects.filter(action="set_contract", actor_id=ours.actor.id).count() == 1
    with clock.at(MONDAY + 2 * DAY):
        jobs.run_once("referrals.contracts")
        now = Service.objects.get(pk=at.service.pk)
        assert (now.triage_hours, now.urgent_days, now.onward_working_days) == (24, 3, 2)
        assert referrals.clocks_on(now, TODAY + 2 * DAY) == SHORT


def test_what_is_changed_in_the_directory_is_a_contract_from_that_day() -> None:
    at = place()
    with clock.at(MONDAY):
        referrals.set_contract(access=manager(at), service_id=at.service.pk, clocks=SHORT, from_day=TODAY, reason="V3")
    Service.objects.filter(pk=at.service.pk).update(triage_hours=72)
    with clock.at(MONDAY + DAY):
        one = referral(at, received_at=MONDAY + DAY)
        jobs.run_once("referrals.contracts")
        jobs.run_once("referrals.contracts")
    one.refresh_from_db()
    assert one.triage_due_at == MONDAY + DAY + timedelta(hours=72)
    rows = referrals.contracts_of(at.service.pk)
    assert [(row.from_day, row.triage_hours) for row in rows][:2] == [(TODAY + DAY, 72), (TODAY, 24)]


def test_a_month_is_counted_by_the_clocks_in_force_at_receipt() -> None:
    at = place()
    old = datetime(2026, 11, 2, 9, 0, tzinfo=clock.LONDON)
    with clock.at(MONDAY):
        for received in (old, MONDAY - 2 * DAY):
            one = referral(at, received_at=received, priority="urgent")
            one.triaged_at, one.outcome = received + timedelta(hours=30), "accept"
            one.first_offered_on = received.date() + 4 * DAY
            one.save()
        referrals.set_contract(
            access=manager(at), service_id=at.service.pk, clocks=SHORT, from_day=TODAY - 6 * DAY, reason="V3"
        )
        months = referrals.months_of(at.ada, at.service, old.date(), TODAY)
    assert [(m.triaged_in_time, m.urgent_in_time) for m in months] == [(1, 1), (0, 0)]


@pytest.mark.parametrize(
    ("clocks", "days", "reason"),
    [
        (SHORT, 0, " "),
        (SHORT, 367, "x"),
        (SHORT, -367, "x"),
        (referrals.Clocks(0, "elapsed", 5, 3), 0, "x"),
        (referrals.Clocks(48, "moon", 5, 3), 0, "x"),
        (referrals.Clocks(48, "working", 5, 3, booking_days=0), 0, "x"),
    ],
)
def test_what_cannot_be_is_not_set(clocks: referrals.Clocks, days: int, reason: str) -> None:
    at = place()
    with clock.at(MONDAY), pytest.raises(referrals.NotDone):
        referrals.set_contract(
            access=manager(at), service_id=at.service.pk, clocks=clocks, from_day=TODAY + days * DAY, reason=reason
        )
    assert not Contract.objects.exists()


def test_only_the_providers_own_managers_set_them() -> None:
    at = place()
    theirs = factories.person(factories.practice("Y99777", "Elsewhere"), Role.PRACTICE_MANAGER)[1]
    for access in (at.ada, at.desk, theirs, Access.nobody()):
        with pytest.raises(NotPermitted):
            referrals.set_contract(access=access, service_id=at.service.pk, clocks=SHORT, from_day=TODAY, reason="x")
