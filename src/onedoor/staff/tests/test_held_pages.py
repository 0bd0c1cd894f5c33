"""The page of rows that are held: seen by whom they concern, put away once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.exchange import api as exchange
from onedoor.kernel.access import NotPermitted, Role
from onedoor.records import api as records

pytestmark = pytest.mark.django_db

HEADER = "nhs_number,code,date,value,unit,organisation"


@pytest.fixture
def practice() -> Organisation:
    return factories.practice("Y99001")


def read(*rows: str) -> None:
    content = "\r\n".join([HEADER, *rows, ""]).encode()
    exchange.import_entries(file=content, by=factories.TEST, name="entries.csv")


def signed_in(practice: Organisation, role: Role = Role.PRACTICE_MANAGER) -> Client:
    user, _ = factories.person(practice, role)
    client = Client()
    client.force_login(user)
    return client


def test_a_manager_sees_why_a_row_is_held_and_puts_it_away(practice: Organisation) -> None:
    patient = factories.patient(practice)
    read(
        f"{patient.nhs_number},271649006,2026-11-02,17,kPa,Y99001",
        f"{patient.nhs_number},8517006,2026-11-02,,,Y99XXX",
        "1,8517006,2026-11-02,,,Y99XXX",
    )
    client = signed_in(practice)
    page = client.get(reverse("imports_held")).content.decode()
    assert "nothing here converts another" in page
    assert "No organisation here has this ODS code" in page
    assert "17 kPa" in page
    assert "Systolic blood pressure" in page
    # The row of which neither person nor organisation is known is the operator's.
    assert page.count("Row ") == 2
    assert "271649006" not in client.get(reverse("imports_held") + "?reason=organisation").content.decode()
    _, access = factories.person(practice, Role.PRACTICE_MANAGER)
    keys = [held.pk for held in records.held(access)]
    for _ in range(2):
        assert client.post(reverse("imports_held"), {"row": [str(key) for key in keys]}).status_code == 302
    assert "Nothing is held" in client.get(reverse("imports_held")).content.decode()
    assert {(held.settled_as, held.settled_by) for held in records.Held.objects.filter(pk__in=keys)} == {
        ("dismissed", "Robin Vale")
    }


def test_others_do_not_see_it(practice: Organisation) -> None:
    read("1,8517006,2031-11-02,,,Y99001")
    key = records.Held.objects.get().pk
    other = factories.practice("Y99003", "Harbour Surgery")
    client = signed_in(other)
    assert "Nothing is held" in client.get(reverse("imports_held")).content.decode()
    assert client.post(reverse("imports_held"), {"row": [str(key)]}).status_code == 404
    assert signed_in(practice, Role.RECEPTIONIST).get(reverse("imports_held")).status_code == 404
    _, access = factories.person(practice)
    with pytest.raises(NotPermitted):
        records.held(access)
    assert records.Held.objects.get().settled_at is None


def test_the_import_page_leads_to_it(practice: Organisation) -> None:
    read("1,8517006,2031-11-02,,,Y99001")
    assert "1 row of coded entries held" in signed_in(practice).get(reverse("imports")).content.decode()
