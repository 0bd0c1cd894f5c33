"""An initiative as it is typed: read with a word for every fault, so that what is sound is not lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from onedoor.reporting.improvement import rules

MOST = Decimal(1_000_000)


WORDS: Mapping[str, str] = {
    "title": "Title", "text": "What is done", "area": "Theme", "level": "Level", "owner": "Owner", "window": "Effect within",
    "ease": "Ease", "impact": "Impact", "rating": "How far it is today", "starts_on": "Starts on", "ends_on": "Ends on",
    "measure": "Measure", "expected": "More people a month", "expected_low": "At least", "expected_high": "At most",
}  # fmt: skip


@dataclass
class InitiativeRead:
    """`values` by column of `Initiative`; `problems` by field, in words."""

    values: dict[str, object] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def read(typed: Mapping[str, str], measures: Mapping[str, str]) -> InitiativeRead:
    """Read a form; `measures` are those that an effect may be seen in, key to name."""
    said = {name: typed.get(name, "").strip() for name in WORDS}
    found = InitiativeRead()
    for name, most in (("title", 160), ("text", 4_000), ("owner", 120)):
        found.values[name] = said[name]
        if name == "title" and not said[name]:
            found.problems[name] = "Write what it is called."
        elif len(said[name]) > most:
            found.problems[name] = f"Write at most {most:,} characters; these are {len(said[name]):,}."
    for name, among, must in (
        ("area", rules.AREAS, True),
        ("level", rules.LEVELS, True),
        ("window", rules.WINDOWS, True),
        ("ease", rules.RATINGS, False),
        ("impact", rules.RATINGS, False),
        ("rating", rules.RATINGS, False),
        ("measure", measures, False),
    ):
        found.values[name] = said[name]
        if said[name] not in among and (said[name] or must):
            found.problems[name] = "Choose one."
    for name in ("starts_on", "ends_on"):
        found.values[name] = _day(said[name], name, found)
    for name in ("expected", "expected_low", "expected_high"):
        found.values[name] = _number(said[name], name, found)
    _together(found)
    return found


def _day(said: str, name: str, found: InitiativeRead) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        found.problems[name] = "Choose a day that there is."
        return None


def _number(said: str, name: str, found: InitiativeRead) -> Decimal | None:
    if not said:
        return None
    try:
        number = Decimal(said.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > MOST or round(number, 2) != number:
        found.problems[name] = "Write a number, such as 12 or 12.5."
        return None
    return number


def _together(found: InitiativeRead) -> None:
    """What two fields say of each other."""
    starts, ends = found.values["starts_on"], found.values["ends_on"]
    if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
        found.problems["ends_on"] = "It ends before it starts."
    low, middle, high = (found.values[name] for name in ("expected_low", "expected", "expected_high"))
    if isinstance(low, Decimal) != isinstance(high, Decimal) and not {"expected_low", "expected_high"} & set(
        found.problems
    ):
        found.problems["expected_low"] = "Write both ends, or neither."
    if isinstance(middle, Decimal):
        if middle <= 0:
            found.problems["expected"] = "Write a number above nought: how many more it is to bring."
        elif isinstance(low, Decimal) and isinstance(high, Decimal) and not low <= middle <= high:
            found.problems["expected"] = "It lies outside of what is said to be the least and the most."
        if not found.values["measure"] and "measure" not in found.problems:
            found.problems["measure"] = "Choose the measure in which it is to be seen."
    elif (low is not None or high is not None) and "expected" not in found.problems:
        found.problems["expected"] = "Write what is expected too."
