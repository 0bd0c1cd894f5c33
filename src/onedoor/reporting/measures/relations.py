"""Relations of events that measures count: one set-based query each over what a context publishes.

A query gives (organisation_id, numerator, denominator, excluded) for a month as known at a moment; its parameters are `first` and
`after` (days, the second exclusive), `starts` and `ends` (the same as moments in London) and `known`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """A query and the clock by which it counts."""

    clock: str
    sql: str


RELATIONS: Mapping[str, Relation] = {}
