"""People of the specification in the tables, and the standings that recall keeps of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from onedoor.accounts.api import Organisation
from onedoor.exchange import api as exchange
from onedoor.factories import TEST, practice
from onedoor.kernel import clock
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.models import Known, RuleSet
from onedoor.recall.models import Standing as Row
from onedoor.records import api as records
from onedoor.records.models import Code, Coded, Unit
from onedoor.records.types import NewEntry
from tests.specification.recall import golden
from tests.specification.recall.reading import Entry, Person, Standing

WRITTEN = datetime(2022, 1, 3, 9, 0, tzinfo=clock.LONDON)
BATCH = 5_000


def practices() -> list[Organisation]:
    """Where people are registered, and where else entries are made: a fact stands once for each place."""
    return [practice(f"Y9901{place}", f"Practice {place}") for place in range(9)]


def load_reference_sets() -> None:
    """Every code set with its members of the facts and invented, by the loader of official files; the rule set of edges."""
    lines = ["cluster_id,refset_id,code,term"]
    terms = golden.terms()
    for key, codes in sorted(golden.members().items()):
        lines += [f"{key},,{code},{terms[code]}" for code in sorted(codes)]
    report = exchange.import_codes(file="\r\n".join([*lines, ""]).encode(), by=TEST, name="invented_20270630.csv")
    assert [row for row in report.rows if row.level == "reject"] == []
    assert {key: records.members(key) for key in golden.members()} == golden.members()
    for word, sets in golden.words().items():
        if not sets:
            Code.objects.create(code=golden.invented()[word], term=f"Invented {word}, of no set")
    rules = golden.rule_set(golden.EDGES)
    content = json.loads(json.dumps(rules, default=str))
    RuleSet.objects.get_or_create(
        key=golden.EDGES,
        version=rules["version"],
        defaults={
            "programme": rules["programme"],
            "active_from": rules["active_from"],
            "content": content,
            "sha256": hashlib.sha256(json.dumps(content).encode()).hexdigest(),
        },
    )


def write_people(people: Iterable[Person]) -> list[int]:
    """Patients with their registrations and coded entries, in the order of writing; their keys, in the order given."""
    people, places = list(people), practices()
    patients = Patient.objects.bulk_create(
        [
            Patient(
                given_name="Sam",
                family_name=f"Hollis {number}",
                name_key=f"hollis {number} sam",
                born_on=person.born,
                deceased=person.deceased,
            )
            for number, person in enumerate(people)
        ],
        batch_size=BATCH,
    )
    CareRelationship.objects.bulk_create(
        [
            CareRelationship(patient=patient, organisation=place, kind="registered", starts_on=since, ends_on=until)
            for patient, person in zip(patients, people, strict=True)
            for place, (since, until) in zip(places, person.registrations, strict=False)
        ],
        batch_size=BATCH,
    )
    _write_entries(patients, people, places)
    return [patient.pk for patient in patients]


def _write_entries(patients: Sequence[Patient], people: Sequence[Person], places: Sequence[Organisation]) -> None:
    codes = dict(Code.objects.values_list("code", "id"))
    units = dict(Unit.objects.values_list("ucum", "id"))
    rows: list[Coded] = []
    for patient, person in zip(patients, people, strict=True):
        seen: dict[tuple[date, str, float | None], int] = {}
        for entry in sorted(person.entries, key=lambda entry: entry.number):
            # The same fact twice is in the tables only if two places say it.
            again = seen[entry.day, entry.code, entry.value] = seen.get((entry.day, entry.code, entry.value), -1) + 1
            rows.append(
                Coded(
                    patient=patient,
                    code_id=codes[entry.code],
                    day=entry.day,
                    value=entry.value,
                    unit_id=units[entry.unit] if entry.unit else None,
                    organisation=places[again],
                    source=3 if entry.elsewhere else 2,
                    recorded_at=WRITTEN,
                    in_error_at=WRITTEN if entry.in_error else None,
                )
            )
    Coded.objects.bulk_create(rows, batch_size=BATCH)


def write_one(patient_id: int, person: Person, entry: Entry) -> None:
    """Put one more entry, without a value, on somebody's timeline as those who see them do, and on the person."""
    at = datetime(entry.day.year, entry.day.month, entry.day.day, 12, 0, tzinfo=clock.LONDON)
    new = NewEntry(
        patient_id=patient_id,
        organisation_id=practices()[0].pk,
        kind="check",
        text="Invented",
        intent_key=_intent(patient_id, entry),
        source="specification",
        concept=records.concept(entry.code),
        effective_at=at,
    )
    with transaction.atomic():
        records.record_entries(entries=[new], by=TEST)
    assert isinstance(person.entries, list)
    person.entries.append(entry)


def take_back(patient_id: int, person: Person, entry: Entry) -> None:
    """Say of an entry written so that it was entered in error, and on the person."""
    with transaction.atomic():
        records.in_error(patient_id=patient_id, intents=_intent(patient_id, entry))
    assert isinstance(person.entries, list)
    person.entries[person.entries.index(entry)] = replace(entry, in_error=True)


def change(patient_id: int, person: Person, *, on: date, to: str) -> Person:
    """Somebody dies, is found to be born on another day, moves to another practice, or leaves; returns them as they are then."""
    match to:
        case "dies":
            person = replace(person, deceased=True)
        case "is born otherwise":
            person = replace(person, born=date(1961, 2, 28) if person.born.year > 1961 else date(1990, 2, 28))
        case "moves" | "leaves":
            ended = [(since, until or max(since, on)) for since, until in person.registrations]
            person = replace(person, registrations=[*ended, (on, None)] if to == "moves" else ended)
    Patient.objects.filter(pk=patient_id).update(deceased=person.deceased, born_on=person.born)
    CareRelationship.objects.filter(patient_id=patient_id).delete()
    CareRelationship.objects.bulk_create(
        CareRelationship(patient_id=patient_id, organisation=place, kind="registered", starts_on=since, ends_on=until)
        for place, (since, until) in zip(practices(), person.registrations, strict=False)
    )
    return person


def _intent(patient_id: int, entry: Entry) -> str:
    return f"specification:{patient_id}:{entry.number}."


Kept = Mapping[tuple[str, int], tuple[Standing, date | None]]
"""By rule set and patient: the standing, and the first later day on which it may differ though nothing is written."""


def standings(patient_ids: Sequence[int]) -> Kept:
    """What recall keeps of these people."""
    parts = {
        key: [part["key"] for part in golden.rule_set(key)["parts"]] for key in (*golden.rule_sets(), golden.EDGES)
    }
    keys = {rule_set.pk: rule_set.key for rule_set in RuleSet.objects.filter(key__in=parts)}
    found = {}
    for row in Row.objects.filter(patient_id__in=patient_ids):
        key = keys[row.rule_set_id]
        found[key, row.patient_id] = (
            Standing(
                status=row.status,
                reason=row.reason,
                denominator=row.in_denominator,
                numerator=row.in_numerator,
                done=_named(parts[key], row.parts_done),
                declined=_named(parts[key], row.parts_declined),
                due_on=row.due_on,
                expires_on=row.expires_on,
            ),
            row.changes_on,
        )
    return found


def changes(patient_ids: Sequence[int]) -> Mapping[int, date | None]:
    """By patient: the first day on which one of their standings may differ, those that they do not have yet included."""
    return dict(Known.objects.filter(patient_id__in=patient_ids).values_list("patient_id", "changes_on"))


def _named(parts: Sequence[str], bits: int) -> frozenset[str]:
    return frozenset(part for place, part in enumerate(parts) if bits >> place & 1)
