"""The page of a patient kept open at a practice and at a trust: news in place, rights that end, no script, a narrow screen."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Browser, Page, Route, expect

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.kernel.jobs import notify_live
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import _RULES

TRUST = "Y99902"


def violations(page: Page, name: str = "") -> list[str]:
    """What axe finds on the page as it stands."""
    if name and (shots := os.environ.get("ONEDOOR_SHOTS")):
        page.screenshot(path=f"{shots}/record-{name}.png", full_page=True)
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def trust_of(world: World) -> tuple[Organisation, str]:
    """A trust that cares for Sam, and who works there."""
    trust = factories.practice(TRUST, "Wexcombe Mental Health")
    user, _ = factories.person(trust, Role.HEALTH_CARE_ASSISTANT, username="ward")
    user.set_password("correct horse")
    user.save()
    CareRelationship.objects.create(
        patient=world.sam, organisation=trust, kind="caseload", starts_on=clock.today() - timedelta(days=9)
    )
    return trust, user.username


def write(patient: Patient, at: Organisation, text: str) -> None:
    """An entry of this organisation, committed."""
    with transaction.atomic():
        record_entries(
            entries=[NewEntry(patient.pk, at.pk, "check", text, f"{at.pk}:{text}", "check form")], by=factories.TEST
        )


def agree(world: World, manager: Access) -> accounts.RecordSharing:
    """The practice shares all with the trust."""
    return accounts.agree_records(
        access=manager,
        organisation_id=world.organisation.pk,
        partner_ods=TRUST,
        covers="all",
        purpose="Physical health of people with a severe mental illness",
        basis="UK GDPR 6(1)(e) and 9(2)(h)",
        signed_by="Dr A Thorne and Dr B Vale",
        signed_on=clock.today(),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=90),
    )


def with_password(page: Page, username: str) -> None:
    page.goto("/signin/")
    page.fill("#username", username)
    page.fill("#password", "correct horse")
    page.locator("form", has=page.locator("#password")).locator("button").click()
    page.wait_for_url("**/")


def test_two_organisations_keep_one_page_open(page: Page, world: World, chromium: Browser, site: str) -> None:
    trust, ward = trust_of(world)
    manager = accounts.access_of(world.manager)
    made = agree(world, manager)
    write(world.sam, world.organisation, "Asked about sleep")
    other = chromium.new_context(base_url=site, viewport={"width": 320, "height": 800}).new_page()
    with_password(other, ward)
    sign_in(page, "practice_manager")
    here = f"/patients/{world.sam.ref}/"
    for one in (page, other):
        with one.expect_response("**/live/patient:*") as stream:
            one.goto(here)
        assert stream.value.status == 200
        expect(one.locator("[data-record-part]")).to_contain_text("Asked about sleep")
        one.wait_for_load_state("load")
    top = other.evaluate("document.querySelector('[data-item]').dataset.item")
    write(world.sam, world.organisation, "Blood pressure 128/82")
    for one in (page, other):
        bar = one.locator("[data-record]")
        expect(bar).to_contain_text("1 new")
        expect(one.locator("[data-record-said]")).to_have_attribute("aria-live", "polite")
        expect(one.locator("[data-record-part]")).not_to_contain_text("Blood pressure 128/82")
        assert violations(one, "news" if one is page else "news-320") == []
    # Nothing moved before it was asked for; by keyboard it is.
    assert other.evaluate("document.querySelector('[data-item]').dataset.item") == top
    other.locator("[data-record-show]").focus()
    other.keyboard.press("Enter")
    expect(other.locator("[data-record-part]")).to_contain_text("Blood pressure 128/82")
    assert other.evaluate("document.activeElement.id") == "timeline"
    assert violations(other, "shown-320") == []
    assert other.evaluate("document.documentElement.scrollWidth <= 320")
    # What is not shared is told to nobody there, and an end takes away what was.
    write(world.sam, trust, "Ward note")
    expect(other.locator("[data-record]")).to_contain_text("1 new")
    accounts.end_records(access=manager, ref=made.ref, because="The service moved")
    expect(other.locator("[data-record-part]")).not_to_contain_text("Blood pressure 128/82")
    expect(other.locator("[data-record-part]")).to_contain_text("not shared with you")
    expect(page.locator("[data-record-part]")).not_to_contain_text("Ward note")
    assert violations(other, "ended-320") == []
    CareRelationship.objects.filter(organisation=trust, patient=world.sam).update(ends_on=clock.today())
    assert other.goto(here).status == 404  # type: ignore[union-attr]
    other.context.close()


def test_a_stream_that_was_refused_is_opened_again_and_what_was_missed_is_told(page: Page, world: World) -> None:
    """As while the server begins anew: a browser gives a stream up for good at any answer but a good one."""
    sign_in(page, "practice_manager")
    page.route("**/live/patient:*", lambda route: route.fulfill(status=503), times=1)
    with page.expect_response("**/live/patient:*") as stream:
        page.goto(f"/patients/{world.sam.ref}/")
    assert stream.value.status == 503
    write(world.sam, world.organisation, "Weight 82 kg")
    expect(page.locator("[data-record]")).to_contain_text("1 new", timeout=15_000)
    page.route("**/live/tasks:*", lambda route: route.fulfill(status=503), times=1)
    with page.expect_response("**/live/tasks:*") as stream:
        page.goto("/tasks/")
    assert stream.value.status == 503
    notify_live("tasks", world.organisation.pk)
    expect(page.locator("[data-live]")).to_contain_text("1 change", timeout=15_000)


def test_a_list_is_told_of_what_came_between_its_page_and_its_stream_and_of_nothing_else(
    page: Page, world: World
) -> None:
    sign_in(page, "practice_manager")
    announced = page.locator("[data-live]")

    def late(route: Route) -> None:
        notify_live("tasks", world.organisation.pk)
        route.continue_()

    page.route("**/live/tasks:*", late, times=1)
    page.goto("/tasks/")
    expect(announced).to_have_text("1 change since you opened this page. Show")
    with page.expect_response("**/live/tasks:*") as stream:
        announced.get_by_role("link", name="Show").click()
    assert stream.value.status == 200
    notify_live("inbox", world.organisation.pk)
    page.wait_for_timeout(500)
    expect(announced).to_be_hidden()


def test_a_record_opened_in_need_empties_its_page_when_its_time_is_over(page: Page, world: World) -> None:
    sign_in(page, "health_care_assistant")
    write(world.ada, world.organisation, "Weight 83 kg")
    page.goto("/opened/")
    page.clock.install()
    page.fill("#number", world.ada.nhs_number or "")
    page.fill("#born", f"{world.ada.born_on}")
    page.check("#reason-emergency")
    page.fill("#words", "Unconscious in the waiting room")
    page.get_by_role("button", name="Open the record").click()
    page.wait_for_url("**/opened/*-*/")
    part = page.locator("[data-record-part]")
    expect(part).to_contain_text("Weight 83 kg")
    page.clock.fast_forward("04:01:00")
    expect(page.locator("[data-record]")).to_contain_text("You may no longer see this record.")
    expect(part).to_be_empty()


def test_it_works_by_reload_without_javascript(world: World, chromium: Browser, site: str) -> None:
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "practice_manager")
    page.goto(f"/patients/{world.sam.ref}/")
    assert not page.locator("[data-record]").is_visible()
    write(world.sam, world.organisation, "Weight 81 kg")
    page.reload()
    expect(page.locator("[data-record-part]")).to_contain_text("Weight 81 kg")
    context.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_opening_in_need_is_reviewed_and_the_patient_sees_it(page: Page, world: World, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "health_care_assistant")
    page.goto("/opened/")
    assert violations(page, f"glass-{width}") == []
    page.fill("#number", world.ada.nhs_number or "")
    page.fill("#born", f"{world.ada.born_on}")
    page.check("#reason-emergency")
    page.fill("#words", "Unconscious in the waiting room")
    page.get_by_role("button", name="Open the record").click()
    page.wait_for_url("**/opened/*-*/")
    expect(page.locator("main")).to_contain_text("Unconscious in the waiting room")
    assert violations(page, f"opened-{width}") == []
    assert page.evaluate(f"document.documentElement.scrollWidth <= {width}")
    page.get_by_role("button", name="I have finished").click()
    expect(page.locator("main")).to_contain_text("The record is closed")
    sign_in(page, "practice_manager")
    page.goto("/opened/reviews/")
    assert violations(page, f"reviews-{width}") == []
    assert page.evaluate(f"document.documentElement.scrollWidth <= {width}")
    page.goto("/sharing/")
    assert violations(page, f"sharing-{width}") == []
    assert page.evaluate(f"document.documentElement.scrollWidth <= {width}")
    sign_in(page, "patient")
    for address in ("/my/looks/", "/my/record/"):
        page.goto(address)
        assert violations(page, f"{address.split('/')[2]}-{width}") == []
        assert page.evaluate(f"document.documentElement.scrollWidth <= {width}")
    page.goto("/my/looks/")
    expect(page.locator("main")).to_contain_text("In an emergency, to treat you at once")
