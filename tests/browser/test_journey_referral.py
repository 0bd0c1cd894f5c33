"""J7 in a browser: a practice refers, a physiotherapist decides, both letters say who books and by when, the patient looks and is
booked, a missed day is owned up to, one goes on to secondary care in three working days, and the day adds up."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import User
from onedoor.booking.actions.setting import every, open_session, set_type
from onedoor.booking.tests.factories import at
from onedoor.directory.models import Service
from onedoor.documents.api import Document
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message
from onedoor.messaging.tests.sending_factories import account
from onedoor.patients.models import Patient, PortalAccount
from onedoor.referrals.models import Referral, StreamType
from onedoor.referrals.tests.waiting import MONDAY, decided_after, refer
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

_SWEEPS = ("referrals.take_effect", "referrals.say_heard_by", "referrals.own_up", "referrals.write_letters")
_DAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+\s\w+ \d{4}")


def time_passes(**since: int) -> None:
    """It is so long after Monday at nine, and what runs by itself has run. The web process reads the clock's row."""
    moment = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 9, 0, tzinfo=clock.LONDON) + timedelta(**since)
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        for name in _SWEEPS:
            jobs.run_once(name)


def service() -> Service:
    """The service that people are referred to: it texts, it has people waiting, and places on Thursday."""
    joints = Service.objects.get(slug="joints")
    account(joints.organisation)
    decided_after(joints, [1, 4, 9])
    site = accounts.set_site(organisation_id=joints.organisation_id, name="Brook Street", by=TEST)
    kind = set_type(organisation_id=joints.organisation_id, name="Physiotherapy", by=TEST)
    StreamType.objects.create(stream=joints.streams.get(name="Physiotherapy"), type=kind)
    thursday = MONDAY + timedelta(days=3)
    open_session(
        organisation_id=joints.organisation_id,
        site_id=site.pk,
        day=thursday,
        clinician="Physio T Okoro",
        name="Physiotherapy",
        type_id=kind.pk,
        starts=every(at(thursday, 9), 20, 3),
        minutes=20,
        by=TEST,
    )
    return joints


