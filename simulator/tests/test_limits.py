import pytest

from simulator.govuk.limits import Limits, LimitSettings, RollingWindow, TokenBucket

DAY = 20_000 * 86_400.0  # a midnight UTC


def test_the_window_lets_its_limit_through_and_not_one_more() -> None:
    window = RollingWindow(3_000, 60)
    assert [window.exceeded(0.0) for _ in range(3_000)] == [False] * 3_000
    assert window.exceeded(59.999)


@pytest.mark.parametrize(("later", "refused"), [(59.999, True), (60.0, False)])
def test_the_window_rolls(later: float, refused: bool) -> None:
    window = RollingWindow(2, 60)
    window.exceeded(0.0)
    window.exceeded(0.0)
    assert window.exceeded(later) is refused


def test_a_refused_request_counts_so_hammering_stays_refused() -> None:
    window = RollingWindow(2, 60)
    assert [window.exceeded(second) for second in range(0, 300, 10)] == [False, False] + [True] * 28


def test_a_full_bucket_lets_999_through_at_once() -> None:
    bucket = TokenBucket(1_000, 50)
    assert sum(not bucket.exceeded(0.0) for _ in range(1_200)) == 999


def test_the_bucket_keeps_up_with_a_steady_50_a_second_for_ever() -> None:
    bucket = TokenBucket(1_000, 50)
    assert not any(bucket.exceeded(message / 50) for message in range(30_000))


def test_the_bucket_refuses_a_steady_51_a_second_in_the_end() -> None:
    bucket = TokenBucket(1_000, 50)
    assert any(bucket.exceeded(message / 51) for message in range(60_000))


@pytest.mark.parametrize(("kind", "through"), [("rolling", 3_000), ("bucket", 999), ("both", 999), ("none", 4_000)])
def test_whichever_measure_is_in_force(kind: str, through: int) -> None:
    limits = Limits(LimitSettings(kind=kind))  # type: ignore[arg-type]
    assert sum(not limits.rate_exceeded("s", "live", 0.0) for _ in range(4_000)) == through


def test_each_service_and_key_type_has_its_own_rate() -> None:
    limits = Limits(LimitSettings(per_minute=1, kind="rolling"))
    keys = [("a", "live"), ("a", "test"), ("b", "live"), ("a", "live")]
    assert [limits.rate_exceeded(*key, 0.0) for key in keys] == [False, False, False, True]


def test_a_minute_is_a_second_at_factor_60() -> None:
    limits = Limits(LimitSettings(per_minute=1, kind="rolling", time_factor=60))
    assert [limits.rate_exceeded("s", "live", now) for now in (0.0, 0.9, 2.0)] == [False, True, False]


def test_the_day_ends_at_midnight_utc() -> None:
    limits = Limits(LimitSettings(per_day=2))
    limits.count_accepted("s", "live", DAY, 2)
    assert limits.day_exceeded("s", "live", DAY + 86_399)
    assert not limits.day_exceeded("s", "live", DAY + 86_400)


def test_a_test_key_has_no_daily_limit() -> None:
    limits = Limits(LimitSettings(per_day=0))
    assert limits.day_exceeded("s", "live", DAY)
    assert not limits.day_exceeded("s", "test", DAY)
