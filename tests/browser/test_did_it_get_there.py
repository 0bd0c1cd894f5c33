"""Did it get there, in a browser at both widths: what waits for a person, one document, and a decision with its note."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts.api import access_of
from onedoor.accounts.models import OrganisationRelation
from onedoor.exchange.tests.sent_documents import Place, answer, compose, finish, mailbox, mesh_takes
from onedoor.kernel.access import Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.ui.tests.world import World
from tests.browser.test_change_link import look


def a_trust(world: World) -> Place:
    """The trust of the world's practice, with somebody who does checks there and two of the practice's patients in its care."""
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    OrganisationRelation.objects.create(
        organisation=world.organisation, other=trust, kind="served_by_trust", starts_on=date(2020, 1, 1)
    )
    user, _ = factories.person(trust, Role.HEALTH_CARE_ASSISTANT, "ward")
    user.set_password("password")
    user.save()
    for one in (world.sam, world.ada):
        CareRelationship.objects.create(patient=one, organisation=trust, kind="caseload", starts_on=date(2020, 1, 1))
    mailbox(trust, "Y99902OT001")
    return Place(trust, world.organisation, access_of(user), Patient.objects.get(pk=world.sam.pk))


def test_whoever_sent_it_sees_whether_it_got_there_and_decides(page: Page, world: World) -> None:
    at = a_trust(world)
    first = finish(at, bp={"systolic": "128", "diastolic": "82"}, smoking={"status": "", "state": "declined"})
    at.sam = Patient.objects.get(pk=world.ada.pk)
    second = finish(at, bp={"systolic": "121", "diastolic": "79"})
    assert first is not None
    assert second is not None
    compose()
    for one in (first, second):
        mesh_takes(one, collected=True)
    answer(at, first, "20013")
    answer(at, first, "30001")
    answer(at, second, "30003")
    page.goto("/signin/")
    page.fill("#username", "ward")
    page.fill("#password", "password")
    page.press("#password", "Enter")
    page.click("nav >> text=Sent")
    expect(page.locator("h1")).to_contain_text("Did it get there?")
    expect(page.locator("main")).to_contain_text("1 document waits for a person.")
    look(page, "did-it-get-there")
    page.locator("a.od-title", has_text=world.ada.shown_name).click()
    expect(page.locator("main")).to_contain_text("the patient is no longer there (30003)")
    look(page, "did-it-get-there-one")
    page.get_by_role("button", name="Given by other means").click()
    expect(page.locator("main")).to_contain_text("Say how, or why, in a few words.")
    page.get_by_label("How it was given").fill("Read out to the practice by telephone")
    page.get_by_role("button", name="Given by other means").click()
    expect(page.locator("main")).to_contain_text("Read out to the practice by telephone")
    page.click("nav >> text=Sent")
    expect(page.locator("main")).to_contain_text("No document waits for a person.")
