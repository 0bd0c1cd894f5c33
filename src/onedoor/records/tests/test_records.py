"""Entries: written once, in sets, seen within the access."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from onedoor import factories
from onedoor.accounts.tests.sharing import shares
from onedoor.kernel import clock, codes, events
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.events import CodedChanged
from onedoor.records.models import Code, Coded, Unit
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
        with django_assert_max_num_queries(7), transaction.atomic():
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


def test_an_entry_with_a_value_is_a_coded_fact_too(monkeypatch: pytest.MonkeyPatch) -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    systolic = records.concept("271649006")

    def written(key: str) -> NewEntry:
        return NewEntry(
            patient.pk, practice.pk, "check", "Systolic 128", key, "check form", systolic, value=128, unit="mm[Hg]"
        )

    told: list[CodedChanged] = []
    monkeypatch.setitem(events._handlers, CodedChanged, [told.append])
    with transaction.atomic():
        records.record_entries(entries=[written("a"), written("b")], by=factories.TEST)
    (found,) = records.coded_of(access, patient.pk)
    assert (found.code.code, found.value, found.day.isoformat()) == ("271649006", 128.0, "2026-12-07")
    assert found.unit is not None
    assert found.unit.ucum == "mm[Hg]"
    for key in ("a", "b"):
        with transaction.atomic():
            records.in_error(patient_id=patient.pk, intents=key)
    assert records.coded_of(access, patient.pk)[0].in_error_at is not None
    with transaction.atomic():
        records.record_entries(entries=[written("a")], by=factories.TEST)
    assert records.coded_of(access, patient.pk)[0].in_error_at is None
    assert told == [CodedChanged((patient.pk,))] * 3


@pytest.mark.parametrize(
    ("code", "values", "unit"),
    [("271649006", (128, 128, 140), "mm[Hg]"), ("8517006", (None, None), "")],
)
def test_a_fact_stands_as_long_as_one_entry_that_says_it(
    code: str, values: tuple[float | None, ...], unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    patient = factories.patient(here)
    _, access = factories.person(here)
    shares(other, here)

    def written(place: int, key: str, value: float | None) -> NewEntry:
        used = unit if value is not None else ""
        return NewEntry(patient.pk, place, "check", key, key, "form", records.concept(code), value=value, unit=used)

    def stands() -> list[bool]:
        return [
            fact.in_error_at is None
            for fact in records.coded_of(access, patient.pk)
            if fact.organisation_id == here.pk and fact.value == values[0]
        ]

    with transaction.atomic():
        wanted = [written(here.pk, f"{n}:own", value) for n, value in enumerate(values)]
        records.record_entries(entries=[*wanted, written(other.pk, "other", values[0])], by=factories.TEST)
    told: list[CodedChanged] = []
    monkeypatch.setitem(events._handlers, CodedChanged, [told.append])
    for intents, expected, times in (("0:", True, 0), ("1:", False, 1)):
        with transaction.atomic():
            assert records.in_error(patient_id=patient.pk, intents=intents) == 1
        assert (stands(), len(told)) == ([expected], times)
    assert [fact.in_error_at for fact in records.coded_of(access, patient.pk)].count(None) == len(set(values))


def test_entries_that_go_together_take_their_fact_along() -> None:
    here = factories.practice()
    patient = factories.patient(here)
    _, access = factories.person(here)
    ex_smoker = records.concept("8517006")
    with transaction.atomic():
        alike = [NewEntry(patient.pk, here.pk, "check", "x", f"k{n}", "form", ex_smoker) for n in range(2)]
        records.record_entries(entries=alike, by=factories.TEST)
        assert records.in_error(patient_id=patient.pk, intents="k") == 2
    (fact,) = records.coded_of(access, patient.pk)
    assert fact.in_error_at is not None


def test_an_entry_without_a_value_is_a_coded_fact_if_a_set_counts_it() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(patient.pk, practice.pk, "check", "x", "k1", "text", records.concept("281399006")),
                NewEntry(patient.pk, practice.pk, "check", "x", "k2", "text", records.concept("8517006")),
            ],
            by=factories.TEST,
        )
    assert [found.code.code for found in records.coded_of(access, patient.pk)] == ["8517006"]


@pytest.mark.parametrize(("value", "unit"), [(128, "kPa"), (12.8, "mm[Hg]"), (1280, "")])
def test_a_value_that_cannot_be_is_refused(value: float, unit: str) -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    wrong = NewEntry(
        patient.pk, practice.pk, "check", "x", "k", "text", records.concept("271649006"), value=value, unit=unit
    )
    with pytest.raises(records.WrongValue), transaction.atomic():
        records.record_entries(entries=[wrong], by=factories.TEST)


def test_a_timeline_has_facts_from_files_with_value_unit_and_organisation() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    other = factories.practice("Y99003", "Harbour Surgery")
    shares(other, practice)
    day = date(2026, 11, 2)
    for code, value, ucum in (("271649006", 128, "mm[Hg]"), ("763256006", 4, "{score}"), ("8517006", None, "")):
        Coded.objects.create(
            patient=patient,
            code=Code.objects.get(code=code),
            day=day,
            value=value,
            unit=Unit.objects.filter(ucum=ucum).first(),
            organisation=other,
            source=2,
            recorded_at=clock.now(),
        )
    Coded.objects.filter(code__code="8517006").update(in_error_at=clock.now())
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient.pk, practice.pk, "check", "Weighed", "k", "clinic", records.concept("27113001"), value=81.5
                )
            ],
            by=factories.TEST,
        )
    found = records.timeline(access, patient.pk)
    assert [(one.text, one.measured) for one in found] == [
        ("Weighed", "81.5 kg"),
        ("Ex-smoker", ""),
        ("AUDIT-C score: 4", ""),
        ("Systolic blood pressure: 128 mmHg", ""),
    ]
    assert {one.source for one in found[1:]} == {"Harbour Surgery"}
    assert [one.in_error_at is not None for one in found] == [False, True, False, False]
    assert len(records.timeline(access, patient.pk, kind="coded")) == 3
    assert [one.text for one in records.timeline(access, patient.pk, limit=2)] == ["Weighed", "Ex-smoker"]


@pytest.mark.parametrize("size", [10, 1_000])
def test_a_timeline_costs_as_many_queries_for_a_thousand_facts(size: int, django_assert_max_num_queries: Any) -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    code = Code.objects.get(code="271649006")
    Coded.objects.bulk_create(
        Coded(
            patient=patient,
            code=code,
            day=date(2020, 1, 1) + timedelta(days=n),
            value=120,
            organisation=practice,
            source=2,
            recorded_at=clock.now(),
        )
        for n in range(size)
    )
    with django_assert_max_num_queries(5):
        assert len(records.timeline(access, patient.pk, limit=2_000)) == size


@pytest.mark.parametrize(
    ("value", "ucum", "words"),
    [
        (128, "mm[Hg]", "128 mmHg"),
        (31.25, "kg/m2", "31.25 kg/m²"),
        (7.5, "%", "7.5%"),
        (0, "units/week", "0 units a week"),
        (4, "{score}", "4"),
        (0.1 + 0.2, "mmol/L", "0.3 mmol/L"),
        (100, "", "100"),
    ],
)
def test_a_value_in_words(value: float, ucum: str, words: str) -> None:
    assert records.measured(value, ucum) == words


def test_entries_alike_are_coded_facts_once_a_set_has_their_code(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[CodedChanged] = []
    monkeypatch.setitem(events._handlers, CodedChanged, [told.append])
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)

    def sent(subject: int) -> None:
        with transaction.atomic():
            records.record_alike(
                kind="text",
                text="Text sent",
                source="text",
                concept=codes.SMS_SENT,
                subject="message",
                rows=[(patient.pk, practice.pk, subject)],
                by=factories.TEST,
            )

    sent(1)
    assert records.coded_of(access, patient.pk) == []
    records.CodeSet.objects.get(key="MHINVITE_COD").members.create(
        code=Code.objects.get(code=codes.SMS_SENT.code), basis="file", provenance="a file", since=date(2026, 12, 1)
    )
    sent(2)
    sent(2)
    (found,) = records.coded_of(access, patient.pk)
    assert (found.code.code, found.day) == (codes.SMS_SENT.code, date(2026, 12, 7))
    assert told == [CodedChanged((patient.pk,))]
