"""The linter against faults that were planted before it was written, and against rows that are right."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from onedoor.records import reference
from onedoor.records.linting import Dictionary, Known, lint

DATA = Path(__file__).parents[4] / "tests" / "data" / "codes"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts() -> Dictionary:
    codes = {row["code"]: Known(row["code"], row["term"], row["replaced_by"]) for row in reference.read("codes")}
    sets: dict[str, frozenset[str]] = {}
    for row in reference.read("code_sets"):
        sets[row["key"]] = sets.get(row["key"], frozenset()) | frozenset(filter(None, [row["member"]]))
    return Dictionary(codes, sets)


FACTS = facts()


@pytest.mark.parametrize("row", rows("planted.csv"), ids=lambda row: f"{row['code']}-{row['term'][:30]}")
def test_a_planted_fault_is_found_for_what_it_is(row: dict[str, str]) -> None:
    found = lint(FACTS, row["code"], row["term"], row["cluster"])
    assert found is not None
    assert found.fault == row["fault"]
    assert found.what
    assert found.what_to_do.endswith(".")


@pytest.mark.parametrize("row", rows("correct.csv"), ids=lambda row: f"{row['code']}-{row['term'][:30]}")
def test_a_right_row_raises_no_alarm(row: dict[str, str]) -> None:
    assert lint(FACTS, row["code"], row["term"], row["cluster"]) is None


@pytest.mark.parametrize("row", list(reference.read("codes")), ids=lambda row: row["code"])
def test_each_code_stands_beside_its_own_term(row: dict[str, str]) -> None:
    found = lint(FACTS, row["code"], row["term"])
    assert found is None or found.fault == "superseded"


def test_each_member_fits_its_own_cluster() -> None:
    for row in reference.read("code_sets"):
        if row["member"]:
            assert lint(FACTS, row["member"], "", row["key"]) is None


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [
        ("1066921000000100", "1066921000000106"),
        ("1.06692E+15", "1066921000000106"),
        ("271649007", "271649006"),
        ("271469006", "271649006"),
        ("27164900", "271649006"),
    ],
)
def test_a_damaged_code_says_what_it_may_have_been(damaged: str, meant: str) -> None:
    found = lint(FACTS, damaged)
    assert found is not None
    assert meant in found.what_to_do


def test_what_a_rounded_code_may_have_been_differs_in_its_last_digits_only() -> None:
    found = lint(FACTS, "1066921000000100")
    assert found is not None
    assert found.what_to_do.endswith("It may have been 1066921000000106.")
