"""A file that was taken by mistake: what it alone brought is in error, and what others say too stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.models import ELSEWHERE, FROM_FILE, IMPORTED, WRITTEN
from onedoor.records.types import EntriesTaken, EntryRow, NewEntry

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 2)


def rows(patient: Patient, values: Sequence[int]) -> list[EntryRow]:
    """A systolic reading for each value."""
    return [
        EntryRow(
            *(at, patient.nhs_number or "", "271649006", DAY, DAY.isoformat(), str(value), "mmHg", "Y99001", "", "")
        )
        for at, value in enumerate(values, 2)
    ]


def take(patient: Patient, values: Sequence[int], *, traced: bool = True) -> EntriesTaken:
    return records.take_entries(rows=rows(patient, values), name="november.xlsx", by=factories.TEST, traced=traced)


def counted(patient: Patient) -> set[float]:
    found = records.Coded.objects.filter(patient=patient, in_error_at=None).values_list("value", flat=True)
    return {value for value in found if value is not None}


@pytest.fixture
def practice() -> Organisation:
    return factories.practice("Y99001")


def test_what_it_alone_brought_is_in_error_and_comes_back_when_sent_again(practice: Organisation) -> None:
    patient = factories.patient(practice)
    first = take(patient, [120, 130])
    second = take(patient, [130, 140])
    assert (first.new, second.new) == (2, 1)
    assert records.withdraw_entries(import_id=first.import_id, by=factories.TEST) == 1
    assert counted(patient) == {130, 140}
    assert records.withdraw_entries(import_id=first.import_id, by=factories.TEST) == 0
    assert records.withdraw_entries(import_id=second.import_id, by=factories.TEST) == 2
    assert counted(patient) == set()
    third = take(patient, [120, 130, 140])
    assert (third.new, counted(patient)) == (3, {120, 130, 140})
    assert records.withdraw_entries(import_id=third.import_id, by=factories.TEST) == 3


def test_what_another_door_says_too_stays(practice: Organisation) -> None:
    patient = factories.patient(practice)
    first = take(patient, [120, 130, 140])
    take(patient, [130], traced=False)
    with transaction.atomic():
        entry = NewEntry(
            patient_id=patient.pk,
            organisation_id=practice.pk,
            kind="check",
            text="Systolic blood pressure: 140 mmHg",
            intent_key="typed:1",
            source="test",
            concept=records.concept("271649006"),
            effective_at=datetime(2026, 11, 2, 12, tzinfo=clock.LONDON),
            value=140,
        )
        records.record_entries(entries=[entry], by=factories.TEST)
    assert records.withdraw_entries(import_id=first.import_id, by=factories.TEST) == 1
    assert counted(patient) == {130, 140}


def typed(patient: Patient, organisation: Organisation, value: int) -> NewEntry:
    return NewEntry(
        patient_id=patient.pk,
        organisation_id=organisation.pk,
        kind="check",
        text=f"Systolic blood pressure: {value} mmHg",
        intent_key=f"typed:{value}",
        source="test",
        concept=records.concept("271649006"),
        effective_at=datetime(2026, 11, 2, 12, tzinfo=clock.LONDON),
        value=value,
    )


def from_trust(patient: Patient, values: Sequence[int]) -> EntriesTaken:
    return records.take_entries(
        rows=rows(patient, values), name="trust.xlsx", by=factories.TEST, source=ELSEWHERE, traced=True
    )


def test_what_the_practice_accepted_of_a_trusts_file_stays(practice: Organisation) -> None:
    patient = factories.patient(practice)
    first = from_trust(patient, [120, 130])
    with transaction.atomic():
        assert records.accept_entries(entries=[typed(patient, practice, 120)], by=factories.TEST) == 1
    # A file of the practice says one of them too: nobody looked at it, and it goes once no file says it.
    second = take(patient, [130])
    assert records.withdraw_entries(import_id=first.import_id, by=factories.TEST) == 0
    assert records.withdraw_entries(import_id=second.import_id, by=factories.TEST) == 1
    assert counted(patient) == {120}
    # Brought by the trust again it is done elsewhere, and accepted by nobody.
    from_trust(patient, [120, 130])
    found = records.Coded.objects.filter(patient=patient).order_by("value").values_list("source", "accepted_by")
    assert [(source == ELSEWHERE, by) for source, by in found] == [(False, factories.TEST.label), (True, None)]


@pytest.mark.parametrize("by_file", ["before", "after"])
@pytest.mark.parametrize("by_trust", [True, False])
def test_what_a_withdrawn_file_had_shown_is_done_elsewhere_again(
    practice: Organisation, by_file: str, by_trust: bool
) -> None:
    """Unless another file shows it, or somebody accepted it; and what somebody takes back is shown by the file still."""
    patient = factories.patient(practice)
    trust = factories.practice("Y99903")
    place = trust if by_trust else practice
    entry = typed(patient, place, 120)
    with transaction.atomic():
        records.record_entries(entries=[replace(entry, intent_key="trust:120", elsewhere=True)], by=factories.TEST)

    def standing() -> tuple[int, str | None]:
        found = records.Coded.objects.get(patient=patient, organisation=place, value=120)
        return found.source, found.accepted_by

    first, second = take(patient, [120]), take(patient, [120])
    assert standing() == (IMPORTED, FROM_FILE)
    records.withdraw_entries(import_id=first.import_id, by=factories.TEST)
    assert standing() == (IMPORTED, FROM_FILE)
    records.withdraw_entries(import_id=second.import_id, by=factories.TEST)
    assert standing() == (ELSEWHERE, None)
    third = take(patient, [120]) if by_file == "before" else None
    with transaction.atomic():
        records.accept_entries(entries=[entry], by=factories.TEST)
    third = third or take(patient, [120])
    assert standing()[1] == factories.TEST.label
    with transaction.atomic():
        assert records.unaccept_entries(entries=[entry]) == 0
    assert standing() == (IMPORTED, FROM_FILE)
    with transaction.atomic():
        records.accept_entries(entries=[entry], by=factories.TEST)
    records.withdraw_entries(import_id=third.import_id, by=factories.TEST)
    assert standing() == (WRITTEN, factories.TEST.label)
    with transaction.atomic():
        assert records.unaccept_entries(entries=[entry]) == 1
    assert standing() == (ELSEWHERE, None)


def test_what_a_file_for_good_shows_no_withdrawing_takes_back(practice: Organisation) -> None:
    patient = factories.patient(practice)
    entry = replace(typed(patient, practice, 120), intent_key="trust:120", elsewhere=True)
    with transaction.atomic():
        records.record_entries(entries=[entry], by=factories.TEST)
    first = take(patient, [120])
    take(patient, [120], traced=False)
    second = take(patient, [120])
    for one in (first, second):
        records.withdraw_entries(import_id=one.import_id, by=factories.TEST)
    found = records.Coded.objects.get(patient=patient)
    assert (found.source, found.accepted_by, found.in_error_at) == (IMPORTED, FROM_FILE, None)


def test_what_a_person_said_to_be_in_error_no_file_brings_back(practice: Organisation) -> None:
    patient = factories.patient(practice)
    first = take(patient, [120])
    with transaction.atomic():
        records.record_entries(entries=[typed(patient, practice, 140)], by=factories.TEST)
    second = take(patient, [140])
    records.withdraw_entries(import_id=first.import_id, by=factories.TEST)
    third = take(patient, [120])
    with transaction.atomic():
        # Written over what the withdrawn file brought: it stands with its entry, and falls with it.
        records.withdraw_entries(import_id=third.import_id, by=factories.TEST)
        records.record_entries(entries=[typed(patient, practice, 120)], by=factories.TEST)
        records.in_error(patient_id=patient.pk, intents="typed:120")
    assert take(patient, [120]).new == 0
    assert counted(patient) == {140}
    assert second.new == 0


def test_only_the_system_withdraws(practice: Organisation) -> None:
    taken = take(factories.patient(practice), [120])
    with pytest.raises(NotPermitted):
        records.withdraw_entries(import_id=taken.import_id, by=Actor("user", 1, "Robin Vale", practice.pk))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    files=st.lists(st.sets(st.integers(100, 104), max_size=4), min_size=2, max_size=4),
    order=st.lists(st.integers(0, 3), max_size=4),
)
def test_a_fact_counts_as_long_as_one_file_that_stands_says_it(files: list[set[int]], order: list[int]) -> None:
    with transaction.atomic():
        practice = Organisation.objects.filter(ods_code="Y99001").first() or factories.practice("Y99001")
        patient = factories.patient(practice)
        taken = [take(patient, sorted(values)) for values in files]
        standing = dict(enumerate(files))
        for at in order:
            if at < len(files) and taken[at].import_id:
                records.withdraw_entries(import_id=taken[at].import_id, by=factories.TEST)
                standing.pop(at, None)
        said: set[int] = set().union(*standing.values())
        assert counted(patient) == said
        transaction.set_rollback(True)
