"""People moved to six by one health-care assistant's day: in the order of the finish line against in a random order. Pure.

Both orders meet the same 14,639 people with the shares of clinical.md 1.4, the same visits booked for something else, and the
same luck, drawn for each person once: who comes, who answers, whose blood can be taken. invented: every share below that
clinical.md does not give; the figure compares orders and foretells nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

REGISTER, ALL_SIX = 14_639, 3_642
DONE = {"bp": 8_868, "bmi": 8_466, "alcohol": 5_482, "lipid": 7_059, "glucose": 7_757, "smoking": 8_037}
BY_TEXT = frozenset({"alcohol", "smoking", "bmi"})
ANSWERS, COMES, COMES_BOOKED, EACH_DONE = 0.4, 0.6, 0.8, 0.9
"""Shares who answer a text, come to a visit made for the check, come to one they have, and have each check done once there."""
HAS_VISIT = 1 / 7
MINUTES, OVERHEAD, EACH, TEXT = 420, 15, 5, 0.2
"""Of a day; of a visit made for the check; of each check at any visit; of asking one person by text."""
SPANS = (20, 220)
"""Days: a month, and a year."""


@dataclass(frozen=True)
class Person:
    """What somebody lacks, and how each draw about them falls, whoever comes to them and when."""

    lacks: frozenset[str]
    visit: bool
    answers: bool
    comes: bool
    given: frozenset[str]
    """Checks that are done once somebody sees them."""


def people(seed: int) -> list[Person]:
    """The register, without those who have all six."""
    draw = random.Random(seed)
    rest = {key: (number - ALL_SIX) / (REGISTER - ALL_SIX) for key, number in DONE.items()}
    found = []
    for _ in range(REGISTER - ALL_SIX):
        lacks = frozenset(key for key, share in rest.items() if draw.random() >= share)
        visit = draw.random() < HAS_VISIT
        answers, comes = draw.random() < ANSWERS, draw.random() < (COMES_BOOKED if visit else COMES)
        given = frozenset(key for key in DONE if draw.random() < EACH_DONE)
        if lacks:
            found.append(Person(lacks, visit, answers, comes, given))
    return found


def in_order(register: list[Person], seed: int) -> list[Person]:
    """As the list has it: a text alone, a visit they have, a visit to be booked; then the fewest missing. Ties by chance."""
    mixed = at_random(register, seed)
    return sorted(mixed, key=lambda one: (0 if one.lacks <= BY_TEXT else 1 if one.visit else 2, len(one.lacks)))


def at_random(register: list[Person], seed: int) -> list[Person]:
    """As the register lies."""
    mixed = list(register)
    random.Random(seed).shuffle(mixed)
    return mixed


def worked(order: list[Person], *, texts: bool, days: int) -> Iterator[tuple[int, bool, bool]]:
    """One assistant's days down a list: (day, whether this one now has six, whether a visit was made for it).

    With `texts`, what can be said is asked first; whoever needs no more is not seen.
    """
    minutes = 0.0
    for one in order:
        left = one.lacks
        if texts and left & BY_TEXT:
            minutes += TEXT
            left = left - BY_TEXT if one.answers else left
        seen = bool(left) and not (texts and one.lacks <= BY_TEXT)
        if seen:
            made = not (texts and one.visit)
            minutes += (OVERHEAD if made else 0) + (EACH * len(left) if one.comes else 0)
            left = left - one.given if one.comes else left
        day = int(minutes // MINUTES)
        if day >= days:
            return
        yield day, not left, seen and not (texts and one.visit)


def figures(seed: int = 2021) -> dict[str, float]:
    """People moved to six for each day, and visits made for each of them, by order."""
    register, found = people(seed), {}
    for days in SPANS:
        for name, order, texts in (
            ("finish_line", in_order(register, seed), True),
            ("random_with_texts", at_random(register, seed), True),
            ("random", at_random(register, seed), False),
        ):
            done = list(worked(order, texts=texts, days=days))
            moved = sum(six for _, six, _ in done)
            found[f"{name}_per_day_of_{days}"] = round(moved / days, 1)
            found[f"{name}_visits_each_of_{days}"] = round(sum(made for _, _, made in done) / max(moved, 1), 2)
    return found
