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


@pytest.mark.parametrize(
    "name", [name for name, facts in EXAMPLES.items() if facts.kind not in ("triage_gp", "checks", "contacts")]
)
@pytest.mark.parametrize("language", ["en", "pl", "uk", "ur"])
def test_every_word_of_a_letter_is_on_its_page(client: Client, language: str, name: str) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    user = User.objects.create_user(username="sam", password="sam")
    PortalAccount.objects.create(user=user, patient=sam)
    client.force_login(user)
    made = letter(provider, sam, name, language=language)
    parts = documents.by_ref(Access.of_patient(sam.pk), made.ref).letter.parts

    said = _words(client.get(reverse("my_letter", args=[made.ref])).content.decode())

    wanted = [
        one
        for shown in parts
        for one in (
            *(shown.title, shown.greeting, shown.contact.phone, shown.contact.hours, shown.closing, shown.signed),
            *(said for block in (*shown.notes, *shown.blocks) for said in block.said),
            *(f"{shown.labels['copy']} {copy}." for copy in shown.copies),
        )
    ]
    assert [one for one in wanted if _words(one) not in said] == []
    assert "<" not in said


def test_each_part_of_a_page_says_in_which_language_it_is(client: Client) -> None:
    provider = factories.practice()
    sam = factories.patient(provider)
    user = User.objects.create_user(username="sam", password="sam")
    PortalAccount.objects.create(user=user, patient=sam)
    client.force_login(user)
    made = letter(provider, sam, "discharge", language="Polish")

    page = client.get(reverse("my_letter", args=[made.ref])).content.decode()
    listed = client.get(reverse("my_letters")).content.decode()

    assert page.index('<article lang="pl-PL" dir="ltr">') < page.index('<article lang="en-GB" dir="ltr">')
    assert '<p lang="en-GB">You can walk to the shops' in page
    assert 'lang="pl-PL">Koniec opieki u nas</a>' in listed


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
