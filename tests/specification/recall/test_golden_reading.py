"""The people labelled by hand, judged by the plain reading: no database."""

from __future__ import annotations

import pytest

from tests.specification.recall import golden
from tests.specification.recall.labels import contradictions
from tests.specification.recall.reading import read


@pytest.mark.parametrize("labelled", golden.people(), ids=lambda labelled: labelled.name)
def test_the_plain_reading_says_what_the_label_says(labelled: golden.Golden) -> None:
    for key, expected in labelled.expected.items():
        standing = read(golden.rule_set(key), golden.members(), labelled.person, labelled.on)
        assert contradictions(labelled, key, expected, standing) == []


@pytest.mark.parametrize(
    "labelled", [each for each in golden.people() if "smi" in each.expected], ids=lambda labelled: labelled.name
)
def test_nobody_is_complete_of_nine_and_all_else_is_as_in_the_six(labelled: golden.Golden) -> None:
    six = read(golden.rule_set("smi"), golden.members(), labelled.person, labelled.on)
    nine = read(golden.rule_set("smi-nine"), golden.members(), labelled.person, labelled.on)
    assert (six is None) == (nine is None)
    if six and nine:
        assert (nine.done, nine.denominator, nine.numerator) == (six.done, six.denominator, False)
        assert nine.reason != "done"
        if six.reason != "done":
            assert (nine.status, nine.reason, nine.due_on) == (six.status, six.reason, six.due_on)


def test_invented_codes_are_well_formed_and_nobody_elses() -> None:
    codes = list(golden.invented().values())
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(golden.dictionary())
    assert golden.check_digit("6062100") == "9"
    assert golden.check_digit("106692100000010") == "6"
