"""The pages of documents that came: the list, whose a document is, one document, its files, and what a stranger gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.exchange.itk.types import CarriedEntry, File, Person
from onedoor.exchange.models import ReceivedDocument
from onedoor.exchange.tests.arrivals import SIX, Scene, arrive, received, said, scene
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.records.models import Coded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


@pytest.fixture
def place() -> Scene:
    return scene()


@pytest.fixture
def client(place: Scene) -> Client:
    return signed_in(factories.person(place.practice, Role.RECEPTIONIST)[0])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, name: str, *args: object, status: int = 200, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query, follow=True)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_says_who_what_since_when_why_and_what_to_do(place: Scene, client: Client) -> None:
    sam = factories.patient(place.practice, "Sam")
    with clock.at(datetime(2026, 12, 4, 9, tzinfo=clock.LONDON)):
        arrive(place, said(place, sam))
    other = factories.patient(place.practice, "Ada", "Ellery", born_on=date(1970, 1, 2))
    wrong = said(place, factories.patient(place.practice, "Eve", "Marsh"))
    arrive(place, said(place, other, ()))
    arrive(place, said(place, named(wrong.patient, "Marsden")))
    shown = page(client, "documents_in")
    assert "3 documents wait" in shown
    assert shown.index("Sam Hollis") < shown.index("Ada Ellery")
    for words in (
        "3 days ago",
        "6 new",
        "Read and accept 6",
        "Read and file it",
        "The surname differs",
        "Not matched",
        "Say whose it is",
    ):
        assert words in shown, words
    assert '<span class="od-count od-count--urgent">3' in shown


def named(person: Person, family: str) -> Person:
    return replace(person, family=family)


def test_one_touch_enters_all_and_opens_the_next(place: Scene, client: Client) -> None:
    sam, eve = factories.patient(place.practice, "Sam"), factories.patient(place.practice, "Eve", "Marsh")
    first, second = received(place, said(place, sam)), received(place, said(place, eve))
    shown = page(client, "document_in", first.ref)
    assert "Accept 6 into the record" in shown
    assert "Marsh" not in shown
    numbers = [str(n) for n in range(1, len(SIX) + 1)]
    answer = client.post(reverse("document_accept", args=[first.ref]), {"number": numbers, "some": "1"})
    assert answer.headers["Location"] == reverse("document_in", args=[second.ref])
    assert Coded.objects.filter(patient=sam).count() == len(SIX)
    assert "Sam" not in page(client, "document_in", second.ref)
    assert "Accepted into the record" in page(client, "document_in", first.ref)
    client.post(reverse("document_undo", args=[first.ref]))
    assert Coded.objects.filter(patient=sam, in_error_at=None).count() == 0


def test_what_it_asks_stands_apart_and_is_on_the_task_list_once_it_is_accepted(place: Scene, client: Client) -> None:
    sam = factories.patient(place.practice, "Sam")
    asked = CarriedEntry("", "", None, "", date(2026, 12, 3), "Still due, please offer: Smoking.")
    document = received(place, said(place, sam, [SIX[0], asked]))
    shown = page(client, "document_in", document.ref)
    assert shown.index("Asked of the practice") < shown.index(asked.text) < shown.index("What it carries")
    assert shown.count(asked.text) == 1
    assert "Cannot be entered" not in shown
    answer = client.post(reverse("document_accept", args=[document.ref]), {"number": ["1"], "some": "1"}, follow=True)
    assert "What it asks is on the task list." in answer.content.decode()
    tasks = page(client, "tasks")
    assert asked.text in tasks
    assert reverse("document_in", args=[document.ref]) in tasks


def test_who_it_is_is_asked_point_by_point_and_a_difference_must_be_ticked(place: Scene, client: Client) -> None:
    eve = factories.patient(place.practice, "Eve", "Marsh", born_on=date(1970, 1, 2))
    document = received(place, said(place, named(said(place, eve).patient, "Marsden")))
    shown = page(client, "document_in", document.ref)
    assert "Whose is it?" in shown
    assert "! Differs" in shown
    assert "Marsden" in shown
    here = reverse("document_who", args=[document.ref])
    client.post(here, {"patient": str(eve.ref), "differs": "1"})
    assert ReceivedDocument.objects.get().state == "to_match"
    client.post(here, {"patient": str(eve.ref), "differs": "1", "sure": "1"})
    assert ReceivedDocument.objects.get().state == "to_code"
    shown = page(client, "document_in", document.ref)
    assert "Make sure that it is the same person" in shown
    client.post(reverse("document_wrong", args=[document.ref]))
    assert ReceivedDocument.objects.get().patient is None


def test_files_are_shown_without_rights_or_saved(place: Scene, client: Client) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
    files = (File("Letter <b>", "text/plain", b"<script>alert(1)</script>"), File("Scan", "image/png", png))
    document = received(place, said(place, factories.patient(place.practice), files=files))
    shown = page(client, "document_in", document.ref)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown
    for number, kind, way in (
        (1, "text/plain; charset=utf-8", "inline"),
        (2, "application/octet-stream", "attachment"),
    ):
        answer = client.get(reverse("document_file", args=[document.ref, number]))
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith(way)
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(reverse("document_file", args=[document.ref, 3])).status_code == 404


def test_what_cannot_be_added_stays_typed_with_the_reason_beside_it(place: Scene, client: Client) -> None:
    document = received(place, said(place, factories.patient(place.practice)))
    for typed, why in (
        ({"code": "271649006", "value": "abc", "unit": "mmHg", "day": "2026-12-04"}, "the value is not a number"),
        ({"code": "nonsense", "value": "5", "unit": "kg", "day": "2026-12-04"}, "not a SNOMED CT identifier"),
    ):
        answer = client.post(reverse("document_add", args=[document.ref]), typed)
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert why in shown
        assert 'id="add" open' in shown
        for value in typed.values():
            assert f'value="{value}"' in shown
    assert (
        client.post(
            reverse("document_add", args=[document.ref]),
            {"code": "Never smoked tobacco – 266919005", "day": "2026-12-04"},
        )
        .headers["Location"]
        .endswith("#decide")
    )


def test_home_says_that_documents_wait_and_since_when(place: Scene, client: Client) -> None:
    assert "that came" not in page(client, "home")
    with clock.at(datetime(2026, 12, 4, 9, tzinfo=clock.LONDON)):
        arrive(place, said(place, factories.patient(place.practice, "Sam")))
    wrong = said(place, factories.patient(place.practice, "Eve", "Marsh"))
    shown = page(client, "home")
    assert "Document that came" in shown
    assert "the oldest <time" in shown
    assert f"tasks:{place.practice.pk},documents:{place.practice.pk}" in shown
    assert "od-worklist--urgent" not in shown
    arrive(place, said(place, named(wrong.patient, "Marsden")))
    shown = page(client, "home")
    assert "Documents that came" in shown
    assert "od-worklist--urgent" in shown


def test_what_stands_of_an_earlier_version_is_said_and_decided_wherever_the_newer_one_is(
    place: Scene, client: Client
) -> None:
    sam, eve = factories.patient(place.practice, "Sam"), factories.patient(place.practice, "Eve", "Marsh")
    first = received(place, said(place, sam, SIX[:1], identifier="v1"))
    client.post(reverse("document_accept", args=[first.ref]), {"number": ["1"]})
    second = received(place, said(place, eve, SIX[:1], identifier="v2", replaces="v1"))
    shown = page(client, "document_who", second.ref)
    assert "These stand on a record until this one is accepted or sent back" in shown
    assert "Systolic blood pressure: 142 mmHg" in shown
    client.post(reverse("document_who", args=[second.ref]), {"patient": str(eve.ref)})
    shown = page(client, "document_in", second.ref)
    assert 'name="earlier" value="in_error"' in shown
    left = reverse("document_leave", args=[second.ref])
    answer = client.post(left, {"reason": "read"}, follow=True)
    assert "say whether they are in error or stand" in answer.content.decode()
    answer = client.post(left, {"reason": "read", "earlier": "in_error"}, follow=True)
    assert "1 entry of the earlier version in error." in answer.content.decode()
    assert Coded.objects.get().in_error_at is not None


def test_another_practice_sees_nothing_of_it(place: Scene) -> None:
    document = received(place, said(place, factories.patient(place.practice)))
    stranger = signed_in(factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))[0])
    assert "No document waits" in page(stranger, "documents_in")
    for name in ("document_in", "document_who"):
        page(stranger, name, document.ref, status=404)
    for name in (
        "document_accept",
        "document_leave",
        "document_back",
        "document_undo",
        "document_wrong",
        "document_add",
    ):
        assert stranger.post(reverse(name, args=[document.ref]), {"response": "30002"}).status_code == 404, name
    assert ReceivedDocument.objects.get().state == "to_code"
