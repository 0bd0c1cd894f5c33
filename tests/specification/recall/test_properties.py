"""What must be true of every rule set whatever a person's record holds: by the plain reading, with which the SQL agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specification.recall import generated, golden
from tests.specification.recall.reading import ACTIONABLE, NOT_ELIGIBLE, ONE_DAY, Entry, Person, read

pytestmark = pytest.mark.slow

people = st.integers(0, 5_000).map(lambda each: next(generated.people(1, seed=each)))
days = st.sampled_from(generated.DAYS)
rule_sets = pytest.mark.parametrize("key", golden.rule_sets())

NEVER = ("MHINVITE_COD", "HYPINVITE_COD", "DMINVITE_COD", "AST_INVITE", "GENERIC_INVITE", "COVID_INVITE", "AUDITC_COD")
DECLINES = (
    "MHPCADEC_COD",
    "MHPCAPU_COD",
    "BPDEC_COD",
    "BMIDEC_COD",
    "BMIPU_COD",
    "ALCSCRNDEC_COD",
    "BLDTESTDEC_COD",
    "COVID_DECLINED",
)


def more(person: Person, *entries: Entry) -> Person:
    """The person with these entries written last."""
    last = max((entry.number for entry in person.entries), default=0)
    return replace(
        person,
        entries=[
            *person.entries,
            *(replace(entry, number=last + place) for place, entry in enumerate(entries, start=1)),
        ],
    )


@rule_sets
@given(people, days, st.sampled_from((*NEVER, *DECLINES)))
def test_an_invitation_a_decline_and_a_score_complete_nothing(
    key: str, person: Person, on: date, code_set: str
) -> None:
    """H4, H5."""
    code = min(golden.members()[code_set])
    before = read(golden.rule_set(key), golden.members(), person, on)
    after = read(golden.rule_set(key), golden.members(), more(person, Entry(0, on, code)), on)
    if before and after:
        assert after.done <= before.done
        assert not after.numerator or before.numerator
        assert not before.numerator or after.numerator or after.status == NOT_ELIGIBLE


@rule_sets
@given(people, days, st.data())
def test_an_entry_in_error_or_of_tomorrow_changes_nothing(
    key: str, person: Person, on: date, data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(sorted(golden.invented().values())))
    rules = golden.rule_set(key)
    before = read(rules, golden.members(), person, on)
    wrong, tomorrow = Entry(0, on, code, in_error=True), Entry(0, on + ONE_DAY, code)
    assert read(rules, golden.members(), more(person, wrong, tomorrow), on) == before


@rule_sets
@given(people, days)
def test_whoever_is_complete_has_every_part_and_is_asked_for_none(key: str, person: Person, on: date) -> None:
    standing = read(golden.rule_set(key), golden.members(), person, on)
    if standing:
        parts = {part["key"] for part in golden.rule_set(key)["parts"]}
        assert not standing.numerator or (
            standing.denominator and standing.done == parts and standing.status != ACTIONABLE
        )
        assert not standing.done & standing.declined
        assert (standing.due_on is None) == (standing.status == NOT_ELIGIBLE)
        assert standing.status != ACTIONABLE or (standing.due_on is not None and standing.due_on <= on)
        assert standing.expires_on is None or standing.expires_on > on
