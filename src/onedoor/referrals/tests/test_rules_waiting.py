"""By when somebody will have heard, by tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.referrals import rules_waiting as rules
from onedoor.referrals.rules_waiting import Ages, Seen, Spell

MONDAY = date(2026, 12, 7)
ON_ITS_FIFTH_DAY = Ages(at_risk=[100] * 6, decided=[0, 0, 0, 0, 0, 100])
"""Everybody was lately decided when they had waited five days."""
EVENLY = Ages(at_risk=[100, 90, 80, 70, 60, 50, 40, 30, 20, 10], decided=[10] * 10)
"""A tenth on each of ten days."""
NOTHING = Ages([], [])


@pytest.mark.parametrize(
    ("lately", "age", "left"),
    [
        (ON_ITS_FIFTH_DAY, 0, (5, 5)),
        (ON_ITS_FIFTH_DAY, 3, (2, 2)),
        # One who waits longer than anybody was seen to: nothing is known.
        (ON_ITS_FIFTH_DAY, 6, None),
        # A tenth has heard before the second day, and a tenth has not by the ninth.
        (EVENLY, 0, (1, 8)),
        (EVENLY, 5, (0, 4)),
        (NOTHING, 0, None),
        # Too few decisions to say anything of.
        (Ages([49], [49]), 0, None),
        # Nine of ten are not decided within the days that were seen.
        (Ages([100, 50], [50, 10]), 0, None),
        # A day on which hardly anybody was at risk says nothing, nor does any later one.
        (Ages([100, 7, 7], [80, 1, 6]), 0, None),
    ],
)
def test_days_left_to_wait(lately: Ages, age: int, left: tuple[int, int] | None) -> None:
    assert rules.left_to_wait(lately, age) == left


def test_those_who_still_wait_count_as_waiting() -> None:
    found = rules.ages([Seen(0, 2, decided=True, number=5), Seen(1, 4, decided=False), Seen(3, 2, decided=True)])
    assert list(found.at_risk) == [5, 6, 6, 1, 1]
    assert list(found.decided) == [0, 0, 5, 0, 0]


@pytest.mark.parametrize(
    ("waiting", "taken", "longer"),
    [
        # As ever: five days of work wait.
        ([100] * 28, [20] * 28, 1.0),
        # Twice as many wait for the same hands.
        ([100] * 21 + [200] * 7, [20] * 28, 2.0),
        # Half the hands.
        ([100] * 28, [20] * 21 + [10] * 7, 2.0),
        # Half as many wait.
        ([100] * 21 + [50] * 7, [20] * 28, 0.5),
        # Nobody knows how much longer than this.
        ([100] * 21 + [5_000] * 7, [20] * 28, rules.MOST_STRETCH),
        # No more than a week some time ago already was.
        ([100] * 7 + [160] * 7 + [100] * 7 + [150] * 7, [20] * 28, 1.0),
        # A week in which nobody was taken says nothing by itself.
        ([100] * 28, [20] * 21 + [0] * 7, 1.0),
        ([100] * 14, [20] * 14, 1.0),
        ([], [], 1.0),
    ],
)
def test_more_waiting_for_each_one_taken_takes_longer(waiting: list[int], taken: list[int], longer: float) -> None:
    assert rules.stretch(waiting, taken) == longer


@pytest.mark.parametrize(
    ("lately", "came_on", "priority", "longer", "said"),
    [
        # The twelfth of December is a Saturday: the Monday is said.
        (ON_ITS_FIFTH_DAY, MONDAY, "routine", 1.0, (date(2026, 12, 12), date(2026, 12, 12), date(2026, 12, 14), True)),
        (ON_ITS_FIFTH_DAY, MONDAY, "routine", 2.0, (date(2026, 12, 17), date(2026, 12, 17), date(2026, 12, 17), True)),
        # Nothing is known yet: what e-RS promises, 40, 5 and 2 days. 16 January is a Saturday.
        (NOTHING, MONDAY, "routine", 1.0, (MONDAY, date(2027, 1, 16), date(2027, 1, 18), False)),
        (NOTHING, MONDAY, "urgent", 1.0, (MONDAY, date(2026, 12, 12), date(2026, 12, 14), False)),
        (NOTHING, MONDAY, "two_week_wait", 1.0, (MONDAY, date(2026, 12, 9), date(2026, 12, 9), False)),
        # That promise is past: ten working days from today.
        (NOTHING, date(2026, 9, 1), "routine", 1.0, (MONDAY, date(2026, 12, 21), date(2026, 12, 21), False)),
        (NOTHING, date(2026, 12, 2), "urgent", 1.0, (MONDAY, date(2026, 12, 21), date(2026, 12, 21), False)),
    ],
)
def test_what_is_said(
    lately: Ages, came_on: date, priority: str, longer: float, said: tuple[date, date, date, bool]
) -> None:
    found = rules.heard_by(lately, came_on=came_on, priority=priority, today=MONDAY, longer=longer)
    assert (found.earliest, found.latest, found.by, found.own) == said


@pytest.mark.parametrize(
    ("said", "now", "moved"),
    [
        (MONDAY, MONDAY, False),
        (MONDAY, MONDAY + timedelta(days=2), False),
        (MONDAY, MONDAY + timedelta(days=3), True),
        (MONDAY, MONDAY - timedelta(days=5), True),
        # From Wednesday before Christmas to the Tuesday after it are two working days.
        (date(2026, 12, 23), date(2026, 12, 29), False),
    ],
)
def test_a_date_is_said_anew_when_it_moved_by_more_than_two_working_days(said: date, now: date, moved: bool) -> None:
    assert rules.moved(said, now) is moved


def test_evidence_is_of_the_days_before_only() -> None:
    before = [
        Spell(MONDAY - timedelta(days=20 + n), MONDAY - timedelta(days=15 + n), True, "routine") for n in range(14)
    ]
    later = [Spell(MONDAY, MONDAY + timedelta(days=1), True, "routine", number=500)]
    still = [Spell(MONDAY - timedelta(days=3), None, False, "urgent")]
    # Decided today is not known this morning: it still waits.
    today = [Spell(MONDAY - timedelta(days=3), MONDAY, True, "urgent")]
    found = rules.evidence(before + later + still + today, MONDAY)
    assert found.everybody.seen == 14
    assert list(found.by_group["urgent"].at_risk) == [2, 2, 2]
    assert found.per_week == 14 / 4


def test_of_what_was_waited_elsewhere_nothing_is_learnt() -> None:
    taken_over = Spell(MONDAY - timedelta(days=30), None, False, "routine", own=False, number=900)
    assert rules.evidence([taken_over], MONDAY).everybody == NOTHING


_days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(
    waits=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), st.booleans()), max_size=80),
    came_on=_days,
    today=_days,
    priority=st.sampled_from(["routine", "urgent", "two_week_wait"]),
    longer=st.floats(0.3, 3.0),
)
def test_no_date_is_past_and_each_ends_its_range_on_a_working_day(
    waits: list[tuple[int, int, bool]], came_on: date, today: date, priority: str, longer: float
) -> None:
    lately = rules.ages(Seen(first, first + length, decided, 9) for first, length, decided in waits)
    said = rules.heard_by(lately, came_on=came_on, priority=priority, today=today, longer=longer)
    assert today <= said.earliest <= said.latest <= said.by
    assert rules.working_day(said.by) == said.by
