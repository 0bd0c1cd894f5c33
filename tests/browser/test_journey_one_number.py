"""J9 (product-map.md 7): one number, no service, gap. A caller asks in their own words; what would be right is full; second best
is booked; the gap is kept, and the commissioner's list equals the log. A colleague who rings is connected to a clinician."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts.api import access_of
from onedoor.booking.models import Appointment
from onedoor.booking.tests import factories as diary
from onedoor.calls import api as calls
from onedoor.calls.models import NumberCheck
from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.kernel import clock
from onedoor.messaging.models import Message
from onedoor.messaging.tests.asking_factories import account
from onedoor.referrals.models import Referral
from onedoor.tasks.api import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import _RULES

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "fysiotherapy for my nee"
OWN = (
    "slug,name,provider_ods,provider,summary,ages_from,refers,phone,postcode,streams\n"
    "own-joints,Joint Clinic at the Surgery,Y99002,Wexcombe Road Surgery,A physiotherapy appointment for a sore knee or back.,"
    "16,gp|nurse,01632 960000,ZZ1 5AA,Joint check\n"
)
EARLIER = 9


def sound(page: Page, name: str) -> None:
    """No fault that axe knows, no sideways scrolling at 320 pixels."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_load_state("load")
        found = Axe().run(page, options=_RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if shots := os.environ.get("ONEDOOR_SHOTS"):
            page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def joints() -> directory.Card:
    found = directory.card("joints")
    assert found is not None
    return found


def full(world: World) -> None:
    """The MSK service is full; the surgery's own clinic has places; nine callers before met the same."""
    directory.take_services(rows=directory.read_services(OWN.encode()), by=factories.TEST)
    directory.switch_taking(service_id=joints().id, opens=False, reason="Two are off sick", by=factories.TEST)
    diary.own_seats(world.practice, 3, type_name="Joint check", first=(14, 0))
    findings = directory.find(WORDS, place="ZZ1 1AA", age=40, by_patient=False)
    for _ in range(EARLIER):
        directory.end_search(findings=findings, place="ZZ1 1AA", via="staff", taken="own-joints", by=world.access.actor)


def begin(page: Page) -> None:
    """The contact of the world is ended, and another begun."""
    page.get_by_role("link", name="Calls").click()
    page.get_by_role("link", name="Go on with it").click()
    page.get_by_label("How it ended").select_option("other")
    page.get_by_role("button", name="End the call").click()
    page.get_by_role("button", name="Somebody rings").click()


def identify(page: Page, world: World) -> None:
    page.get_by_label("Full name").fill("Sam Hollis")
    page.get_by_label("Date of birth").fill(f"{world.sam.born_on:%d/%m/%Y}")
    page.get_by_role("button", name="This is who it is").click()
    expect(page.get_by_text("Said who they are")).to_be_visible()


def test_second_best_is_booked_and_the_gap_is_on_the_commissioners_list(page: Page, world: World) -> None:
    full(world)
    sign_in(page, "call_handler")
    begin(page)
    page.get_by_label("As your telephone shows it").fill("07700 900111")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("2 people here use this number")).to_be_visible()
    expect(page.get_by_text("Hollis")).to_have_count(0)
    sound(page, "who")
    identify(page, world)
    page.get_by_label("What they need, in their words").fill(WORDS)
    page.get_by_label("Postcode").last.fill("ZZ1 1AA")
    page.get_by_role("button", name="Find", exact=True).click()
    right = page.locator(".od-next", has_text="MSK Community Service")
    expect(right.get_by_text("Full").first).to_be_visible()
    sound(page, "full")
    page.get_by_role("button", name="Book here").click()
    expect(page.get_by_text("second best, which is kept as a gap")).to_be_visible()
    page.get_by_label("Kind of visit").select_option(label="Joint check")
    page.get_by_role("button", name="Show free places").click()
    sound(page, "places")
    page.locator("table").get_by_role("button").first.click()
    expect(page.get_by_text("Booked:")).to_be_visible()
    booked = Appointment.objects.get(patient=world.sam, seat__type__name="Joint check")
    assert (booked.booked_via, booked.state) == ("telephone", "booked")
    expect(page.get_by_text("In this call: Told of a service, visit booked")).to_be_visible()
    sound(page, "booked")
    expect(page.get_by_label("How it ended")).to_have_value("visit")
    page.get_by_role("button", name="End the call").click()

    gap = Gap.objects.latest("pk")
    assert (gap.because, gap.wanted_id, gap.why_not, gap.place) == ("second_best", joints().id, "full", "ZZ1")
    today = clock.today()
    listed = directory.gaps(access_of(world.manager), today, today)
    assert listed.total == Gap.objects.count() == EARLIER + 1
    assert sum(row.second_best for row in listed.by_need) == EARLIER + 1
    page.context.clear_cookies()
    sign_in(page, "practice_manager")
    page.click(".od-more summary")
    page.get_by_role("link", name="Gaps").click()
    expect(page.locator(".od-figures").get_by_text("10", exact=True)).to_be_visible()
    expect(page.get_by_text("second best 10").first).to_be_visible()


