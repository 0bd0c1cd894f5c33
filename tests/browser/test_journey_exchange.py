"""J10: six checks done on a ward are in the GP's record without retyping, whatever the line to MESH does meanwhile.

The health-care assistant of a trust and the practice's manager each sit at a browser; between them is NHS England's own
sandbox, which loses answers, delivers twice and is killed. What counts at the practice is looked at before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import Browser, Page, expect

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.accounts.models import OrganisationRelation
from onedoor.exchange.models import MeshArrival, ReceivedDocument, SentDocument
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records.models import Coded
from onedoor.records.types import NewEntry
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.test_journey_questionnaire import look
from tests.mesh_sandbox import PRACTICE, TRUST, Sandbox, hurry, mailbox, sandbox, served

__all__ = ["sandbox", "served"]

pytestmark = pytest.mark.slow

SMI = "58214004"
SWEEPS = (
    "exchange.compose", "exchange.mesh_send", "exchange.mesh_collect", "exchange.deal_with", "exchange.mesh_track",
    "recall.refresh",
)  # fmt: skip


def go_round(times: int = 12) -> None:
    """What the worker does, until nothing is left to do; retries wait for no clock."""
    for _ in range(times):
        hurry()
        if not sum(jobs.run_once(sweep) for sweep in SWEEPS):
            return


@pytest.fixture
def nell(world: World, sandbox: Sandbox) -> Patient:
    """Registered at the practice, on its register of severe mental illness, and on a ward of the trust's."""
    trust = mailbox(sandbox, TRUST).organisation
    mailbox(sandbox, PRACTICE, world.organisation)
    OrganisationRelation.objects.create(
        organisation=world.organisation, other=trust, kind="served_by_trust", starts_on=date(2020, 1, 1)
    )
    nell = factories.patient(world.organisation, "Nell", "Okafor")
    CareRelationship.objects.create(patient=nell, organisation=trust, kind="caseload", starts_on=date(2020, 1, 1))
    on_register(nell, world)
    jobs.run_once("recall.refresh")
    return nell


def on_register(patient: Patient, world: World) -> None:
    from django.db import transaction

    from onedoor.records import api as records

    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=patient.pk,
                    organisation_id=world.organisation.pk,
                    kind="diagnosis",
                    text="Schizophrenia",
                    intent_key=f"test:{patient.pk}:smi",
                    source="test",
                    concept=records.concept(SMI),
                    effective_at=clock.now() - timedelta(days=900),
                )
            ],
            by=factories.TEST,
        )


@pytest.fixture
def on_the_ward(chromium: Browser, site: str, nell: Patient) -> Iterator[Page]:
    """The trust's assistant at a tablet."""
    trust = CareRelationship.objects.get(patient=nell, kind="caseload").organisation
    user, _ = factories.person(trust, Role.HEALTH_CARE_ASSISTANT, "ward")
    yield from at_a_browser(chromium, site, user, width=768)


@pytest.fixture
def at_the_practice(chromium: Browser, site: str, world: World, nell: Patient) -> Iterator[Page]:
    """The practice's manager, who codes and sees the finish line."""
    yield from at_a_browser(chromium, site, world.manager, width=1280)


def at_a_browser(chromium: Browser, site: str, user: User, *, width: int) -> Iterator[Page]:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    context = chromium.new_context(base_url=site, viewport={"width": width, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": site}])
    yield context.new_page()
    context.close()


def six_checks(page: Page, nell: Patient) -> None:
    """All six, in the order of the form; everything found is acted on."""
    page.goto(f"/checks/{nell.ref}/")
    expect(page.locator(".od-exams__sum")).to_contain_text("0 of 6 count today")
    for field, value in {
        "#bp-systolic": "128", "#bp-diastolic": "82", "#bmi-weight": "70", "#bmi-height": "171", "#alcohol-units": "4",
        "#lipid-cholesterol": "4.1", "#lipid-hdl": "1.4", "#glucose-value": "38",
    }.items():  # fmt: skip
        page.fill(field, value)
    page.select_option("#glucose-kind", "hba1c")
    page.select_option("#smoking-status", "never")
    page.select_option("#next-month", "2027-12")
    page.click("text=Save and finish")
    expect(page.locator(".od-flash")).to_contain_text("The visit is finished")


def done_of_six(page: Page, nell: Patient) -> str:
    """What the practice's check form says counts of the six."""
    page.goto(f"/checks/{nell.ref}/")
    return page.inner_text(".od-exams__sum")


def test_a_check_on_a_ward_is_in_the_gps_record(
    on_the_ward: Page, at_the_practice: Page, sandbox: Sandbox, nell: Patient, world: World
) -> None:
    six_checks(on_the_ward, nell)
    # At once on the shared record, and counted nowhere (ADR 12).
    expected = Coded.objects.filter(patient=nell, source=3).count()
    assert expected >= 7
    assert "0 of 6" in done_of_six(at_the_practice, nell)
    # The line at its worst: the first answer is lost, MESH is killed, what was sent comes twice.
    sandbox.lay({"do": "lose_reply", "on": "send", "times": 1}, {"do": "copy", "times": 1})
    jobs.run_once("exchange.compose")
    hurry()
    jobs.run_once("exchange.mesh_send")
    sandbox.restart()
    go_round()
    document = SentDocument.objects.get(patient=nell)
    received = ReceivedDocument.objects.get(patient=nell)
    # Coded by one touch.
    page = at_the_practice
    page.goto("/documents-in/")
    look(page, "documents-in")
    page.click(f"tr:has-text('{nell.shown_name}') a.od-title")
    expect(page.locator("h1")).to_contain_text(f"{expected} entries for the record")
    expect(page.locator(".od-table--stack tbody tr")).to_have_count(expected)
    look(page, "document-in")
    page.click(f"text=Accept {expected} into the record")
    expect(page.locator(".od-flash")).to_contain_text(f"{expected} entries on the record")
    assert not Coded.objects.filter(patient=nell, source=3).exists()
    assert "6 of 6" in done_of_six(page, nell)
    go_round()
    document.refresh_from_db()
    assert (document.state, document.accepted_code) == ("delivered", "30001")
    # It came twice: whichever of the two answers comes first says that they can read it.
    assert document.read_code in ("20013", "20007")
    assert document.collected_at is not None
    # A late duplicate changes nothing, and nobody has work left.
    before = Coded.objects.filter(patient=nell).count()
    again(received)
    assert Coded.objects.filter(patient=nell).count() == before
    received.refresh_from_db()
    assert received.state == "accepted"
    assert not Task.objects.filter(patient=nell, state="open", kind__startswith="document").exists()
    # Whoever did it sees that it got there.
    on_the_ward.goto("/exchange/")
    expect(on_the_ward.locator("main")).to_contain_text("Delivered")
    look(on_the_ward, "exchange")


def again(received: ReceivedDocument) -> None:
    """The same bytes arrive once more, days later."""
    arrival = MeshArrival.objects.get(pk=received.arrival_id)
    arrival.pk, arrival.message_id, arrival.state = None, "LATE-DUPLICATE", "stored"
    arrival.save()
    with clock.at(datetime(2026, 12, 10, 9, 0, tzinfo=clock.LONDON)):
        jobs.run_once("exchange.deal_with")
    go_round()
