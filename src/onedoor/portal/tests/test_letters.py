"""A letter's page says what its paper says: all of it, and nothing in its place."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.documents import api as documents
from onedoor.documents.tests.factories import EXAMPLES, letter
from onedoor.kernel.access import Access
from onedoor.patients.models import PortalAccount

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [name for name, facts in EXAMPLES.items() if facts.kind != "triage_gp"])
def test_every_word_of_a_letter_is_on_its_page(client: Client, name: str) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    user = User.objects.create_user(username="sam", password="sam")
    PortalAccount.objects.create(user=user, patient=sam)
    client.force_login(user)
    made = letter(provider, sam, name)
    shown = documents.by_ref(Access.of_patient(sam.pk), made.ref).letter

    said = _words(client.get(reverse("my_letter", args=[made.ref])).content.decode())

    wanted = [shown.title, shown.greeting, shown.contact.phone, shown.contact.hours, shown.closing, shown.signed]
    wanted += [one for block in shown.blocks for one in block.said]
    wanted += [f"A copy goes to {copy}." for copy in shown.copies]
    assert [one for one in wanted if _words(one) not in said] == []
    assert "<" not in said


def test_a_letter_that_a_newer_one_replaced_says_so_and_leads_there(client: Client) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    user = User.objects.create_user(username="sam", password="sam")
    PortalAccount.objects.create(user=user, patient=sam)
    client.force_login(user)
    first, second = letter(provider, sam), letter(provider, sam, commonest=("Hand Therapy",))

    page = client.get(reverse("my_letter", args=[first.ref])).content.decode()

    assert "This letter is no longer right." in page
    assert reverse("my_letter", args=[second.ref]) in page


def test_the_patients_reading_is_the_receipt(client: Client) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    user = User.objects.create_user(username="sam", password="sam")
    PortalAccount.objects.create(user=user, patient=sam)
    client.force_login(user)
    made = letter(provider, sam, ways=("page",))

    client.get(reverse("my_letter", args=[made.ref]))

    assert [one.state for one in documents.by_ref(Access.of_patient(sam.pk), made.ref).sent] == ["done"]
    assert client.get(reverse("my_letter_pdf", args=[made.ref, "braille"])).status_code == 404


def _words(text: str) -> str:
    plain = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return re.sub(r"\s+([.,:])", r"\1", " ".join(plain.split()))
