"""Who is offered a released place, in which order, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.booking.offers import MOVES, Place, Policy, Waiting, may_be_offered, order, plan, wave_due, why_not
from onedoor.kernel.clock import LONDON

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=LONDON)
PLACE = Place(
    release_id=1,
    seat_id=10,
    type_id=3,
    starts_at=datetime(2026, 12, 8, 10, 20, tzinfo=LONDON),
    ends_at=datetime(2026, 12, 8, 10, 40, tzinfo=LONDON),
)
LATER = datetime(2026, 12, 15, 9, 0, tzinfo=LONDON)
SAM = Waiting(
    entry_id=1,
    patient_id=1,
    type_id=3,
    joined_at=MONDAY - timedelta(days=5),
    own_starts_at=LATER,
    own_seat_id=20,
    busy=((LATER, LATER + timedelta(minutes=20)),),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({}, ""),
        ({"own_starts_at": None, "own_seat_id": None, "busy": ()}, ""),
        ({"by_phone": True}, ""),
        ({"deceased": True}, "deceased"),
        ({"registered": False}, "not_registered"),
        ({"restricted": True}, "restricted"),
        ({"has_number": False}, "no_number"),
        ({"type_id": 4}, "other_type"),
        ({"offered": frozenset({1})}, "offered_before"),
        ({"offered": frozenset({2})}, ""),
        ({"own_seat_id": 10}, "same_place"),
        ({"own_settled": False}, "own_unsettled"),
        ({"own_starts_at": at(8, 9)}, "not_earlier"),
        ({"own_starts_at": at(8, 10, 20)}, "not_earlier"),
        ({"own_starts_at": at(8, 10, 40), "busy": ((at(8, 10, 40), at(8, 11)),)}, ""),
        ({"own_starts_at": at(8, 10, 30), "busy": ((at(8, 10, 30), at(8, 10, 50)),)}, "overlaps"),
        ({"not_before": date(2026, 12, 9)}, "too_soon"),
        ({"not_before": date(2026, 12, 8)}, ""),
        ({"busy": ((at(8, 10), at(8, 10, 20)),)}, ""),
        ({"busy": ((at(8, 10), at(8, 10, 21)),)}, "overlaps"),
        ({"busy": ((at(8, 10, 40), at(8, 11)),)}, ""),
        ({"asked_until": MONDAY + timedelta(minutes=1)}, "being_asked"),
        ({"asked_until": MONDAY}, ""),
    ],
)
def test_who_may_be_offered_a_place(changes: dict[str, Any], because: str) -> None:
    assert why_not(replace(SAM, **changes), PLACE, MONDAY) == because


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"priority": 0, "joined_at": MONDAY}, {"priority": 1, "joined_at": MONDAY - timedelta(days=30)}),
        ({"joined_at": MONDAY - timedelta(days=6)}, {"joined_at": MONDAY - timedelta(days=5)}),
        # Within one day of waiting, whoever gains more days; without an appointment one gains most.
        ({"own_starts_at": at(30, 9)}, {"own_starts_at": at(20, 9), "joined_at": SAM.joined_at - timedelta(hours=3)}),
        ({"own_starts_at": None}, {"own_starts_at": at(30, 9)}),
        ({"joined_at": SAM.joined_at - timedelta(minutes=5)}, {}),
        ({}, {"entry_id": 2}),
        # By telephone or by text makes no difference.
        ({"by_phone": True}, {"entry_id": 2, "by_phone": False}),
    ],
)
def test_who_comes_first(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert order(replace(SAM, **first), PLACE, MONDAY) < order(replace(SAM, **second), PLACE, MONDAY)


@pytest.mark.parametrize(
    ("now", "last_closes_at", "still_thinking", "due"),
    [
        (MONDAY, None, 0, True),
        (at(7, 8), None, 0, True),
        (at(7, 7, 59), None, 0, False),
        (at(7, 17, 59), None, 0, True),
        (at(7, 18), None, 0, False),
        (at(5, 12), None, 0, False),
        (datetime(2026, 12, 25, 12, tzinfo=LONDON), None, 0, False),
        (MONDAY, MONDAY + timedelta(minutes=1), 3, False),
        (MONDAY, MONDAY, 3, True),
        (MONDAY, MONDAY + timedelta(minutes=1), 0, True),
        # The notice of an hour: at 9:20 the place of 10:20 is too near.
        (at(8, 9, 19), None, 0, True),
        (at(8, 9, 20), None, 0, False),
        (at(8, 11), None, 0, False),
    ],
)
def test_when_the_next_wave_goes(
    now: datetime, last_closes_at: datetime | None, still_thinking: int, due: bool
) -> None:
    assert wave_due(PLACE, Policy(), now, last_closes_at=last_closes_at, still_thinking=still_thinking) is due


def test_switched_off_nothing_is_offered() -> None:
    assert not may_be_offered(PLACE, Policy(on=False), MONDAY)
    assert not wave_due(PLACE, Policy(on=False), MONDAY)


def test_every_move_ends_in_a_known_state() -> None:
    assert {target for targets in MOVES.values() for target in targets} <= set(MOVES)


_people = st.lists(
    st.builds(
        Waiting,
        entry_id=st.integers(1, 10_000),
        patient_id=st.integers(1, 12),
        type_id=st.sampled_from([3, 4]),
        joined_at=st.integers(0, 40).map(lambda days: MONDAY - timedelta(days=days)),
        priority=st.sampled_from([0, 1]),
        own_starts_at=st.none() | st.integers(0, 300).map(lambda hours: MONDAY + timedelta(hours=hours)),
        offered=st.frozensets(st.integers(1, 4), max_size=2),
        by_phone=st.booleans(),
        restricted=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda person: person.entry_id,
)
_places = st.lists(
    st.builds(
        lambda key, kind, hours, size: (
            Place(key, 100 + key, kind, MONDAY + timedelta(hours=hours), MONDAY + timedelta(hours=hours, minutes=10)),
            Policy(wave_size=size),
        ),
        st.integers(1, 4),
        st.sampled_from([3, 4]),
        st.integers(2, 200),
        st.integers(1, 6),
    ),
    max_size=4,
    unique_by=lambda pair: pair[0].release_id,
)


@given(places=_places, people=_people)
def test_a_round_asks_each_person_once_in_order_and_nobody_in_vain(
    places: list[tuple[Place, Policy]], people: list[Waiting]
) -> None:
    chosen = plan(places, people, MONDAY)
    asked = [person.patient_id for wave in chosen.values() for person in wave]
    assert len(asked) == len(set(asked))
    for place, policy in places:
        wave = chosen.get(place.release_id, [])
        assert len(wave) <= policy.wave_size
        assert [order(p, place, MONDAY) for p in wave] == sorted(order(p, place, MONDAY) for p in wave)
        assert not any(why_not(person, place, MONDAY) for person in wave)
        passed_over = [p for p in people if p.patient_id not in asked and not why_not(p, place, MONDAY)]
        # Nobody is passed over for somebody who comes after them, and no seat in a wave stays empty for nothing.
        assert len(wave) == policy.wave_size or not passed_over
        assert not wave or all(order(p, place, MONDAY) > order(wave[-1], place, MONDAY) for p in passed_over)
