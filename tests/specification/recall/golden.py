"""People labelled by hand (tests/data/recall), as entries to judge and what is expected of them."""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tests.specification.recall.reading import Entry, Members, Person, Rules

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests/data/recall"
RULE_SETS = ROOT / "src/onedoor/recall/rulesets"
REFERENCE = ROOT / "src/onedoor/records/reference"

SIX = "alcohol bmi=22 bp glucose lipid never-smoker"

NAMED_BY_THE_RULE = {
    "register: asthma": ["AST_COD"],
    "register: hypertension": ["HYP_COD"],
    "register: asthma, resolved": ["ASTRES_COD"],
    "register: hypertension, resolved": ["HYPRES_COD"],
    "ethnicity: White": ["ETH2016_WHITE"],
    "ethnicity: not White": [],
}
"""Sets whose key no fact gives: those that the rules name."""

UNITS = {"bmi": "kg/m2", "bp": "mm[Hg]", "hba1c": "mmol/mol"}

NAMESPACE = "9999999"
"""Nobody's: the codes invented here are plainly of no terminology."""


@dataclass(frozen=True)
class Expected:
    """A label; None where the facts leave the field open."""

    status: str | None
    reason: str | None
    count: str | None
    done: str | None
    due: str | None


@dataclass(frozen=True)
class Golden:
    """A person, the day on which they are judged, and what is expected by rule set."""

    name: str
    on: date
    person: Person
    expected: Mapping[str, Expected]
    declined: frozenset[str] | None


EDGES = "edges"
"""A rule set of the specification alone, for what none of the shipped ones uses."""


@cache
def rule_set(key: str) -> Rules:
    folder = DATA if key == EDGES else RULE_SETS
    return tomllib.loads((folder / f"{key}.toml").read_text(encoding="utf-8"))


@cache
def rule_sets() -> list[str]:
    """The keys of the shipped rule sets."""
    return sorted(path.stem for path in RULE_SETS.glob("*.toml"))


# ---------------------------------------------------------------- codes


def check_digit(digits: str) -> str:
    """The check digit of a SNOMED CT id without one."""
    turns = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    while len(turns) < 8:
        turns.append([turns[-1][turns[1][digit]] for digit in range(10)])

    def times(a: int, b: int) -> int:
        """Composition in the dihedral group of order ten."""
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5

    found = 0
    for place, digit in enumerate(reversed(digits), start=1):
        found = times(found, turns[place % 8][int(digit)])
    return str(next(digit for digit in range(10) if times(found, digit) == 0))


@cache
def words() -> Mapping[str, list[str]]:
    """Word -> the sets of which its invented code is a member."""
    found: dict[str, list[str]] = {}
    for file in ("smi-golden.toml", "programmes-golden.toml"):
        for word, sets in tomllib.loads((DATA / file).read_text(encoding="utf-8"))["words"].items():
            keys = [key for each in sets for key in NAMED_BY_THE_RULE.get(each, [each])]
            assert found.setdefault(word, keys) == keys, word
    return found


@cache
def invented() -> Mapping[str, str]:
    """Word -> its invented SNOMED CT id."""
    ids = (f"{number}{NAMESPACE}10" for number in range(11, 1000))
    return {word: digits + check_digit(digits) for word, digits in zip(sorted(words()), ids, strict=False)}


@cache
def dictionary() -> Mapping[str, str]:
    """Code of the facts -> its usual unit."""
    with (REFERENCE / "codes.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["unit"] for row in csv.DictReader(file)}


@cache
def terms() -> Mapping[str, str]:
    """Code -> its term: of the facts, and of the invented ones."""
    with (REFERENCE / "codes.csv").open(encoding="utf-8", newline="") as file:
        found = {row["code"]: row["term"].replace(",", ";") for row in csv.DictReader(file)}
    return found | {code: f"Invented {word}" for word, code in invented().items()}


@cache
def members() -> Members:
    """Code set -> members: those that the facts give, and the invented ones."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    with (REFERENCE / "code_sets.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["member"]:
                found[row["key"]].add(row["member"])
    for word, sets in words().items():
        for key in sets:
            found[key].add(invented()[word])
    return {key: frozenset(codes) for key, codes in found.items()}


# ---------------------------------------------------------------- people


def entries(lines: Sequence[str]) -> list[Entry]:
    """Entries as they are written in the data, in the order of writing."""
    found: list[Entry] = []
    for line in lines:
        day, *rest = line.replace("six", SIX).split()
        wrong = "in-error" in rest
        for word in rest:
            if word == "in-error":
                continue
            name, _, value = word.partition("=")
            code, unit = (name, dictionary()[name]) if name.isdigit() else (invented()[name], UNITS.get(name, ""))
            found.append(
                Entry(
                    number=len(found) + 1,
                    day=date.fromisoformat(day),
                    code=code,
                    value=float(value) if value else None,
                    unit=unit if value else "",
                    in_error=wrong,
                )
            )
    return found


def _label(text: str) -> Expected:
    status, count, done, *due = [None if part.strip() == "?" else part.strip() for part in text.split("|")]
    status, _, reason = (status or "").partition(": ")
    return Expected(status or None, reason.replace(" ", "_") or None, count, done, due[0] if due else None)


def _people(file: str, keys: Mapping[str, str]) -> Iterator[Golden]:
    read: dict[str, Any] = tomllib.loads((DATA / file).read_text(encoding="utf-8"))
    for each in read["people"]:
        person = read["defaults"] | each
        yield Golden(
            name=person["name"],
            on=person["on"],
            person=Person(person["born"], [(person["registered"], None)], entries(person["entries"])),
            expected={key: _label(person[field]) for field, key in keys.items() if field in person},
            declined=frozenset(person["declined"].split()) if "declined" in person else None,
        )


@cache
def people() -> list[Golden]:
    """Everybody labelled."""
    six = _people("smi-golden.toml", {"rolling": "smi", "year": "smi-contract-year"})
    others = _people(
        "programmes-golden.toml", {key: key for key in ("flu", "asthma", "diabetes", "hypertension", "medication")}
    )
    return [*six, *others]
