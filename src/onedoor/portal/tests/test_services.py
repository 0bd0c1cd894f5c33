"""Find a service, for anybody: nothing depends on who is a patient, and nothing says who searched."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import set_user
from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.directory.tests.factories import services
from onedoor.factories import TEST, patient, practice
from onedoor.kernel.models import AuditEntry
from onedoor.patients.api import open_portal

pytestmark = pytest.mark.django_db


def find(client: Client, words: str, **more: str) -> str:
    to = client.post(reverse("find_service"), {"q": words, **more}).headers["Location"]
    return re.sub(r"\s+", " ", client.get(to).content.decode())


def test_anybody_finds_a_service_in_their_own_words() -> None:
    services()
    page = find(Client(), "my nee hurts", at="ZZ1 1AA")
    assert "This may be what you need" in page or "One of these may be what you need" in page
    assert "MSK Community Service" in page
    assert "In ZZ1, where you are" in page
    assert Gap.objects.count() == 0
    one = Client().get(reverse("find_service_one", args=["joints"])).content.decode()
    assert "You can go there yourself, without your GP" in one
    assert Client().get(reverse("find_service_one", args=["nowhere"])).status_code == 404


def test_what_is_not_sure_is_not_said_as_if_it_were() -> None:
    services()
    page = find(Client(), "eye test")
    assert "One of these may be what you need" not in page
    assert "This may be what you need" not in page
    assert [(gap.because, gap.need, gap.via) for gap in Gap.objects.all()] == [("nothing", "eyes", "public")]


def test_none_of_these_is_kept_and_thanked_for() -> None:
    services()
    client = Client()
    to = client.post(reverse("find_service"), {"q": "sore knee", "none": "1"}).headers["Location"]
    assert "We have kept what was missing, and not who you are" in client.get(to).content.decode()
    assert Gap.objects.get().because == "nothing"


def test_a_signed_in_patient_s_search_says_nothing_of_them() -> None:
    services()
    sam = patient(practice())
    user = set_user(username="sam", first_name="Sam", last_name="Hollis", by=TEST)
    open_portal(user_id=user.pk, patient_id=sam.pk, by=TEST)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Hollis" not in find(client, "toothache")
    (row,) = AuditEntry.objects.filter(action="keep_gap")
    assert (row.actor_id, row.patient_id, row.actor_label) == (None, None, "nobody")


def test_closed_self_referral_and_full_services_are_said() -> None:
    keys = services()
    directory.switch_self_referral(service_id=keys["joints"], opens=False, reason="We are catching up", by=TEST)
    assert "Not open to people who refer themselves now" in find(Client(), "sore knee")
    assert (
        "at the moment: We are catching up"
        in Client().get(reverse("find_service_one", args=["joints"])).content.decode()
    )
    directory.switch_taking(service_id=keys["joints"], opens=False, reason="Two are off sick", by=TEST)
    assert "! Full now" in find(Client(), "sore knee")


def test_danger_comes_first_and_is_no_gap() -> None:
    services()
    page = find(Client(), "chest pain")
    assert page.index("Call 999") > 0
    assert "None of these" not in page
    assert Gap.objects.count() == 0


def test_an_empty_search_asks_again_and_all_can_be_listed() -> None:
    services()
    assert Client().post(reverse("find_service"), {"q": "  "}).headers["Location"] == reverse("find_service")
    page = Client().get(reverse("find_service") + "?all=1").content.decode()
    assert page.count(reverse("find_service")) > 7
