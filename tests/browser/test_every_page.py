"""Every page, for everybody: the rules of axe, and 320 pixels without sideways scrolling (WCAG 2.2 AA, 1.4.10)."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in

_RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}

STAFF = (
    "home",
    "tasks",
    "task",
    "diary_day",
    "place",
    "free place",
    "place_move_to",
    "needs",
    "patient_needs",
    "inbox",
    "thread",
    "thread of sam",
    "sent",
    "offers",
    "waiting_join",
    "patients",
    "patient",
    "counters",
    "accuracy",
)
MANAGER = ("clinics", "phrases", "imports", "import_file", "settings", "appointment_type", "sending")
PATIENT = ("my_home", "my_appointment", "my_cancel", "my_messages", "my_looks")


def pages(world: World) -> dict[str, str]:
    """Addresses of pages by a name, some of them in more than one state."""
    spot = [world.day, world.booked.seat.ref]
    thread = reverse("thread", args=[world.thread.ref])
    mine = [world.booked.ref]
    return {
        "home": "/",
        "tasks": reverse("tasks"),
        "task": reverse("task", args=[world.task.ref]),
        "diary_day": reverse("diary_day", args=[world.day]),
        "place": reverse("place", args=spot),
        "free place": reverse("place", args=[world.day, world.free.ref]) + "?q=hollis",
        "place_move_to": reverse("place_move_to", args=spot) + f"?day={world.day}",
        "needs": reverse("needs"),
        "patient_needs": reverse("patient_needs", args=[world.sam.ref]),
        "clinics": reverse("clinics"),
        "inbox": reverse("inbox"),
        "thread": thread,
        "thread of sam": f"{thread}?person={world.sam.ref}",
        "sent": reverse("sent") + "?number=07700900112&day=2026-12-07",
        "offers": reverse("offers"),
        "waiting_join": reverse("waiting_join") + f"?patient={world.sam.ref}",
        "patients": reverse("patients") + "?q=hollis",
        "patient": reverse("patient", args=[world.sam.ref]),
        "counters": reverse("counters"),
        "accuracy": reverse("accuracy"),
        "phrases": reverse("phrases"),
        "imports": reverse("imports"),
        "import_file": reverse("import_file", args=[world.file.ref]),
        "settings": reverse("settings"),
        "appointment_type": reverse("appointment_type", args=[world.kind_id]),
        "sending": reverse("sending", args=["ours", "stop"]),
        "my_home": reverse("my_home"),
        "my_appointment": reverse("my_appointment", args=mine),
        "my_cancel": reverse("my_cancel", args=mine),
        "my_messages": reverse("my_messages"),
        "my_looks": reverse("my_looks"),
        "health": reverse("health"),
    }


def look_at(page: Page, name: str, address: str) -> None:
    """One page at both widths."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (name, answer.status)
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} scrolls sideways by {sideways} pixels at {width}"
        found = Axe().run(page, options=_RULES).response["violations"]
        said = [(rule["id"], [node["html"][:160] for node in rule["nodes"][:3]]) for rule in found]
        assert said == [], f"{name} at {width}: {json.dumps(said, indent=1)}"


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("receptionist", STAFF),
        ("practice_manager", MANAGER),
        ("administrator", ("health", "settings")),
        ("patient", PATIENT),
    ],
)
def test_pages_of(page: Page, world: World, role: str, names: tuple[str, ...]) -> None:
    sign_in(page, role)
    for name in names:
        look_at(page, name, pages(world)[name])


def test_signing_in(page: Page) -> None:
    look_at(page, "signin", "/signin/")
    page.fill("#username", "nobody")
    page.fill("#password", "nothing")
    page.keyboard.press("Enter")
    page.wait_for_selector(".nhsuk-error-summary")
    assert Axe().run(page, options=_RULES).response["violations"] == []


def test_did_you_send_me_this(page: Page) -> None:
    look_at(page, "genuine", "/did-you-send-me-this/?number=07700900000")


def test_nothing_is_loaded_from_elsewhere(page: Page, site: str) -> None:
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    sign_in(page, "receptionist")
    for address in ("/", "/diary/", "/tasks/"):
        page.goto(address)
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
    assert broken == []
