"""How fast one provider key may be used, so that any number of dispatchers together never earn a 429 (messaging.md 1.1).

GOV.UK Notify counts two ways: at most 3,000 in any rolling minute, and a bucket of 1,000 refilled at 50 a second. A grant
is taken at one moment and arrives up to `DELAY` later, so a minute at the provider can hold what was granted in a minute
and that delay: burst + rate * (60 + DELAY) <= per_minute. The same sum keeps within the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
EXPIRES = 1.0
"""Seconds after which a grant must not be spent any more."""
DELAY = 2.0
"""Seconds within which a text that spent its grant has arrived: the expiry, and as much again on the way."""
BURST = 1 / 125


@dataclass(frozen=True)
class Allowance:
    """Texts a second, how many at once, and how many seconds a grant may be spent."""

    rate: float
    burst: float
    expires: float


def allowance(per_minute: int, faster: float = 1.0) -> Allowance:
    """For a key that may send `per_minute`. `faster` compresses the provider's time: a minute lasts 60 / faster seconds."""
    burst = max(1.0, per_minute * BURST)
    rate = (per_minute - burst) / (MINUTE + DELAY)
    return Allowance(rate=rate * faster, burst=burst, expires=EXPIRES / faster)
