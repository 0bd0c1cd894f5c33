"""Ranges of forecasts are right as often as they say, on the published quarters; and what plans bring adds up."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.reporting.trajectory.effects import Effect, brought, strength
from onedoor.reporting.trajectory.forecasting import back_test, fan, spread

PUBLISHED = Path(__file__).parents[4] / "tests" / "data" / "smi-physical-health-checks.xlsx"


@pytest.fixture(scope="module")
def published() -> dict[str, dict[int, float]]:
    """The share with all six checks by CCG and quarter, of those that sent something in."""
    sheet = openpyxl.load_workbook(PUBLISHED, read_only=True).active
    assert sheet is not None
    found: dict[tuple[str, int], dict[str, int]] = {}
    for period, code, question, answer in list(sheet.iter_rows(values_only=True))[2:]:
        _, quarter, year, _ = str(period).split("-")
        found.setdefault((str(code), int(year) * 4 + int(quarter[1])), {})[str(question)] = int(str(answer or 0))
    series: dict[str, dict[int, float]] = {}
    for (code, at), said in found.items():
        if said["SMIRegister"]:
            series.setdefault(code, {})[at] = 100 * said["All6PHC"] / said["SMIRegister"]
    return series


@pytest.mark.parametrize("ahead", [1, 2, 3, 4])
def test_a_range_of_80_percent_is_right_in_75_to_85_of_100_cases(
    published: dict[str, dict[int, float]], ahead: int
) -> None:
    """product-map.md J12."""
    scores = back_test(published, ahead)
    held = sum(score.held for score in scores) / sum(score.said for score in scores)
    assert 0.75 <= held <= 0.85
    assert sum(score.said for score in scores) > 1_000


def test_what_was_said_is_not_changed_by_what_came_later(published: dict[str, dict[int, float]]) -> None:
    at = sorted({quarter for shares in published.values() for quarter in shares})[8]
    before = {code: {q: share for q, share in shares.items() if q <= at} for code, shares in published.items()}
    assert spread(before, at, 2) == spread(published, at, 2)


def test_too_little_says_nothing() -> None:
    series = {"A": {1: 20.0, 2: 22.0, 3: 24.0}, "B": {1: 30.0, 2: 31.0, 3: 30.0}}
    assert fan(series, "A", 3, 4) == []
    assert fan({**series, "C": {}}, "C", 3, 4) == []


@given(
    st.lists(st.lists(st.floats(0, 100), min_size=8, max_size=8), min_size=2, max_size=6),
)
def test_a_fan_is_in_order_and_within_0_and_100(shares: list[list[float]]) -> None:
    series = {str(number): dict(enumerate(row)) for number, row in enumerate(shares)}
    for point in fan(series, "0", 7, 4):
        assert 0 <= point.low <= point.inner_low <= point.middle <= point.inner_high <= point.high <= 100


def effect(window: str = "0-3", expected: str = "10", spread_by: str = "4", ends_on: date | None = None) -> Effect:
    middle, wide = Decimal(expected), Decimal(spread_by)
    return Effect(date(2027, 1, 15), ends_on, window, middle, middle - wide, middle + wide)


MONTHS = [date(2027, month, 1) for month in range(1, 13)]
LATER = [date(2028, month, 1) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("window", "by_month"),
    [
        ("0-3", ["1/3", "2/3", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1"]),
        ("3-6", ["0", "0", "0", "1/3", "2/3", "1", "1", "1", "1", "1", "1", "1"]),
        ("6+", ["0", "0", "0", "0", "0", "0", "1/3", "2/3", "1", "1", "1", "1"]),
    ],
)
def test_an_effect_grows_within_three_months_of_its_window(window: str, by_month: list[str]) -> None:
    assert [str(strength(effect(window), month)) for month in MONTHS] == by_month


def test_an_initiative_that_ended_brings_no_more_and_what_it_brought_counts_for_a_year() -> None:
    found = brought([effect(ends_on=date(2027, 3, 31))], [*MONTHS, *LATER])
    assert [one.more for one in found[:5]] == [Decimal(10) * n / 3 for n in (1, 3, 6, 6, 6)]
    assert [one.more for one in found[11:15]] == [Decimal(10) * n / 3 for n in (6, 5, 3, 0)]


def test_what_is_brought_grows_for_a_year_and_is_then_kept_up() -> None:
    """clinical.md 5.2: a check leaves the count after twelve months, so ten a month are never more than 120."""
    found = [one.more for one in brought([effect()], [*MONTHS, *LATER])]
    assert [found[at] for at in (2, 11, 12, 13, 23)] == [20, 110, Decimal(350) / 3, 120, 120]


def test_what_was_brought_before_is_in_the_figures_of_today_already() -> None:
    assert [one.more for one in brought([effect()], LATER[6:])] == [0] * 6
    assert [one.more for one in brought([effect()], MONTHS[6:])] == [Decimal(10) * n for n in range(1, 7)]


def test_effects_add_and_their_errors_add_as_variances() -> None:
    one, two = brought([effect()], MONTHS)[-1], brought([effect(), effect()], MONTHS)[-1]
    assert two.more == 2 * one.more
    assert float(two.deviation) == pytest.approx(float(one.deviation) * math.sqrt(2), rel=1e-4)
