"""How long things may take, in real seconds. Tests and benchmarks shorten them through the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Timings:
    """Each field can be set as ONEDOOR_DISPATCH_<NAME>; look-ups are a comma-separated list."""

    lease: float = 60.0
    """A text may be said until half of it has passed since its attempt was committed."""
    call: float = 30.0
    """One call to the provider, in all (messaging.md 1.1, Python client)."""
    lookups: tuple[float, ...] = (60.0, 600.0)
    """When a text of unknown fate is looked up, after it became so (messaging.md 6.2)."""
    poll: float = 1.0
    beat: float = 5.0
    stuck: float = 240.0
    """After so long without a beat a dispatcher's session is ended, so that others may take over what it holds."""
    in_flight: int = 64
    wave: int = 128
    claim: int = 500
    faster: float = 1.0
    """How much faster than real time the provider's limits run; a benchmark compresses an hour."""

    def __post_init__(self) -> None:
        if self.lookups[-1] <= self.lease / 2 + self.call:
            raise ValueError("the last look-up must come after any call that may still be under way")

    @staticmethod
    def from_environment() -> Timings:
        """The defaults, less what the environment says."""
        given = {
            field.name: os.environ[f"ONEDOOR_DISPATCH_{field.name.upper()}"]
            for field in fields(Timings)
            if f"ONEDOOR_DISPATCH_{field.name.upper()}" in os.environ
        }
        whole = {"in_flight", "wave", "claim"}
        lookups = given.pop("lookups", None)
        numbers = {name: int(text) if name in whole else float(text) for name, text in given.items()}
        if lookups is not None:
            return Timings(**numbers, lookups=tuple(float(text) for text in lookups.split(",")))  # type: ignore[arg-type]
        return Timings(**numbers)  # type: ignore[arg-type]


def back_off(attempt: int) -> float:
    """Seconds until a text that was provably not sent is tried again: 2, 4, 8 ... up to five minutes."""
    return float(min(2**attempt, 300))
