"""The day's work without a mouse, and without JavaScript."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Browser, Page

from onedoor.accounts.api import User
from onedoor.booking.models import Appointment
from onedoor.kernel import clock
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in

_FOCUSED = "document.activeElement"


def tab_to(page: Page, wanted: str, most: int = 120) -> None:
    """Press Tab until what has the focus matches the selector; what has the focus is always seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"{_FOCUSED}.matches({wanted!r})"):
            seen = page.evaluate(
                f"(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle({_FOCUSED}))"
            )
            assert seen, f"{wanted} does not show that it has the focus"
            return
    raise AssertionError(f"{wanted} cannot be reached with Tab")


def enter(page: Page) -> None:
    """Press Enter and be where it leads."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_signing_in_and_ending_a_task(page: Page, world: World) -> None:
    user = User.objects.get(pk=world.receptionist.pk)
    user.set_password("correct horse")
    user.save()
    page.goto("/tasks/")
    tab_to(page, "#username")
    page.keyboard.type(user.username)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    enter(page)
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUSED}.textContent").strip() == "Skip to main content"
    tab_to(page, f"form[action='/tasks/{world.task.ref}/complete/'] button[value=nothing]")
    enter(page)
    page.wait_for_selector(".od-flash[role=status]")
    world.task.refresh_from_db()
    assert (world.task.state, world.task.outcome) == ("done", "nothing")


def test_booking_from_the_diary(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    page.goto(reverse("diary_day", args=[world.day]))
    tab_to(page, f"a[href*='{world.free.ref}']")
    enter(page)
    tab_to(page, "#q")
    page.keyboard.type("sam hol")
    enter(page)
    tab_to(page, "form[action$='/book/'] button")
    enter(page)
    page.wait_for_selector(".od-flash[role=status]")
    assert Appointment.objects.get(seat=world.free).patient_id == world.sam.pk


def test_cancelling_without_javascript(chromium: Browser, site: str, world: World) -> None:
    context = chromium.new_context(base_url=site, java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    sign_in(page, "patient")
    page.click("text=Change or cancel")
    page.click("text=Cancel this appointment")
    page.click("text=Yes, cancel it")
    page.wait_for_selector("text=Thank you for telling us")
    context.close()
    world.booked.refresh_from_db()
    assert world.booked.state == "cancelled"


def test_news_is_announced_and_nothing_moves(page: Page, world: World) -> None:
    """A change elsewhere shows as a line that waits for a click; the list stays as it was until then."""
    from django.db import transaction

    from onedoor.kernel.actor import Actor
    from onedoor.tasks import api as tasks
    from onedoor.tasks.types import NewTask

    sign_in(page, "receptionist")
    with page.expect_response("**/live/tasks:*") as stream:
        page.goto("/tasks/")
    assert stream.value.status == 200
    before = page.locator("tbody tr").count()
    page.wait_for_timeout(500)
    with transaction.atomic():
        tasks.ask_for(
            tasks=[NewTask("reply", world.organisation.pk, "new", "Read a text that came just now")],
            by=Actor.system("test"),
        )
    page.wait_for_selector(".od-live:not([hidden])", timeout=10_000)
    assert "1 change" in page.inner_text(".od-live")
    assert page.locator("tbody tr").count() == before
    page.click(".od-live a")
    page.wait_for_selector("text=Read a text that came just now")


def test_the_clock_stands(world: World) -> None:
    """The web process and this test agree on the time, so that what is seen can be said beforehand."""
    clock.forget_cache()
    assert clock.setting().rate == 0
