"""A service is changed by its own people, and anybody finds it near a town: in a browser, at both widths."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor.directory import api as directory
from onedoor.directory.models import Service
from onedoor.factories import TEST
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import look_at

pytestmark = pytest.mark.slow
DEMO = Path(__file__).parents[2] / "localities" / "demo"


@pytest.fixture
def located(world: World) -> World:
    """The demonstration's services and places, one of them the practice's own."""
    directory.take_spots(file=DEMO / "places.csv", by=TEST)
    directory.take_services(rows=directory.read_services((DEMO / "services.csv").read_bytes()), by=TEST)
    Service.objects.filter(slug="msk-community").update(organisation=world.practice.organisation)
    return world


def test_its_own_people_change_a_service_and_the_old_is_kept(page: Page, located: World) -> None:
    sign_in(page, "administrator")
    expect(page.locator("body")).to_contain_text("Sign out")
    page.goto(reverse("service", args=["msk-community"]))
    page.get_by_role("link", name="Change what stands here").click()
    page.get_by_label("Youngest age").fill("six")
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Youngest age: a whole number up to 120")
    expect(page.get_by_label("Youngest age")).to_have_value("six")
    page.get_by_label("Youngest age").fill("18")
    page.get_by_label("A nurse").uncheck()
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.locator("main")).to_contain_text("18 and over since")
    page.get_by_role("link", name="What it was before").click()
    expect(page.locator("main")).to_contain_text("16 and over")
    look_at(page, "service history", reverse("service_history", args=["msk-community"]))
    look_at(page, "service edit", reverse("service_edit", args=["msk-community"]))
    page.get_by_role("link", name="Add a place").click()
    page.get_by_label("Name").fill("Larkhill Green Library")
    page.get_by_label("Postcode").fill("the library")
    page.get_by_role("button", name="Add it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("a postcode, or its first part")
    page.get_by_label("Postcode").fill("ZZ9 1LN")
    page.get_by_label("Yes").check()
    page.get_by_label("Hours of its own").fill("Wed 16:00-19:00\nSat 09:00-12:00")
    page.get_by_role("button", name="Add it").press("Enter")
    expect(page.locator("main")).to_contain_text("Larkhill Green Library, ZZ9 1LN")
    page.get_by_role("link", name="Larkhill Green Library").click()
    expect(page.locator("main")).to_contain_text("the first part of its postcode")
    look_at(page, "service place", page.url)
    page.goto(reverse("service", args=["msk-community"]))
    page.get_by_role("button", name="I have checked it").press("Enter")
    expect(page.locator("main")).to_contain_text("Checked on")
    look_at(page, "service", reverse("service", args=["msk-community"]))


def test_anybody_finds_what_is_near(page: Page, located: World, site: str) -> None:
    page.goto(site + reverse("find_service"))
    page.get_by_label("What do you need help with?").fill("my knee hurts")
    page.get_by_label("Your postcode or town").fill("Millford")
    page.get_by_role("button", name="Find").press("Enter")
    main = page.locator("main")
    expect(main).to_contain_text("Distances are in a straight line from Millford")
    expect(main).to_contain_text("Millford Health Centre, ZZ7: less than a mile away")
    page.get_by_role("link", name="Nearest first").click()
    expect(main).to_contain_text("The nearest come first")
    look_at(page, "find near", page.url)
    page.get_by_role("link", name="MSK Community Service").first.click()
    expect(main).to_contain_text("less than a mile away, in a straight line")
    expect(main).to_contain_text("What it replaces")
    look_at(page, "find one", page.url)
    page.goto(site + reverse("find_service") + "?q=my+knee+hurts&at=Atlantis")
    expect(main).to_contain_text("We do not know where “Atlantis” is")
