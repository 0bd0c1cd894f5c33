"""Funnel limits against exact binomial quantiles, reckoned here in fractions."""

from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor.reporting.funnel import ACTION, WARNING, Counted, Position, bounds, funnel, quantile

SOUTH_EAST = [
    ("14Y", 1009, 3987), ("10Q", 1358, 7095), ("15A", 1275, 3557), ("D4U1Y", 2121, 5474), ("92A", 1735, 8426),
    ("91Q", 1545, 11647), ("97R", 1255, 5830), ("70F", 877, 4546), ("09D", 326, 2276), ("D9Y0V", 2360, 12663), ("10R", 443, 1895),
]  # fmt: skip
"""All six checks and register, Q1 2021/22 (clinical.md 1.4)."""


def exact(average: Fraction, size: int, chance: Fraction) -> Fraction:
    """The least count at which the distribution function reaches a chance, drawn back into the step before it."""
    below = Fraction(0)
    for count in range(size + 1):
        here = comb(size, count) * average**count * (1 - average) ** (size - count)
        if below + here >= chance:
            return max(Fraction(0), count - (below + here - chance) / here)
        below += here
    raise AssertionError


@pytest.mark.parametrize("size", [1, 5, 12, 40, 150])
@pytest.mark.parametrize("average", [Fraction(1, 20), Fraction(1, 4), Fraction(3, 5), Fraction(19, 20)])
@pytest.mark.parametrize("inside", [WARNING, ACTION])
def test_limits_are_the_exact_quantiles(size: int, average: Fraction, inside: float) -> None:
    tail = (1 - Fraction(str(inside))) / 2
    golden = [float(exact(average, size, chance) / size) for chance in (tail, 1 - tail)]
    assert bounds(float(average), size, inside) == pytest.approx(golden, abs=1e-9)


def test_golden() -> None:
    """Of 40 at an average of one half: F(13) = 0.0192, F(14) = 0.0403, so the 2.5% point lies between 13 and 14."""
    assert quantile(0.5, 40, 0.025) == pytest.approx(13.273, abs=0.001)


def test_a_large_size_takes_the_normal_limits() -> None:
    low, high = bounds(0.2712, 520212, WARNING)
    error = sqrt(0.2712 * 0.7288 / 520212)
    assert (low, high) == pytest.approx((0.2712 - 1.96 * error, 0.2712 + 1.96 * error), abs=2e-6)


def test_who_is_outside_the_furthest_first() -> None:
    """Forty practices at about a half, and two that are not."""
    usual = [Counted(f"P{n:02}", 30 + (n % 5) - 2, 60) for n in range(40)]
    found = funnel([*usual, Counted("HIGH", 58, 60), Counted("LOW", 9, 60)])
    assert found is not None
    assert [one.organisation for one in found.outside] == ["HIGH", "LOW"]
    assert [one.position for one in found.outside] == [Position.FAR_ABOVE, Position.FAR_BELOW]
    assert not found.widened


def test_a_small_one_far_from_the_average_is_inside() -> None:
    usual = [Counted(f"P{n:02}", 30, 60) for n in range(20)]
    found = funnel([*usual, Counted("TINY", 4, 5)])
    assert found is not None
    assert next(one for one in found.placed if one.organisation == "TINY").position is Position.INSIDE


@pytest.mark.parametrize("nothing", [(None, 50), (10, None), (None, None), (0, 0)])
def test_who_sent_nothing_is_nowhere_on_the_chart(nothing: tuple[int | None, int | None]) -> None:
    usual = [Counted(f"P{n}", 30, 60) for n in range(6)]
    found = funnel([*usual, Counted("SILENT", *nothing)])
    assert found is not None
    assert (found.missing, len(found.placed), found.outside) == (["SILENT"], 6, [])
    assert found.average == 0.5
    assert funnel([Counted("SILENT", *nothing)]) is None


def test_nought_of_a_register_is_a_share_and_not_missing() -> None:
    found = funnel([*(Counted(f"P{n}", 30, 60) for n in range(9)), Counted("NONE", 0, 60)])
    assert found is not None
    assert [one.organisation for one in found.outside] == ["NONE"]


def test_the_south_east_scatters_more_than_chance_so_its_limits_are_widened() -> None:
    found = funnel(Counted(*row) for row in SOUTH_EAST)
    assert found is not None
    assert found.average == pytest.approx(14304 / 67396)
    assert found.dispersion is not None
    # φ by hand: z of each, brought in to the 10th and 90th part of the ordered eleven (the second lowest and the second highest).
    z = sorted(
        (done / register - 14304 / 67396) / sqrt(14304 / 67396 * (1 - 14304 / 67396) / register)
        for _, done, register in SOUTH_EAST
    )
    z[0], z[-1] = z[1], z[-2]
    assert found.dispersion == pytest.approx(sum(one**2 for one in z) / 11)
    assert found.widened
    assert found.outside == []
    kent = next(one for one in found.placed if one.organisation == "91Q")
    reach = 3.090232 * sqrt(found.dispersion * found.average * (1 - found.average) / 11647)
    assert kent.action == pytest.approx((max(0, found.average - reach), found.average + reach))


def test_among_few_nothing_is_said_of_dispersion() -> None:
    found = funnel([Counted("A", 5, 100), Counted("B", 95, 100)])
    assert found is not None
    assert (found.dispersion, found.widened) == (None, False)


def test_more_than_everybody_is_refused() -> None:
    with pytest.raises(ValueError, match="A: 7 of 6"):
        funnel([Counted("A", 7, 6)])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=30))
def test_inner_limits_lie_within_the_outer_and_around_the_average(pairs: list[tuple[int, int]]) -> None:
    found = funnel(Counted(str(at), min(pair), max(pair)) for at, pair in enumerate(pairs))
    if found is None:
        return
    for one in found.placed:
        assert (
            0 <= one.action[0] <= one.warning[0] + 1e-12 <= one.warning[1] + 2e-12 <= one.action[1] + 3e-12 <= 1 + 4e-12
        )
