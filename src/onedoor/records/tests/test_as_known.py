"""Coded facts as they were known at a moment: corrections, withdrawals and acceptances that follow change nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.kernel import clock
from onedoor.records.models import ELSEWHERE, IMPORTED, WRITTEN, Code, Coded

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 12, 1, 9, tzinfo=clock.LONDON)
HOUR = timedelta(hours=1)


def known(moment: datetime) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM records_entries_as_known(%s) ORDER BY id", [moment])
        return [key for (key,) in cursor.fetchall()]


def counted() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM records_coded_entries ORDER BY id")
        return [key for (key,) in cursor.fetchall()]


CHANGES: dict[str, tuple[dict[str, Any], Callable[[datetime], dict[str, Any]]]] = {
    "wrong": ({"in_error_at": None}, lambda now: {"in_error_at": now}),
    "revived": (
        {"in_error_at__isnull": False},
        lambda now: {"in_error_at": None, "recorded_at": now, "source": IMPORTED},
    ),
    "written": ({"source": ELSEWHERE, "in_error_at": None}, lambda now: {"source": WRITTEN}),
    "accepted": ({"source": ELSEWHERE, "in_error_at": None}, lambda now: {"source": WRITTEN, "accepted_at": now}),
    "unaccepted": ({"source": WRITTEN, "in_error_at": None}, lambda now: {"source": ELSEWHERE, "accepted_at": None}),
}
"""Of which facts, and what, the statements of `coding`, `importing`, `withdrawing` and `unaccepting` set."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(sorted(CHANGES))), max_size=12), st.integers(0, 2))
def test_whatever_happens_to_facts_what_counted_at_a_moment_is_the_same(
    changes: list[tuple[int, str]], away: int
) -> None:
    patient = factories.patient(factories.practice())
    code = Code.objects.order_by("pk")[0]
    organisation = patient.care_relationships.get().organisation
    Coded.objects.all().delete()
    seen, moment = {}, FIRST
    for number in range(3):
        clock.set_clock(at=moment, rate=0)
        Coded.objects.create(
            patient=patient, code=code, day=date(2026, 11, 1 + number), organisation=organisation,
            source=ELSEWHERE if number < away else IMPORTED, recorded_at=moment,
        )  # fmt: skip
        seen[moment] = counted()
        moment += HOUR
    facts = list(Coded.objects.order_by("pk"))
    for which, change in changes:
        clock.set_clock(at=moment, rate=0)
        where, to = CHANGES[change]
        Coded.objects.filter(pk=facts[which].pk, **where).update(**to(moment))
        seen[moment] = counted()
        moment += HOUR
    for then, was in seen.items():
        assert known(then) == was, f"as known at {then}"
    assert known(FIRST - HOUR) == []
