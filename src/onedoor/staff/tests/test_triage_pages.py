"""The pages of referrals, as a triage clinician and the practice that referred use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from onedoor.kernel import clock, jobs
from onedoor.records.models import Look
from onedoor.referrals.models import Attachment, Decision, Referral
from onedoor.ui.tests.world import World, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """A practice, and a service that it refers to."""
    return make()


def client_of(user: object) -> Client:
    """Signed in as this user."""
    assert isinstance(user, get_user_model())
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_clinician_is_led_from_the_list_through_a_decision_to_the_next(world: World) -> None:
    client = client_of(world.clinician)
    assert client.get("/").headers["Location"] == reverse("referrals")
    page = client.get(reverse("referrals")).content.decode()
    assert "1 referral to decide" in page
    assert "Sam Hollis" in page
    address = reverse("referral", args=[world.referral.ref])
    page = client.get(address).content.decode()
    for words in ("Interpreter: Polish", "The scan is in", "letter.txt", "Accept, urgent", "Urgent"):
        assert words in page
    assert Look.objects.filter(patient=world.sam, page="referral").exists()
    stream = world.service.streams[0].pk
    answer = client.post(
        reverse("referral_decide", args=[world.referral.ref]), {"outcome": "urgent", "stream": stream}, follow=True
    )
    assert answer.redirect_chain[-1][0] == reverse("referrals")
    assert "Nothing more waits" in answer.content.decode()
    decision = Decision.objects.get(referral=world.referral)
    assert "Takes effect" in client.get(address).content.decode()
    answer = client.post(reverse("decision_back", args=[decision.ref]), follow=True)
    assert answer.redirect_chain[-1][0] == address
    assert "in the queue again" in answer.content.decode()


def test_after_a_decision_the_next_one_opens_by_itself(world: World) -> None:
    client = client_of(world.clinician)
    client.post(reverse("decision_back", args=[world.decision.ref]))
    answer = client.post(
        reverse("referral_decide", args=[world.referral.ref]), {"outcome": "advice", "advice": "Rest"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == reverse("referral", args=[world.decision.referral.ref])
    assert "You decided" in answer.content.decode()


def test_what_is_missing_is_said_and_nothing_is_decided(world: World) -> None:
    client = client_of(world.clinician)
    answer = client.post(reverse("referral_decide", args=[world.referral.ref]), {"outcome": "onward"}, follow=True)
    assert "the service or specialty it goes on to" in answer.content.decode()
    assert not Decision.objects.filter(referral=world.referral).exists()


def test_an_old_page_decides_nothing(world: World) -> None:
    answer = client_of(world.clinician).post(
        reverse("referral_decide", args=[world.referral.ref]),
        {"outcome": "advice", "advice": "Rest", "seen": "1/0////"},
        follow=True,
    )
    assert "read it first" in answer.content.decode()
    assert not Decision.objects.filter(referral=world.referral).exists()


@pytest.mark.parametrize("view", ["parked", "asked", "held", "send", "nonsense"])
def test_each_list_opens(world: World, view: str) -> None:
    page = client_of(world.clinician).get(reverse("referrals"), {"view": view})
    assert page.status_code == 200
    assert ("Ada Hollis" in page.content.decode()) == (view == "held")


def test_the_balance_says_that_every_day_adds_up(world: World) -> None:
    page = client_of(world.clinician).get(reverse("referrals_balance")).content.decode()
    assert "Every day adds up" in page
    assert "AWAITING_TRIAGE" in page


def test_the_practice_reads_its_own_and_sends_what_is_asked_for(world: World) -> None:
    clinician, desk = client_of(world.clinician), client_of(world.receptionist)
    clinician.post(reverse("referral_decide", args=[world.referral.ref]), {"outcome": "more", "advice": "Which knee?"})
    with clock.at(clock.now() + timedelta(minutes=16)):
        jobs.run_once("referrals.take_effect")
    assert "They ask you for information" in desk.get(reverse("referrals_sent")).content.decode()
    page = desk.get(reverse("referral", args=[world.referral.ref])).content.decode()
    assert "Send what was asked for" in page
    assert "Accept to" not in page
    scan = SimpleUploadedFile("scan.pdf", b"%PDF-1.7 scan")
    desk.post(reverse("referral_information", args=[world.referral.ref]), {"text": "The left", "files": scan})
    world.referral.refresh_from_db()
    assert world.referral.state == "AWAITING_TRIAGE"
    assert Attachment.objects.filter(referral=world.referral).count() == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("scan.exe", b"MZ", "not taken"),
        ("scan.pdf", b"MZ", "not what its name says"),
        ("scan.txt", b"", "nothing in it"),
        ("scan.txt", b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
    ],
)
def test_a_file_that_is_not_taken_is_said(world: World, name: str, content: bytes, words: str) -> None:
    desk = client_of(world.receptionist)
    answer = desk.post(
        reverse("referral_information", args=[world.referral.ref]),
        {"text": "x", "files": SimpleUploadedFile(name, content)},
        follow=True,
    )
    assert Attachment.objects.count() == 1
    if content:
        assert words in answer.content.decode()


def test_a_file_is_saved_and_never_shown_as_a_page_of_ours(world: World) -> None:
    answer = client_of(world.clinician).get(reverse("referral_file", args=[world.referral.ref, world.attachment.ref]))
    assert answer.content == b"Knee pain for a year"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="letter.txt"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    other = reverse("referral_file", args=[world.decision.referral.ref, world.attachment.ref])
    assert client_of(world.clinician).get(other).status_code == 404


def test_a_referral_of_somebody_on_no_list_opens_too(world: World) -> None:
    Referral.objects.filter(pk=world.referral.pk).update(patient=None)
    page = client_of(world.clinician).get(reverse("referral", args=[world.referral.ref])).content.decode()
    assert "Nobody of this number is on a list here yet" in page


def test_the_desk_refers_and_what_is_missing_comes_back_as_it_was_filled_in(world: World) -> None:
    desk, address = client_of(world.receptionist), reverse("refer", args=[world.sam.ref])
    assert "MSK Community Service" in desk.get(address).content.decode()
    form = desk.get(address, {"service": "joints"}).content.decode()
    assert "Who refers" in form
    assert "questions are answered by what is known" in form
    said = {"service": "joints", "reason": "Knee pain for a year", "since": "May"}
    page = desk.post(address, said).content.decode()
    assert "Say who refers" in page
    assert "Knee pain for a year" in page
    answer = desk.post(address, {**said, "source": "nurse"}, follow=True)
    made = Referral.objects.get(service__slug="joints")
    assert answer.redirect_chain[-1][0] == reverse("referral", args=[made.ref])
    assert "Awaiting triage" in answer.content.decode()
    page = desk.post(address, {**said, "source": "nurse"}).content.decode()
    assert "at this service already" in page
    assert Referral.objects.filter(service__slug="joints").count() == 1
