"""The rule-set files name only what there is."""

from __future__ import annotations

import csv

import pytest

from tests.specification.recall import golden


@pytest.mark.parametrize("key", golden.rule_sets())
def test_every_set_that_a_rule_names_is_there_if_only_empty(key: str) -> None:
    rules = golden.rule_set(key)
    named = {each for fact in rules["facts"].values() for each in fact["sets"]}
    for part in rules["parts"]:
        named |= {each for kind in ("done", "declined", "unsuitable") for each in part.get(kind, ())}
    with (golden.REFERENCE / "code_sets.csv").open(encoding="utf-8", newline="") as file:
        there = {row["key"] for row in csv.DictReader(file)}
    assert named - there == set()


@pytest.mark.parametrize("key", golden.rule_sets())
def test_nothing_completes_that_also_declines_invites_or_scores(key: str) -> None:
    """H4, H5: a code that completes a part is in no set of declines, unsuitabilities, invitations or AUDIT scores."""
    with (golden.REFERENCE / "code_sets.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["member"]]
    never = ("DEC_COD", "DECLINED", "PU_COD", "PCAPU_COD", "INVITE_COD", "INVITE", "AUDIT_COD", "AUDITC_COD")
    forbidden = {row["member"] for row in rows if row["key"].endswith(never)}
    completing = {each for part in golden.rule_set(key)["parts"] for each in part["done"]}
    assert not {row["member"] for row in rows if row["key"] in completing} & forbidden
