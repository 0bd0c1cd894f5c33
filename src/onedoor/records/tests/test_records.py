"""Entries: written once, in sets, seen within the access."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from onedoor import factories
from onedoor.kernel import codes
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db


def entry(patient_id: int, organisation_id: int, key: str) -> NewEntry:
    return NewEntry(
        patient_id, organisation_id, "appointment", "Cancelled by text", key, "text reply", codes.CANCELLED_BY_PATIENT
    )


def test_replayed_entries_are_one() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    for expected in (1, 0):
        with transaction.atomic():
            assert records.record_entries(entries=[entry(patient.pk, practice.pk, "k")], by=factories.TEST) == expected
    (found,) = records.timeline(access, patient.pk)
    assert found.code is not None
    assert (found.code.code, found.source, found.actor_label) == ("185332005", "text reply", "test")


def test_many_entries_cost_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    for n in (10, 1_000):
        wanted = [entry(patient.pk, practice.pk, f"{n}-{i}") for i in range(n)]
        with django_assert_max_num_queries(5), transaction.atomic():
            assert records.record_entries(entries=wanted, by=factories.TEST) == n


def test_a_look_is_kept_and_seen_by_the_patient() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    records.look(access=access, patient_id=patient.pk, page="patient")
    from onedoor.kernel.access import Access

    (look,) = records.who_looked(Access.of_patient(patient.pk), patient.pk)
    assert (look.actor_label, look.page) == ("Robin Vale", "patient")


def test_a_timeline_outside_the_access_is_not_found() -> None:
    patient = factories.patient(factories.practice())
    _, other = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    with pytest.raises(Patient.DoesNotExist):
        records.timeline(other, patient.pk)
