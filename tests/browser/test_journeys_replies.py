"""Journey J2 (product-map.md 7) in all its branches: what a patient texts from a telephone, and what the practice sees of it.

Every text is typed on the simulator's page of the telephone, 320 pixels wide, and every answer is read there; what it did is
looked up where a receptionist looks. The world is the demonstration's Monday and Tuesday, its personas switched off. Its clock
runs as fast as the wall's and is moved by hand where a journey waits; never back, so the tests stand in order of the day.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.town import Running, look, wait_for

PRACTICE = "Wexcombe Road Surgery"
MONDAY, TUESDAY = "2026-12-07", "2026-12-08"
THURSDAY = "2026-12-10"
SOON = 60_000
"""Milliseconds for an answer, or for a reminder, whose sweep comes every fifteen seconds; a busy machine takes longer."""

CLOCK_READ = 0.5
"""Seconds for which a process may go by the clock as it last read it (onedoor/kernel/clock.py)."""

# Telephones of the demonstration (localities/demo), by what happens to them here.
TWO_VISITS = "07700900168"
"""Chidinma's at 9 and Ivan's at 3:10pm, both on Tuesday."""
UNDECIDED = "07700900413"
"""Maureen's on Monday at 2:20pm, Beatrice's on Tuesday at 10:20am."""
SECOND_THOUGHTS = "07700900308"
"""Fatima's on Monday at 2:45pm."""
GIVES_UP, TAKES = "07700900336", "07700900355"
"""Seán's dressing on Tuesday at 8:40am, which Keith takes instead of his at 3pm."""
STOPS = "07700900532"
"""Aled's on Tuesday at 2:40pm, Chidinma's on Thursday at 10:20am."""
STARTS_AGAIN, LAST_REMINDED = "07700900099", "07700900676"
"""Keith's on Monday at 2:40pm and on Thursday at 9:30am; Colin's on Thursday at 11am."""
CANCELS_ONE = "07700900710"
"""Francois's on Tuesday at 8:50am, Bronwen's on Wednesday at 3pm."""
WRONG_NUMBER = "07700900203"
"""Derek's on Tuesday at 3:10pm; Siân's a week later."""
BEREAVED = "07700900284"
"""François's on Tuesday at 9:25am; four people."""
ANOTHER_DAY = "07700900370"
"""Frank's on Tuesday at 3:20pm."""
LATE = "07700900271"
"""Rosie's on Monday at 2pm."""
OWN_WORDS, BOSS = "07700900169", "07700900186"
"""Renée's on Tuesday at 9:10am; André's on Monday at 3:40pm."""
ASKS = "07700900382"
"""Beatrice's on Tuesday at 3:40pm."""
IN_DANGER = "07700900449"

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


READY = "Please bring nothing but your glasses. See you then."


