"""A patient list: who a row is, what it changes, and that taking it twice changes nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.models import AuditEntry
from onedoor.patients import api as patients
from onedoor.patients.models import CareRelationship, ContactPoint, Identifier, Need, Patient
from onedoor.patients.types import NO_TEXTS, Found, ListResult, PatientRow

pytestmark = pytest.mark.django_db

TABLES = ("patient", "identifier", "contact_point", "need", "care_relationship")


def row(number: int, **changes: Any) -> PatientRow:
    """The list's row `number`: a person like no other, unless changed."""
    plain = PatientRow(
        row=number,
        own_number=str(20_000 + number),
        nhs_number=None,
        title="Ms",
        given_name=f"Given{number}",
        family_name="Hollis",
        born_on=date(1970, 1, 1 + number % 28),
        gender="Female",
        address="1 Mill Lane, Wexcombe",
        postcode="ZZ1 1ZZ",
        language="English",
        mobile=f"+4477009{number:05d}",
        landline=None,
        email=None,
        needs="",
        texts=True,
        deceased=False,
        left_on=None,
    )
    return plain._replace(**changes)


def take(organisation: Organisation, *rows: PatientRow, source: str = "emis") -> ListResult:
    return patients.take_list(organisation_id=organisation.pk, source=source, rows=iter(rows), by=factories.TEST)


def known(own_number: str) -> Patient:
    return Identifier.objects.get(value=own_number, system="emis").patient


