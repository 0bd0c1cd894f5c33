"""Rate and daily limits of GOV.UK Notify, as pure bookkeeping: the caller hands in the time in seconds.

Two measures of "3,000 a minute" exist (messaging.md 1.1, Limits): the documented rolling window and the newer token bucket.
Whichever is in force, a sender who satisfies both never earns a 429, so both are applied unless ``kind`` says otherwise.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

SECONDS_PER_MINUTE = 60
SECONDS_PER_DAY = 86_400

LimitKind = Literal["both", "rolling", "bucket", "none"]


class RollingWindow:
    """Requests in the last ``seconds``; a refused one counts too (notifications-api: exceeded_rate_limit adds first)."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._seen: deque[float] = deque()

    def exceeded(self, now: float) -> bool:
        seen = self._seen
        seen.append(now)
        oldest = now - self.seconds
        while seen[0] <= oldest:
            seen.popleft()
        if len(seen) > self.limit + 1:  # more than this many refusals tell nothing new, so memory stays bounded
            seen.popleft()
        return len(seen) > self.limit


class TokenBucket:
    """Bursts up to ``capacity``, on average ``per_second`` (notifications-api: get_remaining_bucket_tokens).

    Whole tokens only; a request takes one before it is judged and is refused when fewer than one is left after it, so a full
    bucket of 1,000 lets 999 through at once and a sender who hammers an empty bucket keeps it empty.
    """

    def __init__(self, capacity: int, per_second: float) -> None:
        self.capacity = capacity
        self.per_second = per_second
        self._tokens = capacity
        self._replenished: float | None = None

    def exceeded(self, now: float) -> bool:
        if self._replenished is None:
            self._replenished = now
        new = math.floor(max(now - self._replenished, 0.0) * self.per_second)
        self._tokens = max(min(self._tokens + new, self.capacity) - 1, 0)
        self._replenished += new / self.per_second
        return self._tokens < 1


@dataclass
class LimitSettings:
    """What one service may send. ``time_factor`` compresses time: 60 makes the provider's hour pass in a minute."""

    per_minute: int = 3_000  # messaging.md 1.1: rolling, per key type
    burst: int = 1_000  # messaging.md 1.1: token bucket of git log b48f2f24e
    per_day: int = 250_000  # messaging.md 1.1: text messages a day
    kind: LimitKind = "both"
    time_factor: float = 1.0


@dataclass
class _Counters:
    rolling: RollingWindow
    bucket: TokenBucket
    day: int = -1
    today: int = 0


@dataclass
class Limits:
    """The counters of every (service, key type). Changing the settings starts all of them afresh."""

    settings: LimitSettings = field(default_factory=LimitSettings)
    _counters: dict[tuple[str, str], _Counters] = field(default_factory=dict)

    def configure(self, settings: LimitSettings) -> None:
        self.settings = settings
        self._counters.clear()

    def _of(self, service_id: str, key_type: str) -> _Counters:
        key = (service_id, key_type)
        counters = self._counters.get(key)
        if counters is None:
            limit = self.settings.per_minute
            counters = self._counters[key] = _Counters(
                RollingWindow(limit, SECONDS_PER_MINUTE),
                # notifications-api: bucket_max is a third of the minute's limit plus one, at most 1,000
                TokenBucket(min(math.ceil(limit / 3) + 1, self.settings.burst), limit / SECONDS_PER_MINUTE),
            )
        return counters

    def rate_exceeded(self, service_id: str, key_type: str, now: float) -> bool:
        """Count one request and say whether it is over the rate. ``now``: real seconds of any steady clock."""
        kind = self.settings.kind
        if kind == "none":
            return False
        counters = self._of(service_id, key_type)
        now *= self.settings.time_factor
        # Both are always asked: each must see every request.
        rolling = kind != "bucket" and counters.rolling.exceeded(now)
        bucket = kind != "rolling" and counters.bucket.exceeded(now)
        return rolling or bucket

    def day_exceeded(self, service_id: str, key_type: str, epoch: float) -> bool:
        """True once the day's messages are used up. Resets at midnight UTC (messaging.md 1.1). ``epoch``: seconds since 1970.

        A test key has no daily limit (notifications-api: check_service_over_daily_message_limit).
        """
        if self.settings.kind == "none" or key_type == "test":
            return False
        counters = self._of(service_id, key_type)
        self._turn_day(counters, epoch)
        return counters.today >= self.settings.per_day

    def count_accepted(self, service_id: str, key_type: str, epoch: float, messages: int = 1) -> None:
        counters = self._of(service_id, key_type)
        self._turn_day(counters, epoch)
        counters.today += messages

    def _turn_day(self, counters: _Counters, epoch: float) -> None:
        day = int(epoch * self.settings.time_factor // SECONDS_PER_DAY)
        if day != counters.day:
            counters.day, counters.today = day, 0
