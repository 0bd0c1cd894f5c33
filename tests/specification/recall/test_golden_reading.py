"""The people labelled by hand, judged by the plain reading: no database."""

from __future__ import annotations

import tomllib

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


@pytest.mark.parametrize(
    ("key", "was", "becomes"),
    [
        ("smi", "months = 12", "months = 13"),
        ("smi", 'fact = "remission", day = ">"', 'fact = "remission", day = ">="'),
        ("smi", 'done = ["ALC_COD"]', 'done = ["ALC_COD", "AUDITC_COD"]'),
        ("smi", 'done = ["BP_COD"]', 'done = ["BP_COD", "BPDEC_COD"]'),
        ("smi", '"IFCCHBAM_COD", ', ""),
        ("smi", '["MHPCADEC_COD"]\nwindow = true', '["MHPCADEC_COD"]'),
        ("smi", 'at = "birthday_month_or_expiry"', 'at = "expiry"'),
        ("smi-contract-year", 'window = "contract_year"', 'window = "rolling"\nmonths = 12'),
        ("smi-contract-year", "gap_days = 7", "gap_days = 8"),
        ("smi-contract-year", "gap_days = 7", "gap_days = 6"),
        ("smi-contract-year", "months = 24", "months = 12"),
        ("smi-contract-year", 'sets = ["ANTIPSYDRUG_COD"]\nmonths = 6', 'sets = ["ANTIPSYDRUG_COD"]\nmonths = 7'),
        ("smi-contract-year", 'number = 25 }, { fact = "white"', 'number = 26 }, { fact = "white"'),
        ("smi-contract-year", 'fact = "diabetes", day = ">="', 'fact = "diabetes", day = ">"'),
        ("smi-contract-year", 'fact = "first_diagnosis", within = 3', 'fact = "diagnosis", within = 3'),
        ("smi-contract-year", 'person = "registered", within = 3', 'person = "registered", within = 4'),
        ("flu", 'window = "season"', 'window = "rolling"\nmonths = 12'),
        ("flu", 'done = ["FLU_GIVEN"]', 'done = ["FLU_GIVEN", "COVID_INVITE"]'),
        ("asthma", 'done = ["ASTHMA_REVIEW"]', 'done = ["ASTHMA_REVIEW", "AST_INVITE"]'),
        ("diabetes", '"IFCCHBAM_COD", "SERFRUC_COD"', '"SERFRUC_COD"'),
    ],
)
def test_the_labels_would_notice_a_rule_that_is_wrong(key: str, was: str, becomes: str) -> None:
    text = (golden.RULE_SETS / f"{key}.toml").read_text(encoding="utf-8")
    assert was in text
    planted = tomllib.loads(text.replace(was, becomes))
    people = [each for each in golden.people() if key in each.expected]
    found = [
        contradictions(each, key, each.expected[key], read(planted, golden.members(), each.person, each.on))
        for each in people
    ]
    assert any(found)