@dataclass
class Town:
    """A telephone in one hand, the practice's pages in the other."""

    running: Running
    phone: Page
    desk: Page

    # ---- the telephone ------------------------------------------------------------------------------------------------

    def take(self, number: str) -> None:
        """Open a telephone's page, unless it is the one that is open."""
        address = f"{self.running.phones}/phones/{number}/"
        if self.phone.url.partition("?")[0] != address:
            self.phone.goto(address)

    def text(self, number: str, words: str) -> None:
        """Type a text and send it."""
        self.take(number)
        self.phone.get_by_label("Or write a text").fill(words)
        self.phone.get_by_role("button", name="Send", exact=True).press("Enter")
        expect(self.phone.locator("li.ours .bubble").last).to_contain_text(words)

    def answers(self) -> Locator:
        """What has come since the last text of the open telephone."""
        return self.phone.locator("li.ours:not(:has(~ li.ours)) ~ li.theirs .bubble")

    def told(self, words: str) -> str:
        """The one answer to the last text, which has these words (a pattern)."""
        expect(self.answers()).to_have_count(1, timeout=SOON)
        expect(self.answers()).to_have_text(re.compile(words), timeout=1)
        return (self.answers().text_content() or "").removeprefix(f"{PRACTICE}: ")

    def hears(self, number: str, words: str) -> None:
        """A text with these words (a pattern) comes by itself."""
        self.take(number)
        expect(self.phone.locator("li.theirs .bubble", has_text=re.compile(words)).last).to_be_visible(timeout=SOON)

    def silent(self, number: str, texts: int) -> None:
        """No more than so many texts have come, while everything that was to be sent has been."""

        def nothing_comes() -> bool:
            # A receipt that a busy machine did not take is told again minutes later, and brings no text.
            left = self.running.order("GET", "idle")
            return not (left["deliveries"] or left["callbacks"] or left["replies"])

        wait_for("the telephones to be idle", nothing_comes)
        self.phone.goto(f"{self.running.phones}/phones/{number}/")
        expect(self.phone.locator("li.theirs")).to_have_count(texts)

    # ---- the practice -------------------------------------------------------------------------------------------------

    def open(self, path: str) -> str:
        """A page of the practice's, and what it says."""
        self.desk.goto(f"{self.running.onedoor}{path}")
        return self.desk.locator("main").inner_text()

    def diary(self, day: str, seat: str) -> None:
        """The diary of a day shows a place as a pattern says, in a moment: hour, who and state, one after the other."""
        wait_for(
            f"the diary to show {seat}", lambda: re.search(seat, re.sub(r"\s*\n\s*", " ", self.open(f"/diary/{day}/")))
        )

    def conversation(self, number: str) -> str:
        """Open the conversation with a telephone from the inbox, and what it says."""
        row = self.desk.locator("tr", has_text=spaced(number))

        def there() -> bool:
            self.open("/inbox/")
            return row.count() == 1

        wait_for("the conversation in the inbox", there)
        row.locator("a.od-title").press("Enter")
        expect(self.desk.get_by_role("heading", name="What was said")).to_have_count(1)
        return self.desk.locator("main").inner_text()

    def check(self, page: Page) -> None:
        """Hold a page as it stands to the rules of axe, and to its width."""
        found = Axe().run(page, options=_RULES)
        assert found.response["violations"] == [], f"{page.url}: {found.generate_report()}"
        size = page.viewport_size
        assert size is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url

    # ---- the clock ----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return datetime.fromisoformat(self.running.order("GET", "clock")["now"])

    def move_clock(self, to: datetime) -> None:
        """Never back: what has happened has. Until every process goes by it: each reads the clock anew twice a second."""
        self.running.order("PUT", "clock", {"now": max(to, self.now()).isoformat(), "rate": 1})
        moved = time.monotonic()
        wait_for("all to read the clock", lambda: time.monotonic() - moved > CLOCK_READ)


def spaced(number: str) -> str:
    return f"{number[:5]} {number[5:]}"


def cancelled(at: str) -> str:
    """How a cancellation is told, as a pattern: of our own diary it is done, in EMIS a person does it."""
    return f"(cancelling {at}|{at} is cancelled)"


@pytest.fixture(scope="module")
def town(chromium: Browser, running: Running) -> Iterator[Town]:
    """Monday morning once the reminders are out, at the pace of the wall's clock, and nobody texts but we."""
    wait_for("the clock", lambda: running.order("GET", "clock")["followed"])
    phone = chromium.new_page(viewport={"width": 320, "height": 640})
    desk = chromium.new_page(viewport={"width": 1280, "height": 900})
    found = Town(running, phone, desk)
    early = (IN_DANGER, ASKS, LATE, TWO_VISITS, STOPS, STARTS_AGAIN)
    wait_for("the reminders", lambda: all(running.order("GET", f"phones/{number}")["threads"] for number in early))
    running.order("PUT", "personas", [])
    # What is to be done in the practice's own diary is done and ticked off at once.
    running.order("PUT", "reception", {"on": True, "after_minutes": 0})
    running.order("PUT", "clock", {"rate": 1})
    desk.goto(f"{running.onedoor}/signin/")
    desk.get_by_role("button", name="Receptionist").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text(re.compile("needs you now"))
    yield found
    phone.close()
    desk.close()


