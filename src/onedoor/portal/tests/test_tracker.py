"""Where is my referral: signed in, and by the link of a text after the date of birth."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.documents.models import Delivery
from onedoor.documents.tests.factories import letter
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.patients.api import PortalAccount
from onedoor.referrals.actions.track_links import new_links
from onedoor.referrals.models import HeardBy, Referral
from onedoor.referrals.tests.waiting import MONDAY, at, refer, service
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


@pytest.fixture
def referral(world: World) -> Referral:
    """Sam's, of this morning, with a date said."""
    made = refer(service(), clock.today(), patient=world.sam)
    jobs.run_once("referrals.say_heard_by")
    return made


def link(referral: Referral) -> str:
    """The path of a new link."""
    with transaction.atomic():
        return urlsplit(new_links(referral_ids=[referral.pk], by=TEST)[referral.pk]).path


def born(world: World, **more: str) -> dict[str, str]:
    """Sam's date of birth, as the form gives it."""
    day = world.sam.born_on
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year), **more}


def test_signed_in_one_sees_where_it_is(world: World, referral: Referral) -> None:
    me = Client()
    me.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    for address in (reverse("my_referrals"), reverse("my_home")):
        page = me.get(address).content.decode()
        assert "Joint and Muscle Service" in page
        assert "Your referral is in our line to be read." in page
        assert "You should hear by" in page


def test_without_a_referral_it_says_so_and_what_to_do(world: World) -> None:
    joyce = User.objects.create_user(username="joyce")
    PortalAccount.objects.create(user=joyce, patient=factories.patient(world.practice.organisation, "Joyce", "Achebe"))
    me = Client()
    me.force_login(joyce, backend="django.contrib.auth.backends.ModelBackend")
    assert "We have no referral for you." in me.get(reverse("my_referrals")).content.decode()


def test_a_link_shows_nothing_before_the_date_of_birth(world: World, referral: Referral) -> None:
    client, address = Client(), link(referral)
    before = client.get(address).content.decode()
    assert "Your date of birth" in before
    assert "Joint" not in before
    assert "You should hear by" in client.post(address, born(world)).content.decode()
    assert "You should hear by" in client.get(address).content.decode(), "for a few minutes it stays open"
    assert "Your date of birth" in Client().get(address).content.decode(), "not on another telephone"


def test_three_wrong_dates_of_birth_close_every_link_earlier_and_later(world: World, referral: Referral) -> None:
    earlier, address = link(referral), link(referral)
    client = Client()
    assert client.post(address, born(world, year="84")).status_code == 200, "not a whole date is no try"
    assert "is not the date of birth" in client.post(address, born(world, year="1931")).content.decode()
    assert "is not the date of birth" in client.post(earlier, born(world, year="1931")).content.decode()
    assert client.post(address, born(world, year="1931")).status_code == 404
    for one in (address, earlier, link(referral)):
        assert Client().post(one, born(world)).status_code == 404


def test_an_earlier_link_still_opens(world: World, referral: Referral) -> None:
    earlier, _ = link(referral), link(referral)
    assert "You should hear by" in Client().post(earlier, born(world)).content.decode()


def test_a_link_ends_three_months_after_its_referral(world: World, referral: Referral) -> None:
    address = link(referral)
    Referral.objects.filter(pk=referral.pk).update(closed_at=clock.now(), closed_because="withdrawn")
    assert Client().get(address).status_code == 200
    with clock.at(clock.now() + timedelta(days=91)):
        assert Client().get(address).status_code == 404


def test_by_link_a_private_service_is_not_named(world: World) -> None:
    private = refer(service("talk", "Talking Therapies"), MONDAY, patient=world.sam)
    with clock.at(at(MONDAY)):
        jobs.run_once("referrals.say_heard_by")
    client, address = Client(), link(private)
    page = client.post(address, born(world)).content.decode()
    assert "You should hear by" in page or "We cannot yet say when" in page
    assert "01632 960500" in page
    assert "Talking" not in page


