"""The pages of check forms: the day list in order, the next one that opens by itself, what is not somebody's to see."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from onedoor.accounts.api import User, access_of
from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.patients.models import Patient
from onedoor.recall import api as recall
from onedoor.recall.tests.test_checks import add
from onedoor.ui.tests.world import World, make

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SIX = {
    "bp-systolic": "128",
    "bp-diastolic": "82",
    "bmi-weight": "70",
    "bmi-height": "172",
    "glucose-kind": "hba1c",
    "glucose-value": "40",
    "lipid-cholesterol": "5",
    "alcohol-units": "4",
    "smoking-status": "never",
}


@pytest.fixture
def world() -> World:
    return make()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def fields(page: str) -> dict[str, str]:
    """What the page's own form sends though nobody types."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def send(client: Client, address: str, typed: dict[str, str], **more: str) -> Answer:
    page = client.get(address).content.decode()
    return client.post(address.partition("?")[0], {**fields(page), **typed, **more})


def test_the_day_list_and_the_next_that_opens_by_itself(world: World) -> None:
    add_both(world)
    with clock.at(datetime(world.day.year, world.day.month, world.day.day, 8, 30, tzinfo=clock.LONDON)):
        run_through(world, client_of(world.assistant))


def run_through(world: World, client: Client) -> None:
    page = client.get(f"/checks/clinic/{world.day}/").content.decode()
    assert page.index("Sam Hollis") < page.index("Maud Ellery")
    assert "<strong>6 of 6</strong>" in page
    first = f"/checks/{world.sam.ref}/?clinic={world.day}"
    saved = send(client, first, SIX, do="save")
    assert saved.headers["Location"] == first
    finished = send(client, first, {}, do="close")
    assert finished.headers["Location"] == f"/checks/{world.maud_ref}/?clinic={world.day}"
    last = send(client, finished.headers["Location"], SIX, do="close")
    assert last.headers["Location"] == f"/checks/clinic/{world.day}/"


def add_both(world: World) -> None:
    maud = Patient.objects.get(ref=world.maud_ref)
    for patient in (world.sam, maud):
        add(patient, world.organisation, "58214004", world.day.replace(year=2015))
        recall.refresh(patient_ids=[patient.pk])
    booking.book(seat_ref=world.free.ref, patient_id=maud.pk, by=access_of(world.receptionist).actor)


def test_a_script_is_told_where_to_go(world: World) -> None:
    client, address = client_of(world.assistant), f"/checks/{world.sam.ref}/"
    page = client.get(address).content.decode()
    answer = client.post(address, {**fields(page), **SIX, "do": "save"}, headers={"X-Onedoor-Send": "1"})
    assert answer.json() == {"next": address}


def test_what_is_wrong_comes_back_as_it_was_typed(world: World) -> None:
    answer = send(client_of(world.assistant), f"/checks/{world.sam.ref}/", {**SIX, "bp-systolic": "12&8"})
    page = answer.content.decode()
    assert (answer.status_code, 'value="12&amp;8"' in page) == (422, True)
    assert 'href="#bp-systolic"' in page
    assert "Saved, but for this" in page


@pytest.mark.parametrize("address", ["/checks/{ref}/", "/checks/{ref}/?set=smi-nine", "/checks/clinic/{day}/"])
def test_only_who_does_checks_sees_them(world: World, address: str) -> None:
    at = address.format(ref=world.sam.ref, day=world.day)
    seen = {
        Role.HEALTH_CARE_ASSISTANT: client_of(world.assistant),
        Role.PRACTICE_MANAGER: client_of(world.manager),
    }
    for role, client in seen.items():
        assert client.get(at).status_code == 200, role
    for user in (world.receptionist, world.administrator, world.handler, world.portal, world.elsewhere):
        assert client_of(user).get(at).status_code == 404, user


def test_addresses_that_are_none(world: World) -> None:
    client = client_of(world.assistant)
    for address in (
        f"/checks/{uuid.uuid4()}/",
        f"/checks/{world.sam.ref}/?set=asthma",
        "/checks/clinic/2026-02-30/",
    ):
        assert client.get(address).status_code == 404, address
    assert client.get(f"/checks/{world.sam.ref}/?clinic=soon").status_code == 200


def test_a_draft_is_named_and_locked_for_one_user_and_one_person(world: World) -> None:
    """What a browser keeps of a form opens for its writer only, and says nothing of whose it is."""
    found = {}
    for user in (world.assistant, world.manager):
        for ref in (world.sam.ref, world.maud_ref):
            page = client_of(user).get(f"/checks/{ref}/").content.decode()
            found[user, ref] = re.findall(r'data-(?:keep|lock)="([^"]+)"', page)
    names, keys = zip(*found.values(), strict=True)
    assert (len(set(names)), len(set(keys))) == (4, 4)
    again = client_of(world.assistant).get(f"/checks/{world.sam.ref}/").content.decode()
    assert re.findall(r'data-(?:keep|lock)="([^"]+)"', again) == found[world.assistant, world.sam.ref]
