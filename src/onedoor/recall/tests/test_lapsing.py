"""How many leave a numerator by themselves: the days count as a standing's do, and nobody reads another practice's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from onedoor import factories
from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted, Role
from onedoor.recall import api as recall
from onedoor.recall.tests.standings import stand

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("after", "until", "count"),
    [(0, 1, 0), (0, 10, 1), (9, 10, 1), (10, 20, 1), (0, 20, 2), (20, 90, 0)],
)
def test_whoever_expires_within_the_days_is_counted_once(after: int, until: int, count: int) -> None:
    practice, empty = factories.practice(), factories.practice("Y99003", "Millford Surgery")
    _, manager = factories.person(practice, Role.PRACTICE_MANAGER)
    today = clock.today()
    for days in (10, 20):
        stand([factories.patient(practice)], expires_on=today + timedelta(days=days))
    stand([factories.patient(practice)], lack=["alcohol"], expires_on=today + timedelta(days=10))
    stand([factories.patient(practice)])

    def read(*keys: int) -> dict[int, int]:
        first, last = (today + timedelta(days=days) for days in (after, until))
        return recall.lapsing(manager, "smi", keys, after=first, until=last)

    assert read(practice.pk) == {practice.pk: count}
    assert read() == {}
    with pytest.raises(NotPermitted):
        read(practice.pk, empty.pk)
    with pytest.raises(NotPermitted):
        recall.lapsing(factories.person(practice)[1], "smi", [practice.pk], after=today, until=date.max)


def test_a_rule_set_that_nobody_knows_says_nothing() -> None:
    practice = factories.practice()
    _, manager = factories.person(practice, Role.PRACTICE_MANAGER)
    assert recall.lapsing(manager, "no-such", [practice.pk], after=clock.today(), until=date.max) == {}
