"""Changing a service on its page, through the forms; who may not finds no page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import organisation_by_ods
from onedoor.directory import api as directory
from onedoor.directory.tests.factories import services
from onedoor.directory.tests.test_spots import PLACES
from onedoor.factories import TEST, person, practice
from onedoor.kernel.access import Role

pytestmark = pytest.mark.django_db


def browser(ods_code: str = "Y99900", role: Role = Role.PRACTICE_MANAGER) -> Client:
    organisation = organisation_by_ods(ods_code) or practice()
    client = Client()
    client.force_login(person(organisation, role)[0], backend="django.contrib.auth.backends.ModelBackend")
    return client


def form(client: Client) -> dict[str, object]:
    """What the page of the service would post, as it stands."""
    card = directory.card("joints")
    assert card is not None
    texts: dict[str, object] = dict(directory.written(card.id))
    assert client.get(reverse("service_edit", args=["joints"])).status_code == 200
    texts |= {"edition": str(card.edition), "refers": list(card.refers), "active": "on"}
    del texts["bank_holidays"]
    return texts


def seen(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_page_posted_as_it_stands_changes_nothing() -> None:
    services()
    client = browser()
    client.post(reverse("service_edit", args=["joints"]), form(client))
    assert directory.history(services()["joints"]) == []


def test_everything_of_a_service_is_changed_and_said_with_its_day() -> None:
    services()
    client = browser()
    changes = {
        "ages_from": "18",
        "refers": ["gp", "ahp"],
        "criteria": "Not after an operation.",
        "streams": "Exercise Classes (class)\nPhysiotherapy",
        "hours": "Mon-Thu 08:00-18:00\nFri 08:00-12:00",
        "days": "2026-12-27",
        "replaces": "01632 960201\n01632 960202",
        "web": "https://joints.example",
    }
    client.post(reverse("service_edit", args=["joints"]), form(client) | changes)
    card = directory.card("joints")
    assert card is not None
    assert (card.ages, card.refers, card.criteria) == ("18 and over", ("gp", "ahp"), "Not after an operation.")
    assert card.streams == (("Exercise Classes", "class"), ("Physiotherapy", "one_to_one"))
    assert card.hours == (("Monday to Thursday", "8am to 6pm"), ("Friday", "8am to midday"))
    assert card.replaces == ("01632 960201", "01632 960202")
    page = seen(client, reverse("service", args=["joints"]))
    assert "18 and over <span" in page
    assert "since" in page
    assert "16 and over" in seen(client, reverse("service_history", args=["joints"]))
    assert "01632 960202" in seen(Client(), reverse("find_service_one", args=["joints"]))


def test_what_cannot_be_read_is_said_beside_it_and_nothing_changes() -> None:
    keys = services()
    client = browser()
    answer = client.post(
        reverse("service_edit", args=["joints"]),
        form(client) | {"hours": "most days", "ages_from": "70", "ages_to": "60", "web": "joints", "summary": ""},
    )
    page = answer.content.decode()
    for said in ("hours are written like", "is below ages_from", "begins with https://", "this must be given"):
        assert said in page
    assert "most days" in page
    assert directory.history(keys["joints"]) == []


def test_a_place_is_added_changed_and_taken_away() -> None:
    services()
    directory.take_spots(file=PLACES, by=TEST)
    client = browser()
    new = reverse("service_place_new", args=["joints"])
    assert (
        "a postcode, or its first part" in client.post(new, {"site": "Mill", "postcode": "the mill"}).content.decode()
    )
    client.post(new, {"site": "Mill House", "postcode": "ZZ7 1AA", "step_free": "yes", "hours": "Tue 09:00-12:00"})
    near = seen(Client(), reverse("find_service") + "?q=stiff+joints&at=ZZ7")
    assert "Mill House, ZZ7: less than a mile away" in near
    card = directory.card("joints")
    assert card is not None
    mill = reverse("service_place", args=["joints", card.places[1].ref])
    client.post(mill, {"site": "Mill House", "postcode": "ZZ3 1AA", "step_free": "no"})
    page = seen(Client(), reverse("find_service_one", args=["joints"]) + "?q=joints&at=ZZ3")
    assert page.index("Mill House") < page.index("ZZ1 1AA")
    assert "There are steps" in page
    client.post(reverse("service_place_end", args=["joints", card.places[1].ref]))
    assert "Mill House" not in seen(Client(), reverse("find_service_one", args=["joints"]))


def test_a_place_nobody_knows_and_one_of_several_are_said() -> None:
    services()
    directory.take_spots(file=PLACES, by=TEST)
    here = reverse("find_service") + "?q=stiff+joints&at="
    assert "We do not know where “Atlantis” is" in seen(Client(), here + "Atlantis")
    assert "There are several places called Newtown" in seen(Client(), here + "Newtown")


def test_another_organisation_s_manager_and_others_find_no_page() -> None:
    services()
    card = directory.card("joints")
    assert card is not None
    strangers = [browser("Y99002"), browser("Y99002", Role.RECEPTIONIST), browser(role=Role.TRIAGE_CLINICIAN)]
    for client in strangers:
        for name, args in (
            ("service_edit", ["joints"]),
            ("service_place_new", ["joints"]),
            ("service_place", ["joints", card.places[0].ref]),
        ):
            assert client.get(reverse(name, args=args)).status_code == 404
            assert client.post(reverse(name, args=args), {"site": "x"}).status_code == 404
        assert client.post(reverse("service_verify", args=["joints"])).status_code == 404
        assert client.post(reverse("service_place_end", args=["joints", card.places[0].ref])).status_code == 404
    unchanged = directory.card("joints")
    assert unchanged is not None
    assert unchanged.verified_on is None
    assert unchanged.places == card.places
