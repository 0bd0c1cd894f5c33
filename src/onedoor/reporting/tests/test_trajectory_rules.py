"""Seed 003's plan worked out again: its months, what each was to bring of the whole, and why it was met and missed at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.reporting.trajectory.cases import cases, shares_table
from onedoor.reporting.trajectory.rules import (
    Member,
    Needed,
    ShareBy,
    Targets,
    gap,
    half_up,
    months_left,
    needed,
    outcome,
    plan_by_month,
    shares,
)

# Q4 2020/21, clinical.md 1.4: the baseline of seed 003.
SOUTH_EAST = (
    Member("BOB", 14_514, 2_923),
    Member("Frimley", 5_594, 2_000),
    Member("Surrey", 8_077, 1_591),
    Member("Kent and Medway", 10_039, 905),
    Member("Sussex", 12_240, 2_082),
    Member("Hampshire", 14_558, 2_472),
)
REGISTER, DONE = 65_022, 11_973


def test_the_baseline_is_the_sum_of_its_parts() -> None:
    assert (sum(one.register for one in SOUTH_EAST), sum(one.done for one in SOUTH_EAST)) == (REGISTER, DONE)


def test_each_month_of_the_example_plan() -> None:
    """clinical.md 5.5; the sixth is 1,478.5, which rounds to 1,479."""
    assert plan_by_month(2_957, 12) == [
        246, 493, 739, 986, 1_232, 1_479, 1_725, 1_971, 2_218, 2_464, 2_711, 2_957
    ]  # fmt: skip


@given(st.integers(-50_000, 50_000), st.integers(1, 60))
def test_a_plan_ends_at_its_target_and_no_month_differs_from_the_next_by_more_than_one(more: int, months: int) -> None:
    plan = plan_by_month(more, months)
    steps = [after - before for before, after in zip([0, *plan], plan, strict=False)]
    assert plan[-1] == more
    assert max(steps) - min(steps) <= 2


@pytest.mark.parametrize(("rate_from", "rate_to", "more"), [(None, "40", "14035.8"), ("40", "60", "13004.4")])
def test_how_many_more_a_rate_asks(rate_from: str | None, rate_to: str, more: str) -> None:
    """clinical.md 5.5: 14,000 more for 40%, 13,000 more from there to 60%."""
    start = gap(REGISTER, DONE, Decimal(rate_from)) if rate_from else Fraction(0)
    assert gap(REGISTER, DONE, Decimal(rate_to)) - start == Fraction(more)


@pytest.mark.parametrize(("by", "exact"), [(ShareBy.REGISTER, "3125.0"), (ShareBy.GAP, "2875.2")])
def test_what_the_example_was_to_bring_of_the_whole(by: ShareBy, exact: str) -> None:
    """clinical.md 5.5: by either way of dividing it is not the 2,957 that the paper prints; that is a target typed in."""
    parts = shares(14_000, SOUTH_EAST, by, Decimal(40))
    assert sum(parts.values()) == 14_000
    assert abs(parts["BOB"] - Decimal(exact)) <= 1
    assert parts["BOB"] != 2_957


@given(
    st.integers(0, 100_000),
    st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 20_000)), min_size=1, max_size=12),
    st.sampled_from(ShareBy),
)
def test_parts_sum_to_the_aim_and_none_is_far_from_its_share(
    aim: int, sizes: list[tuple[int, int]], by: ShareBy
) -> None:
    members = [Member(f"M{number}", register, min(done, register)) for number, (register, done) in enumerate(sizes)]
    weights = {
        one.key: Fraction(one.register)
        if by is ShareBy.REGISTER
        else max(Fraction(0), gap(one.register, one.done, Decimal(60)))
        for one in members
    }
    if not sum(weights.values()):
        with pytest.raises(ValueError, match="nobody is below"):
            shares(aim, members, by, Decimal(60))
        return
    parts = shares(aim, members, by, Decimal(60))
    assert sum(parts.values()) == aim
    assert all(abs(parts[key] - aim * weight / sum(weights.values())) < 1 for key, weight in weights.items())


def test_where_everybody_has_reached_the_rate_nobody_has_a_part_by_what_is_lacking() -> None:
    (case,) = cases()
    table = shares_table(14_000, case.members, Decimal(5), due=case.due, source=case.source, period=case.baseline.words)
    assert set(table.cells("by_gap")) == set(table.cells("own")) == {0}
    assert "Nobody lacks anything of 5%" in table.notes[0]


def test_needed_is_worked_out_from_today_and_not_from_the_whole_year() -> None:
    """product-map.md T7: delivery ran from September to April, so 246 a month was never the number."""
    targets = Targets(baseline=2_923, more=2_957, rate=Decimal(40))
    # Q1 2021/22, three months later: 3,642 of 14,639.
    today = date(2021, 9, 22)
    found = needed(targets, register=14_639, done=3_642, lapses=0, months=months_left(today, date(2022, 3, 31)))
    assert found["count"] == Needed(2_238, 0, 7)
    assert found["count"].a_month == 320
    assert found["rate"] == Needed(2_214, 0, 7)


def test_those_who_lapse_are_to_be_done_besides() -> None:
    assert Needed(more=70, lapses=140, months=7).a_month == 30
    assert Needed(more=-10, lapses=140, months=7).reached
    assert Needed(more=-10, lapses=140, months=7).a_month == 19
    assert Needed(more=-200, lapses=100, months=7).a_month == 0
    assert Needed(more=5, lapses=0, months=0).a_month is None


@given(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(0, 20_000), st.integers(1, 40))
def test_what_is_asked_of_a_month_is_enough_and_one_less_is_not(done: int, more: int, lapses: int, months: int) -> None:
    """By counting who counts on the day, when each check counts for twelve months (clinical.md 5.2)."""
    lapses = min(lapses, done)
    asked = needed(Targets(done, more, None), register=1, done=done, lapses=lapses, months=months)["count"].a_month
    assert asked is not None

    def counted_at_the_end(a_month: int) -> int:
        still = done - lapses if months <= 12 else 0
        return still + sum(a_month for month in range(months) if months - month <= 12)

    assert counted_at_the_end(asked) >= done + more
    assert asked == 0 or counted_at_the_end(asked - 1) < done + more


def test_the_plan_met_its_count_and_missed_its_rate() -> None:
    """clinical.md 1.4: Q4 2021/22, 26,936 of 70,857."""
    came = outcome(Targets(DONE, 14_000, Decimal(40)), register=70_857, done=26_936)
    assert (came.count_met, came.rate_met, came.more) == (True, False, 14_963)
    assert half_up(came.rate * 10) == 380


def test_without_a_register_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="without a register"):
        outcome(Targets(0, 1, None), register=0, done=0)


@pytest.mark.parametrize(
    ("today", "due", "months"),
    [
        (date(2021, 9, 1), date(2022, 3, 31), 7),
        (date(2022, 3, 31), date(2022, 3, 31), 1),
        (date(2022, 4, 1), date(2022, 3, 31), 0),
        # "By 1 April" is by the end of March.
        (date(2021, 9, 22), date(2022, 4, 1), 7),
        (date(2022, 4, 1), date(2022, 4, 1), 0),
        (date(2025, 1, 1), date(2022, 3, 31), 0),
    ],
)
def test_months_left(today: date, due: date, months: int) -> None:
    assert months_left(today, due) == months
