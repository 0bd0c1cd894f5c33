"""Which days and times fit the one visit (product-map.md J2: never the wrong one)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onedoor.messaging.rules.particulars import chosen, fits

WHEN = datetime(2026, 12, 10, 14, 30, tzinfo=UTC)  # a Thursday
SAID = datetime(2026, 12, 9, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        "cancel please",
        "cancel thursday please",
        "cant make it thurs",
        "cancel my appointment tomorrow",
        "cancel tomorrow afternoon",
        "cant do this aft",
        "cancel the 10th",
        "cancel 10th december",
        "cancel 10 dec at 2 30 pm",
        "cancel 2 30",
        "cancel 230pm",
        "cancel 1430",
        "cancel 14 30",
        "cancel the 2 30 on thursday 10th",
    ],
)
def test_all_that_is_said_is_true_of_it(words: str) -> None:
    assert fits(words, WHEN, SAID)


@pytest.mark.parametrize(
    "words",
    [
        "cancel friday",
        "cancel today",
        "cancel tonight",
        "cancel tomorrow morning",
        "cancel the 11th",
        "cancel 10th january",
        "cancel 3 30",
        "cancel 2 30 am",
        "cancel 2",  # nor is it at two sharp
        "cancel 1400",
        "cancel thursday 17th",
        "cancel thursday and friday",
        "cancel 2 kids",
        "cancel x2",
        "cancel 07700900123",
    ],
)
def test_one_that_is_not_fits_nothing(words: str) -> None:
    assert not fits(words, WHEN, SAID)


def test_a_day_of_the_week_means_the_next_of_its_name() -> None:
    assert not fits("cancel thursday", WHEN, datetime(2026, 12, 2, 9, 0, tzinfo=UTC))
    assert not fits("cancel thursday", WHEN, datetime(2026, 12, 3, 9, 0, tzinfo=UTC))
    assert fits("cancel thursday", WHEN, datetime(2026, 12, 4, 9, 0, tzinfo=UTC))


NINE, FOUR, FRIDAYS = WHEN.replace(hour=9, minute=0), WHEN.replace(hour=16, minute=10), WHEN.replace(day=11)


@pytest.mark.parametrize(
    ("words", "which"),
    [
        ("the 4 10 one", 1),
        ("4 10 please", 1),
        ("9am", 0),
        ("friday", 2),
        ("the friday one please", 2),
        ("9", None),
        ("10", None),
        ("thursday", None),  # two are on it
        ("the 4 20 one", None),
        ("4 10 or 9 00", None),
        ("cancel the 4 10 one and move the other", None),
        ("the one", None),
    ],
)
def test_one_of_several_may_be_chosen_by_its_time(words: str, which: int | None) -> None:
    assert chosen(words, [NINE, FOUR, FRIDAYS], SAID) == which


def test_a_day_of_two_weeks_chooses_neither() -> None:
    assert chosen("the thursday one", [NINE, FOUR.replace(day=17)], SAID) is None
