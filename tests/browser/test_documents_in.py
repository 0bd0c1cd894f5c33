"""Documents that came, in a browser at both widths: the list, whose one is, one touch, the next opens by itself, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts.api import access_of
from onedoor.documents import api as documents
from onedoor.exchange.itk.types import CarriedEntry, File, SendDocument
from onedoor.exchange.models import ReceivedDocument
from onedoor.exchange.receiving.coding import may_undo
from onedoor.exchange.tests import arrivals
from onedoor.exchange.tests.arrivals import DIASTOLIC, EX_SMOKER, SIX, SYSTOLIC
from onedoor.patients.models import Patient
from onedoor.records.models import Coded
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

ASKED = CarriedEntry(
    "", "", None, "", None, "Please repeat the blood pressure within two weeks, and ask about her tablets"
)
SEEN = CarriedEntry("", "", None, "", None, "Seen on Ash ward with her sister")


def came(world: World) -> tuple[ReceivedDocument, ReceivedDocument, ReceivedDocument]:
    """A whole check, a letter whose surname is not ours, and a letter without codes; the first has waited longest."""
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    here = arrivals.Scene(
        world.organisation, access_of(world.receptionist), arrivals.mailbox_of(world.organisation), trust
    )
    _, paper = documents.file_of(here.access, world.paper.ref, "standard")
    letter = (File("Physical health check", "application/pdf", paper),)
    bronwyn = factories.patient(world.organisation, "Bronwyn", "Achterberg-Featherstonehaugh")
    maud = Patient.objects.get(given_name="Maud")
    wrong = replace(SIX[0], code="506701000000100", term="PHQ-9 score", value=7, unit="{score}", text="PHQ-9: 7")

    def sent(patient: Patient, *entries: CarriedEntry, family: str = "") -> SendDocument:
        made = arrivals.said(here, patient, entries, files=letter)
        return replace(made, patient=replace(made.patient, family=family)) if family else made

    return (
        arrivals.received(here, sent(bronwyn, *SIX, wrong, ASKED, SEEN)),
        arrivals.received(here, sent(maud, *SIX[:2], family="Ellery-Marsden")),
        arrivals.received(here, sent(world.ada)),
    )


def test_the_queue_is_worked_through_with_the_next_opening_by_itself(page: Page, world: World) -> None:
    whole, _, plain = came(world)
    sign_in(page, "receptionist")
    page.click("nav >> text=Documents")
    expect(page.locator("h1")).to_contain_text("4 documents wait")
    look(page, "documents-in")

    page.goto(reverse("document_in", args=[whole.ref]))
    expect(page.get_by_text("Please repeat the blood pressure")).to_be_visible()
    expect(page.get_by_text("720433000 has superseded this code")).to_be_visible()
    look(page, "document-in")
    button = page.locator("[data-accept-button]")
    expect(button).to_have_text("Accept 6 into the record")
    boxes = page.locator("input[name=number]").all()
    for box in boxes:
        box.uncheck()
    expect(button).to_have_text("Nothing is ticked")
    for box in boxes[1:]:
        box.check()
    expect(button).to_have_text("Accept 5 into the record")
    page.click("summary:has-text('Add something')")
    page.fill("#code", "nonsense")
    page.get_by_role("button", name="Add to the list").click()
    expect(page.get_by_text("this is not a SNOMED CT identifier")).to_be_in_viewport()
    expect(page.locator("#code")).to_have_value("nonsense")
    look(page, "document-in-not-added")
    page.goto(reverse("document_in", args=[whole.ref]))
    page.uncheck("input[name=number][value='5']")
    button.click()
    assert not Coded.objects.filter(patient=whole.patient, code__code=EX_SMOKER).exists()
    assert Coded.objects.filter(patient=whole.patient, code__code=SYSTOLIC).count() == 1
    whole.refresh_from_db()
    assert whole.seconds_open is not None

    expect(page.locator("h1")).to_have_text("Whose is it?")
    expect(page.get_by_text("5 entries on the record.")).to_be_visible()
    expect(page.get_by_text("Achterberg")).to_have_count(0)
    look(page, "document-who")
    page.get_by_role("button", name="It is Maud Ellery").click()
    expect(page.get_by_text("Something differs")).to_be_visible()
    page.check("input[name=sure]")
    page.get_by_role("button", name="It is Maud Ellery").click()
    expect(page.get_by_text("Make sure that it is the same person")).to_be_visible()
    look(page, "document-in-doubt")
    page.locator("[data-accept-button]").click()
    assert Coded.objects.filter(code__code=DIASTOLIC, value=88).count() == 2

    expect(page.locator("h1")).to_have_text("A letter to file")
    look(page, "document-in-plain")
    page.click("summary:has-text('Add something')")
    page.fill("#code", "Never smoked tobacco – 266919005")
    page.get_by_role("button", name="Add to the list").click()
    expect(page.locator("[data-accept-button]")).to_have_text("Accept 1 into the record")
    page.locator("[data-accept-button]").click()
    page.goto(reverse("document_in", args=[plain.ref]))
    look(page, "document-in-done")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("[data-accept-button]")).to_be_visible()
    plain.refresh_from_db()
    assert not may_undo(plain)
    assert date(2026, 1, 1) < plain.received_at.date()
    page.goto(reverse("documents_in") + "?view=refused")
    look(page, "documents-refused")
