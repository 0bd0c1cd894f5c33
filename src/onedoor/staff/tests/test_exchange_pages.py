"""Did it get there: the page of documents, one document, and the lines on the pages where the work is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.models import User
from onedoor.exchange.models import SentDocument
from onedoor.exchange.tests.sent_documents import Place, answer, compose, mesh_takes, place, sent
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.patients.models import CareRelationship
from onedoor.recall.tests.test_checks import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def at() -> Place:
    return place()


def as_user(key: int | None) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=key or 0))
    return client


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answered = client.get(reverse(name, args=args), query)
    assert answered.status_code == 200
    return str(answered.content.decode())


def test_what_waits_for_a_person_stands_first_and_says_what_is_asked(at: Place) -> None:
    document = sent(at)
    answer(at, document, "30002")
    client = as_user(at.hca.actor.id)
    whole = page(client, "exchange")
    assert "1 document waits for a person" in " ".join(whole.split())
    assert "Wexcombe Road Surgery" in whole
    assert "The patient is not known there (30002)" in whole
    one = page(client, "exchange_document", document.ref)
    assert "Put right" not in one
    assert "Send again" in one
    assert "the patient is not known there (30002)" in one


def test_three_ticks_are_said_in_words(at: Place) -> None:
    document = sent(at)
    answer(at, document, "20013")
    whole = " ".join(page(as_user(at.hca.actor.id), "exchange", view="going").split())
    for said in ("✓</span> Collected", "✓</span> Readable", "○</span> Accepted", "not yet"):
        assert said in whole
    answer(at, document, "30001")
    client = as_user(at.hca.actor.id)
    assert "✓ Delivered" in page(client, "exchange", view="delivered")
    assert "Sent to Wexcombe Road Surgery" in page(client, "check_form", at.sam.ref)
    assert "✓ Delivered" in page(client, "check_form", at.sam.ref)
    assert "Sent to Wexcombe Road Surgery" in page(client, "patient", at.sam.ref)


def test_the_pdf_opens_and_a_decision_moves_the_document(at: Place) -> None:
    document = sent(at)
    client = as_user(at.hca.actor.id)
    assert client.get(reverse("exchange_pdf", args=[document.ref])).content.startswith(b"%PDF")
    decide = reverse("exchange_decide", args=[document.ref])
    client.post(decide, {"choice": "by_hand", "note": ""})
    assert SentDocument.objects.get().state == "sent"
    client.post(decide, {"choice": "again", "note": ""})
    compose()
    mesh_takes(document)
    client.post(decide, {"choice": "by_hand", "note": "read out by telephone"})
    assert SentDocument.objects.get().state == "by_hand"
    assert client.post(decide, {"choice": "elsewhere"}).status_code == 404
    assert "moved on" in client.post(decide, {"choice": "again"}, follow=True).content.decode()


def test_the_administrator_sees_counts_and_the_line_and_nobody_s_name(at: Place) -> None:
    document = sent(at)
    administrator, _ = factories.person(at.trust, Role.ADMINISTRATOR)
    client = as_user(administrator.pk)
    whole = page(client, "exchange")
    assert "Wexcombe Road Surgery" in whole
    assert "Y99902OT001" in whole
    assert "never looked at" in whole
    assert at.sam.family_name not in whole
    assert client.get(reverse("exchange_document", args=[document.ref])).status_code == 404
    receptionist, _ = factories.person(at.trust, Role.RECEPTIONIST)
    assert as_user(receptionist.pk).get(reverse("exchange")).status_code == 404


def test_another_organisation_sees_none_of_it_and_who_left_ones_care_is_not_named(at: Place) -> None:
    document = sent(at)
    stranger = factories.person(at.practice, Role.HEALTH_CARE_ASSISTANT)[1]
    other = as_user(stranger.actor.id)
    assert "Results of a physical health check" not in page(other, "exchange")
    assert other.get(reverse("exchange_document", args=[document.ref])).status_code == 404
    CareRelationship.objects.filter(organisation=at.trust).delete()
    client = as_user(at.hca.actor.id)
    assert "no longer in your care" in page(client, "exchange")
    assert client.get(reverse("exchange_document", args=[document.ref])).status_code == 404


def test_filters_by_practice_and_day(at: Place) -> None:
    sent(at)
    client = as_user(at.hca.actor.id)
    assert "Results of a physical" in page(
        client, "exchange", practice=str(at.practice.ref), day=clock.today().isoformat()
    )
    assert "Results of a physical" not in page(client, "exchange", day="2026-01-01")
    assert "Results of a physical" not in page(client, "exchange", practice=str(at.trust.ref))
    assert "Results of a physical" in page(client, "exchange", practice="nonsense", day="nonsense", view="nonsense")
