"""Whom a text names."""

from __future__ import annotations

import pytest

from onedoor.messaging.rules.family import named, spoken_of

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


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Dave has a temperature so cannot attend", "dave"),
        ("Sorry Dave wont be coming", "dave"),
        ("hi tyrone is poorly", "tyrone"),
        ("I have a temperature", ""),
        ("im not well", ""),
        ("Sorry work wont let me off", ""),
        ("The car is broken", ""),
        ("there is no way I can come", ""),
        ("cancel please", ""),
    ],
)
def test_of_whom_it_speaks(text: str, who: str) -> None:
    assert spoken_of(text) == who
