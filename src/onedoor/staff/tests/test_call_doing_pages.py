"""What a handler does for whoever is on the line, on its pages: while the view lasts, for one patient, and never else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import access_of
from onedoor.booking.models import Appointment
from onedoor.calls import api as calls
from onedoor.calls.models import NumberCheck
from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.kernel import clock
from onedoor.patients.models import ContactPoint, Patient
from onedoor.records.api import Look
from onedoor.referrals.models import Referral
from onedoor.staff.tests.test_call_pages import client_of, page
from onedoor.tasks.api import Task
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PAGES = ("call_refer", "call_places", "call_details")
POSTS = {
    "call_told": {"referral": "00000000-0000-0000-0000-000000000001"},
    "call_book": {"seat": "00000000-0000-0000-0000-000000000001"},
    "call_cancel": {"visit": "00000000-0000-0000-0000-000000000001"},
    "call_late": {"visit": "00000000-0000-0000-0000-000000000001"},
    "call_change": {"what": "email", "value": "sam@example.org"},
}


@pytest.fixture
def world() -> World:
    """The handler has Sam on the line."""
    return make()


@pytest.fixture
def handler(world: World) -> Client:
    return client_of(world.handler)


def at(world: World, name: str) -> str:
    return reverse(name, args=[world.contact])


def said(client: Client, world: World, name: str, data: dict[str, str]) -> str:
    """What the page says after a form was sent."""
    return client.post(at(world, name), data, follow=True).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_the_one_patient_and_notes_the_look(world: World, handler: Client, name: str) -> None:
    before = Look.objects.filter(patient=world.sam).count()
    shown = handler.get(at(world, name)).content.decode()
    assert "Sam Hollis" in shown
    assert "Ada" not in shown
    assert reverse("patient", args=[world.sam.ref]) not in shown, "no way to a page that a handler may not open"
    assert Look.objects.filter(patient=world.sam).count() == before + 1


@pytest.mark.parametrize("name", PAGES)
def test_a_page_leads_back_when_the_view_is_over(world: World, handler: Client, name: str) -> None:
    calls.Contact.objects.update(sees_until=clock.real_now())
    answer = handler.get(at(world, name), follow=True)
    assert answer.redirect_chain == [(at(world, "call"), 302)]
    assert "Hollis" not in answer.content.decode()
    assert "ask again who they are" in answer.content.decode()


@pytest.mark.parametrize("name", POSTS)
def test_a_form_does_nothing_when_the_view_is_over(world: World, handler: Client, name: str) -> None:
    calls.Contact.objects.update(sees_until=clock.real_now())
    shown = said(handler, world, name, POSTS[name])
    assert "ask again who they are" in shown
    assert "Hollis" not in shown
    assert not ContactPoint.objects.filter(kind="email").exists()


@pytest.mark.parametrize("name", [*PAGES, *POSTS])
def test_nobody_without_a_live_contact_finds_them(world: World, name: str) -> None:
    for user in (world.receptionist, world.clinician, world.administrator, world.elsewhere, world.stranger):
        client = client_of(user)
        assert (client.get(at(world, name)).status_code, client.post(at(world, name)).status_code) == (404, 404)
    handler = client_of(world.handler)
    handler.post(at(world, "call_end"), {"outcome": "other"})
    assert handler.get(at(world, name)).status_code in (404, 405)
    assert handler.post(at(world, name), POSTS.get(name, {})).status_code in (404, 405)


def test_a_patient_is_referred_red_flags_first(world: World, handler: Client) -> None:
    before = Referral.objects.count()
    asked = {"service": "joints", "source": "self", "signs": "1", "reason": "My knee"}
    assert "Ask each of these" in said(handler, world, "call_refer", asked)
    assert "call 999 now" in said(handler, world, "call_refer", asked | {"sign": "0"})
    assert Referral.objects.count() == before
    shown = said(handler, world, "call_refer", asked | {"sign": "none"})
    assert "Referred to MSK Community Service" in shown
    made = Referral.objects.order_by("-pk")[0]
    assert (made.patient_id, made.source) == (world.sam.pk, "self")


def test_a_professional_says_who_they_are(world: World, handler: Client) -> None:
    form = {"service": "joints", "source": "nurse", "reason": "Swollen knee"}
    assert "Say who rings" in said(handler, world, "call_refer", form)
    shown = said(handler, world, "call_refer", form | {"rung_by": "Ann Field, nurse, Marfleet Lane"})
    assert "Referred to MSK Community Service" in shown
    triage = client_of(world.clinician)
    assert triage.get(reverse("call_refer", args=[world.contact])).status_code == 404


def test_a_visit_is_moved_and_cancelled(world: World, handler: Client) -> None:
    shown = handler.get(at(world, "call_places"), {"move": str(world.booked.ref)}).content.decode()
    assert "Move from" in shown
    form = {"move": str(world.booked.ref), "seat": str(world.free.ref), "despite": "They speak English well enough"}
    assert "Moved to" in said(handler, world, "call_book", form)
    moved = Appointment.objects.get(patient=world.sam, state="booked")
    assert moved.seat_id == world.free.pk
    assert "Cancelled." in said(handler, world, "call_cancel", {"visit": str(moved.ref)})
    assert not Appointment.objects.filter(patient=world.sam, state="booked").exists()


def test_a_place_that_does_not_fit_is_booked_only_with_a_reason(world: World, handler: Client) -> None:
    """Sam needs an interpreter: what the desk is asked, a handler is asked too."""
    shown = handler.get(at(world, "call_places"), {"kind": str(world.kind_id)}).content.decode()
    assert str(world.free.ref) in shown
    taken = said(handler, world, "call_book", {"kind": str(world.kind_id), "seat": str(world.booked.seat.ref)})
    assert "That place has just gone" in taken


def test_the_number_that_rings_shows_nobody(world: World, handler: Client) -> None:
    handler.post(at(world, "call_end"), {"outcome": "other"})
    started = handler.post(reverse("call_start")).headers["Location"]
    shown = handler.post(f"{started}number/", {"number": "07700 900111"}, follow=True).content.decode()
    assert "2 people here use" in shown
    assert "Hollis" not in shown
    assert "Give the number" in handler.post(f"{started}number/", {"number": ""}, follow=True).content.decode()
    assert "Withheld" in handler.post(f"{started}number/", {"withheld": "1"}, follow=True).content.decode()


def test_a_new_mobile_waits_for_its_code(world: World, handler: Client) -> None:
    shown = said(handler, world, "call_change", {"what": "new_mobile", "value": "07700 900155"})
    assert "07700 900155 waits for its code" in shown
    assert "That is not the code" in said(handler, world, "call_change", {"what": "code", "code": "0"})
    assert NumberCheck.objects.get().wrong_tries == 1
    handler.post(at(world, "call_end"), {"outcome": "details"})
    assert Task.objects.filter(kind="number_check", patient=world.sam).exists()


def test_details_are_changed_and_others_refused(world: World, handler: Client) -> None:
    assert "Changed." in said(handler, world, "call_change", {"what": "email", "value": "sam@example.org"})
    assert "not an e-mail address" in said(handler, world, "call_change", {"what": "email", "value": "sam"})
    home = {"what": "home", "address": "4 Mill Lane", "postcode": "ZZ1 1AA"}
    assert "4 Mill Lane" in said(handler, world, "call_change", home)
    assert "Contact by letter" in said(handler, world, "call_change", {"what": "need", "need": "letter"})
    assert handler.post(at(world, "call_change"), {"what": "nothing"}).status_code == 404


def test_how_a_restricted_record_is_reached_is_neither_shown_nor_changed(world: World, handler: Client) -> None:
    Patient.objects.filter(pk=world.sam.pk).update(restricted=True)
    assert at(world, "call_details") not in page(handler, world)
    assert "07700 900111" not in handler.get(at(world, "call_details")).content.decode()


def test_second_best_leads_to_the_referral_and_is_kept(world: World, handler: Client) -> None:
    joints = directory.card("joints")
    assert joints is not None
    directory.switch_taking(service_id=joints.id, opens=False, reason="Full", by=factories.TEST)
    form = {"q": "fysiotherapy for my knee", "at": "ZZ1 1AA", "refer": "pelvic"}
    answer = handler.post(at(world, "call_service"), form)
    assert answer.headers["Location"] == f"{at(world, 'call_refer')}?service=pelvic"
    gap = Gap.objects.get()
    assert (gap.because, gap.wanted_id, gap.why_not) == ("second_best", joints.id, "full")


def test_what_callers_wanted_is_counted_and_small_numbers_hidden(world: World, handler: Client) -> None:
    said(handler, world, "call_told", {"referral": str(world.referral.ref)})
    handler.post(at(world, "call_end"), {"outcome": "other"})
    assert calls.contact_figures(access_of(world.handler), clock.today(), clock.today()).where == 1
    shown = handler.get(reverse("calls")).content.decode()
    assert "What callers wanted" in shown
    for _ in range(6):
        ref = handler.post(reverse("call_start")).headers["Location"]
        handler.post(f"{ref}end/", {"outcome": "status"})
    found = calls.contact_figures(access_of(world.handler), clock.today(), clock.today())
    assert (found.contacts, found.where, found.by_outcome["status"]) == (7, 7, 6)
    assert "100%" in handler.get(reverse("calls")).content.decode()
