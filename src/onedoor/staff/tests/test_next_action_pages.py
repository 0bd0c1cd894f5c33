"""The pages of next actions, as a triage clinician uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onedoor.kernel import clock
from onedoor.kernel.models import AuditEntry
from onedoor.records.models import Look
from onedoor.referrals.models import NextStep, Referral
from onedoor.referrals.tests.test_next_actions import pathway, take
from onedoor.ui.tests.world import World, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """A practice, and a service that took a caseload over."""
    return make()


def client_of(user: object) -> Client:
    """Signed in as this user."""
    assert isinstance(user, get_user_model())
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_from_the_menu_to_what_is_overdue_and_done(world: World) -> None:
    late = clock.today() - timedelta(days=3)
    assert world.sam.nhs_number
    take(world.service, [pathway(1, late, nhs_number=world.sam.nhs_number), pathway(2, late, action="Treat")])
    Referral.objects.filter(source_ref="P00001").update(patient=world.sam)
    client = client_of(world.clinician)
    page = client.get(reverse("referrals")).content.decode()
    assert "Next actions" in page
    page = client.get(reverse("next_actions")).content.decode()
    for words in ("2 next actions overdue", "Sam Hollis", "3 days ago", "Acute trust"):
        assert words in page
    page = client.get(reverse("next_actions"), {"action": "Treat"}).content.decode()
    assert "Sam Hollis" not in page
    one = Referral.objects.get(source_ref="P00001")
    page = client.get(reverse("next_action", args=[one.ref])).content.decode()
    assert "Booked?" in page
    assert Look.objects.filter(patient=world.sam, page="next action").exists()
    soon = clock.today() + timedelta(days=9)
    said = {
        "one": f"{one.ref}|{late.isoformat()}",
        "done": "yes",
        "action": "Attend",
        "due": soon.isoformat(),
        "reason": "Rang",
    }
    answer = client.post(reverse("next_set"), {**said, "back": "https://elsewhere.example/"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("next_actions")
    assert "Kept for 1." in answer.content.decode()
    assert "Book: done." in client.get(reverse("next_action", args=[one.ref])).content.decode()
    assert NextStep.objects.get().to_due == soon
    answer = client.post(reverse("next_set"), said, follow=True)
    assert "changed meanwhile" in answer.content.decode()
    assert "Tick whom" in client.post(reverse("next_set"), follow=True).content.decode()


def test_the_list_leaves_as_a_file_and_that_is_written_down(world: World) -> None:
    late = clock.today() - timedelta(days=3)
    take(world.service, [pathway(n, late) for n in range(60)])
    answer = client_of(world.clinician).post(reverse("next_download"), {"which": "overdue"})
    lines = answer.content.decode().splitlines()
    assert len(lines) == 61
    assert late.isoformat() in lines[1]
    assert AuditEntry.objects.get(action="download").detail == {"list": "next-actions", "rows": 60}


def test_a_page_of_a_thousand_costs_what_one_of_ten_does(world: World) -> None:
    late = clock.today() - timedelta(days=3)
    client, costs = client_of(world.clinician), []
    client.get(reverse("next_actions"))
    for first, number in ((0, 10), (10, 990)):
        take(world.service, [pathway(n, late) for n in range(first, first + number)])
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("next_actions"))
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_another_services_and_strange_addresses_are_not_found(world: World) -> None:
    client = client_of(world.clinician)
    assert client.get(reverse("next_actions"), {"service": "no-such"}).status_code == 404
    assert client.post(reverse("next_set"), {"one": "x"}).status_code == 404
    for given in ({"which": "no"}, {"stream": "9" * 30}, {"after": "x"}, {"which": "undated", "after": ".5"}):
        assert client.get(reverse("next_actions"), given).status_code == 200
