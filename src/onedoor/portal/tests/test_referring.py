"""A patient refers themselves: what cannot wait is said first."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.directory import api as directory
from onedoor.factories import TEST
from onedoor.kernel import clock
from onedoor.referrals.models import Referral
from onedoor.ui.tests.world import World, make

pytestmark = pytest.mark.django_db


def portal() -> tuple[Client, World, str]:
    """Sam, signed in, and the address of the form of a service whose switch is open."""
    world = make()
    joints = directory.service_by_slug("joints")
    assert joints
    directory.switch_self_referral(
        service_id=joints.pk, opens=True, reason="Caught up", agreement_on=clock.today(), by=TEST
    )
    client = Client()
    client.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    return client, world, reverse("my_refer", args=["joints"])


def test_signs_first_then_the_form_then_it_is_sent() -> None:
    client, world, address = portal()
    assert "do you have any of these?" in client.get(address).content.decode()
    form = client.post(address, {"sign": "none"}).content.decode()
    assert "What do you want help with?" in form
    key = form.split('name="key" value="')[1].split('"')[0]
    sent = {"sign": "none", "key": key, "reason": "My knee", "since": "May"}
    for _ in range(2):
        assert client.post(address, sent).headers["Location"] == reverse("my_home")
    made = Referral.objects.get(service__slug="joints")
    assert (made.patient_id, made.source, made.reason) == (world.sam.pk, "self", "My knee")
    assert (
        "has a referral for you already" in client.post(address, {"sign": "none", "reason": "Again"}).content.decode()
    )


@pytest.mark.parametrize(
    ("signs", "words"),
    [(["0", "6"], "Call 999"), (["3", "6"], "Ring 111"), (["6"], "Ring your practice today"), (["99"], "Call 999")],
)
def test_a_sign_goes_elsewhere_the_most_urgent_first_and_nothing_is_sent(signs: list[str], words: str) -> None:
    client, _, address = portal()
    page = client.post(address, {"sign": signs, "reason": "My knee"}).content.decode()
    assert words in page
    assert not Referral.objects.filter(service__slug="joints").exists()


@pytest.mark.parametrize("signs", [[], ["none", "0"]])
def test_without_a_plain_answer_it_asks_again(signs: list[str]) -> None:
    client, _, address = portal()
    page = client.post(address, {"sign": signs, "reason": "My knee"}).content.decode()
    assert "do you have any of these?" in page
    assert not Referral.objects.filter(service__slug="joints").exists()


def test_closed_it_says_why_and_who_can() -> None:
    client, _, address = portal()
    joints = directory.service_by_slug("joints")
    assert joints
    directory.switch_self_referral(service_id=joints.pk, opens=False, reason="To catch up", by=TEST)
    page = client.post(address, {"sign": "none", "reason": "My knee"}).content.decode()
    assert "To catch up" in page
    assert "Your practice can refer you" in page
    assert not Referral.objects.filter(service__slug="joints").exists()
