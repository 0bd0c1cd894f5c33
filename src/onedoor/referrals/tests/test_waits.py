"""Waits that a service's page says: counted from its own referrals, of enough people, dated, unknown where not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor.directory import api as directory
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.referrals.api import take_referrals
from onedoor.referrals.tests.waiting import MONDAY, at, row, service

pytestmark = pytest.mark.django_db


def decided(whom: directory.Service, waits: Sequence[int], *, offered: int | None = None, until: date = MONDAY) -> None:
    """People of whom each was decided the day before `until`, after so many days, and offered an appointment later."""
    rows = []
    for days in waits:
        came = until - timedelta(days=days + 1)
        triaged = at(came + timedelta(days=days), 12)
        first: dict[str, Any] = {"first_offered_on": came + timedelta(days=offered)} if offered is not None else {}
        rows.append(row(came, triaged_at=triaged, outcome="accept", stream="Physiotherapy", **first))
    with transaction.atomic():
        take_referrals(service=whom, rows=rows, by=TEST)


def said(whom: directory.Service) -> directory.Wait | None:
    card = directory.card(whom.slug)
    assert card
    return card.wait


def count(day: date = MONDAY) -> None:
    with clock.at(at(day)):
        jobs.run_once("referrals.count_waits")


def test_half_and_eight_of_ten_of_those_decided_lately() -> None:
    whom = service()
    decided(whom, list(range(1, 21)))
    count()
    with clock.at(at(MONDAY)):
        wait = said(whom)
    assert wait == directory.Wait(
        directory.Lately(low=2, half=10, high=18, counted=20), None, MONDAY - timedelta(weeks=13), MONDAY
    )


def test_of_too_few_nothing_is_said_nor_of_those_of_long_ago_nor_what_was_counted_long_ago() -> None:
    few, old, stale, never = (service(slug, slug) for slug in ("few", "old", "stale", "never"))
    decided(few, [1] * 19)
    decided(old, [1] * 30, until=MONDAY - timedelta(weeks=13))
    count()
    decided(stale, [1] * 30, until=MONDAY - timedelta(days=7))
    count(MONDAY - timedelta(days=7))
    with clock.at(at(MONDAY)):
        assert [said(whom) for whom in (few, old, stale, never)] == [None] * 4


def test_a_first_appointment_is_counted_apart_and_a_list_that_comes_later_the_same_day_too() -> None:
    whom = service()
    decided(whom, [3] * 20)
    count()
    with clock.at(at(MONDAY)):
        wait = said(whom)
        assert wait
        assert wait.appointment is None
    decided(whom, [4] * 25, offered=4)
    count()
    with clock.at(at(MONDAY)):
        wait = said(whom)
    assert wait
    assert wait.decision == directory.Lately(3, 4, 4, 45)
    assert wait.appointment == directory.Lately(4, 4, 4, 25)


def test_a_new_count_stands_beside_the_old_one() -> None:
    whom = service()
    decided(whom, [3] * 20)
    count()
    decided(whom, [9] * 40, until=MONDAY + timedelta(days=1))
    count(MONDAY + timedelta(days=1))
    for day, half in ((MONDAY, 3), (MONDAY + timedelta(days=1), 9)):
        with clock.at(at(day)):
            wait = said(whom)
        assert wait
        assert wait.decision
        assert wait.decision.half == half


def test_many_services_are_counted_in_one_statement_and_read_in_one() -> None:
    costs = []
    for number in (1, 11):
        for n in range(number):
            decided(service(f"s{number}-{n}", f"Service {number} {n}"), [2] * 20)
        with clock.at(at(MONDAY)):
            with CaptureQueriesContext(connection) as asked:
                assert jobs.run_once("referrals.count_waits") is not False
            with CaptureQueriesContext(connection) as read:
                assert sum(card.wait is not None for card in directory.cards()) == number + (number > 1)
        costs.append((len(asked), len(read)))
    assert costs[0] == costs[1]
