"""The page of sharing agreements: what was typed of one that cannot be written down is not lost."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.kernel import clock
from onedoor.kernel.access import Role

pytestmark = pytest.mark.django_db

TYPED = {
    "partner": "Y99999", "covers": "coded", "purpose": "Care on the ward", "basis": "6(1)(e)", "by": "Dr Thorne",
    "signed": "2026-12-01", "starts": "2026-12-08", "ends": "2027-12-07",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "No other organisation here has that ODS code."),
        ({"signed": ""}, "Give the three days."),
        ({"partner": "Y99902", "ends": "2026-12-07"}, "signed, then starts, then ends"),
    ],
)
def test_an_agreement_that_cannot_be_written_down_stays_in_its_form(wrong: dict[str, str], why: str) -> None:
    practice = factories.practice()
    factories.practice("Y99902", "Wexcombe Mental Health")
    client = Client()
    client.force_login(factories.person(practice, Role.PRACTICE_MANAGER)[0])
    typed = TYPED | wrong
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        answer = client.post(reverse("sharing_agree"), typed)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert why in shown
    for name, value in typed.items():
        assert name == "covers" or f'value="{value}"' in shown, name
    assert 'value="coded" checked' in shown