@pytest.fixture
def manager(chromium: Browser, running: Running) -> Iterator[Page]:
    """The practice manager at the settings."""
    page = chromium.new_page()
    page.goto(f"{running.onedoor}/signin/")
    page.get_by_role("button", name="Practice manager").press("Enter")
    page.wait_for_url(f"{running.onedoor}/")
    page.goto(f"{running.onedoor}/settings/")
    yield page
    page.close()


def test_the_number_names_the_one_visit_that_is_cancelled(town: Town) -> None:
    town.take(TWO_VISITS)
    town.check(town.phone)
    town.text(TWO_VISITS, "CANCEL")
    question = town.told("Which would you like to cancel")
    assert (
        question == "Which would you like to cancel? Reply 1 for Chidinma, Tue 8 Dec 9am, 2 for Ivan, Tue 8 Dec 3:10pm."
    )
    town.text(TWO_VISITS, "2")
    town.told("Ivan: .*" + cancelled("Tue 8 Dec at 3:10pm"))
    town.diary(TUESDAY, r"9am Chidinma Obi ● Booked")
    # In EMIS it is freed by a person; then it is to be had again.
    town.diary(TUESDAY, r"3:10pm (?!Ivan)[^●]*(○ Free|◇ Offered)")
    assert "Ivan Obi" not in town.desk.locator("main").inner_text()


def test_danger_is_answered_at_once_and_stands_first(town: Town) -> None:
    town.text(IN_DANGER, "I want to kill myself")
    town.told("ring 999 now.*NHS 111")
    row = town.desk.locator("tbody tr", has_text=spaced(IN_DANGER))

    def there() -> bool:
        town.open("/inbox/")
        return row.count() == 1

    wait_for("the conversation", there)
    expect(row).to_contain_text("! Urgent")
    rows = town.desk.locator("tbody tr").all_inner_texts()
    place = next(n for n, said in enumerate(rows) if spaced(IN_DANGER) in said)
    assert all("! Urgent" in said for said in rows[:place])
    assert "Words of danger" in town.open("/tasks/").partition("Waiting since")[2][:400]


def test_whoever_thinks_again_within_the_hour_has_the_visit_back(town: Town) -> None:
    town.text(SECOND_THOUGHTS, "CANCEL")
    town.told("Fatima: .*" + cancelled("Mon 7 Dec at 2:45pm") + ".*Changed your mind")
    town.diary(MONDAY, r"2:45pm (?!Fatima)[^●]*(○ Free|◇ Offered)")
    town.text(SECOND_THOUGHTS, "yes I'll come after all")
    expect(town.answers().first).to_have_text(re.compile("yours again|We are booking|we are booking"), timeout=SOON)
    town.diary(MONDAY, r"2:45pm Fatima Dhillon ● Booked")


def test_whoever_thinks_again_too_late_is_told_and_a_person_has_it(town: Town) -> None:
    town.text(TAKES, "EARLY")
    town.told("if an earlier (appointment|one) comes free")
    town.text(GIVES_UP, "CANCEL")
    town.told("Sean: .*" + cancelled("Tue 8 Dec at 8:40am") + ".*Changed your mind")
    town.hears(TAKES, r"Tue 8 Dec at 8:40am.*Reply YES to take it")
    town.text(TAKES, "YES")
    expect(town.answers().first).to_have_text(re.compile("is yours|We are booking"), timeout=SOON)
    town.diary(TUESDAY, r"8:40am Keith Usman ● Booked")
    town.text(GIVES_UP, "yes I'll come after all")
    town.told(r"Sean: sorry, Tue 8 Dec at 8:40am has gone")
    assert "Seán Moss" in town.conversation(GIVES_UP)
    assert "Waits for a person" in town.desk.locator("main").inner_text()


