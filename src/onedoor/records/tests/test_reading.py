"""What of the record somebody reads: by table for each way of being related, and as a property over any agreements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import RecordSharing
from onedoor.accounts.tests.sharing import shares
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.kernel.codes import Concept
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db

WEIGHT = Concept("27113001", "Body weight")


def entry(patient: Patient, at: accounts.Organisation, text: str, *, coded: bool = False, **more: Any) -> None:
    """Something on the record, written by this organisation."""
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=patient.pk,
                    organisation_id=at.pk,
                    kind="check",
                    text=text,
                    intent_key=f"{at.pk}:{text}",
                    source="check form",
                    concept=WEIGHT if coded else None,
                    value=81.0 if coded else None,
                    **more,
                )
            ],
            by=factories.TEST,
        )


def cares(organisation: accounts.Organisation, patient: Patient, kind: str = "caseload") -> None:
    CareRelationship.objects.create(
        patient=patient, organisation=organisation, kind=kind, starts_on=clock.today() - timedelta(days=30)
    )


def read(access: Access, patient: Patient) -> set[str]:
    return {one.text for one in records.timeline(access, patient.pk)}


@pytest.fixture
def two() -> tuple[accounts.Organisation, accounts.Organisation, Patient, Access, Access]:
    """A practice and a trust that both care for Sam; each has written a note and a weight."""
    practice, trust = factories.practice(), factories.practice("Y99902", "Wexcombe Mental Health")
    sam = factories.patient(practice)
    cares(trust, sam)
    for place, name in ((practice, "practice"), (trust, "trust")):
        entry(sam, place, f"{name} note")
        entry(sam, place, f"{name} weight", coded=True)
    return (
        practice,
        trust,
        sam,
        factories.person(practice, Role.PRACTICE_MANAGER)[1],
        factories.person(trust, Role.HEALTH_CARE_ASSISTANT)[1],
    )


Two = tuple[accounts.Organisation, accounts.Organisation, Patient, Access, Access]
DAY = timedelta(days=1)
BOTH, NONE, CODED = {"practice note", "practice weight"}, set[str](), {"practice weight"}


@pytest.mark.parametrize(
    ("name", "agreement", "sees"),
    [
        ("no agreement", None, NONE),
        ("all, in force", {"covers": "all"}, BOTH),
        ("coded, in force", {"covers": "coded"}, CODED),
        ("from today", {"covers": "all", "starts": 0}, BOTH),
        ("from tomorrow", {"covers": "all", "starts": 1}, NONE),
        ("its last day", {"covers": "all", "ends": 0}, BOTH),
        ("its last day was yesterday", {"covers": "all", "ends": -1}, NONE),
        ("ended", {"covers": "all", "ended": True}, NONE),
        ("the other way round", {"covers": "all", "back": True}, NONE),
    ],
)
def test_what_a_trust_reads_of_the_practice(
    two: Two, name: str, agreement: dict[str, Any] | None, sees: set[str]
) -> None:
    practice, trust, sam, _, theirs = two
    if agreement is not None:
        giver, reader = (trust, practice) if agreement.get("back") else (practice, trust)
        made = shares(
            giver,
            reader,
            covers=agreement["covers"],
            starts_on=clock.today() + agreement.get("starts", -2) * DAY,
            ends_on=clock.today() + agreement.get("ends", 2) * DAY,
        )
        if agreement.get("ended"):
            RecordSharing.objects.filter(pk=made.pk).update(ended_at=clock.now())
    assert read(theirs, sam) == sees | {"trust note", "trust weight"}
    assert {fact.organisation_id for fact in records.coded_of(theirs, sam.pk)} == {trust.pk} | (
        {practice.pk} if sees else set()
    )
    kept = records.not_shared(theirs, sam.pk)
    assert [(one.count, one.organisation) for one in kept] == (
        [(2 - len(sees), practice.name)] if len(sees) < 2 else []
    )


def test_an_agreement_gives_no_patient(two: Two) -> None:
    practice, trust, _, _, theirs = two
    shares(practice, trust)
    other = factories.patient(practice, "Maud")
    with pytest.raises(Patient.DoesNotExist):
        records.timeline(theirs, other.pk)


def test_that_somebody_is_known_elsewhere_is_not_named(two: Two) -> None:
    _, _, sam, ours, _ = two
    (kept,) = records.not_shared(ours, sam.pk)
    assert (kept.count, kept.organisation) == (2, "")


def test_who_looked_elsewhere_has_no_name_but_to_the_patient(two: Two) -> None:
    practice, trust, sam, ours, theirs = two
    for access in (ours, theirs):
        records.look(access=access, patient_id=sam.pk, page="patient")
    assert {look.organisation_id for look in records.who_looked(ours, sam.pk)} == {practice.pk, None}
    assert {look.organisation_id for look in records.who_looked(theirs, sam.pk)} == {practice.pk, trust.pk}
    assert {look.organisation_id for look in records.who_looked(Access.of_patient(sam.pk), sam.pk)} == {
        practice.pk,
        trust.pk,
    }


@pytest.mark.parametrize("of", [Access.of_patient, lambda _: Access.system("test")])
def test_a_patient_and_the_system_read_all(two: Two, of: Callable[[int], Access]) -> None:
    sam = two[2]
    assert read(of(sam.pk), sam) == {"practice note", "practice weight", "trust note", "trust weight"}
    assert records.not_shared(of(sam.pk), sam.pk) == []


def test_ending_takes_it_away_at_once_and_keeps_history(two: Two) -> None:
    practice, trust, sam, ours, theirs = two
    made = shares(practice, trust)
    assert "practice note" in read(theirs, sam)
    assert accounts.end_records(access=ours, ref=made.ref, because="The service moved")
    assert read(theirs, sam) == {"trust note", "trust weight"}
    assert not accounts.end_records(access=ours, ref=made.ref, because="Again")
    (kept,) = accounts.record_agreements(ours)
    assert (kept.state, kept.ended_because, kept.given) == ("ended", "The service moved", True)


def test_what_the_practice_accepted_is_its_own(two: Two) -> None:
    _, trust, sam, ours, _ = two
    away: dict[str, Any] = {
        "patient_id": sam.pk,
        "organisation_id": trust.pk,
        "kind": "check",
        "text": "ward weight",
        "source": "check form",
    }
    done = NewEntry(**away, intent_key="ward", concept=WEIGHT, value=79.0, elsewhere=True)
    with transaction.atomic():
        records.record_entries(entries=[done], by=factories.TEST)
    assert "ward weight" not in read(ours, sam)
    with transaction.atomic():
        records.accept_entries(entries=[NewEntry(**away, intent_key="ward", concept=WEIGHT, value=79.0)], by=ours.actor)
    assert "ward weight" in read(ours, sam)
    assert [fact.value for fact in records.coded_of(ours, sam.pk) if fact.organisation_id == trust.pk] == [79.0]


def test_what_was_accepted_of_anybodys_document_is_read(two: Two) -> None:
    _, trust, sam, ours, _ = two
    lines = [
        NewEntry(sam.pk, trust.pk, "document", "Clozapine started", "doc:1", "document"),
        NewEntry(sam.pk, trust.pk, "document", "discharge weight", "doc:2", "document", WEIGHT, value=77.0),
    ]
    with transaction.atomic():
        assert records.accept_entries(entries=lines, by=ours.actor) == 2
    assert {"Clozapine started", "discharge weight"} <= read(ours, sam)
    facts = [fact for fact in records.coded_of(ours, sam.pk) if fact.organisation_id == trust.pk]
    assert [fact.value for fact in facts] == [77.0]
    assert records.read_among(ours, [fact.pk for fact in facts]) == {facts[0].pk}
    assert "trust note" not in read(ours, sam)


def test_reading_costs_the_same_however_much_there_is(two: Two, django_assert_max_num_queries: Any) -> None:
    _, trust, sam, _, theirs = two
    for n in range(30):
        entry(sam, trust, f"note {n}")
    with django_assert_max_num_queries(6):
        records.timeline(theirs, sam.pk)
    with django_assert_max_num_queries(6):
        records.not_shared(theirs, sam.pk)


NAMES = ("A", "B", "C", "D")
AGREEMENTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from(["all", "coded"]),
        st.integers(-3, 3),
        st.integers(0, 4),
        st.booleans(),
    ).filter(lambda row: row[0] != row[1]),
    max_size=6,
)
WRITTEN = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=8)


@given(agreements=AGREEMENTS, written=WRITTEN, reader=st.integers(0, 3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_without_an_agreement_is_ever_read(
    agreements: list[tuple[int, int, str, int, int, bool]], written: list[tuple[int, bool]], reader: int
) -> None:
    with transaction.atomic():
        places = [factories.practice(f"Y9980{n}", name) for n, name in enumerate(NAMES)]
        sam = factories.patient(places[0])
        for place in places[1:]:
            cares(place, sam)
        for n, (by, coded) in enumerate(written):
            entry(sam, places[by], f"{n} {by} {coded}", coded=coded, effective_at=clock.now() - n * DAY)
        today: date = clock.today()
        may: dict[int, str] = {reader: "all"}
        for giver, gets, covers, starts, lasts, ended in agreements:
            starts_on, ends_on = today + starts * DAY, today + (starts + lasts) * DAY
            made = shares(places[giver], places[gets], covers=covers, starts_on=starts_on, ends_on=ends_on)
            if ended:
                RecordSharing.objects.filter(pk=made.pk).update(ended_at=clock.now())
            elif gets == reader and starts_on <= today <= ends_on and may.get(giver) != "all":
                may[giver] = covers
        access = factories.person(places[reader], Role.HEALTH_CARE_ASSISTANT)[1]
        expected = {
            f"{n} {by} {coded}" for n, (by, coded) in enumerate(written) if by in may and (coded or may[by] == "all")
        }
        assert read(access, sam) == expected
        assert sum(one.count for one in records.not_shared(access, sam.pk)) == len(written) - len(expected)
        # The stream tells of exactly what the page would show.
        told = accounts.sources(access)
        assert {f"{n} {by} {c}" for n, (by, c) in enumerate(written) if told.reads(places[by].pk, coded=c)} == expected
        transaction.set_rollback(True)
