"""Journeys J1 and J2 (product-map.md 7) in a browser, with a telephone beside it, on the whole system as `./run` brings it up.

With the keyboard only, the telephone 320 pixels wide, and every page opened on the way held to the rules of axe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.town import Running, look, open_phone, play_it_myself, texts, wait_for, write

FAMILY = "07700900574"
WHEN = re.compile(r"appointment is (\w{3} \d+ \w{3}) at (\S+?(?:am|pm)|midday)")


@pytest.fixture
def reception(chromium: Browser, running: Running) -> Iterator[Page]:
    """A receptionist, signed in with one click."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{running.onedoor}/signin/")
    page.get_by_role("button", name="Receptionist").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("needs you now"))
    yield page
    page.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A patient's telephone, as narrow as one."""
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    yield page
    page.close()


def reminded_phones(running: Running) -> list[tuple[str, str]]:
    """(number, reminder) of telephones that hold one reminder and nothing else, and may cancel."""
    people = {re.sub(r"\D", "", p["mobile"])[-10:] for p in running.order("GET", "personas")["personas"]}
    found = []
    for n in range(1000):
        number = f"07700900{n:03d}"
        if number[-10:] in people:
            continue
        try:
            arrived = texts(running, number)
        except URLError:
            continue
        if len(arrived) == 1 and "CANCEL" in arrived[0] and "EARLY" in arrived[0] and WHEN.search(arrived[0]):
            found.append((number, arrived[0]))
    return found


def answers_to(running: Running, number: str, reminder: str) -> list[str]:
    """What the telephone was told besides its reminder."""
    return [text for text in texts(running, number) if text != reminder]


def test_j1_cancelled_by_text_and_filled_again(running: Running, reception: Page, phone: Page) -> None:
    candidates = wait_for("reminders to arrive", lambda: reminded_phones(running))
    for number, reminder in reversed(candidates):
        time_said = WHEN.search(reminder)
        assert time_said, reminder
        day, at = time_said[1], time_said[2]
        open_phone(phone, running, number)
        write(phone, "cant make it sorry cancel")
        told = wait_for("the acknowledgement", partial(answers_to, running, number, reminder))
        if "cancel" in told[0] and "Reply 1" not in told[0]:
            break  # another visit of that phone stands or has just begun: asked which, or a person's
    assert at in told[0]

    # The place is on the offers page: at once in our own diary, when EMIS has freed it in theirs.
    heading = reception.get_by_role("heading", name=f"{day}, {at}")

    def released() -> bool:
        reception.goto(f"{running.onedoor}/offers/")
        return heading.count() > 0

    wait_for("the released place", released)
    assert not re.search(r"\b[A-Z]\w+ (?:Clinic|Surgery:)", told[0])

    # Whoever is offered it by text may take it; the first has it.
    def offered() -> str | None:
        for n in range(1000):
            other = f"07700900{n:03d}"
            if any("Reply YES to take it" in t and f"{day} at {at}" in t for t in texts(running, other)):
                return other
        return None

    taker = wait_for("an offer of that place", offered)
    open_phone(phone, running, taker)
    play_it_myself(phone)
    write(phone, "Yes please")

    def settled() -> bool:
        said = " ".join(texts(running, taker)[-2:])
        return "is yours" in said or "We are booking" in said or "has gone to somebody else" in said

    wait_for("an answer to the acceptance", settled)

    def filled() -> bool:
        reception.goto(f"{running.onedoor}/offers/")
        return (
            bool(reception.get_by_text(re.compile("filled", re.I)).count())
            and not reception.locator("section, article, li", has=heading)
            .get_by_role("button", name="Stop offering this place")
            .count()
        )

    wait_for("the place to be filled", filled)

    look(reception, f"{running.onedoor}/offers/")
    look(reception, f"{running.onedoor}/tasks/")
    look(reception, f"{running.onedoor}/counters/")
    expect(reception.locator("main")).to_contain_text("unexplained")


def test_j2_the_family_phone(running: Running, reception: Page, phone: Page) -> None:
    open_phone(phone, running, FAMILY)
    play_it_myself(phone)
    wait_for("both reminders", lambda: len([t for t in texts(running, FAMILY) if "to keep it" in t]) >= 2)
    open_phone(phone, running, FAMILY)

    # CANCEL could mean either visit: asked by first name and time, never by clinic.
    write(phone, "CANCEL")
    (question,) = wait_for("the question", lambda: [t for t in texts(running, FAMILY) if "Which would you like" in t])
    options = re.findall(r"(\d) for (\w+)", question)
    assert len(options) == 2
    assert not re.search(r"clinic|surgery|health check|nurse|Dr ", question, re.I)

    write(phone, "2")
    chosen = options[1][1]
    wait_for(
        "the one cancellation",
        lambda: [
            t for t in texts(running, FAMILY) if t.startswith(f"{chosen}:") and "cancel" in t and "to keep it" not in t
        ],
    )

    # STOP ends the texts and touches no visit.
    write(phone, "STOP")
    wait_for(
        "the confirmation of STOP",
        lambda: [t for t in texts(running, FAMILY) if re.search("no more texts|stop", t, re.I)],
    )
    reception.goto(f"{running.onedoor}/patients/?q={FAMILY}")
    rows = reception.locator("main a[href*='/patients/']")
    links = [rows.nth(i).get_attribute("href") for i in range(rows.count())]
    pages = []
    for link in dict.fromkeys(links):
        look(reception, f"{running.onedoor}{link}")
        pages.append(reception.locator("main").inner_text())
    kept, gone = options[0][1], options[1][1]
    assert any(kept in text and "Booked" in text for text in pages)
    assert any(gone in text and "cancel" in text.lower() for text in pages)
