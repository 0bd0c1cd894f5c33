"""The demonstration's coded entries and the sets that it invents are as its README says, and each way of standing is there."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from onedoor.accounts.api import set_organisation
from onedoor.exchange import api as exchange
from onedoor.exchange.demonstration import BEGINS, BY
from onedoor.kernel import clock
from onedoor.recall import api as recall
from onedoor.recall.models import Standing

pytestmark = pytest.mark.django_db

DEMO: Path = settings.ROOT / "localities" / "demo"
PARTS = 6


def test_whatever_code_is_invented_says_so() -> None:
    with (DEMO / "reference-sets.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for row in rows:
        assert row["code"][3:12] == "999999910", "the extension namespace 9999999, and a concept"
        assert row["term"].endswith("(demonstration code, not SNOMED CT)")


def test_what_is_coded_stands_as_the_readme_says() -> None:
    with clock.at(BEGINS):
        exchange.import_patients(file=DEMO / "patients.csv", phone="01632 960000", by=BY)
        set_organisation(ods_code="Y99902", name="Wexcombe Mental Health", phone="", by=BY)
        sets = exchange.import_codes(file=DEMO / "reference-sets.csv", version_on=BEGINS.date(), by=BY)
        assert sets.rejected == 0
        entries = exchange.import_entries(file=DEMO / "entries.csv", by=BY)
        assert (entries.taken, entries.rejected) == (3_220, 8)
        assert [one.row for one in entries.rows] == list(range(3_222, 3_230))
        recall.compute()
        key = {one.key: one.id for one in recall.rule_sets(BEGINS.date())}
        six = Standing.objects.filter(rule_set_id=key["smi"])
        counted = Counter(one.parts_done.bit_count() for one in six if one.in_denominator)
        assert (counted[PARTS], counted[PARTS - 1], counted[PARTS - 2]) == (3, 7, 4)
        assert sorted(one.reason for one in six if one.status < 2 and one.reason != "done") == [
            "declined",
            "in_remission",
        ]
        # Whom one may sign in as is the first to be asked.
        due = Standing.objects.filter(rule_set_id=key["hypertension"], status=2).order_by("due_on")
        assert [one.patient.given_name for one in due[:1]] == ["Terence"]
        contract = Standing.objects.filter(rule_set_id=key["smi-contract-year"])
        assert [one.reason for one in contract.filter(status=0).order_by("reason")] == ["in_remission", "lithium_only"]