def test_a_wrong_number_rests_for_all_who_have_it(town: Town) -> None:
    town.text(WRONG_NUMBER, "Wrong number, not me")
    said = town.told("Sorry to have troubled you")
    assert not re.search("Derek|Siân|Sian|Fairley", said)
    shown = town.conversation(WRONG_NUMBER)
    assert "It is Derek Fairley" in shown
    assert "It is Siân Fairley" in shown
    work = town.desk.locator("a", has_text="A number to check")
    expect(work).to_have_count(1)
    town.check(town.desk)
    # A text later joins that work, changes nothing and is not answered.
    town.text(WRONG_NUMBER, "CANCEL")

    def joined() -> bool:
        shown = town.conversation(WRONG_NUMBER)
        return "the number rests until a person has decided" in shown

    wait_for("the second text", joined)
    expect(work).to_have_count(1)
    expect(town.answers()).to_have_count(0)
    town.diary(TUESDAY, r"3:10pm Derek Fairley ● Booked")


def test_news_of_a_death_ends_no_visit(town: Town) -> None:
    town.text(BEREAVED, "she died last week")
    said = town.told("We are very sorry")
    assert not re.search("François|Francois|Leila|Gemma|Teresa|Clegg", said)
    town.conversation(BEREAVED)
    expect(town.desk.locator("a", has_text="A text about somebody who has died")).to_have_count(1)
    # Due in a quarter of an hour, it stands before all other work from texts but danger.
    town.open("/tasks/")
    rows = town.desk.locator("tbody tr:has(form)").all_inner_texts()
    place = next(n for n, row in enumerate(rows) if "A text that may tell of a death" in row)
    assert not any(re.search("A text needs a person|A number to check", row) for row in rows[:place])
    assert sum("A text that may tell of a death" in row for row in rows) == 1
    town.diary(TUESDAY, r"9:25am François Clegg ● Booked")


