"""What is to be typed into the practice's own system, and what is on its way from a trust, at both widths."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts.models import OrganisationRelation, RecordSharing
from onedoor.booking.tests import factories as diary
from onedoor.exchange.tests.sent_documents import mailbox
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Role
from onedoor.patients.models import CareRelationship
from onedoor.recall.tests.standings import stand
from onedoor.recall.tests.test_checks import send
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def test_the_strip_is_ticked_and_the_practice_chooses_its_route(page: Page, world: World) -> None:
    place = world.organisation
    aled = factories.patient(place, "Aled", "Price", mobile="+447700900222")
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    aled.pk, place.pk, "check", code, code, "check form", records.concept(code), value=value
                )
                for code, value in (("271649006", 128), ("271650006", 82), ("8517006", None))
            ],
            by=factories.TEST,
        )  # fmt: skip
    jobs.run_once("exchange.feed_answers")
    mailbox(place, "Y99002OT001")
    sign_in(page, "practice_manager")
    page.click("text=entries to be typed")
    expect(page.locator("h1")).to_contain_text("entries to be typed into")
    look(page, "to-type")
    page.check("label:has-text('Tick Ex-smoker of Aled Price') input")
    page.click("text=Those ticked are typed")
    expect(page.get_by_text("Ticked: 1 entry typed.")).to_be_visible()
    page.goto(reverse("patient", args=[aled.ref]))
    expect(page.get_by_role("heading", name="Do this in")).to_be_visible()
    look(page, "to-type-of-one")
    page.click("button:has-text('Typed: Systolic')")
    page.click("button:has-text('Typed: Diastolic')")
    expect(page.get_by_role("heading", name="Do this in")).to_have_count(0)
    page.goto(reverse("settings"))
    page.click("text=Say how what is said and answered here gets there")
    look(page, "write-back")
    page.check("text=A document a day for each patient by MESH")
    page.click("button:has-text('Save')")
    expect(page.get_by_text("Saved: a document a day for each patient by mesh.")).to_be_visible()


def test_what_a_trust_did_is_on_its_way(page: Page, world: World) -> None:
    place = world.organisation
    factories.person(place, Role.HEALTH_CARE_ASSISTANT, username="demo-health_care_assistant")
    clock.set_clock(at=diary.at(diary.WEDNESDAY, 8), rate=0)
    trust = factories.practice("Y99900", "Wexshire Mental Health Trust")
    OrganisationRelation.objects.create(
        organisation=place, other=trust, kind="served_by_trust", starts_on=date(2020, 1, 1)
    )
    RecordSharing.objects.create(
        organisation=trust, partner=place, covers="coded", purpose="checks", basis="direct care", signed_by="both",
        signed_on=date(2026, 1, 1), starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1), made_at=clock.now(), made_by="test",
    )  # fmt: skip
    aled = factories.patient(place, "Aled", "Price", mobile="+447700900222")
    CareRelationship.objects.create(patient=aled, organisation=trust, kind="caseload", starts_on=date(2020, 1, 1))
    ward = factories.person(trust, Role.HEALTH_CARE_ASSISTANT)[1]
    send(ward, aled, {"bp": {"systolic": "128", "diastolic": "82"}}, close=True, missing_ok=True)
    stand([aled], lack=["bp", "smoking"])
    sign_in(page, "health_care_assistant")
    page.goto(reverse("finish_line"))
    expect(page.get_by_text("from Wexshire Mental Health Trust since")).to_be_visible()
    look(page, "finish-line-on-its-way")
    page.goto(reverse("check_form", args=[aled.ref]))
    expect(page.get_by_text("not yet in the GP record")).to_be_visible()
    look(page, "check-form-on-its-way")
