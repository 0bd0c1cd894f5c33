"""Patients are seen through care relationships only."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.patients import api as patients
from onedoor.patients.models import CareRelationship, Patient

pytestmark = pytest.mark.django_db


def test_a_stranger_finds_nothing() -> None:
    practice = factories.practice()
    factories.patient(practice)
    assert not patients.visible(Access.nobody()).exists()
    _, other = factories.person(factories.practice("Y99003", "Harbour Surgery"))
    assert not patients.visible(other).exists()


def test_an_ended_relationship_ends_sight() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    assert patients.by_ref(access, patient.ref) == patient
    CareRelationship.objects.update(ends_on=date(2026, 12, 7))
    with pytest.raises(Patient.DoesNotExist):
        patients.by_ref(access, patient.ref)


def test_a_patient_sees_only_themselves() -> None:
    practice = factories.practice()
    mine, other = factories.patient(practice), factories.patient(practice, "Ali")
    access = Access.of_patient(mine.pk)
    assert list(patients.visible(access)) == [mine]
    with pytest.raises(Patient.DoesNotExist):
        patients.by_ref(access, other.ref)


def test_the_administrator_has_no_patient_permission() -> None:
    from onedoor.kernel.access import Permission

    _, access = factories.person(factories.practice(), Role.ADMINISTRATOR)
    assert not access.may(Permission.PATIENTS)


@pytest.mark.parametrize("words", ["hollis", "Hollis Sam", "sam", "HÓLLIS", "900123", "07700 900123", "+447700900123"])
def test_search(words: str) -> None:
    practice = factories.practice()
    patient = factories.patient(practice, mobile="+447700900123")
    factories.patient(practice, "Ines", "Marlow")
    _, access = factories.person(practice)
    assert patients.search(access, words) == [patient]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("01/05/1980", ["Sam Hollis"]),
        ("hollis 1.5.1980", ["Sam Hollis"]),
        ("02/05/1980", []),
        ("31/02/1980", []),
        ("hol s", ["Sam Hollis", "Sara Hollister"]),
        ("s hol", ["Sam Hollis", "Sara Hollister"]),
        ("hollis", ["Sam Hollis", "Sara Hollister", "Hollis Abel"]),
        ("berg", ["Anna van den Berg"]),
        ("o'brien", ["Pat O'Brien"]),
        ("back\\slash ' & | ! :*", []),
        ("#29340", []),
    ],
)
def test_search_by_beginnings_in_any_order_and_by_birth(words: str, found: list[str]) -> None:
    practice = factories.practice()
    people = {"Sam Hollis": date(1980, 5, 1), "Sara Hollister": date(1981, 1, 2), "Hollis Abel": date(1982, 1, 2)}
    people |= {"Anna van den Berg": date(1983, 1, 2), "Pat O'Brien": date(1984, 1, 2)}
    for name, born_on in people.items():
        given, family = name.split(" ", 1)
        factories.patient(practice, given, family, born_on=born_on)
    _, access = factories.person(practice)
    _, elsewhere = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))
    assert [one.shown_name for one in patients.search(access, words)] == found
    assert patients.search(elsewhere, words) == []


def test_search_finds_no_more_than_asked_for_and_the_family_name_first() -> None:
    practice = factories.practice()
    for n in range(12):
        factories.patient(practice, "Ada" if n % 2 else "Berry", "Berry" if n % 2 else f"Cole{n}")
    _, access = factories.person(practice)
    assert [one.family_name for one in patients.search(access, "berry", limit=8)][:6] == ["Berry"] * 6
    assert len(patients.search(access, "berry", limit=8)) == 8
    assert len(patients.search(access, "berry", limit=3)) == 3


def test_search_by_nhs_number_and_for_nothing() -> None:
    practice = factories.practice()
    patient = factories.patient(practice)
    _, access = factories.person(practice)
    assert patient.nhs_number
    spaced = f"{patient.nhs_number[:3]} {patient.nhs_number[3:6]} {patient.nhs_number[6:]}"
    assert patients.search(access, spaced) == [patient]
    assert patients.search(access, "  ") == []


@pytest.mark.parametrize("words", ["000000", "+440000", "00 00 00", "a" * 3_000, "'\\", "\0", "#1", "99/99/2001"])
def test_an_odd_search_finds_nobody(words: str) -> None:
    practice = factories.practice()
    factories.patient(practice, mobile="+447700900111")
    assert patients.search(factories.person(practice)[1], words) == []


def test_reach_of_many_is_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    practice = factories.practice()
    shared = "+447700900200"
    people = [factories.patient(practice, f"P{i}", mobile=shared if i < 2 else None) for i in range(20)]
    factories.patient(practice, "Dead", mobile=shared, deceased=True)
    with django_assert_num_queries(1):
        reach = patients.reach(practice.pk, [person.pk for person in people])
    assert reach[people[0].pk].mobile_holders == 2
    assert reach[people[5].pk].by_phone_only
    assert reach[people[0].pk].registered


def test_a_number_ends_for_everybody_of_the_practice_who_holds_it() -> None:
    practice, other = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    number = "+447700900201"
    ours = [factories.patient(practice, f"P{i}", mobile=number) for i in range(2)]
    theirs = factories.patient(other, "Tom", mobile=number)
    nobodys = factories.patient(practice, "Ann", mobile=number)
    CareRelationship.objects.filter(patient=nobodys).update(ends_on=date(2026, 1, 1))
    earlier = clock.now() - timedelta(minutes=1)
    change = patients.end_number(organisation_id=practice.pk, number=number, held_by=earlier, by=factories.TEST)
    assert (change.patients, change.others) == ([], [])
    change = patients.end_number(organisation_id=practice.pk, number=number, held_by=clock.now(), by=factories.TEST)
    assert change.patients == [person.pk for person in (*ours, nobodys)]
    assert change.others == [other.pk]
    assert patients.holders(practice.pk, number) == []
    assert [holder.patient_id for holder in patients.holders(other.pk, number)] == [theirs.pk]


def test_a_number_that_was_right_after_all_holds_again_for_our_own() -> None:
    practice, other = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    number, now = "+447700900201", clock.now()
    person = factories.patient(practice, mobile=number)
    patients.end_number(organisation_id=practice.pk, number=number, held_by=now, by=factories.TEST)
    for organisation, since in ((other, now), (practice, now + timedelta(minutes=1))):
        change = patients.restore_number(
            organisation_id=organisation.pk, number=number, ended_since=since, by=factories.TEST
        )
        assert change.patients == []
    for _ in range(2):
        patients.restore_number(organisation_id=practice.pk, number=number, ended_since=now, by=factories.TEST)
    assert [holder.patient_id for holder in patients.holders(practice.pk, number)] == [person.pk]
    assert person.contact_points.count() == 2


TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        pytest.param((-900, None), (-10, None), "new", id="moved and still on the old list"),
        pytest.param((-900, None), (0, None), "new", id="moves today"),
        pytest.param((-900, None), (1, None), "old", id="begins tomorrow"),
        pytest.param((-900, 0), (1, None), "", id="ended today, begins tomorrow"),
        pytest.param((-900, 1), None, "old", id="ends tomorrow"),
        pytest.param((-900, 1), (-10, None), "new", id="the old one ends tomorrow"),
        pytest.param((-900, None), (-10, 0), "old", id="the newer one ended today"),
        pytest.param((-10, None), (-10, None), "new", id="both on one day: the one that was written down last"),
    ],
)
def test_somebody_who_moved_is_registered_where_the_newest_registration_is(
    old: tuple[int, int | None], new: tuple[int, int | None] | None, at: str
) -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    sam = factories.patient(here)
    CareRelationship.objects.filter(patient=sam).delete()

    def registers(place: Organisation, days: tuple[int, int | None]) -> None:
        begins, lasts = TODAY + timedelta(days=days[0]), days[1]
        ends = None if lasts is None else TODAY + timedelta(days=lasts)
        CareRelationship.objects.create(
            patient=sam, organisation=place, kind="registered", starts_on=begins, ends_on=ends
        )

    with clock.at(datetime(2026, 12, 1, 9, tzinfo=clock.LONDON)):
        registers(here, old)
        if new:
            registers(there, new)
        practice, access = patients.practice_of(sam.pk), Access.of_patient(sam.pk)
        expected = {"old": here, "new": there}.get(at)
        assert practice == expected
        assert patients.registered_at(access, sam.pk) == (expected.pk if expected else None)
        assert patients.card(access, sam.pk).practice == (expected.name if expected else "")
        _, nurse = factories.person(factories.practice("Y99904", "Wexshire Hospital"), Role.HEALTH_CARE_ASSISTANT)
        opening = patients.break_glass(
            access=nurse,
            number=sam.nhs_number or "",
            born_on=sam.born_on,
            reason="emergency",
            words="Found at the roadside",
        )
        assert not isinstance(opening, patients.NotOpened)
        assert opening.practice == expected