def test_another_time_is_chosen_by_the_link_of_a_text(town: Town) -> None:
    town.text(ANOTHER_DAY, "need another day")
    said = town.told("Frank: choose another time")
    address = re.search(r"http\S+/c/\S+", said)
    assert address, said
    page = town.phone
    look(page, address[0])
    assert "Frank" not in page.content()
    for part, value in (("Day", "11"), ("Month", "7"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose another time")
    assert not re.search("Frank|Chaudhry|Oduya|health check", page.locator("main").inner_text())
    town.check(page)
    other = page.get_by_role("button", name=re.compile("December 2026")).first
    at, _, day = other.inner_text().replace("\n", "").partition(", ")
    other.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    town.check(page)
    look(page, address[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
    number = re.search(r"\d+", day)
    assert number, day
    town.diary(f"2026-12-{int(number[0]):02}", rf"{re.escape(at)} Frank Chaudhry ● Booked")
    town.diary(TUESDAY, r"3:20pm (?!Frank)")
    assert "Frank Chaudhry" not in town.desk.locator("main").inner_text()


def test_own_words_cancel_the_only_visit(town: Town) -> None:
    town.text(OWN_WORDS, "im canceling sorry cant get off work")
    town.told("Renée: .*" + cancelled("Tue 8 Dec at 9:10am"))
    town.diary(TUESDAY, r"9:10am (?!Ren)[^●]*(○ Free|◇ Offered)")
    assert "Renée Marsden" not in town.desk.locator("main").inner_text()


def test_a_boss_who_will_not_let_them_off_cancels_too(town: Town) -> None:
    town.text(BOSS, "im canceling sorry boss wont let me off")
    expect(town.answers()).to_have_count(1, timeout=SOON)
    assert "cancel" in town.answers().inner_text().lower()


def test_a_question_is_answered_by_a_person(town: Town, manager: Page) -> None:
    manager.get_by_label("One a line").fill(READY)
    manager.get_by_role("button", name="Save the ready replies").press("Enter")
    expect(manager.get_by_role("status")).to_be_visible()
    town.text(ASKS, "What do I need to bring?")
    town.told("A person at Wexcombe Road Surgery will read your text")
    shown = town.conversation(ASKS)
    assert re.search(r"asks something, \d+% sure", shown)
    desk = town.desk
    town.check(desk)
    desk.get_by_role("button", name="A question, dealt with").press("Enter")
    expect(desk.locator(".od-said__made", has_text="said: “")).to_contain_text("question")
    desk.locator("summary", has_text="Ready replies").press("Enter")
    desk.get_by_role("link", name=READY).press("Enter")
    expect(desk.get_by_label("Write back")).to_have_value(READY)
    desk.get_by_role("button", name="Send", exact=True).press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("Sent")
    town.take(ASKS)
    expect(town.answers()).to_have_count(2, timeout=SOON)
    expect(town.answers().last).to_contain_text(READY)


def test_without_an_answer_a_person_finds_out_after_fifteen_minutes(town: Town) -> None:
    town.text(UNDECIDED, "CANCEL")
    town.told("1 for Maureen, Mon 7 Dec 2:20pm, 2 for Beatrice, Tue 8 Dec 10:20am")
    assert spaced(UNDECIDED) not in town.open("/inbox/")
    town.move_clock(town.now() + timedelta(minutes=16))
    shown = town.conversation(UNDECIDED)
    assert "Which appointment is meant" in shown
    assert "1 for Maureen, Mon 7 Dec 2:20pm, 2 for Beatrice, Tue 8 Dec 10:20am" in shown
    here = town.desk.url.removeprefix(town.running.onedoor)
    town.open("/tasks/")
    task = town.desk.locator("tr", has_text="Find out which visit to cancel: our question was not answered")
    task.locator(f"a[href='{here}']").press("Enter")
    for who, visit in (("Maureen Gill", "Mon 7 Dec, 2:20pm"), ("Beatrice Gill", "Tue 8 Dec, 10:20am")):
        town.desk.get_by_role("link", name=f"It is {who}").press("Enter")
        ahead = town.desk.locator("section[aria-labelledby=ahead]")
        expect(ahead).to_contain_text(visit)
        expect(ahead).to_contain_text("Booked")
        town.desk.go_back()


def test_running_late_is_shown_in_the_diary(town: Town) -> None:
    town.move_clock(datetime.fromisoformat(f"{MONDAY}T13:00:00+00:00"))
    town.text(LATE, "running 10 mins late")
    town.told("Rosie: thank you. The practice knows that you are about 10 minutes late for Mon 7 Dec at 2pm")
    town.diary(MONDAY, r"2pm Rosie Rashid ● Booked · [^○●]*10 min[^○●]*late")
    town.desk.locator("a.od-seat", has_text="Rosie Rashid").press("Enter")
    expect(town.desk.get_by_role("button", name="Not late any more")).to_be_visible()
    town.check(town.desk)


def test_stop_silences_and_cancel_does_not(town: Town) -> None:
    town.text(STOPS, "STOP")
    town.told("no more texts .* Your appointments have not changed")
    before = town.phone.locator("li.theirs").count()
    town.text(STARTS_AGAIN, "STOP")
    town.told("no more texts .* reply START")
    town.text(STARTS_AGAIN, "START")
    town.told(f"You will get texts from {PRACTICE} again")
    town.text(CANCELS_ONE, "CANCEL")
    town.told("1 for (Francois|François), Tue 8 Dec 8:50am, 2 for Bronwen, Wed 9 Dec 3pm")
    town.text(CANCELS_ONE, "1")
    town.told("Francois: .*" + cancelled("Tue 8 Dec at 8:50am"))
    # A campaign, by hand: nothing of it goes where they said STOP.
    town.open(f"/patients/?q={STOPS}")
    town.desk.get_by_role("link", name="Chidinma Beaumont").press("Enter")
    town.desk.get_by_role("button", name="Invite by text for a flu vaccine").press("Enter")
    expect(town.desk.locator(".od-flash")).to_contain_text("No text may go to this patient now")
    # The next reminders, in the order of their visits.
    town.move_clock(datetime.fromisoformat(f"{TUESDAY}T11:05:00+00:00"))
    town.hears(CANCELS_ONE, "Bronwen: your .* is Wed 9 Dec at 3pm .*Reply YES to keep it")
    town.hears(STARTS_AGAIN, "Keith: your .* is Thu 10 Dec at 9:30am .*Reply YES to keep it")
    town.hears(LAST_REMINDED, "Colin: your .* is Thu 10 Dec at 11am")
    town.silent(STOPS, before)
    town.diary(TUESDAY, r"2:40pm Aled Beaumont ● Booked")
    town.diary(THURSDAY, r"10:20am Chidinma Beaumont ● Booked")
