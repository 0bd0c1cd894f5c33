"""Questions and invitations in a browser: asked at the desk, answered on the patient's own page, at both widths."""

from __future__ import annotations

import os

from django.urls import reverse
from playwright.sync_api import Page

from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import look_at

SHOTS = os.environ.get("ONEDOOR_SHOTS", "")
"""A directory for pictures, for whoever wants to look."""


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def test_asked_at_the_desk_and_answered_at_home(page: Page, site: str, world: World) -> None:
    sign_in(page, "receptionist")
    address = reverse("patient", args=[world.sam.ref])
    page.goto(address)
    page.click("text=Ask a question by text")
    page.select_option("#ask-form", "smoking")
    page.click("button:has-text('Ask by text')")
    page.wait_for_selector("text=The answer will show here")
    page.click("button:has-text('Invite by text for a flu vaccine')")
    page.wait_for_selector("text=Invited.")
    look_at(page, "patient", address)
    page.click("text=Ask a question by text")
    shoot(page, "patient")
    page.context.clear_cookies()
    sign_in(page, "patient")
    look_at(page, "my_home", reverse("my_home"))
    shoot(page, "home")
    page.click("text=I have never smoked")
    page.click("button:has-text('Send my answer')")
    page.wait_for_selector("text=we have your answer")
    page.click("button:has-text('I have had it')")
    page.fill("input[name=value]", "The chemist in Hull, in October")
    page.click("button:has-text('Send')")
    page.wait_for_selector("text=We have noted what you told us")
