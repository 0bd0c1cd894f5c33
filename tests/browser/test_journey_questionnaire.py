"""J6 (product-map.md): a questionnaire decides. Asked in two taps, turn by turn with days between, out of range asked once more;
an answer that cannot wait to a person at once, with advice that fits the hour; score and rule decide the visit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page

from onedoor import factories
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message
from onedoor.messaging.tests.asking_factories import arrive
from onedoor.patients.models import Patient
from onedoor.questionnaires.models import Response
from onedoor.records.models import Entry
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import _RULES

PHONE = "+447700900177"


def look(page: Page, name: str) -> None:
    """The page as it stands, at both widths: nothing sideways, nothing that axe finds."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, (name, width, sideways)
        found = Axe().run(page, options=_RULES).response["violations"]
        assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:2]]) for rule in found] == [], (name, width)
        if folder := os.environ.get("ONEDOOR_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def turn(page: Page, selector: str) -> None:
    """Clicks what leads to another page, and is on it: a look in between sees a document without a root."""
    with page.expect_navigation():
        page.click(selector)


MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """It is this time, here and in the web process."""
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        yield


def reply(world: World, moment: datetime, text: str) -> str:
    """A text at this moment, and what we answered to it."""
    with at(moment):
        arrive(world.organisation, PHONE, text, received_at=moment - timedelta(seconds=2))
        jobs.run_once("messaging.understand")
    return last_text()


def last_text() -> str:
    return Message.objects.filter(number=PHONE).order_by("-id").values_list("body", flat=True)[0]


def ask(page: Page, patient: Patient, key: str, button: str) -> None:
    """Two taps on the patient's page."""
    page.goto(reverse("patient", args=[patient.ref]))
    page.check(f"#ask-{key}")
    page.click(f"button:has-text('{button}')")


def on_a_telephone(chromium: Browser, site: str, address: str, patient: Patient) -> str:
    """The link opened, the date of birth given, and yes to the first question; what the page then says."""
    context = chromium.new_context(base_url=site, java_script_enabled=False, viewport={"width": 320, "height": 700})
    phone, born = context.new_page(), patient.born_on
    phone.goto(address)
    for part, value in (("day", born.day), ("month", born.month), ("year", born.year)):
        phone.fill(f"#{part}", str(value))
    phone.click("text=Continue")
    phone.check("text=Yes, now")
    phone.click("button:has-text('Continue')")
    said = phone.inner_text("main")
    context.close()
    return said


def test_by_text_over_days_to_the_visit_that_it_asks_for(page: Page, world: World) -> None:
    nell = factories.patient(world.organisation, "Nell", "Okafor", mobile=PHONE)
    sign_in(page, "receptionist")
    ask(page, nell, "rcp", "Send by text")
    page.wait_for_selector("text=The answers will show here")
    assert "chest pain" in last_text()
    first, later = MONDAY + timedelta(minutes=5), MONDAY + timedelta(days=3)
    assert "sleeping" in reply(world, first, "No")
    # Three days later it goes on where it stopped; what is no answer is asked once more.
    assert "could not read your answer" in reply(world, later, "on and off")
    assert "in the day" in reply(world, later + timedelta(minutes=4), "yes")
    reply(world, later + timedelta(minutes=8), "no")
    told = reply(world, later + timedelta(minutes=12), "no")
    assert "arrange a time to see you" in told
    response = Response.objects.get(patient=nell)
    assert (response.state, response.score, response.visit, response.rule) == (
        "completed",
        1,
        "face_to_face",
        "any-yes",
    )
    # Whoever needs a review has not had one.
    assert not Entry.objects.filter(patient=nell, code__code="754061000000100").exists()
    page.goto(reverse("patient", args=[nell.ref]))
    shown = page.inner_text("section[aria-labelledby=asked]")
    assert "Face to face" in shown
    assert "rule rcp/any-yes, version 2" in shown
    look(page, "patient")
    assert Task.objects.get(patient=nell, kind="questionnaire").state == "open"


def test_a_red_flag_by_link_on_a_telephone_out_of_hours(page: Page, chromium: Browser, site: str, world: World) -> None:
    nell = factories.patient(world.organisation, "Nell", "Okafor", mobile=PHONE)
    sign_in(page, "receptionist")
    ask(page, nell, "home-bp", "Send a link")
    page.wait_for_selector("text=The answers will show here")
    found = re.search(rf"{re.escape(settings.PUBLIC_ADDRESS)}(/q/\S+)", last_text())
    assert found is not None
    # A Saturday evening, without JavaScript.
    with at(datetime(2026, 12, 12, 19, 0, tzinfo=clock.LONDON)):
        said = on_a_telephone(chromium, site, found[1], nell)
    assert "ring 999" in said
    assert "closed until Monday 14 December 2026 8am" in said
    response = Response.objects.get(patient=nell)
    assert (response.state, response.visit) == ("handed_over", "today")
    task = Task.objects.get(kind="red_flag", patient=nell)
    # With a person in the same moment, and first on the list.
    assert (task.urgent, task.due_at) == (True, response.ended_at)
    page.goto(reverse("tasks"))
    assert page.inner_text("tbody tr >> nth=0").startswith("!") or "Ring now" in page.inner_text("tbody tr >> nth=0")
    page.goto(reverse("patient", args=[nell.ref]))
    look(page, "red-flag")


def test_one_question_a_page_at_both_widths(page: Page, world: World) -> None:
    sign_in(page, "patient")
    page.goto(reverse("my_home"))
    look(page, "home")
    turn(page, "text=Answer: Alcohol")
    look(page, "question")
    turn(page, "button:has-text('Continue')")
    look(page, "wrong")
    page.check("text=2 or 3 times a week")
    page.click("button:has-text('Continue')")
    page.check("text=3 or 4 units")
    page.click("button:has-text('Continue')")
    page.click("button:has-text('I would rather not say')")
    page.fill("#answer", "12")
    turn(page, "button:has-text('Continue')")
    look(page, "check")
    page.click("a:has-text('Change') >> nth=2")
    page.check("text=Less than monthly")
    page.click("button:has-text('Continue')")
    turn(page, "button:has-text('Send my answers')")
    look(page, "done")
    response = Response.objects.get(patient=world.sam, key="audit-c")
    assert (response.state, response.score, response.visit) == ("completed", 5, "phone")


def test_on_the_tablet_in_the_waiting_room(page: Page, world: World) -> None:
    nell = factories.patient(world.organisation, "Nell", "Okafor")
    sign_in(page, "receptionist")
    ask(page, nell, "smoking", "Code for the tablet")
    page.wait_for_selector("text=The code for the tablet is")
    code = Response.objects.get(patient=nell).code
    page.goto(reverse("patients"))
    page.click("text=Make this browser the practice’s tablet")
    turn(page, "button:has-text('Make it a tablet')")
    look(page, "tablet")
    page.fill("#code", code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Do you smoke?")
    look(page, "tablet-question")
    assert "Nell" not in page.content()
    page.check("text=I have never smoked")
    page.click("button:has-text('Continue')")
    turn(page, "button:has-text('Send my answers')")
    look(page, "tablet-done")
    turn(page, "text=Finish")
    look(page, "tablet-over")
    assert Response.objects.get(patient=nell).state == "completed"
    page.click("text=Begin")
    page.wait_for_selector("#code")
