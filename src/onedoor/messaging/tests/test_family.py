"""Whom a text names."""

from __future__ import annotations

import pytest

from onedoor.messaging.rules.family import named

FAMILY = {1: "Derek", 2: "Kai", 3: "May", 4: "Anne Marie"}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("cancel please", set()),
        ("Derek wont be coming", {1}),
        ("CANCEL DEREK", {1}),
        ("cancel derek's", {1}),
        ("cancel dereks appt", {1}),
        ("cancel derrek", {1}),
        ("kai is poorly, cancel derek", {1, 2}),
        ("may I cancel?", {3}),
        ("cancel. Marie", {4}),
        ("kay cant come", set()),  # too short for a slip: it could be anybody
    ],
)
def test_whom_it_names(text: str, who: set[int]) -> None:
    assert named(text, FAMILY) == who
