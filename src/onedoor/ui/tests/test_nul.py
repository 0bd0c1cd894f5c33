"""Every address is walked with the character that the database does not take: a clear answer, nothing changed, no 500."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import User
from onedoor.gateway.live import _take_seat
from onedoor.kernel.models import AuditEntry
from onedoor.ui.tests.world import World, addresses, make

pytestmark = pytest.mark.django_db

SAYS = "a character that no keyboard writes"


def clients(world: World) -> dict[str, Client]:
    found = {"a visitor": Client()}
    users: dict[str, User] = {
        "the desk": world.receptionist,
        "the administrator": world.administrator,
        "a patient": world.portal,
        "a carer": world.carer,
    }
    for who, user in users.items():
        found[who] = Client()
        found[who].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.mark.slow
def test_every_address_answers_it_clearly() -> None:
    world = make()
    everybody = clients(world)
    before = AuditEntry.objects.count()
    for name, known in addresses(world).items():
        for arguments in known:
            address = reverse(name, kwargs=arguments)
            for who, client in everybody.items():
                for answer in (
                    client.get(address, {"q": "my kn\0ee"}),
                    client.post(address, {"name": "Sam\0", "words": "x"}),
                    client.post(address, {"name\0": "Sam"}),
                ):
                    assert answer.status_code == 400, (name, who)
                    assert SAYS in answer.content.decode(), (name, who)
    assert AuditEntry.objects.count() == before


def test_what_a_script_or_a_cookie_sends_is_looked_at_too() -> None:
    client = Client()
    assert client.post("/", json.dumps({"a": "b\0c"}), content_type="application/json").status_code == 400
    client.cookies["sessionid"] = '"\\000\\000\\000\\000\\000\\000\\000\\000\\000"'
    answer = client.get(reverse("find_service"), headers={"cookie": 'sessionid="abcdefgh\\000"'})
    assert answer.status_code == 400
    assert client.get("/services/\0/").status_code in (400, 404)
    assert not Session.objects.exists()


def test_the_live_stream_opens_to_no_such_session() -> None:
    assert _take_seat("diary:1", 'sessionid="abcdefgh\\000"', uuid4()) is None


def test_what_is_written_by_hand_passes() -> None:
    answer = Client().get(reverse("find_service"), {"q": "knee – “sore” \\u0000 ☹"})
    assert answer.status_code == 200
