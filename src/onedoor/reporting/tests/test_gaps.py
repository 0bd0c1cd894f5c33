"""Gaps as they may be passed on: the commonest first, the rarest not told (product-map.md F3)."""

from __future__ import annotations

from datetime import date

import pytest

from onedoor.directory import api as directory
from onedoor.directory.tests.factories import services
from onedoor.factories import person, practice
from onedoor.kernel.access import Access
from onedoor.reporting import api as reporting

pytestmark = pytest.mark.django_db
TODAY = date(2026, 12, 7)
NOBODY = Access.nobody().actor


UNMET = {
    ("toothache", "ZZ4"): 120,
    ("autism assessment", "ZZ7"): 100,
    ("cataracts", "ZZ4"): 80,
    ("eczema", "ZZ1"): 60,
    ("blood pressure check", "ZZ2"): 50,
    ("inhaler", "ZZ4"): 40,
    ("repeat prescription", "ZZ7"): 30,
    ("flu jab", "ZZ1"): 13,
    ("vasectomy", "ZZ9"): 4,
    ("cosmetic surgery", "ZZ8"): 3,
}
"""What 500 people look for in vain, and where (product-map.md F3)."""


@pytest.mark.slow
def test_of_five_hundred_unmet_needs_the_commonest_come_first_and_the_rarest_are_not_told() -> None:
    services()
    findings = {words: directory.find(words, by_patient=True) for words, _ in UNMET}
    for (words, place), times in UNMET.items():
        for _ in range(times):
            directory.end_search(findings=findings[words], place=place, via="public", by=NOBODY)
    _, access = person(practice())
    found = directory.gaps(access, TODAY, TODAY)
    assert found.total == sum(UNMET.values()) == 500
    assert [row.count for row in found.by_need] == sorted(UNMET.values(), reverse=True)
    needs = [findings[words].need for words, _ in UNMET]
    assert [row.name for row in found.by_need] == needs
    told = reporting.gaps_shown(found, most=100)
    assert [row.name for row in told.by_need] == [*needs[:-2], "others, of few each"]
    assert {row.name for row in told.by_place} == {"ZZ4", "ZZ7", "ZZ1", "ZZ2", "others, of few each"}
    assert (len(told.cells), told.hidden_cells) == (8, 2)
