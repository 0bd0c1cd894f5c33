"""The one number by hand: nobody is shown before they have said who they are, and to nobody but their handler."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import User, access_of
from onedoor.calls import api as calls
from onedoor.directory.models import Gap
from onedoor.kernel import clock
from onedoor.referrals import api as referrals
from onedoor.tasks.api import Task
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """The handler has Sam on the line."""
    return make()


def client_of(user: User) -> Client:
    """Signed in as this user."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, world: World) -> str:
    answer = client.get(reverse("call", args=[world.contact]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_handler_reads_out_what_the_patient_reads(world: World) -> None:
    shown = page(client_of(world.handler), world)
    view = calls.live(access_of(world.handler), world.contact).view
    assert view is not None
    (where,) = referrals.where_is(view.access, world.sam.pk)
    for sentence in (where.now, where.next, where.service):
        assert sentence in shown
    assert "Sam Hollis" in shown
    assert "Ada" not in shown


def test_nobody_else_and_no_other_page_shows_them(world: World) -> None:
    for user in (world.receptionist, world.manager, world.clinician, world.administrator, world.elsewhere):
        assert client_of(user).get(reverse("call", args=[world.contact])).status_code == 404
    handler = client_of(world.handler)
    for name, arguments in (
        ("patient", [world.sam.ref]),
        ("patients", []),
        ("tasks", []),
        ("inbox", []),
        ("diary", []),
    ):
        assert handler.get(reverse(name, args=arguments)).status_code == 404, name
    assert "Hollis" not in handler.get(reverse("calls")).content.decode()
    assert handler.get(reverse("home")).headers["Location"] == reverse("calls")


def test_a_view_that_has_ended_shows_the_question_again(world: World) -> None:
    calls.Contact.objects.update(sees_until=clock.real_now())
    client = client_of(world.handler)
    shown = page(client, world)
    assert "Your view has ended" in shown
    assert "Hollis" not in shown
    said = {"name": "Sam Hollis", "born_on": world.sam.born_on.strftime("%d/%m/%Y")}
    client.post(reverse("call_find", args=[world.contact]), said)
    assert "Sam Hollis" in page(client, world)


def test_the_number_that_they_ring_from_lists_nobody(world: World) -> None:
    client = client_of(world.handler)
    client.post(reverse("call_end", args=[world.contact]), {"outcome": "other"})
    started = client.post(reverse("call_start")).headers["Location"]
    for said in ("07700900111", "+447700900111"):
        client.post(f"{started}find/", {"name": said, "nhs_number": said})
    shown = client.get(started).content.decode()
    assert "Hollis" not in shown
    assert "1 try left" in shown


def test_a_call_is_handed_over_rung_back_and_ended(world: World) -> None:
    client = client_of(world.handler)
    client.post(reverse("call_hand_over", args=[world.contact]), {"team": "reception", "words": "A form to sign"})
    client.post(
        reverse("call_ring_back", args=[world.contact]),
        {"number": "07700 900111", "within": "1", "words": "The scan"},
    )
    assert set(Task.objects.filter(subject="contact").values_list("kind", flat=True)) == {
        "handed_reception",
        "call_back",
    }
    desk = client_of(world.receptionist)
    for task in Task.objects.filter(subject="contact"):
        assert "Sam Hollis" in desk.get(reverse("task", args=[task.ref])).content.decode()
    answer = client.post(reverse("call_end", args=[world.contact]), {"outcome": "hand_over"})
    assert answer.headers["Location"] == reverse("calls")
    assert client.get(reverse("call", args=[world.contact])).status_code == 404


def test_a_search_in_vain_is_kept_as_a_gap(world: World) -> None:
    client = client_of(world.handler)
    answer = client.post(reverse("call_service", args=[world.contact]), {"q": "qwxyz zzkkj", "at": "ZZ1 1AA"})
    assert "No service found" in client.get(answer.headers["Location"].split("#")[0]).content.decode()
    gap = Gap.objects.get()
    assert (gap.because, gap.place) == ("nothing", "ZZ1")
