"""Who a document is of, and how an entry stands to the record: as tables, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from onedoor.exchange.receiving.rules import (
    Candidate,
    Claimed,
    Match,
    OnRecord,
    asks,
    difference,
    match,
    same_given,
    same_name,
)

BORN = date(1974, 8, 2)
SIAN = Candidate(7, "9990614113", "O'Brien-Müller", "Siân", BORN, False, False, True, True)
SAYS = Claimed("9990614113", "O'Brien-Müller", "Siân", BORN)


@pytest.mark.parametrize(
    ("says", "has", "reason"),
    [
        ({}, {}, "sure"),
        ({"family": "OBRIEN MULLER"}, {}, "sure"),
        ({"family": "O’Brien-Müller"}, {}, "sure"),
        ({"family": "o brien-muller"}, {}, "sure"),
        ({"given": ""}, {}, "sure"),
        ({"given": "Sian Mair"}, {}, "sure"),
        ({"given": "Mair"}, {}, "given"),
        ({"family": "Müller"}, {}, "name"),
        ({"family": "O'Brien"}, {}, "name"),
        ({"family": ""}, {}, "name"),
        ({"born_on": date(1974, 2, 8)}, {}, "born"),
        ({"born_on": None}, {}, "no_birth"),
        ({"born_on": None, "family": "Hartwell"}, {}, "no_birth"),
        ({"born_on": date(1961, 3, 14), "family": "Hartwell"}, {}, "somebody_else"),
        ({}, {"registered": False}, "left"),
        ({}, {"registered": False, "was_registered": False}, "not_registered"),
        ({}, {"deceased": True}, "deceased"),
        ({"died": True}, {}, "said_deceased"),
        ({}, {"restricted": True}, "restricted"),
        ({"traced": False}, {}, "not_traced"),
        # What differs of the person is said before what is so of their record.
        ({"born_on": date(1974, 8, 3)}, {"deceased": True, "registered": False}, "born"),
        ({"family": "Hartwell"}, {"restricted": True}, "name"),
    ],
)
def test_who_it_is(says: dict[str, Any], has: dict[str, Any], reason: str) -> None:
    found = match(replace(SAYS, **says), replace(SIAN, **has), [])
    assert found == Match(reason, SIAN.id if reason == "sure" else None)


def test_of_whom_nobody_has_the_number_nothing_is_guessed() -> None:
    assert match(SAYS, None, []) == Match("not_here")
    assert match(SAYS, None, [SIAN]) == Match("other_number")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Núñez", "NUNEZ", True),
        ("Straße", "STRASSE", True),
        ("Łukasz", "Lukasz", True),
        ("Smith Jones", "Smith-Jones", True),
        ("Smith", "Smith-Jones", False),
        ("Hаrtwell", "Hartwell", False),  # the second letter is Cyrillic
        ("", "", False),
        ("-", "'", False),
    ],
)
def test_names_are_the_same_but_for_how_they_are_written(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) == same_name(other, one) == same


def test_a_first_name_that_is_missing_on_our_side_is_no_agreement() -> None:
    assert same_given("", "Sam")
    assert not same_given("Sam", "")


DAY, EARLIER, LATER = date(2026, 12, 3), date(2026, 3, 1), date(2026, 12, 5)


def have(day: date, value: float | None, code: str = "271649006") -> OnRecord:
    return OnRecord(code, day, value, f"{value:g} mmHg" if value is not None else "", "Wexcombe Road Surgery")


@pytest.mark.parametrize(
    ("record", "how", "words"),
    [
        ([], "new", "None before"),
        ([have(EARLIER, 150)], "new", "Last: 150 mmHg of 1 March 2026"),
        ([have(EARLIER, 142)], "new", "Last: 142 mmHg"),
        ([have(DAY, 142)], "same", "The same stands there"),
        ([have(DAY, 142 + 1e-12)], "same", "The same stands there"),
        ([have(DAY, 140), have(DAY, 142)], "same", "The same"),
        ([have(DAY, 140)], "other_value", "140 mmHg of the same day, from Wexcombe Road Surgery"),
        ([have(DAY, None)], "other_value", "the same code of the same day"),
        ([have(LATER, 138)], "older", "The record has 138 mmHg of 5 December 2026"),
        ([have(LATER, 138), have(DAY, 140)], "other_value", "140 mmHg"),
        ([have(DAY, 142, "271650006")], "new", "None before"),
    ],
)
def test_how_an_entry_stands_to_the_record(record: list[OnRecord], how: str, words: str) -> None:
    found, said = difference("271649006", DAY, 142, record)
    assert found == how
    assert words in said


def test_a_code_without_a_value_is_the_same_as_itself_alone() -> None:
    assert difference("8517006", DAY, None, [have(DAY, None, "8517006")])[0] == "same"
    assert difference("8517006", DAY, None, [have(EARLIER, None, "8517006")])[0] == "new"


SMOKER, NEVER = "77176002", "266919005"


@pytest.mark.parametrize(
    ("record", "how", "words"),
    [
        ([(EARLIER, None)], "new", "The record has Smoker of 1 March 2026"),
        ([(LATER, None)], "older", "The record has Smoker of 5 December 2026"),
        ([(DAY, None)], "other_value", "Smoker of the same day, from Wexcombe Road Surgery"),
        # An amount of the day is no other status.
        ([(DAY, 12)], "new", "The record has Smoker: 12 a day of 3 December 2026"),
        ([], "new", "None before"),
    ],
)
def test_a_status_is_held_against_every_status_of_its_check(
    record: list[tuple[date, float | None]], how: str, words: str
) -> None:
    has = [
        OnRecord(SMOKER, day, value, f"{value} a day" if value else "", "Wexcombe Road Surgery", term="Smoker")
        for day, value in record
    ]
    assert difference(NEVER, DAY, None, has, {SMOKER, NEVER}) == (how, words)
    assert difference(NEVER, DAY, None, has) == ("new", "None before")
    assert difference(NEVER, DAY, 1, has, {SMOKER, NEVER}) == ("new", "None before")
    same = OnRecord(NEVER, DAY, None, "", "Wexcombe Road Surgery", term="Never smoked tobacco")
    assert difference(NEVER, DAY, None, [*has, same], {SMOKER, NEVER})[0] == "same"


def test_what_is_asked_is_told_from_what_is_said() -> None:
    assert asks("Please repeat the blood pressure in two weeks")
    assert asks("Still due, please offer: lipids.")
    assert not asks("Was pleased with the visit")
