"""XmR by the source's golden values and unit vectors (clinical.md 5.1), England's quarters and the referrals of 2017/18 (5.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor.reporting import spc
from onedoor.reporting.spc import Assurance, Direction, Kind, Meaning, Rule

SPIKE = [1, 2, 1, 2, 10, *[1, 2] * 6, 1]
NORMAL = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285, -0.44566197,
    1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141,
]  # fmt: skip
"""R's rnorm(20) after set.seed(123)."""
OUTLIER = [*NORMAL[:14], 10, *NORMAL[15:]]
ENGLAND = [
    (117932, 488357), (151682, 500443), (144160, 489185), (149851, 498714), (162229, 501569), (159312, 444972),
    (136416, 476616), (119980, 506716), (110530, 511151), (121030, 516897), (140885, 520212), (156690, 522684),
]  # fmt: skip
"""All six checks and register, Q3 2018/19 to Q2 2021/22 (clinical.md 1.4's file)."""
LATER = [
    (183971, 526443), (226583, 529093), (227076, 522000), (239372, 532363), (256256, 535808),
    (313022, 535204), (281626, 527859), (279935, 535075), (292719, 534483), (361210, 527556),
]  # fmt: skip
RECEIVED = [4015, 6645, 6799, 3925, 5291, 4966, 5229]


def shares(counts: list[tuple[int, int]]) -> list[float]:
    return [100 * done / register for done, register in counts]


@pytest.mark.parametrize(
    ("values", "screened", "mean", "lower", "upper", "places"),
    [
        (SPIKE, True, 1.94, -0.72, 4.60, 2),
        (SPIKE, False, 1.94, -3.06, 6.95, 2),
        (NORMAL, True, 0.1416238, -3.01138, 3.294627, 5),
        (OUTLIER, True, 0.6694159, -2.383666, 3.722497, 5),
        (OUTLIER, False, 0.6694159, -4.596625, 5.935457, 5),
        (shares(ENGLAND), True, 28.043, 19.37, 36.72, 2),
        (RECEIVED, True, 5267.1, 1892.5, 8641.8, 0),
    ],
    ids=["spike", "spike unscreened", "R", "R outlier", "R outlier unscreened", "England", "referrals received"],
)
def test_golden_limits(
    values: list[float], screened: bool, mean: float, lower: float, upper: float, places: int
) -> None:
    made = spc.limits(values, screen_outliers=screened)
    assert made is not None
    for got, golden in ((made.mean, mean), (made.lower, lower), (made.upper, upper)):
        assert abs(got - golden) <= 0.51 * 10**-places
    assert made.near_upper - made.mean == pytest.approx(1.7733 * made.average_range, rel=1e-4)
    assert made.mean - made.near_lower == pytest.approx(1.7733 * made.average_range, rel=1e-4)


@pytest.mark.parametrize("screened", [True, False])
def test_the_spike_alone_is_outside(screened: bool) -> None:
    found = spc.xmr(SPIKE, screen_outliers=screened)
    assert found.special == [4]
    assert (found.points[4].rule, found.points[4].meaning) == (Rule.OUTSIDE, Meaning.HIGH)


def test_england_for_three_years_is_common_cause_and_over_all_years_flags_each_point() -> None:
    three = spc.xmr(shares(ENGLAND), better=Direction.INCREASE)
    assert three.limits is not None
    assert (round(three.limits.average_range, 3), three.special, three.notes) == (3.261, [], [])
    # Rolling 12-month shares are autocorrelated: that is why may_chart refuses them.
    assert len(spc.xmr(shares(ENGLAND + LATER)).special) == 22


def test_referrals_received_have_trial_limits_and_no_signal() -> None:
    found = spc.xmr(RECEIVED)
    assert found.limits is not None
    assert round(found.limits.average_range, 1) == 1268.7
    assert (found.special, found.limits.trial, found.notes) == (
        [],
        True,
        ["Limits of 7 points only: from 12 on they hold"],
    )


