"""The finish line and the lost-check finder as pages: what they show, what is done from them, and that opening is audited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Unpack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, User, access_of
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.exchange.models import TrustCheck, TrustFile
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Patient
from onedoor.recall.models.owners import CheckOwner, CheckPlan
from onedoor.recall.tests.standings import Stood, stand
from onedoor.records import api as records
from onedoor.records.models import Look

pytestmark = pytest.mark.django_db
HERE = "/checks/"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


def signed_in(place: Organisation, role: Role = Role.HEALTH_CARE_ASSISTANT) -> tuple[Client, User]:
    user, _ = factories.person(place, role)
    client = Client()
    client.force_login(user)
    return client, user


def person(place: Organisation, name: str, *lack: str, **also: Unpack[Stood]) -> Patient:
    made = factories.patient(place, name, mobile="+447700900123")
    stand([made], lack=lack, **also)
    return made


def text(client: Client, address: str = HERE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_who_is_near_what_they_lack_and_how_they_get_it() -> None:
    practice = diary.practice()
    client, user = signed_in(practice.organisation)
    seen = person(practice.organisation, "Seen", "lipid", "glucose")
    person(practice.organisation, "Texted", "alcohol")
    (seat,) = diary.own_seats(practice, 1)
    booking.book(seat_ref=seat.ref, patient_id=seen.pk, by=factories.TEST, tell=False)
    page = text(client)
    assert "2 people are one or two checks from complete" in page
    assert "a text alone completes them" in page
    assert "at the visit they have" in page
    assert page.index("Texted Hollis") < page.index("Seen Hollis")
    assert [look.page for look in records.who_looked(access_of(user), seen.pk)] == ["list of checks"]
    assert "Seen Hollis" not in text(client, f"{HERE}?way=by_text")
    with clock.at(diary.at(diary.WEDNESDAY, 8)):
        page = text(client)
        assert "of your people short of a check is in a building today" in page
        page = text(client, f"{HERE}?view=today")
        assert "Seen Hollis" in page
        assert "Texted Hollis" not in page


@pytest.mark.parametrize("role", [Role.HEALTH_CARE_ASSISTANT, Role.PRACTICE_MANAGER])
def test_home_leads_to_who_is_in_a_building_today(role: Role) -> None:
    practice = diary.practice()
    client, _ = signed_in(practice.organisation, role)
    home, line = reverse("home"), "in a building today"
    counts = []
    with clock.at(diary.at(diary.WEDNESDAY, 8)):
        assert line not in text(client, home)
        for number, said in ((1, "</b> of your people is in"), (6, "</b> of your people are in")):
            people = [person(practice.organisation, f"Seen{n}", "lipid") for n in range(number)]
            seats = diary.own_seats(practice, number, first=(8 + number, 0))
            for one, seat in zip(people, seats, strict=True):
                booking.book(seat_ref=seat.ref, patient_id=one.pk, by=factories.TEST, tell=False)
            with CaptureQueriesContext(connection) as seen:
                page = text(client, home)
            counts.append(len(seen))
            assert said in page
            assert f'href="{HERE}?view=today"' in page
        assert ">7</b> of your people" in page
        assert "Seen0 Hollis" in text(client, f"{HERE}?view=today")
    assert counts[0] == counts[1]
    reception, _ = signed_in(practice.organisation, Role.RECEPTIONIST)
    with clock.at(diary.at(diary.WEDNESDAY, 8)):
        assert line not in text(reception, home)


@pytest.mark.parametrize("view", ["near", "today", "further", "complete", "out"])
def test_every_list_opens_with_and_without_people(view: str) -> None:
    place = factories.practice()
    client, _ = signed_in(place)
    text(client, f"{HERE}?view={view}")
    person(place, "Near", "bp")
    person(place, "Far", "bp", "bmi", "lipid")
    person(place, "Done", expires_on=date(2027, 1, 3))
    person(place, "Well", "bp", status=0, reason="in_remission")
    page = text(client, f"{HERE}?view={view}")
    if view == "out":
        assert "in remission: recorded after the latest diagnosis" in page
    if view == "complete":
        assert "3 January 2027" in page


@pytest.mark.parametrize(
    "query",
    ["set=none", "view=none", "missing=none", "group=none:1", "way=none", "group=practice:x",
     "group=practice:99999999999999999999",
     "page=0", "page=x", "page=99999999"],
)  # fmt: skip
def test_what_there_is_not_is_not_found(query: str) -> None:
    client, _ = signed_in(factories.practice())
    assert client.get(f"{HERE}?{query}").status_code == 404


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMINISTRATOR, Role.TRIAGE_CLINICIAN, Role.CALL_HANDLER])
def test_without_the_permission_there_is_no_such_page(role: Role) -> None:
    client, _ = signed_in(factories.practice(), role)
    for address in (HERE, reverse("lost_checks")):
        assert client.get(address).status_code == 404
    for name in ("finish_line_step", "finish_line_download"):
        assert client.post(reverse(name)).status_code == 404


def step(client: Client, **said: object) -> str:
    answer = client.post(reverse("finish_line_step"), said, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_those_ticked_are_given_to_somebody_and_the_unowned_stand_first() -> None:
    place = factories.practice()
    client, user = signed_in(place)
    first, second = person(place, "First", "bp"), person(place, "Second", "bp")
    page = step(client, do="own", to=f"user:{user.pk}", one=[str(first.ref)])
    assert "1 person changed hands." in page
    assert page.index("Second Hollis") < page.index("First Hollis")
    step(client, do="own", to="team", team="Physical health team", whom="page", row=[str(first.ref), str(second.ref)])
    assert set(CheckOwner.objects.filter(until=None).values_list("team", flat=True)) == {"Physical health team"}
    assert "Tick whom it is about" in step(client, do="own", to="nobody")


def test_the_rest_is_planned_for_the_next_visit() -> None:
    place = factories.practice()
    client, _ = signed_in(place)
    sam = person(place, "Sam", "lipid", "alcohol")
    page = step(client, do="plan", one=[str(sam.ref)])
    assert "Planned for the next visit of 1 person" in page
    assert "Lipids planned for the next visit" in page
    assert CheckPlan.objects.get().patient == sam


def test_somebody_elses_person_or_no_step_is_not_found() -> None:
    client, user = signed_in(factories.practice())
    theirs = person(factories.practice("Y99003", "Elsewhere"), "Theirs", "bp")
    for said in (
        {"do": "own", "to": f"user:{user.pk}", "one": str(theirs.ref)},
        {"do": "plan", "one": str(theirs.ref)},
        {"do": "ask", "one": "no reference"},
    ):
        assert client.post(reverse("finish_line_step"), said).status_code == 404
    assert not CheckOwner.objects.exists()


def test_the_list_is_taken_out_of_the_house_with_few_columns_and_written_down() -> None:
    place = factories.practice()
    client, _ = signed_in(place)
    person(place, "Sam", "lipid", "alcohol", declined=["alcohol"])
    answer = client.post(reverse("finish_line_download"))
    head, row = answer.content.decode("utf-8-sig").splitlines()
    assert head == "NHS number,Name,Practice,Done,Missing,By text,Declined,Next seen,Where,Owner"
    assert row.endswith('Sam Hollis,Wexcombe Road Surgery,4 of 6,"Alcohol, Lipids",,Alcohol,,,')
    assert AuditEntry.objects.filter(action="download", detail__list="finish-line").exists()
    assert Look.objects.get().page == "list of checks as a file"


def test_by_pcn_trust_and_practice() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Marfleet Lane Practice")
    pcn, trust, other = (
        factories.practice(code, name)
        for code, name in (("Y99101", "Vale PCN"), ("Y99900", "Wexcombe Trust"), ("Y99901", "Hop Trust"))
    )
    accounts.take_organisations(
        rows=[
            accounts.OrganisationRow(
                *(one.ods_code, one.name, "", kind, to.ods_code, to.name), date(2026, 4, 1), None, kind == "part_of_pcn"
            )
            for one, kind, to in (
                (here, "part_of_pcn", pcn), (there, "part_of_pcn", pcn), (here, "served_by_trust", trust),
                (there, "served_by_trust", other),
            )
        ],
        by=factories.TEST,
    )  # fmt: skip
    client, _ = signed_in(pcn)
    person(here, "Hal", "bp")
    person(there, "Tess", "bp")
    page = text(client)
    for name in ("Hal Hollis", "Tess Hollis", "By trust", "By practice", "Wexcombe Trust", "Hop Trust"):
        assert name in page
    assert "By PCN" not in page
    page = text(client, f"{HERE}?group=trust:{trust.pk}")
    assert "Hal Hollis" in page
    assert "Tess Hollis" not in page
    page = text(client, f"{HERE}?group=practice:{there.pk}")
    assert "Hal Hollis" not in page


def test_a_page_takes_as_many_statements_for_a_thousand_people_as_for_ten() -> None:
    from onedoor.patients.models import CareRelationship

    place = factories.practice()
    client, _ = signed_in(place)
    counts = []
    for number in (10, 1_000):
        people = Patient.objects.bulk_create(
            Patient(nhs_number=factories.nhs_number(), given_name="P", family_name="L", name_key="l p", born_on=date(1980, 5, 1))
            for _ in range(number)
        )  # fmt: skip
        CareRelationship.objects.bulk_create(
            CareRelationship(patient=one, organisation=place, kind="registered", starts_on=date(2020, 1, 1))
            for one in people
        )
        stand(people, lack=["lipid"])
        with CaptureQueriesContext(connection) as seen:
            text(client)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_spreadsheet_is_compared_and_what_can_be_counted_is_entered() -> None:
    place, trust = factories.practice(), factories.practice("Y99900", "Wexcombe Trust")
    row = accounts.OrganisationRow(
        *(place.ods_code, place.name, "", "served_by_trust", trust.ods_code, trust.name), date(2026, 4, 1)
    )
    accounts.take_organisations(rows=[row], by=factories.TEST)
    client, user = signed_in(place)
    sam = person(place, "Sam", "bp", "bmi")
    assert "Wexcombe Trust" in text(client, reverse("lost_checks"))
    content = f"NHS number,Name,BP,BMI,Date\n{sam.nhs_number},Sam Hollis,132/84,27.4,03/11/2026\n9.99E+09,X,120/80,,03/11/2026\n"
    file = SimpleUploadedFile("november.csv", content.encode())
    answer = client.post(reverse("lost_checks"), {"trust": "Y99900", "file": file}, follow=True)
    page = answer.content.decode()
    assert "2 checks done at Wexcombe Trust can be counted here" in page
    assert "132/84" in page
    here = reverse("lost_checks_file", args=[TrustFile.objects.get().ref])
    assert "a spreadsheet has rounded the NHS number" in text(client, f"{here}?why=no_person")
    assert client.get(f"{here}?why=nothing").status_code == 404
    first = TrustCheck.objects.get(part="bp", patient=sam)
    accept = reverse("lost_checks_accept", args=[TrustFile.objects.get().ref])
    assert "1 check is on the record" in client.post(accept, {"only": first.pk}, follow=True).content.decode()
    assert "Tick which" in client.post(accept, {}, follow=True).content.decode()
    page = client.post(accept, {"all": "1"}, follow=True).content.decode()
    assert "1 check is on the record" in page
    assert "Nothing of this file waits to be counted" in page
    assert "checks done at a trust" in {look.page for look in records.who_looked(access_of(user), sam.pk)}
    stranger, _ = signed_in(factories.practice("Y99003", "Elsewhere"))
    assert stranger.get(here).status_code == 404
    assert stranger.post(accept, {"all": "1"}).status_code == 404


@pytest.mark.parametrize("content", [b"", b"no table", b"PK broken"])
def test_a_file_that_is_none_says_why(content: bytes) -> None:
    place = factories.practice()
    client, _ = signed_in(place)
    file = SimpleUploadedFile("x.xlsx", content)
    answer = client.post(reverse("lost_checks"), {"trust": place.ods_code, "file": file})
    assert answer.status_code == 400
    assert "There is a problem" in answer.content.decode()


def test_a_pcns_assistant_opens_the_form_of_its_practices_person_and_nobody_elses() -> None:
    here, there = factories.practice(), factories.practice("Y99003", "Marfleet Lane Practice")
    pcn = factories.practice("Y99101", "Vale PCN")
    row = accounts.OrganisationRow(
        *(here.ods_code, here.name, "", "part_of_pcn", pcn.ods_code, pcn.name), date(2026, 4, 1), None, True
    )
    accounts.take_organisations(rows=[row], by=factories.TEST)
    client, _ = signed_in(pcn)
    theirs, others = person(here, "Hal", "bp"), person(there, "Tess", "bp")
    assert "Hal Hollis" in text(client, reverse("check_form", args=[theirs.ref]))
    assert client.get(reverse("check_form", args=[others.ref])).status_code == 404
