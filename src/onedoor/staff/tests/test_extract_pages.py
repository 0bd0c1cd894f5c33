"""The pages of monthly extracts: sent, mapped, looked over and taken by whom they concern; figures alone for those above."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.models import Organisation
from onedoor.exchange.models import Extract
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db

HEAD = "NHS number,BP,BMI,Date of check\n"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


@pytest.fixture
def practice() -> Organisation:
    return factories.practice()


def signed_in(practice: Organisation, role: Role = Role.PRACTICE_MANAGER) -> Client:
    client = Client()
    client.force_login(factories.person(practice, role)[0])
    return client


def send(client: Client, content: str | bytes, month: str = "2026-11", name: str = "november.csv") -> str:
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    answer = client.post(reverse("extracts"), {"month": month, "file": file})
    return answer.headers.get("Location", "") if answer.status_code == 302 else answer.content.decode()


def mapped(client: Client, patient: Patient, cells: str = "132/84,27.4,03/11/2026") -> Extract:
    send(client, f"{HEAD}{patient.nhs_number},{cells}\n")
    extract = Extract.objects.latest("id")
    said = {f"column-{at}": extract.columns[heading] for at, heading in enumerate(extract.headings)}
    assert client.post(reverse("extract_columns", args=[extract.ref]), said).status_code == 302
    return extract


def test_an_empty_file_is_not_taken_for_none(practice: Organisation) -> None:
    client = signed_in(practice)
    assert "The file is empty. Export it again." in send(client, "")
    answer = client.post(reverse("extracts"), {"month": "2026-11"})
    assert "Choose the spreadsheet." in answer.content.decode()


def test_a_file_without_a_row_is_taken_for_no_month(practice: Organisation) -> None:
    client = signed_in(practice)
    send(client, HEAD)
    extract = Extract.objects.get()
    said = {f"column-{at}": extract.columns[heading] for at, heading in enumerate(extract.headings)}
    client.post(reverse("extract_columns", args=[extract.ref]), said)
    shown = client.get(reverse("extract", args=[extract.ref])).content.decode()
    assert "No row is in it" in shown
    assert "Take it" not in shown
    answer = client.post(reverse("extract_take", args=[extract.ref]), follow=True)
    assert "There is no row in it, so nothing can be taken." in answer.content.decode()
    extract.refresh_from_db()
    assert extract.state == "previewed"


def test_a_file_goes_from_the_form_to_the_record(practice: Organisation) -> None:
    client, patient = signed_in(practice), factories.patient(practice)
    extract = mapped(client, patient, "132/84,274,03/11/2026")
    here = reverse("extract", args=[extract.ref])
    page = client.get(here).content.decode()
    assert "2 new on the record, 1 not, if you take it" in page
    assert "it is from 10 to 90" in page or "nobody has such a value" in page.lower()
    assert client.post(reverse("extract_take", args=[extract.ref])).status_code == 302
    assert "2 new on the record, 1 not taken" in client.get(here).content.decode()
    told = client.post(reverse("extract_rejects", args=[extract.ref]))
    assert told.headers["Content-Type"].startswith("text/csv")
    assert "BMI,274" in told.content.decode()
    assert "Withdrawn" in client.post(reverse("extract_withdraw", args=[extract.ref]), follow=True).content.decode()


@pytest.mark.parametrize(
    ("content", "month", "said"),
    [
        ("", "2026-11", "The file is empty"),
        ("NHS number,BMI\n", "2025-01", "Say which month"),
        ("Ward,Beds\nAsh,12\n", "2026-11", "counts and not of people"),
        (b"%PDF-1.7 ...", "2026-11", "This is not a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "2026-11", "old Excel workbook"),
    ],
)
def test_a_file_that_is_none_is_told_for_what_it_is(
    practice: Organisation, content: str | bytes, month: str, said: str
) -> None:
    assert said in send(signed_in(practice), content, month)
    assert not Extract.objects.exists()


def test_a_practices_file_is_nobody_elses(practice: Organisation) -> None:
    extract = mapped(signed_in(practice), factories.patient(practice))
    other = signed_in(factories.practice("Y99003", "Marfleet Lane"))
    assert other.get(reverse("extract", args=[extract.ref])).status_code == 404
    for name in ("extract_columns", "extract_take", "extract_withdraw", "extract_rejects"):
        assert other.post(reverse(name, args=[extract.ref])).status_code == 404
    desk = signed_in(practice, Role.RECEPTIONIST)
    assert desk.get(reverse("extracts")).status_code == 404


def test_the_page_asks_the_database_no_more_for_more_practices(practice: Organisation) -> None:
    pcn = factories.practice("Y99101", "Vale PCN")
    client, counts = signed_in(pcn), []
    for number in range(5):
        one = factories.practice(f"Y9920{number}", f"Practice {number}")
        tie = (one.ods_code, one.name, "", "part_of_pcn", pcn.ods_code, pcn.name)
        accounts.take_organisations(rows=[accounts.OrganisationRow(*tie, date(2026, 4, 1))], by=factories.TEST)
        client.get(reverse("extracts"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("extracts"))
        counts.append(len(asked))
    assert len(set(counts)) == 1


def test_the_register_goes_out_as_a_workbook(practice: Organisation) -> None:
    client = signed_in(practice)
    answer = client.post(reverse("extracts_register"), {"form": "xlsx"})
    assert answer.content[:2] == b"PK"
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(reverse("extracts_register")).status_code == 405