def contents() -> dict[str, list[Any]]:
    """Every row of the context's tables with its version: a row written anew has another xmin or place."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT xmin, ctid, t::text FROM patients_{table} t ORDER BY id")
            found[table] = cursor.fetchall()
    return found


def test_a_new_person_arrives_whole() -> None:
    practice = factories.practice()
    nhs_number = factories.nhs_number()
    result = take(
        practice,
        row(
            6,
            nhs_number=nhs_number,
            family_name="Nowak-Ó Néill",
            landline="+441632960001",
            email="a@example.com",
            needs="Easyread",
            texts=False,
        ),
    )
    assert (result.read, result.new, result.changed, result.unchanged, result.refused) == (1, 1, 0, 0, 0)
    patient = Patient.objects.get()
    assert (patient.nhs_number, patient.name_key) == (nhs_number, "nowak-o neill given6")
    assert set(patient.contact_points.values_list("kind", "value", "until")) == {
        ("mobile", "+447700900006", None),
        ("landline", "+441632960001", None),
        ("email", "a@example.com", None),
    }
    assert set(patient.needs.values_list("text", "source")) == {("Easyread", "emis"), (NO_TEXTS, "emis")}
    relationship = CareRelationship.objects.get()
    assert (relationship.kind, relationship.starts_on, relationship.ends_on) == ("registered", clock.today(), None)
    line = AuditEntry.objects.get(action="take_list")
    assert line.detail == {"source": "emis", "read": 1, "new": 1, "changed": 0, "refused": 0}


def test_the_same_list_twice_writes_nothing() -> None:
    practice = factories.practice()
    rows = [row(n, nhs_number=factories.nhs_number(), needs="Large print", texts=n % 2 == 0) for n in range(40)]
    rows[3] = rows[3]._replace(deceased=True)
    rows[4] = rows[4]._replace(left_on=date(2026, 5, 1))
    rows[5] = rows[5]._replace(own_number=rows[6].own_number)
    first = take(practice, *rows)
    before = contents()
    second = take(practice, *rows)
    assert contents() == before
    assert (second.new, second.changed, second.refused) == (0, 0, first.refused)
    assert second.unchanged == first.new


def test_as_many_statements_for_many_as_for_few() -> None:
    practice = factories.practice()
    counts = []
    for size in (10, 2_000):
        with CaptureQueriesContext(connection) as statements:
            take(practice, *(row(size + n, mobile=None) for n in range(size)))
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_changed_number_ends_the_old_one_and_history_stays() -> None:
    practice = factories.practice()
    take(practice, row(6))
    with clock.at(datetime(2026, 12, 8, 9, 0, tzinfo=clock.LONDON)):
        result = take(practice, row(6, mobile="+447700900999"))
        changed_at = clock.now()
    assert result.changed == 1
    assert list(ContactPoint.objects.order_by("id").values_list("value", "until", "ended_because")) == [
        ("+447700900006", changed_at, "replaced"),
        ("+447700900999", None, ""),
    ]
    assert take(practice, row(6)).changed == 1
    assert ContactPoint.objects.filter(value="+447700900006", until=None).count() == 1


def test_what_a_list_does_not_say_is_kept() -> None:
    practice = factories.practice()
    number = factories.nhs_number()
    take(practice, row(6, nhs_number=number), row(7))
    result = take(practice, row(6, nhs_number=None, mobile=None, title="", address="", postcode="", language=""))
    assert (result.changed, result.unchanged) == (0, 1)
    assert CareRelationship.objects.filter(ends_on=None).count() == 2


def test_a_number_ended_here_is_not_brought_back() -> None:
    practice = factories.practice()
    take(practice, row(6))
    patients.end_number(organisation_id=practice.pk, number="+447700900006", held_by=clock.now(), by=factories.TEST)
    result = take(practice, row(6))
    assert not ContactPoint.objects.filter(until=None).exists()
    assert [(w.row, w.kind, w.value) for w in result.withheld] == [(6, "mobile", "+447700900006")]
    assert result.changed == 0


def test_a_late_nhs_number_is_taken_up() -> None:
    practice = factories.practice()
    take(practice, row(6))
    number = factories.nhs_number()
    assert take(practice, row(6, nhs_number=number)).changed == 1
    assert known("20006").nhs_number == number


def test_one_person_of_two_practices() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    number = factories.nhs_number()
    take(here, row(6, nhs_number=number))
    result = take(there, row(9, nhs_number=number, given_name="Given6", born_on=date(1970, 1, 7)))
    assert (result.new, result.changed) == (0, 1)
    patient = Patient.objects.get()
    assert patient.identifiers.count() == patient.care_relationships.count() == 2


def test_two_systems_of_one_practice_number_apart() -> None:
    practice = factories.practice()
    take(practice, row(6), source="emis")
    assert take(practice, row(6), source="systmone").new == 1


# Each case: rows known before, rows of the list, what is refused as (row, because, other row).
N1, N2 = "9990000018", "9990000026"
CASES: dict[str, tuple[list[PatientRow], list[PatientRow], list[tuple[int, str, int | None]]]] = {
    "the same line twice": ([], [row(6), row(6, row=7)], [(7, "repeat", 6)]),
    "one own number for two people": (
        [],
        [row(6), row(7, own_number="20006"), row(8)],
        [(6, "own_twice", 7), (7, "own_twice", 6)],
    ),
    "one NHS number for two people": (
        [],
        [row(6, nhs_number=N1), row(7, nhs_number=N1)],
        [(6, "nhs_twice", 7), (7, "nhs_twice", 6)],
    ),
    "one person under two own numbers": (
        [],
        [row(6, nhs_number=N1), row(6, row=7, own_number="20007", nhs_number=N1)],
        [(7, "repeat", 6)],
    ),
    "numbers of two patients": (
        [row(6, nhs_number=N1), row(7, nhs_number=N2)],
        [row(6, nhs_number=N2)],
        [(6, "two_patients", None)],
    ),
    "another NHS number": ([row(6, nhs_number=N1)], [row(6, nhs_number=N2)], [(6, "other_nhs", None)]),
    "an own number given to somebody else": (
        [row(6)],
        [row(6, given_name="Ines", born_on=date(2001, 1, 1))],
        [(6, "own_taken", None)],
    ),
    "an NHS number of somebody else": (
        [row(6, nhs_number=N1)],
        [row(9, nhs_number=N1, given_name="Ines", born_on=date(2001, 1, 1))],
        [(9, "nhs_taken", None)],
    ),
    "one patient by two roads": (
        [row(6, nhs_number=N1)],
        [row(6), row(7, nhs_number=N1, given_name="Given6", born_on=date(1970, 1, 7))],
        [(7, "repeat", 6)],
    ),
    "a new name is the same person": ([row(6, nhs_number=N1)], [row(6, nhs_number=N1, family_name="Vale")], []),
    "a corrected date of birth is too": (
        [row(6, nhs_number=N1)],
        [row(6, nhs_number=N1, born_on=date(1970, 2, 7))],
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_guessed(case: str) -> None:
    before, rows, refused = CASES[case]
    practice = factories.practice()
    take(practice, *before)
    names = set(Patient.objects.values_list("id", "nhs_number"))
    result = take(practice, *rows)
    assert [(r.row, r.because, r.other_row) for r in result.rows_refused] == refused
    assert result.refused == len(refused)
    assert result.read == result.new + result.changed + result.unchanged + result.refused
    assert names <= set(Patient.objects.values_list("id", "nhs_number"))


def test_leaving_and_coming_back() -> None:
    practice = factories.practice()
    with clock.at(datetime(2026, 4, 1, 9, 0, tzinfo=clock.LONDON)):
        take(practice, row(6))
    assert take(practice, row(6, left_on=date(2026, 5, 1))).changed == 1
    assert list(CareRelationship.objects.values_list("starts_on", "ends_on")) == [(date(2026, 4, 1), date(2026, 5, 1))]
    assert take(practice, row(6, left_on=date(2026, 5, 1))).unchanged == 1
    assert take(practice, row(6)).changed == 1
    assert CareRelationship.objects.filter(ends_on=None, starts_on=clock.today()).count() == 1


def test_a_practice_that_somebody_left_no_longer_speaks_for_them() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    take(here, row(6, nhs_number=N1))
    take(there, row(6, nhs_number=N1, mobile="+447700900999", deceased=True))
    take(here, row(6, nhs_number=N1, address="Old house", left_on=date(2026, 12, 1)))
    patient = Patient.objects.get()
    assert (patient.deceased, patient.address) == (True, "1 Mill Lane, Wexcombe")
    assert ContactPoint.objects.get(until=None).value == "+447700900999"


def test_needs_follow_the_list_but_not_those_written_here() -> None:
    practice = factories.practice()
    take(practice, row(6, needs="Easyread\nLarge print"))
    patient = Patient.objects.get()
    Need.objects.create(patient=patient, organisation=practice, text="Contact by telephone")
    assert take(practice, row(6, needs="Large print")).changed == 1
    assert set(Need.objects.filter(until=None).values_list("text", flat=True)) == {
        "Large print",
        "Contact by telephone",
    }


def test_no_consent_takes_texts_out_until_there_is_consent_again() -> None:
    practice = factories.practice()

    def reach() -> Any:
        patient = Patient.objects.get()
        return patients.reach(practice.pk, [patient.pk])[patient.pk]

    take(practice, row(6, texts=None))
    assert not reach().by_phone_only
    take(practice, row(6, texts=False))
    assert reach().by_phone_only
    assert take(practice, row(6, texts=None)).unchanged == 1
    assert reach().by_phone_only
    take(practice, row(6, texts=True))
    assert not reach().by_phone_only


def test_who_are_they() -> None:
    practice, other = factories.practice(), factories.practice("Y99003", "Harbour Surgery")
    take(practice, row(6, nhs_number=N1), row(7, deceased=True), row(8, left_on=date(2026, 5, 1)))
    take(other, row(9, nhs_number=N2))
    one, two, left, stranger = patients.who_are(
        organisation_id=practice.pk,
        source="emis",
        numbers=[("20006", N1), ("20007", ""), ("20008", ""), ("20009", N2)],
    )
    assert one == Found(known("20006").pk, known("20006").pk, N1, deceased=False, registered=True)
    assert two.deceased
    assert (left.by_own, left.registered) == (known("20008").pk, False)
    assert (stranger.by_own, stranger.by_nhs) == (None, None)


def test_since_when_somebody_is_registered_is_as_the_list_says() -> None:
    here = factories.practice()
    take(here, row(1, registered_on=date(2011, 5, 2)), row(2), row(3, registered_on=date(2020, 1, 6)))
    since = {who: CareRelationship.objects.get(patient=known(who)).starts_on for who in ("20001", "20002", "20003")}
    assert since == {"20001": date(2011, 5, 2), "20002": clock.today(), "20003": date(2020, 1, 6)}
    # A later list that says it corrects the day on which the first was read; none moves it forward.
    take(here, row(1, registered_on=date(2015, 1, 1)), row(2, registered_on=date(2019, 3, 4)), row(3))
    since = {who: CareRelationship.objects.get(patient=known(who)).starts_on for who in since}
    assert since == {"20001": date(2011, 5, 2), "20002": date(2019, 3, 4), "20003": date(2020, 1, 6)}
