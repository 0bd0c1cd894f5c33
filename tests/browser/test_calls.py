"""J9, by hand: somebody rings, says who they are, hears where their referral is, is told of a service, and is handed over."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import _RULES

DEMO = Path(__file__).parents[2] / "localities" / "demo" / "calls.csv"


def sound(page: Page, name: str) -> None:
    """No fault that axe knows, no sideways scrolling at 320 pixels."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_load_state("load")
        found = Axe().run(page, options=_RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if shots := os.environ.get("ONEDOOR_SHOTS"):
            page.screenshot(path=f"{shots}/calls-{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.django_db(transaction=True)
def test_a_call_from_start_to_end(page: Page, world: World) -> None:
    exchange.import_calls(file=DEMO, practice=world.organisation.ods_code, by=factories.TEST)
    sign_in(page, "call_handler")
    page.get_by_role("link", name="Calls").click()
    page.get_by_label("From").fill(str(date(2026, 11, 1)))
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".od-figures")).to_contain_text("96.0%")
    expect(page.locator(".od-figures")).to_contain_text("36 s")
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_role("heading", name="Sam Hollis")).to_be_visible()
    sound(page, "seen")
    page.get_by_label("How it ended").select_option("status")
    page.get_by_role("button", name="End the call").click()
    sound(page, "calls")

    page.get_by_role("button", name="Somebody rings").click()
    sound(page, "who")
    page.get_by_label("Full name").fill("Sam Hollis")
    page.get_by_role("button", name="This is who it is").click()
    expect(page.get_by_text("Ask for two at least")).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("Sam Hollis")
    page.get_by_label("Date of birth").fill(f"{world.sam.born_on:%d/%m/%Y}")
    page.get_by_role("button", name="This is who it is").click()
    expect(page.get_by_text("Said who they are")).to_be_visible()
    page.get_by_label("What they need, in their words").fill("my knees hurt")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("button", name="Told them of this one").first).to_be_visible()
    page.locator("summary", has_text="Hand over, or connect").click()
    sound(page, "service")
    page.get_by_label("To whom").select_option("reception")
    page.get_by_label("What they ask").fill("Wants a form signed")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("Handed over: it is on their list")).to_be_visible()
    page.get_by_label("How it ended").select_option("hand_over")
    page.get_by_role("button", name="End the call").click()
    expect(page.locator("section[aria-labelledby=mine]").get_by_text("Handed over to a team")).to_be_visible()
    expect(page.get_by_text("Sam Hollis")).to_have_count(0)