@pytest.mark.parametrize(
    ("sides", "flagged"),
    [
        ([1] * 6, []),
        ([1] * 7, [0, 1, 2, 3, 4, 5, 6]),
        ([-1] * 8, [0, 1, 2, 3, 4, 5, 6, 7]),
        ([1] * 8 + [-1], [0, 1, 2, 3, 4, 5, 6, 7]),
        ([1, 1, 1, 0, 1, 1, 1, 1], []),
        ([0] * 9, []),
    ],
)
def test_run_of_seven(sides: list[int], flagged: list[int]) -> None:
    assert [at for at, hit in enumerate(spc.run_of_seven(sides)) if hit] == flagged


@pytest.mark.parametrize(
    ("sides", "ends"),
    [([1] * 8 + [-1], [0, 0, 0, 0, 0, 0, 1, 1, 0]), ([1] * 8, [0, 0, 0, 0, 0, 0, 1, 1])],
)
def test_a_run_is_seen_at_its_seventh_point(sides: list[int], ends: list[int]) -> None:
    """The source's vector marks the points at which a run is complete: 0 six times, then 1, 1."""
    seen = [
        int(at in {i for i, hit in enumerate(spc.run_of_seven(sides[: at + 1])) if hit}) for at in range(len(sides))
    ]
    assert seen == ends