def test_a_colleague_is_connected_to_a_clinician(page: Page, world: World) -> None:
    sign_in(page, "call_handler")
    begin(page)
    page.locator("summary", has_text="Hand over, or connect").click()
    desk = f"service:{world.service.service.slug}"
    page.get_by_label("To whom").select_option(desk)
    page.get_by_label("What they ask").fill("A GP asks whether a scan is needed before the referral")
    page.get_by_label("What you have told them").fill("You will be connected")
    sound(page, "connect")
    page.get_by_role("button", name="I connect them now").click()
    expect(page.get_by_text("Connected: say to both who the other is")).to_be_visible()
    expect(page.get_by_label("How it ended")).to_have_value("hand_over")
    page.get_by_role("button", name="End the call").click()
    task = Task.objects.get(subject="contact")
    assert (task.organisation_id, task.patient_id) == (world.service.service.organisation_id, None)
    page.context.clear_cookies()
    sign_in(page, "triage_clinician")
    page.get_by_role("link", name="Tasks").click()
    expect(page.get_by_role("link", name="On the line now, connected by Wexcombe Road Surgery")).to_be_visible()


def test_a_caller_is_referred_and_their_mobile_changed(page: Page, world: World) -> None:
    account(world.organisation)
    sign_in(page, "call_handler")
    begin(page)
    identify(page, world)
    page.get_by_role("link", name="Refer", exact=True).click()
    sound(page, "refer-which")
    page.get_by_role("link", name="MSK Community Service").click()
    sound(page, "refer-who")
    page.get_by_label("The patient, for themselves").check(force=True)
    page.get_by_role("button", name="Continue").click()
    sound(page, "refer-signs")
    page.get_by_label("None of these").check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What they want help with").fill("My knee gives way on the stairs")
    sound(page, "refer-form")
    page.get_by_role("button", name="Send to MSK Community Service").click()
    expect(page.get_by_text("Referred to MSK Community Service")).to_be_visible()
    assert Referral.objects.filter(patient=world.sam, source="self").exists()

    page.get_by_role("link", name="Change details").click()
    sound(page, "details")
    page.get_by_label("New mobile").fill("07700 900155")
    page.get_by_role("button", name="Text it a code").click()
    expect(page.get_by_text("07700 900155 waits for its code")).to_be_visible()
    sound(page, "details-code")
    body = Message.objects.get(purpose="number_code").body
    page.get_by_label("Code", exact=True).fill(next(word for word in body.replace(".", " ").split() if word.isdigit()))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    assert NumberCheck.objects.get().confirmed_at is not None
    page.get_by_role("link", name="Back to the call").click()
    page.get_by_label("How it ended").select_option("details")
    page.get_by_role("button", name="End the call").click()
    expect(page.get_by_role("heading", name="What callers wanted")).to_be_visible()
    sound(page, "calls")


def test_a_view_that_is_over_leads_back_to_the_question(page: Page, world: World) -> None:
    sign_in(page, "call_handler")
    page.get_by_role("link", name="Calls").click()
    page.get_by_role("link", name="Go on with it").click()
    page.get_by_role("link", name="Change details").click()
    expect(page.get_by_role("heading", name="How they are reached")).to_be_visible()
    calls.Contact.objects.update(sees_until=clock.real_now())
    page.get_by_label("E-mail address").fill("sam@example.org")
    page.get_by_role("button", name="Keep").nth(1).click()
    expect(page.get_by_text("ask again who they are").first).to_be_visible()
    expect(page.get_by_text("Sam Hollis")).to_have_count(0)