def test_staff_say_the_same_sentences(world: World, referral: Referral) -> None:
    desk = Client()
    desk.force_login(world.receptionist, backend="django.contrib.auth.backends.ModelBackend")
    page = desk.get(reverse("patient", args=[world.sam.ref])).content.decode()
    assert "Where is it?" in page
    assert "Your referral is in our line to be read." in page
    assert "AWAITING_TRIAGE" in page


def test_an_app_reads_the_same_in_the_shape_of_e_rs(world: World, referral: Referral) -> None:
    me = Client()
    me.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    answer = me.get(reverse("my_service_requests"))
    assert answer["Content-Type"] == "application/fhir+json"
    found = {
        entry["resource"]["id"]: entry
        for entry in answer.json()["entry"]
        if entry["resource"]["resourceType"] == "ServiceRequest"
    }
    mine = found[str(referral.ref)]
    assert mine["search"] == {"mode": "match"}
    state, priority = mine["resource"]["extension"][1:]
    assert state["extension"][0]["valueCoding"]["code"] == "AWAITING_TRIAGE"
    assert priority["valueCoding"]["code"] == "ROUTINE"
    assert "system" not in mine["resource"]["identifier"][0], "it is no UBRN"
    [task] = [
        entry["resource"]
        for entry in answer.json()["entry"]
        if entry["search"]["mode"] == "include" and entry["resource"]["id"] == str(referral.ref)
    ]
    assert task["code"]["coding"][0]["code"] == "TRIAGE_DEFERRAL"
    assert task["restriction"]["period"]["end"] == HeardBy.objects.get(referral=referral).by.isoformat()
    assert task["focus"]["reference"].endswith(str(referral.ref))


def test_what_was_decided_is_read_signed_in_or_comes_by_post(world: World, referral: Referral) -> None:
    """The link shows days and who to ring; a date of birth is known to the family too (interop.md 5.2, clinical.md 6.2)."""
    decided = letter(
        referral.service.organisation, world.sam, "triage-we-book", subject_id=referral.pk, ways=("page", "message")
    )
    client, address = Client(), link(referral)
    read = f"{address}/{decided.ref}"
    client.post(address, born(world))
    page = client.get(read).content.decode()
    assert decided.letter["greeting"] not in page
    assert "They decided" not in page
    assert reverse("my_letter", args=[decided.ref]) in page
    assert Delivery.objects.get(recipient__document=decided, way="page").state == "waiting", "it was not read"
    assert "We will post it to you." in client.post(read, {"post": "1"}).content.decode()
    assert Delivery.objects.get(recipient__document=decided, way="print").state == "waiting"
    assert "We cannot post it again" in client.post(read, {"post": "1"}).content.decode()
    assert Client().post(read, {"post": "1"}).content.decode().count("date of birth") > 0
    assert Delivery.objects.filter(recipient__document=decided, way="print").count() == 1
    me = Client()
    me.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    assert decided.letter["greeting"] in me.get(reverse("my_letter", args=[decided.ref])).content.decode()


def test_letters_about_it_open_by_the_same_link_and_count_as_read(world: World, referral: Referral) -> None:
    made = letter(referral.service.organisation, world.sam, subject_id=referral.pk)
    other = letter(referral.service.organisation, world.sam, subject_id=0)
    client, address = Client(), link(referral)
    read = f"{address}/{made.ref}"
    assert "Your date of birth" in client.get(read).content.decode()
    assert f'href="{read}"' in client.post(address, born(world)).content.decode()
    assert not Delivery.objects.filter(recipient__document=made, way="page", state="done").exists()
    assert made.letter["greeting"] in client.get(read).content.decode()
    assert Delivery.objects.filter(recipient__document=made, way="page", state="done").exists()
    assert client.get(f"{address}/{other.ref}").status_code == 404, "a letter about something else has its own link"
    me = Client()
    me.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    assert reverse("my_letter", args=[made.ref]) in me.get(reverse("my_referrals")).content.decode()
