"""The check form in a browser: on a tablet in a clinic, while the connection goes and comes, by two people, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, ViewportSize, expect

from onedoor.recall import api as recall
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import look_at

pytestmark = pytest.mark.slow

TABLET: ViewportSize = {"width": 768, "height": 1024}


@pytest.fixture
def tablet(chromium: Browser, site: str, world: World) -> Iterator[Page]:
    """A tablet at which the health-care assistant is signed in."""
    context = chromium.new_context(base_url=site, viewport=TABLET)
    page = context.new_page()
    sign_in(page, "health_care_assistant")
    yield page
    context.close()


def kept(page: Page) -> list[str]:
    """What this browser keeps of drafts."""
    found: list[str] = page.evaluate(
        "Object.entries(localStorage).filter(([name]) => name.startsWith('onedoor-draft:')).map(([, text]) => text)"
    )
    return found


def of(world: World, key: str) -> recall.CheckView:
    from onedoor.accounts.api import access_of

    page = recall.check_page(access_of(world.assistant), world.sam.pk)
    return next(check for check in page.checks if check.key == key)


def words(world: World, key: str) -> str:
    item = of(world, key).item
    return item.words if item else ""


def test_a_visit_from_what_is_typed_to_what_is_done_about_it(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/{world.sam.ref}/")
    expect(page.locator(".od-exams__sum")).to_contain_text("0 of 6 count today")
    page.fill("#bp-systolic", "1280")
    page.fill("#bp-diastolic", "82")
    page.fill("#bmi-weight", "96,5")
    page.fill("#bmi-height", "168")
    page.select_option("#smoking-status", "smoker")
    page.fill("#smoking-perday", "15")
    page.select_option("#alcohol-state", "declined")
    page.fill("#alcohol-why", "Does not wish to say")
    page.select_option("#glucose-state", "awaited")
    page.select_option("#next-month", "2027-12")
    page.click("text=Save and finish")
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Blood pressure: Systolic cannot be 1280")
    expect(page.locator("#bp-systolic")).to_have_value("1280")
    expect(page.locator("#bp-systolic")).to_have_attribute("aria-invalid", "true")
    page.fill("#bp-systolic", "194")
    page.click("text=Save and finish")
    expect(page.locator("#check-bp")).to_contain_text("Systolic 194 mmHg is unusual")
    page.check("#sure-bp")
    page.click("button[value=save]")
    expect(page.locator(".od-exams__now")).to_contain_text("Speak to the duty clinician before they leave")
    assert Task.objects.get(kind="check_danger").urgent
    page.click("text=Save and finish")
    expect(summary).to_contain_text("Something was found")
    expect(summary).to_contain_text("Some checks have nothing")
    page.check("#act-smoker-refused")
    page.check("#act-bmi_obese-clinician")
    page.check("#missing-ok")
    page.click("text=Save and finish")
    expect(page.locator(".od-flash")).to_contain_text("The visit is finished")
    assert recall.CheckVisit.objects.get(patient=world.sam).missing == "lipid"
    assert recall.AgreedDate.objects.get(patient=world.sam).whole_month
    assert Task.objects.filter(kind="check_look", patient=world.sam).exists()


def test_what_is_typed_without_a_connection_is_kept_and_sent_once(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/{world.sam.ref}/")
    page.context.set_offline(True)
    page.fill("#bp-systolic", "131")
    page.fill("#bp-diastolic", "79")
    state = page.locator("[data-state]")
    expect(state).to_contain_text("Not saved yet: no connection")
    page.click("button[value=save]")
    expect(state).to_contain_text("sent by itself when the connection is back")
    # Typing goes on meanwhile, and goes along.
    page.select_option("#smoking-status", "never")
    (draft,) = kept(page)
    # Locked: nothing of it can be read, and nobody is named.
    for word in ("131", "systolic", "Sam", "never"):
        assert word not in draft
    assert not recall.CheckVisit.objects.filter(patient=world.sam).exists()
    page.context.set_offline(False)
    expect(page.locator(".od-flash")).to_contain_text("Saved: Blood pressure, Smoking")
    assert words(world, "bp") == "131/79 mmHg"
    assert words(world, "smoking") == "Never smoked"
    assert kept(page) == []


def test_a_send_whose_answer_was_lost_is_sent_again_and_taken_once(tablet: Page, world: World) -> None:
    page, answers = tablet, list[APIResponse]()
    page.goto(f"/checks/{world.sam.ref}/")

    def lose_the_first(route: Route) -> None:
        """The form arrives, and its answer does not."""
        if route.request.method != "POST":
            return route.continue_()
        answers.append(route.fetch())
        return route.abort("connectionreset") if len(answers) == 1 else route.fulfill(response=answers[-1])

    page.route(re.compile(rf"/checks/{world.sam.ref}/$"), lose_the_first)
    page.fill("#bp-systolic", "131")
    page.fill("#bp-diastolic", "79")
    page.click("button[value=save]")
    expect(page.locator("[data-state]")).to_contain_text("Not saved yet: no connection")
    expect(page.locator(".od-flash").first).to_contain_text("Saved", timeout=15_000)
    assert len(answers) == 2
    item = of(world, "bp").item
    assert item is not None
    assert (item.version, item.words) == (1, "131/79 mmHg")


def test_what_is_typed_while_a_send_is_under_way_is_not_lost(tablet: Page, world: World) -> None:
    page, held = tablet, list[Route]()
    page.goto(f"/checks/{world.sam.ref}/")

    def hold_the_first(route: Route) -> None:
        if route.request.method == "POST" and not held:
            return held.append(route)
        return route.continue_()

    page.route(re.compile(rf"/checks/{world.sam.ref}/$"), hold_the_first)
    page.fill("#bp-systolic", "131")
    page.fill("#bp-diastolic", "79")
    with page.expect_request(lambda request: request.method == "POST"):
        page.click("button[value=save]")
    page.fill("#alcohol-units", "4")
    held[0].continue_()
    expect(page.locator("[data-state]")).to_contain_text("what you typed at")
    expect(page.locator("#alcohol-units")).to_have_value("4")
    assert words(world, "bp") == "131/79 mmHg"
    page.click("button[value=save]")
    expect(page.locator(".od-flash").first).to_contain_text("Saved: Alcohol")


def test_what_was_typed_survives_a_reload_and_not_a_sign_out(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/{world.sam.ref}/")
    page.fill("#alcohol-units", "4")
    expect(page.locator("[data-state]")).to_contain_text("kept on this device")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('onedoor-draft:'))")
    page.reload()
    expect(page.locator("[data-state]")).to_contain_text("is back")
    expect(page.locator("#alcohol-units")).to_have_value("4")
    # Another person's form shows nothing of it.
    page.goto(f"/checks/{world.maud_ref}/")
    expect(page.locator("#alcohol-units")).to_have_value("")
    page.click("text=Sign out")
    page.wait_for_url("**/signin/")
    assert kept(page) == []


def test_somebody_else_at_the_same_tablet_sees_no_draft(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/{world.sam.ref}/")
    page.fill("#alcohol-units", "4")
    page.wait_for_function("Object.keys(localStorage).some((name) => name.startsWith('onedoor-draft:'))")
    # The session runs out and a colleague signs in; nobody signed out.
    page.context.clear_cookies()
    sign_in(page, "practice_manager")
    page.goto(f"/checks/{world.sam.ref}/")
    expect(page.locator("#alcohol-units")).to_have_value("")
    expect(page.locator("[data-state]")).to_be_hidden()
    # It is its writer's still.
    page.context.clear_cookies()
    sign_in(page, "health_care_assistant")
    page.goto(f"/checks/{world.sam.ref}/")
    expect(page.locator("#alcohol-units")).to_have_value("4")


def test_the_second_of_two_sees_what_the_first_saved(chromium: Browser, site: str, tablet: Page, world: World) -> None:
    other = chromium.new_context(base_url=site, viewport=TABLET).new_page()
    sign_in(other, "practice_manager")
    for page in (tablet, other):
        page.goto(f"/checks/{world.sam.ref}/")
        page.fill("#bp-diastolic", "80")
    tablet.fill("#bp-systolic", "131")
    tablet.click("button[value=save]")
    expect(tablet.locator(".od-flash")).to_contain_text("Saved")
    other.fill("#bp-systolic", "128")
    other.click("button[value=save]")
    card = other.locator("#check-bp")
    expect(card).to_contain_text("saved this")
    expect(card).to_contain_text("131/80 mmHg")
    expect(other.locator("#bp-systolic")).to_have_value("128")
    assert words(world, "bp") == "131/80 mmHg"
    other.click("button[value=save]")
    expect(other.locator(".od-flash")).to_contain_text("Saved: Blood pressure")
    assert words(world, "bp") == "128/80 mmHg"
    other.context.close()


def test_without_scripts_it_is_a_plain_form(chromium: Browser, site: str, world: World) -> None:
    page = chromium.new_context(base_url=site, viewport=TABLET, java_script_enabled=False).new_page()
    sign_in(page, "health_care_assistant")
    page.goto(f"/checks/{world.sam.ref}/")
    page.fill("#bp-systolic", "13")
    page.fill("#bp-diastolic", "80")
    page.select_option("#smoking-status", "never")
    page.click("button[value=save]")
    expect(page.locator(".nhsuk-error-summary")).to_contain_text("Systolic cannot be 13")
    expect(page.locator("#bp-systolic")).to_have_value("13")
    page.fill("#bp-systolic", "130")
    page.click("button[value=save]")
    expect(page.locator(".od-flash")).to_contain_text("Saved: Blood pressure")
    page.context.close()


def test_the_clinic_opens_the_next_by_itself(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/clinic/{world.day.isoformat()}/")
    expect(page.locator("h1")).to_contain_text("Checks on")
    page.goto(f"/checks/{world.sam.ref}/?clinic={world.day.isoformat()}")
    page.select_option("#smoking-status", "never")
    page.click("button[value=save]")
    expect(page.locator(".od-flash")).to_contain_text("Saved: Smoking")
    assert page.url.endswith(f"?clinic={world.day.isoformat()}")


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_it_fits(chromium: Browser, site: str, world: World, width: int) -> None:
    page = chromium.new_context(base_url=site, viewport={"width": width, "height": 900}).new_page()
    sign_in(page, "health_care_assistant")
    for address in (f"/checks/{world.sam.ref}/?set=smi-nine", f"/checks/clinic/{world.day.isoformat()}/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.context.close()


def test_it_breaks_no_rule_of_access_while_it_is_filled(tablet: Page, world: World) -> None:
    page = tablet
    page.goto(f"/checks/{world.sam.ref}/")
    page.fill("#bp-systolic", "13")
    page.fill("#bmi-weight", "170")
    page.fill("#bmi-height", "170")
    page.select_option("#smoking-status", "smoker")
    page.select_option("#lipid-state", "declined")
    page.click("button[value=save]")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    look_at(page, "check form", page.url)
