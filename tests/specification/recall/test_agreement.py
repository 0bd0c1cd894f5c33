"""What recall keeps of everybody agrees with the labels and the plain reading; `./run bench rules` compares 10,000 people."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from onedoor.kernel.access import Access
from tests.specification.recall import compared, generated, golden, labels, store
from tests.specification.recall.reading import Reader

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PEOPLE = int(os.environ.get("ONEDOOR_RULES_PEOPLE", "300"))
NIGHTS = generated.DAYS if PEOPLE > 300 else generated.DAYS[::2]


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
        assert found.reasons.get(reason, 0) > PEOPLE // 100, reason


def test_night_by_night_nobody_is_missed() -> None:
    """H6: each night works out those whose day has come, whose entries or registration changed, who died; all others stand."""
    store.load_reference_sets()
    people = list(generated.people(PEOPLE // 3, seed=generated.SEED + 1))
    found = compared.night_by_night(people, store.write_people(people), NIGHTS)
    assert found.differences[:20] == []
    assert found.written > 0


def test_why_says_of_everybody_labelled_what_the_plain_reading_says_to_the_entry_that_decided() -> None:
    """T11: why in, out, due or done, for any day; and which entries say so. Every third, since each is worked out alone."""
    from onedoor.recall import api as recall

    store.load_reference_sets()
    people = golden.people()[::3]
    patient_ids = store.write_people(each.person for each in people)
    # Whoever reads all of it: what another organisation wrote is kept from staff without an agreement.
    access = Access.system("specification")
    for labelled, patient_id in zip(people, patient_ids, strict=True):
        for key in labelled.expected:
            reader = Reader(golden.rule_set(key), golden.members(), labelled.person, labelled.on)
            plain, why = reader.standing(), recall.why(access, patient_id, key, labelled.on)
            said = f"{labelled.name}, {key}"
            if plain is None:
                assert (why.status, why.reason) == (None, "not_in_cohort"), said
                continue
            assert (why.status, why.reason, why.due_on, why.expires_on) == (
                plain.status,
                plain.reason,
                plain.due_on,
                plain.expires_on,
            ), said
            assert {part.key: part.done_on for part in why.parts if part.done} == reader.done(), said
            assert {part.key for part in why.parts if part.declined_on} == plain.declined, said
            shown = {(each.about, each.day) for each in why.evidence}
            assert deciding(reader, plain.reason) <= shown, said
            assert {(f"part:{part}:done", day) for part, day in reader.done().items()} <= shown, said
            assert why.text, said


def deciding(reader: Reader, reason: str) -> set[tuple[str, date]]:
    """The entries, as (fact, day), that the rule of this code rests on."""
    names = [
        name for rule in reader.rules.get("rules", ()) if rule["code"] == reason for name in facts_of(rule["cond"])
    ]
    found = {name: reader.fact(name) for name in names}
    return {(name, entry.day) for name, entry in found.items() if entry}


def facts_of(condition: Mapping[str, Any]) -> Iterator[str]:
    """The facts that a condition asks about."""
    for part in (*condition.get("all", ()), *condition.get("any", ())):
        yield from facts_of(part)
    yield from (condition[place] for place in ("fact", "than") if place in condition)
