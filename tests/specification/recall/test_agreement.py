"""What recall keeps of everybody agrees with the labels and the plain reading; `./run bench rules` compares 10,000 people."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

from tests.specification.recall import compared, generated, golden, labels, store

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PEOPLE = int(os.environ.get("ONEDOOR_RULES_PEOPLE", "300"))


def test_the_sql_says_of_everybody_labelled_what_the_label_says() -> None:
    """H4, H5, H6: the people of tests/data/recall."""
    from onedoor.recall import api as recall

    store.load_reference_sets()
    people = golden.people()
    patient_ids = store.write_people(each.person for each in people)
    by_day = defaultdict(list)
    for labelled, patient_id in zip(people, patient_ids, strict=True):
        by_day[labelled.on].append((labelled, patient_id))
    wrong = []
    for on, judged in sorted(by_day.items()):
        recall.compute(on=on)
        kept = store.standings([patient_id for _, patient_id in judged])
        for labelled, patient_id in judged:
            for key, expected in labelled.expected.items():
                standing, _ = kept.get((key, patient_id), (None, None))
                wrong += [
                    f"{labelled.name}: {each}" for each in labels.contradictions(labelled, key, expected, standing)
                ]
    assert wrong == []


def test_the_sql_and_the_plain_reading_agree_at_every_boundary() -> None:
    """H6: each generated person, under every rule set, on every day of the specification."""
    store.load_reference_sets()
    people = list(generated.people(PEOPLE))
    found = compared.compare(people, store.write_people(people), generated.DAYS)
    assert found.differences[:20] == []
    assert found.unforeseen[:20] == []
    # So that nothing agrees for want of cases.
    for reason in (
        "smi: done",
        "smi: in_remission",
        "smi-contract-year: two_invitations",
        "smi-nine: unknown",
        "flu: done",
    ):
        assert found.reasons[reason] > PEOPLE // 100, reason
