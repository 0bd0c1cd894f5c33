"""Pages of the service that triages, of the loop and of shadow mode: who opens them, what they say to bad input, their files."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation
from onedoor.kernel import jobs
from onedoor.reporting import counting
from onedoor.reporting.dashboards import reaching
from onedoor.reporting.models import LoopCounting
from onedoor.staff.tests.test_strangers import client_of
from onedoor.ui.tests import world as worlds
from onedoor.ui.tests.world import World

pytestmark = pytest.mark.django_db
PAGES = ("reports_msk", "reports_loop", "reports_shadow")


@pytest.fixture
def world() -> World:
    """With the service's provider part of the same care system as the practice."""
    made = worlds.make()
    OrganisationRelation.objects.create(
        organisation=made.service.service.organisation,
        other=Organisation.objects.get(ods_code=worlds.SYSTEM_ODS),
        kind="in_ics",
        starts_on=date(2024, 4, 1),
    )
    jobs.run_once("reporting.count_loop")
    return made


def said(client: Client, name: str, **query: str) -> str:
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200, (name, query, answer.status_code)
    return answer.content.decode()


def test_each_page_and_each_of_its_files_opens_for_who_reads_reports(world: World) -> None:
    for user in (world.manager, world.analyst):
        client = client_of(user)
        for name in PAGES:
            page = said(client, name)
            assert "Hollis" not in page
            for kind in ("csv", "xlsx", "svg"):
                for address in {
                    part.split('"')[0] for part in page.split('href="')[1:] if f"as={kind}" in part.split('"')[0]
                }:
                    file = client.get(reverse(name) + address.replace("&amp;", "&"))
                    assert file.status_code == 200, (name, address)
                    assert b"Hollis" not in file.content
    for nobody in (
        world.receptionist,
        world.administrator,
        world.clinician,
        world.handler,
        world.partner,
        world.assistant,
    ):
        for name in PAGES:
            assert client_of(nobody).get(reverse(name)).status_code == 404, (nobody, name)


def test_the_service_is_seen_from_its_care_system_and_not_by_a_practice_beside_it(world: World) -> None:
    assert "MSK service" in said(client_of(world.analyst), "reports_msk", service="triage")
    assert "No service whose figures you may see" in said(client_of(world.manager), "reports_msk")
    assert client_of(world.manager).get(reverse("reports_msk"), {"service": "triage"}).status_code == 404


def test_the_loop_says_as_of_when_and_what_is_not_there(world: World) -> None:
    client = client_of(world.analyst)
    page = said(client, "reports_loop", **{"from": "2026-12", "to": "2027-01"})
    assert "As of 7 December 2026, 9am. January 2027 is not counted yet." in page
    assert reaching.NO_AREAS in page
    assert "Released and refilled is not drawn: the counts of these months are too small to be told." in page
    LoopCounting.objects.all().delete()
    nothing = said(client, "reports_loop")
    assert counting.NOTHING_COUNTED in nothing
    assert "<table" not in nothing
    assert client.get(reverse("reports_loop"), {"as": "csv", "table": "by_month"}).status_code == 404


@pytest.mark.parametrize("name", ["reports_loop", "reports_shadow"])
@pytest.mark.parametrize("code", ["Y99003", "nothing", "Y99930"])
def test_a_practice_beyond_reach_is_not_there(world: World, name: str, code: str) -> None:
    assert client_of(world.manager).get(reverse(name), {"practice": code}).status_code == 404


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("reports_loop", {"from": "2026-13"}, "is no month. Type one as"),
        ("reports_msk", {"to": "soon"}, "is no month. Type one as"),
        ("reports_loop", {"from": "2026-12", "to": "2026-11"}, "The first month is after the last"),
        ("reports_loop", {"from": "2001-01", "to": "2026-11"}, "That is more than 24 months"),
        ("reports_shadow", {"month": "2031-01"}, "is no month that has begun"),
        ("reports_shadow", {"month": "x"}, "is no month that has begun"),
        ("reports_shadow", {"value": "much"}, "is no sum of money"),
        ("reports_shadow", {"value": "-1"}, "is no sum of money"),
        ("reports_shadow", {"value": "1e9"}, "is no sum of money"),
        ("reports_shadow", {"value": "NaN"}, "is no sum of money"),
    ],
)
def test_what_cannot_be_is_said_and_the_page_stands(world: World, name: str, query: dict[str, str], words: str) -> None:
    assert words in said(client_of(world.analyst), name, **query)


def test_shadow_mode_says_that_nothing_was_sent_and_what_is_assumed(world: World) -> None:
    page = said(client_of(world.manager), "reports_shadow", month="2026-12", value="36.5")
    assert "nothing was sent, nothing was changed" in page
    assert "£36.50" in page
    assert page.count("assumed</span>") >= 3


def test_as_many_statements_for_more_months(world: World) -> None:
    client = client_of(world.analyst)
    for name in ("reports_msk", "reports_loop"):
        counts = []
        for first in ("2026-11", "2025-12"):
            said(client, name, **{"from": first, "to": "2026-12"})
            with CaptureQueriesContext(connection) as asked:
                said(client, name, **{"from": first, "to": "2026-12"})
            counts.append(len(asked))
        assert counts[0] == counts[1], name
