"""Small numbers, by tables and by the attack of a subtraction; of tables laid side by side see test_disclosure_attack."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.reporting import api as reporting
from onedoor.reporting.disclosure import HIDDEN, CountColumn, Counts, CountTable, Key, Told, published


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


PARENT = {"A": "N1", "B": "N1", "C": "N1", "D": "N2", "E": "N2", "N1": "PLACE", "N2": "PLACE", "PLACE": "ICS"}
GUARDED = frozenset("ABCDE") | {"N1", "N2"}


def told(
    columns: list[CountColumn],
    counts: dict[Key, int],
    rows: list[str] | None = None,
    sums: dict[str, tuple[str, ...]] | None = None,
) -> list[list[Told]]:
    here = Counts(counts, PARENT, GUARDED, sums=sums or {})
    return published([CountTable(rows or ["A", "B", "C", "N1", "D", "E", "N2", "PLACE", "ICS"], columns)], here)[0]


def six(*values: int | None, item: str = "six", period: str = "m") -> dict[Key, int]:
    return {(one, item, period): value for one, value in zip("ABCDE", values, strict=True) if value is not None}


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(3, 40, HIDDEN), (12, 40, 30), (37, 40, HIDDEN), (35, 40, 88), (0, 0, None), (17, 200, 9), (2121, 5000, 42)],
)
def test_a_percentage_of_a_practice(part: int, whole: int, said: Told) -> None:
    """From unrounded counts; hidden with a small part, a small whole or a small remainder."""
    others = six(60, 60, 60, 60, 60, item="register") | six(30, 30, 30, 30, 30)
    counts = others | {("A", "register", "m"): whole, ("A", "six", "m"): part}
    assert told([CountColumn("six", "m", of="register")], counts, ["A"]) == [[said]]


def test_nothing_small_is_rounded_below_and_exact_above() -> None:
    rows = told([CountColumn("six", "m")], six(2121, 12, 13, 7, 8))
    assert [row[0] for row in rows] == [2120, 10, 15, 2145, 5, 10, 15, 2161, 2161]


def test_a_share_above_the_guarded_is_exact() -> None:
    counts = six(20, 12, 13, 7, 8) | six(40, 40, 40, 40, 40, item="register")
    assert told([CountColumn("six", "m", of="register")], counts, ["PLACE"]) == [[Decimal(6000) / 200]]


def test_beside_a_small_count_its_neighbour_by_code_is_hidden() -> None:
    # Were B 0, others would have to be 2 more, and none could be within its rounding. A comes first, so A is hidden; and C, for
    # whoever works at A knows what A has.
    rows = told([CountColumn("six", "m")], six(42, 2, 22, 32, 32))
    assert [row[0] for row in rows] == [HIDDEN, HIDDEN, HIDDEN, 65, 30, 30, 65, 130, 130]


def test_where_rounding_leaves_enough_open_nothing_more_is_hidden() -> None:
    rows = told([CountColumn("six", "m")], six(40, 2, 20, 30, 30))
    assert [row[0] for row in rows] == [40, HIDDEN, 20, 60, 30, 30, 60, 122, 122]


def test_where_nobody_has_any_the_totals_above_are_hidden_too() -> None:
    rows = told([CountColumn("six", "m")], six(0, 0, 0, 0, 0))
    assert {row[0] for row in rows} == {HIDDEN}


def test_what_nobody_sent_is_missing_and_in_no_total() -> None:
    rows = told([CountColumn("six", "m")], six(40, None, 20, None, None))
    assert [row[0] for row in rows] == [40, None, 20, 60, None, None, None, 60, 60]


def test_a_remainder_is_hidden_with_its_part() -> None:
    counts = six(40, 2, 20, 30, 30) | six(60, 60, 60, 60, 60, item="register")
    rows = told([CountColumn("register", "m", less="six"), CountColumn("six", "m")], counts, ["A", "B", "C", "PLACE"])
    assert rows[1] == [HIDDEN, HIDDEN]
    assert rows[3] == [178, 122]


def test_a_sum_is_hidden_where_a_month_is_small() -> None:
    counts = six(40, 2, 20, 30, 30) | six(40, 20, 20, 30, 30, period="n")
    columns = [CountColumn("six", period) for period in ("m", "n", "both")]
    rows = told(columns, counts, sums={"both": ("m", "n")})
    assert rows[1] == [HIDDEN, 20, HIDDEN]
    assert rows[4] == [30, 30, 60]
    assert rows[8] == [122, 140, 262]


@pytest.mark.parametrize(
    ("columns", "counts", "sums", "words"),
    [
        ([CountColumn("six", "m")], six(-1, 1, 1, 1, 1), {}, "below nought"),
        ([CountColumn("six", "m")], {("A", "six", "m"): 1, ("N1", "six", "m"): 1}, {}, "and so are those below"),
        ([CountColumn("six", "m", of="six")], six(1, 1, 1, 1, 1), {}, "of itself"),
        ([CountColumn("six", "q")], six(1, 1, 1, 1, 1), {"q": ("m", "n")}, "nothing is known of n"),
        ([CountColumn("six", "m")], {("A", "six", "q"): 1}, {"q": ("m",)}, "is a sum"),
        (
            [CountColumn("six", "m", of="register")],
            six(9, 9, 9, 9, 9) | six(8, 9, 9, 9, 9, item="register"),
            {},
            "more six than register",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    columns: list[CountColumn], counts: dict[Key, int], sums: dict[str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        told(columns, counts, sums=sums)
