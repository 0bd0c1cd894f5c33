"""A referral from the practice's form to triage and back (J7): filled in from what is known, decided, taken back, decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from playwright.sync_api import FilePayload, Page

from onedoor.directory import api as directory
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Referral
from onedoor.referrals.tests import factories as triage
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)


def sign_out(page: Page) -> None:
    page.click("text=Sign out")


def pass_minutes(minutes: int) -> None:
    """It is so many minutes after Monday at nine, and decisions whose hold is over have taken effect."""
    clock.set_clock(at=MONDAY + timedelta(minutes=minutes), rate=0)
    with clock.at(MONDAY + timedelta(minutes=minutes)):
        jobs.run_once("referrals.take_effect")


def test_from_the_practice_through_triage_and_back(page: Page, world: World) -> None:
    # The day's list: an old one past its clock, one parked, one asked of the clinician.
    for days, priority in ((5, "routine"), (1, "routine"), (2, "urgent")):
        triage.referral(world.service, received_at=MONDAY - timedelta(days=days), priority=priority)
    parked, asked = triage.referral(world.service, world.ada), triage.referral(world.service)
    referrals.park(
        access=world.service.ada,
        ref=parked.ref,
        reason="The scan is on Wednesday",
        until=MONDAY.date() + timedelta(days=3),
    )
    referrals.ask_colleague(
        access=world.service.ada, ref=asked.ref, user_id=world.clinician.pk, question="Ultrasound first?"
    )

    sign_in(page, "receptionist")
    page.goto(reverse("patient", args=[world.sam.ref]))
    page.click("text=Refer to a service")
    look(page, "refer-which")
    page.click("text=MSK Community Service")
    look(page, "refer-form")
    page.fill("#reason", "Left knee, worse on stairs, for a year")
    page.click("text=Send to MSK Community Service")
    assert "Say who refers" in page.inner_text("main")
    assert page.input_value("#reason").startswith("Left knee")
    page.select_option("#source", "nurse")
    scan: FilePayload = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 scan"}
    page.set_input_files("#files", scan)
    page.click("text=Send to MSK Community Service")
    assert "It is with triage now" in page.inner_text("main")
    look(page, "referral-desk")
    page.goto(reverse("refer", args=[world.sam.ref]) + "?service=joints")
    page.select_option("#source", "gp")
    page.fill("#reason", "Left knee")
    page.click("text=Send to MSK Community Service")
    look(page, "refer-twin")
    page.goto(reverse("referrals_sent"))
    look(page, "referrals-sent")
    sign_out(page)

    sign_in(page, "triage_clinician")
    page.click("text=MSK service")
    look(page, "referrals")
    for view in ("parked", "asked", "held", "send"):
        page.goto(f"{reverse('referrals')}?service=triage&view={view}")
        look(page, f"referrals-{view}")
    page.goto(reverse("referrals"))
    page.click("text=MSK Community Service")
    page.click("text=Sam Hollis")
    look(page, "referral")
    page.click("text=On to secondary care")
    look(page, "referral-onward")
    page.click("text=Accept, urgent")
    assert "Still needed" in page.inner_text("main")
    page.select_option("#stream", label="Physiotherapy")
    page.click("text=Accept, urgent")
    page.goto(reverse("referrals") + "?service=joints")
    look(page, "referrals-decided")
    page.click("text=Take back")
    assert "no letter has gone" in page.inner_text("main")
    page.select_option("#stream", label="Physiotherapy")
    page.get_by_role("button", name="Accept", exact=True).click()
    made = Referral.objects.get(service__slug="joints")
    page.goto(reverse("referral", args=[made.ref]))
    look(page, "referral-held")
    pass_minutes(16)
    page.goto(reverse("referral", args=[made.ref]))
    look(page, "referral-triaged")
    page.click("text=Discharge to the GP")
    page.select_option("#discharge", "advice")
    page.get_by_role("button", name="Discharge", exact=True).click()
    assert "Advice was enough" in page.inner_text("main")
    page.goto(reverse("referrals_balance") + "?service=triage")
    assert "Every day adds up" in page.inner_text("main")
    look(page, "referrals-balance")
    sign_out(page)

    sign_in(page, "receptionist")
    page.goto(reverse("referrals_sent"))
    assert "Discharged to the GP" in page.inner_text("main")


def test_a_patient_refers_themselves(page: Page, world: World) -> None:
    joints = directory.service_by_slug("joints")
    assert joints
    directory.switch_self_referral(
        service_id=joints.pk, opens=True, reason="Caught up", agreement_on=clock.today(), by=TEST
    )
    sign_in(page, "patient")
    page.goto(reverse("find_service_one", args=["joints"]))
    page.click("text=Refer yourself online")
    look(page, "my-refer")
    page.click("text=Numb between the legs")
    page.click("text=Continue")
    look(page, "my-refer-stop")
    assert "Call 999" in page.inner_text("main")
    page.click("text=I chose that by mistake")
    page.click("text=None of these")
    page.click("text=Continue")
    look(page, "my-refer-form")
    page.fill("#reason", "My knee hurts on stairs")
    page.get_by_role("button", name="Send").click()
    assert "Sent." in page.inner_text("main")
    assert Referral.objects.get(service=joints).source == "self"
    directory.switch_self_referral(service_id=joints.pk, opens=False, reason="Many wait already", by=TEST)
    page.goto(reverse("my_refer", args=["joints"]))
    look(page, "my-refer-closed")
