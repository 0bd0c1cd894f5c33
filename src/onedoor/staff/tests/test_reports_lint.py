"""The page on which a report is held against itself."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from onedoor.kernel.models import AuditEntry
from onedoor.reporting import linter
from onedoor.ui.tests.world import make

pytestmark = pytest.mark.django_db

CALLS = "Site,Answered,Missed,All calls\nNorth,120,13,133\nSouth,98,11,109\nEvening,41,7,84\n"


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(make().manager, backend="django.contrib.auth.backends.ModelBackend")
    return found


def test_what_does_not_add_up_is_marked_in_its_cell_and_said_beside_it(client: Client) -> None:
    page = client.post(reverse("reports_lint"), {"text": CALLS}).content.decode()
    assert "1 thing does not add up" in page
    assert "<mark>84</mark>" in page
    assert 'id="at-1"' in page
    assert 'href="#at-1"' in page
    assert 'href="#finding-1"' in page
    assert 'id="finding-1"' in page
    assert "41 + 7 is 48" in page


def test_a_file_is_read_as_a_paste_is(client: Client) -> None:
    file = SimpleUploadedFile("calls.csv", CALLS.encode())
    page = client.post(reverse("reports_lint"), {"file": file}).content.decode()
    assert "<mark>84</mark>" in page


def test_what_adds_up_is_not_called_right(client: Client) -> None:
    page = client.post(reverse("reports_lint"), {"text": CALLS.replace("84", "48")}).content.decode()
    assert "Nothing found that does not add up" in page
    assert "does not prove the figures right" in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Paste a report or choose a file."),
        ({"text": "  \n "}, "Paste a report or choose a file."),
        ({"file": SimpleUploadedFile("scan.pdf", b"%PDF-1.7 ...")}, "neither text nor an Excel workbook"),
        ({"file": SimpleUploadedFile("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")}, "save it as .xlsx"),
        ({"file": SimpleUploadedFile("big.csv", b"1,2\n" * (linter.LARGEST // 4 + 1))}, "larger than half a megabyte"),
    ],
)
def test_what_cannot_be_read_is_said(client: Client, given: dict[str, object], says: str) -> None:
    answer = client.post(reverse("reports_lint"), given)
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_nothing_is_kept_and_what_is_pasted_is_text(client: Client) -> None:
    before = AuditEntry.objects.count()
    pasted = CALLS.replace("Evening", "<script>alert(1)</script>Evening")
    page = client.post(reverse("reports_lint"), {"text": pasted}).content.decode()
    assert AuditEntry.objects.count() == before
    assert "alert(1)" not in re.sub(r"<textarea.*?</textarea>", "", page, flags=re.S).replace(
        "&lt;script&gt;alert(1)", ""
    )
