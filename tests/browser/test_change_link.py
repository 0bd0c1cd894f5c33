"""Another time by the link of a text, as on a telephone: the date of birth, the times, and what was chosen (J2)."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page

from onedoor.booking.actions.changing import invite
from onedoor.booking.actions.places import get
from onedoor.booking.models import Appointment
from onedoor.kernel.actor import Actor
from onedoor.ui.tests.world import World
from tests.browser.test_every_page import _RULES


def look(page: Page, name: str) -> None:
    """The page as it stands, at both widths: nothing sideways, nothing that axe finds."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_load_state()
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, (name, width, sideways)
        found = Axe().run(page, options=_RULES).response["violations"]
        assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:2]]) for rule in found] == [], (name, width)
        if folder := os.environ.get("ONEDOOR_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_another_time_by_link(page: Page, world: World) -> None:
    with transaction.atomic():
        address = invite(appointment=get(world.booked.pk), by=Actor.system("test"))
    assert address is not None
    page.goto(urlsplit(address).path)
    look(page, "birth")
    page.fill("#day", "1")
    page.click("text=Continue")
    look(page, "birth-wrong")
    born = world.sam.born_on
    for part, value in (("day", born.day), ("month", born.month), ("year", born.year)):
        page.fill(f"#{part}", str(value))
    page.click("text=Continue")
    look(page, "times")
    assert "Adeyemi" not in page.content()
    page.click("button[name=to]")
    look(page, "done")
    assert Appointment.objects.get(patient=world.sam, state="booked").seat == world.free
    page.goto(urlsplit(address).path)
    look(page, "over")
