"""The page on which a licence is held against texts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.ui.tests.world import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(make().manager, backend="django.contrib.auth.backends.ModelBackend")
    return found


def test_it_begins_with_the_figures_of_a_paper_and_their_break_even(client: Client) -> None:
    page = client.get(reverse("reports_money")).content.decode()
    assert "66.7% of the texts must move" in page
    assert "927,012 of 1,390,588 a year" in page
    assert "£48.00 a practice a month" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"practices": "forty"}, "Practices: write a whole number above nought."),
        ({"texts": "0"}, "Texts a year: write a whole number above nought."),
        ({"texts": "1.5"}, "Texts a year: write a whole number above nought."),
        ({"spend": "-3"}, "What they cost, £: write a number above nought."),
        ({"spend": "NaN"}, "write a number above nought."),
        ({"each": "1e99"}, "write a number above nought."),
        ({"years": ""}, "write a whole number above nought."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(client: Client, typed: dict[str, str], says: str) -> None:
    page = client.get(reverse("reports_money"), typed).content.decode()
    assert says in page
    assert "must move</h1>" not in page
    assert "34561.74" in page or "spend" in typed


def test_a_licence_dearer_than_all_texts_can_never_pay(client: Client) -> None:
    typed = {"practices": "1", "texts": "100", "spend": "£1,000", "each": "1,200", "years": "1"}
    page = client.get(reverse("reports_money"), typed).content.decode()
    assert "120.0% of the texts must move" in page
    assert "It can never pay" in page
