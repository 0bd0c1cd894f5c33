"""Packs at their pages: sent to whom they are for, on their first page until opened; a wrong day stays where it was typed."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts import api as accounts
from onedoor.kernel import clock
from onedoor.reporting.models import Closing, Pack, PackReader, PackRequest
from onedoor.ui.tests.world import World, make

pytestmark = pytest.mark.django_db


def made(world: World, closing: Closing) -> Pack:
    pack = Pack.objects.create(
        closing=closing,
        organisation=world.organisation,
        pdf=b"%PDF",
        xlsx=b"PK",
        sha256="0" * 64,
        made_at=clock.now(),
        made_by="test",
    )
    PackReader.objects.create(pack=pack, user=world.manager, sent_at=clock.now())
    return pack


def closed(edition: int) -> Closing:
    return Closing.objects.create(
        month=date(2026, 11, 1), edition=edition, known_at=clock.now(), closed_at=clock.now(), closed_by="test"
    )


def test_a_pack_from_the_analyst_to_the_practice() -> None:
    world = make()
    manager, analyst, desk = Client(), Client(), Client()
    manager.force_login(world.manager)
    analyst.force_login(world.analyst)
    desk.force_login(world.receptionist)
    name = world.organisation.name
    first = made(world, closed(1))
    home, packs = reverse("home"), reverse("reports_packs")
    ready = f"November 2026’s figures of {name} are ready"
    assert ready in manager.get(home).content.decode()
    assert ready not in desk.get(home).content.decode()
    page = analyst.get(packs).content.decode()
    assert f"{world.manager.shown_name}, " in page
    assert "not opened yet" in page
    # A wrong day says what is wrong beside its field, and is still there.
    answer = analyst.post(reverse("pack_plan"), {"organisation": world.organisation.pk, "day": "31"})
    assert 'value="31"' in answer.content.decode()
    assert "Choose a day from 1 to 28" in answer.content.decode()
    # Closed again: the next edition is asked for, and stands in place of the first.
    again = closed(2)
    system = accounts.access_of(world.analyst).organisations[0]
    both = [world.organisation.pk, system]
    assert "month was closed again since" in analyst.get(packs).content.decode()
    answer = analyst.post(reverse("pack_send"), {"organisation": both, "closing": again.pk}, follow=True)
    assert "2 packs are being made and sent" in answer.content.decode()
    assert set(PackRequest.objects.values_list("organisation_id", flat=True)) == set(both)
    second = made(world, again)
    assert f"{ready} again, in place of those of" in manager.get(home).content.decode()
    assert manager.get(reverse("pack_file", args=[second.ref, "pdf"])).content == b"%PDF"
    assert ready not in manager.get(home).content.decode()
    assert "; opened " in analyst.get(packs).content.decode()
    assert manager.get(reverse("pack_file", args=[first.ref, "pdf"])).status_code == 200
    assert desk.get(reverse("pack_file", args=[second.ref, "pdf"])).status_code == 404
    assert manager.post(reverse("pack_send"), {"organisation": both, "closing": again.pk}).status_code == 404