@pytest.mark.parametrize(
    ("values", "flagged"),
    [
        ([1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6]),
        ([7, 6, 5, 4, 3, 2, 1], [0, 1, 2, 3, 4, 5, 6]),
        ([1, 2, 3, 3, 4, 5, 6], []),
        ([1, 2, 3, 4, 5, 6], []),
        ([9, 1, 2, 3, 4, 5, 6, 7, 0], [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_trend_of_seven(values: list[float], flagged: list[int]) -> None:
    assert [at for at, hit in enumerate(spc.trend_of_seven(values)) if hit] == flagged


@pytest.mark.parametrize(
    ("near", "sides", "flagged"),
    [
        ([0, 0, 1, 0, 1, 0, 0], [1] * 7, [2, 4]),
        ([0, 0, 1, 0, 1, 0, 0], [-1] * 7, [2, 4]),
        ([0, 0, 1, 0, 1, 0, 0], [1, 1, 1, 1, -1, 1, 1], []),
        ([0, 0, 1, 0, 0, 1, 0], [1] * 7, []),
        ([1, 1, 0], [1, 1, 1], [0, 1]),
        ([0, 1, 1], [1, -1, -1], []),
    ],
)
def test_two_of_three(near: list[int], sides: list[int], flagged: list[int]) -> None:
    assert [at for at, hit in enumerate(spc.two_of_three([bool(n) for n in near], sides)) if hit] == flagged


def test_the_first_rule_that_fits_is_named() -> None:
    rising = spc.xmr([10, 11, 9, 10, 11, 9, 10, 11, 9, 10, 11, 12, 13, 14, 15, 40], better=Direction.INCREASE)
    assert rising.points[-1].rule is Rule.OUTSIDE
    assert {point.rule for point in rising.points[9:-1]} == {Rule.TREND}


@pytest.mark.parametrize(
    ("better", "meaning"),
    [
        (Direction.INCREASE, Meaning.IMPROVEMENT),
        (Direction.DECREASE, Meaning.CONCERN),
        (Direction.NEUTRAL, Meaning.HIGH),
    ],
)
def test_what_a_high_point_means(better: Direction, meaning: Meaning) -> None:
    assert spc.xmr(SPIKE, better=better).points[4].meaning is meaning
    low = [-value for value in SPIKE]
    other = {Meaning.IMPROVEMENT: Meaning.CONCERN, Meaning.CONCERN: Meaning.IMPROVEMENT, Meaning.HIGH: Meaning.LOW}
    assert spc.xmr(low, better=better).points[4].meaning is other[meaning]


@pytest.mark.parametrize(
    ("better", "target", "said"),
    [
        (Direction.INCREASE, 5, Assurance.FAIL),
        (Direction.INCREASE, -1, Assurance.PASS),
        (Direction.INCREASE, 2, Assurance.INCONSISTENT),
        (Direction.DECREASE, 5, Assurance.PASS),
        (Direction.DECREASE, -1, Assurance.FAIL),
        (Direction.DECREASE, 2, Assurance.INCONSISTENT),
        (Direction.NEUTRAL, 5, None),
        (Direction.INCREASE, None, None),
    ],
)
def test_assurance(better: Direction, target: float | None, said: Assurance | None) -> None:
    assert spc.xmr(SPIKE, better=better, target=target).assurance is said


def test_assurance_takes_the_limits_in_force_at_the_end() -> None:
    moved = [1, 2] * 6 + [21, 22] * 6
    assert spc.xmr(moved, better=Direction.INCREASE, target=15, rebased_at=[12]).assurance is Assurance.PASS


def test_limits_fixed_after_a_start_and_limits_begun_anew() -> None:
    step = [10, 12] * 6 + [30, 32] * 6
    # The last usual point is on the same side as those after it, so the run begins there.
    fixed = spc.xmr(step, fixed_after=12)
    assert fixed.limits is not None
    assert (fixed.limits.mean, fixed.limits.points, fixed.special) == (11, 12, list(range(11, 24)))
    anew = spc.xmr(step, rebased_at=[12])
    assert [point.limits.mean for point in anew.points if point.limits] == [11] * 12 + [31] * 12
    assert anew.special == []


@pytest.mark.parametrize("bad", [0, -1, 24, 99])
def test_limits_cannot_begin_where_there_is_no_value(bad: int) -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        spc.xmr([10, 12] * 12, rebased_at=[bad])


def test_a_gap_is_in_no_average_and_ends_a_run() -> None:
    whole = spc.xmr([1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9])
    assert whole.special == list(range(14))
    gap = spc.xmr([1, 1, 1, None, 1, 1, 1, 1, 9, 9, 9, 9, None, 9, 9, 9])
    assert gap.limits is not None
    assert (gap.limits.mean, gap.limits.points) == (5, 14)
    assert Rule.RUN not in {point.rule for point in gap.points}
    assert gap.points[3].value is None


@pytest.mark.parametrize("values", [[], [1], [None, None], [1, None, 2]])
def test_without_two_values_that_follow_one_another_there_are_no_limits(values: list[float | None]) -> None:
    found = spc.xmr(values, target=1, better=Direction.INCREASE)
    assert (found.limits, found.special, found.assurance) == (None, [], None)
    assert found.notes == ["Too few points for limits"]


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (Kind.ROLLING, [40, 41, 42], "shares most of its months"),
        (Kind.CUMULATIVE, [4015, 10660], "only grows"),
        (Kind.COUNT, [7, 7, 7], "the same"),
        (Kind.SHARE, [100, 100], "the same"),
        (Kind.COUNT, [0, 1, 2, 0, 3], "below 5"),
        (Kind.COUNT, RECEIVED, ""),
        (Kind.SHARE, [1.1, 2.2], ""),
        (Kind.TIME, [3, 2], ""),
    ],
)
def test_where_a_chart_misleads_it_is_said_why(kind: Kind, values: list[float], words: str) -> None:
    answer = spc.may_chart(kind, values)
    assert bool(answer) == (words == "")
    assert words in answer.why


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40), st.integers(-50, 50), st.integers(1, 9))
def test_signals_do_not_depend_on_where_nought_is_or_on_the_unit(values: list[int], shift: int, scale: int) -> None:
    # Powers of two keep the comparison free of rounding.
    moved = [2**scale * value + 2**scale * shift for value in values]
    assert spc.xmr(moved).special == spc.xmr(values).special or _at_a_limit(values)


def _at_a_limit(values: list[int]) -> bool:
    """A value that stands on a line, but for the rounding of floats."""
    made = spc.limits(values)
    assert made is not None
    lines = (made.mean, made.lower, made.upper, made.near_lower, made.near_upper)
    return any(abs(value - line) < 1e-6 for value in values for line in lines)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40))
def test_upside_down_every_improvement_is_a_concern(values: list[int]) -> None:
    up = spc.xmr(values, better=Direction.INCREASE)
    down = spc.xmr([-value for value in values], better=Direction.DECREASE)
    if not _at_a_limit(values):
        assert [point.meaning for point in up.points] == [point.meaning for point in down.points]