def press(page: Page, button: str, *, exact: bool = False) -> None:
    """Press a button, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=exact).click()


def as_(page: Page, role: str) -> None:
    page.context.clear_cookies()
    sign_in(page, role)
    expect(page.get_by_text("Sign out")).to_be_visible()


def as_patient(page: Page, patient: Patient) -> None:
    """They sign in to their own page."""
    page.context.clear_cookies()
    page.goto(reverse("signin"))
    page.fill("[name=username]", patient.given_name)
    page.fill("[name=password]", "a long password")
    page.click("form:has([name=password]) button")
    expect(page.get_by_text("Sign out")).to_be_visible()


def by_text(page: Page, patient: Patient, purpose: str) -> None:
    """They open the link of the last such text, and say when they were born; it names nothing before."""
    text = Message.objects.filter(purpose=purpose, patient=patient).order_by("pk").last()
    assert text is not None
    link = re.search(r"http\S+", text.body)
    assert link is not None
    assert "MSK" not in text.body
    page.context.clear_cookies()
    page.goto(urlsplit(link.group()).path)
    assert "MSK" not in page.content()
    born = patient.born_on
    for part, value in (("day", born.day), ("month", born.month), ("year", born.year)):
        page.fill(f"#{part}", str(value))
    press(page, "Continue")


def says(page: Page) -> str:
    return page.inner_text("main").replace("\u00a0", " ")


def test_a_referral_its_letters_and_where_it_is(page: Page, world: World) -> None:
    joints = service()
    rosa = factories.patient(world.organisation, "Rosa", "Lind", mobile="+447700900222")
    user = User.objects.create_user(username="Rosa", password="a long password")
    PortalAccount.objects.create(user=user, patient=rosa)
    omar = factories.patient(world.organisation, "Omar", "Keen", mobile="+447700900223")
    unread = refer(joints, MONDAY, patient=omar)
    time_passes()

    # The practice refers; what is known of her is not asked again.
    as_(page, "receptionist")
    page.goto(reverse("patient", args=[rosa.ref]))
    page.click("text=Refer to a service")
    page.click("text=MSK Community Service")
    saved = re.search(r"(\d+) of (\d+) questions are answered by what is known", says(page))
    assert saved is not None
    assert int(saved[1]) > 0
    page.select_option("#source", "gp")
    page.fill("#reason", "Left knee, worse on stairs, for a year")
    press(page, "Send to MSK Community Service")
    one = Referral.objects.get(patient=rosa)
    assert one.intake.saved == int(saved[1])
    time_passes(minutes=10)

    # The physiotherapist finds her under those whose clocks end before hers, decides, takes it back and decides again.
    as_(page, "triage_clinician")
    page.goto(reverse("referrals") + "?service=joints")
    assert page.locator("tbody tr").count() > 2
    expect(page.locator("tbody tr").last).to_contain_text("Rosa Lind")
    page.click("text=Rosa Lind")
    assert f"{saved[1]} of {saved[2]} questions were answered by what was known" in says(page)
    page.select_option("#stream", label="Physiotherapy")
    press(page, "Accept", exact=True)
    page.goto(reverse("referral", args=[one.ref]))
    assert "Nothing is sent before" in says(page)
    press(page, "Take back", exact=True)
    page.goto(reverse("referral", args=[one.ref]))
    page.select_option("#stream", label="Physiotherapy")
    press(page, "Accept", exact=True)
    time_passes(minutes=24)
    assert not Document.objects.filter(subject_id=one.pk, kind__startswith="triage").exists()
    time_passes(minutes=26)

    # The practice reads that it has nothing to do, and by when the service books.
    as_(page, "receptionist")
    page.goto(reverse("referral", args=[one.ref]))
    page.click("text=Outcome of your referral")
    told = re.search(
        rf"No action for the practice: MSK Community Service books with the patient by ({_DAY.pattern})", says(page)
    )
    assert told is not None
    look(page, "j7-letter-practice")

    # The patient reads the same day, by the link of a text and signed in.
    by_text(page, rosa, "letter_link")
    standing = "You are on our list for Physiotherapy."
    assert standing in says(page)
    look(page, "j7-link")
    assert f"We will give you a time by {told[1]}." in says(page)
    page.click("text=Welcome to MSK Community Service")
    assert "We book it. You need do nothing now." in says(page)
    look(page, "j7-letter-link")
    as_patient(page, rosa)
    page.click("text=Where is my referral?")
    assert standing in says(page)
    look(page, "j7-tracker")
    page.click("text=What we decided about your referral")
    assert f"We will give you a time by {told[1]}." in says(page)
    assert "We book it. You need do nothing now." in says(page)
    look(page, "j7-letter")

    # Whoever answers the telephone says that same sentence.
    as_(page, "call_handler")
    page.goto(reverse("calls"))
    page.get_by_role("link", name="Go on with it").click()
    page.get_by_label("How it ended").select_option("status")
    press(page, "End the call")
    press(page, "Somebody rings")
    page.get_by_label("Full name").fill("Rosa Lind")
    page.get_by_label("Date of birth").fill(f"{rosa.born_on:%d/%m/%Y}")
    press(page, "This is who it is")
    assert standing in says(page)
    page.get_by_label("How it ended").select_option("status")
    press(page, "End the call")

    # The service books from its list; the tracker says when and where.
    as_(page, "triage_clinician")
    page.goto(reverse("to_book") + "?service=joints")
    assert "people to book" in says(page)
    page.goto(reverse("referral", args=[one.ref]))
    page.click("text=Book a visit")
    assert standing in says(page)
    with page.expect_navigation():
        page.locator("form[action$='/book/'] button").first.click()
    assert "Booked" in says(page)
    as_patient(page, rosa)
    page.click("text=Where is my referral?")
    assert "Your appointment is on Thursday 10 December 2026" in says(page)
    look(page, "j7-tracker-booked")

    # Nobody read Omar's by the day that he was told: he is told so, and it is somebody's work.
    time_passes(days=10)
    by_text(page, omar, "heard_by_apology")
    assert "You have not, and we are sorry." in says(page)
    look(page, "j7-missed")
    assert Task.objects.filter(kind="heard_by_missed", organisation=joints.organisation, state="open").exists()

    # It goes on to secondary care, by the third working day.
    as_(page, "triage_clinician")
    page.goto(reverse("referral", args=[unread.ref]))
    page.click("text=On to secondary care")
    page.fill("#onward", "Orthopaedics (knee)")
    page.select_option("#onward_books", "gp")
    page.fill("#onward_options", "Wexcombe General Hospital")
    press(page, "On to secondary care")
    time_passes(days=10, minutes=16)
    page.goto(reverse("referrals") + "?service=joints&view=send")
    row = page.locator("tbody tr", has_text="Omar Keen")
    expect(row).to_contain_text("22 December 2026")
    expect(row).not_to_contain_text("▲")
    look(page, "j7-send")
    as_(page, "receptionist")
    page.goto(reverse("referral", args=[unread.ref]))
    page.click("text=Outcome of your referral")
    assert "Please book through e-RS by Tuesday 22 December 2026." in says(page)
    assert "Wexcombe General Hospital" in says(page)
    as_(page, "triage_clinician")
    page.goto(reverse("referral", args=[unread.ref]))
    press(page, "It has been sent today")

    # Each day: what was open, and what came, less what went, is what is open.
    page.goto(reverse("referrals_balance") + "?service=joints")
    assert "Every day adds up" in says(page)
    for line in page.locator("table").first.locator("tbody tr").all():
        opening, came, went, closing, gap = (
            int(cell.replace(",", "")) for cell in line.locator("td.od-number").all_inner_texts()
        )
        assert (opening + came - went, gap) == (closing, 0)
    look(page, "j7-balance")
