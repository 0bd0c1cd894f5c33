"""Small numbers, by tables and by the attack of a subtraction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.reporting import api as reporting


@pytest.mark.parametrize(
    ("count", "said"), [(0, "*"), (4, "*"), (5, "5"), (7, "5"), (8, "10"), (12, "10"), (13, "15"), (1002, "1000")]
)
def test_a_count(count: int, said: str) -> None:
    assert reporting.shown(count) == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([40, 3], ["*", "*"]),
        ([40, 3, 20], ["40", "*", "*"]),
        ([40, 3, 2], ["40", "*", "*"]),
        ([40, 20], ["40", "20"]),
        ([3], ["*"]),
        ([], []),
    ],
)
def test_parts_of_a_total(parts: list[int], said: list[str]) -> None:
    assert reporting.parts_shown(parts) == said


@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_no_part_is_left_over_by_the_others(parts: list[int]) -> None:
    hidden = reporting.parts_shown(parts).count(reporting.HIDDEN)
    assert hidden != 1
    assert hidden >= sum(part < 5 for part in parts)
