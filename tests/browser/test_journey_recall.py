"""Recall runs by itself (product-map.md J5): four programmes, one invitation for each person, three waves by channel; what the
record says stops it, a no is kept, a partner reaches whom nothing else did. Nobody starts a run; the manager only switches it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from playwright.sync_api import Page

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.tests.factories import at
from onedoor.documents.models import Delivery
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.codes import Concept
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import Need, Patient
from onedoor.recall import api as recall
from onedoor.recall.models import Invitation, LastAsked, PartnerOpening
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

SCHIZOPHRENIA = Concept("58214004", "Schizophrenia")  # clinical.md 2 #98
FLU_VACCINE = Concept("822851000000102", "Seasonal influenza vaccination")  # clinical.md 2 #89
MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
DAY = timedelta(days=1)
LATER = MONDAY + 80 * DAY
PHONES = {name: f"+4477009001{n}" for n, name in enumerate(("Vera", "Lamar", "Joan", "Silas"), start=60)}


def test_recall_runs_by_itself(page: Page, world: World) -> None:
    messaging.set_tariff(starts_on=date(2026, 4, 1), pence=Decimal("2.4"), by=TEST)
    people = town(world)
    clinic(world)
    switch_on(page, world)
    foretold(page, people)

    night(MONDAY + timedelta(minutes=1))
    each_is_asked_once(people)
    says_no(world, people["Lamar"])
    has_had_it(people["Joan"])
    chooses_a_time(page, world)
    second_and_third_wave(people["Vera"], people["Silas"])
    what_came_back(page, people)
    a_partner_reaches_them(page, people["Silas"])


def town(world: World) -> dict[str, Patient]:
    """Four people over 65 with a mobile, of whom one is on the register of severe mental illness, one dead, one restricted."""
    LastAsked.objects.all().delete()
    here = world.organisation
    people = {
        name: factories.patient(here, name, "Marsh", mobile=number, born_on=date(1950, 6, 1))
        for name, number in PHONES.items()
    }
    people["Dot"] = factories.patient(
        here, "Dot", "Marsh", mobile="+447700900170", born_on=date(1949, 1, 1), deceased=True
    )
    people["Rita"] = factories.patient(here, "Rita", "Marsh", mobile="+447700900171", born_on=date(1948, 1, 1))
    Patient.objects.filter(pk=people["Rita"].pk).update(restricted=True)
    ids = [one.pk for one in people.values()]
    Patient.objects.filter(pk__in=ids).update(address="1 Mill Lane, Wexcombe", postcode="ZZ8 1AA")
    Patient.objects.filter(pk=world.sam.pk).update(born_on=date(1951, 5, 1))
    Need.objects.create(patient=world.sam, organisation=here, text="Not before 10:00")
    enter(people["Silas"], SCHIZOPHRENIA, date(2020, 3, 4))
    recall.refresh(patient_ids=[*ids, world.sam.pk])
    return people


def clinic(world: World) -> None:
    """Free places of a flu clinic on Friday, from half past eight to noon: late enough for Sam's interpreter."""
    kind = booking.set_type(organisation_id=world.organisation.pk, name="Flu clinic", by=TEST)
    booking.open_session(
        organisation_id=world.organisation.pk,
        site_id=world.practice.site.pk,
        day=world.day + 2 * DAY,
        clinician="Nurse A Brook",
        name="Flu clinic",
        type_id=kind.pk,
        starts=[at(world.day + 2 * DAY, 8, 30) + n * timedelta(minutes=30) for n in range(7)],
        minutes=10,
        by=TEST,
    )


def enter(patient: Patient, concept: Concept, day: date) -> None:
    """What a clinician writes on the record."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON)
    new = NewEntry(
        patient_id=patient.pk,
        organisation_id=patient.care_relationships.get().organisation_id,
        kind="coded",
        text=concept.term,
        intent_key=f"journey:{patient.pk}:{concept.code}:{day}",
        source="test",
        concept=concept,
        effective_at=at,
    )
    with transaction.atomic():
        records.record_entries(entries=[new], by=TEST)


def switch_on(page: Page, world: World) -> None:
    """The manager switches programmes on and says which appointments are the visit."""
    sign_in(page, "practice_manager")
    page.click("nav >> text=Recall")
    assert page.locator("h1").inner_text() == "Nobody is asked: every programme is off"
    look(page, "recall-off")
    page.fill("#weekly", "100")
    page.click("#set ~ form button")
    for name in ("Seasonal flu vaccine", "SMI physical health check", "Medication review", "Asthma review"):
        page.click(f"tr:has-text('{name}') button")
    page.click("text=Seasonal flu vaccine")
    page.check("text=Flu clinic")
    page.click("#kinds ~ form button")
    look(page, "recall-programme")


def foretold(page: Page, people: dict[str, Patient]) -> None:
    """What the run will do stands on the page before it does it."""
    page.goto("/recall/")
    look(page, "recall")
    assert page.locator("h1").inner_text() == "Tonight: 5 people are asked"
    first = page.locator("#preview ~ div table tbody tr").first.locator("td").all_inner_texts()
    assert first[:3] == ["First", "Text message", "5"]
    assert "Whereabouts are restricted" in page.locator("main").inner_text()
    page.click("text=Whereabouts are restricted")
    assert "Rita Marsh" in page.locator("main").inner_text()
    look(page, "recall-left-out")


@contextmanager
def it_is(moment: datetime) -> Iterator[None]:
    """The moment for the web process and for what happens here."""
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        yield


def night(moment: datetime) -> None:
    """A night: standings, then the run; in the morning the provider takes the texts."""
    with it_is(moment):
        jobs.run_once("recall.refresh")
        jobs.run_once("recall.run")
    morning = moment + timedelta(hours=1)
    Message.objects.filter(state=State.QUEUED, purpose="invitation").update(
        state=State.ACCEPTED, accepted_at=morning, provider_id="p", pence=F("fragments") * Decimal("2.4"), attempt=1
    )


def each_is_asked_once(people: dict[str, Patient]) -> None:
    """One invitation each; the private one names nothing; nobody who died or whose whereabouts are restricted."""
    bodies = {one.patient_id: one.body for one in Message.objects.filter(purpose="invitation", subject="invitation")}
    assert "a flu vaccine" in bodies[people["Vera"].pk]
    assert "protects you" in bodies[people["Vera"].pk]
    silas = Invitation.objects.get(patient=people["Silas"])
    assert sorted(silas.programmes.values_list("key", flat=True)) == ["flu", "medication", "smi"]
    assert not {"flu", "medication", "physical", "mental"} & set(bodies[people["Silas"].pk].lower().split())
    assert not Invitation.objects.filter(patient__in=[people["Dot"], people["Rita"]]).exists()
    for name in PHONES:
        assert Invitation.objects.filter(patient=people[name]).count() == 1


def says_no(world: World, lamar: Patient) -> None:
    """A no is kept, and is not done."""
    with it_is(MONDAY + timedelta(hours=3)):
        say(world.organisation, PHONES["Lamar"], "No thanks")
    assert Invitation.objects.get(patient=lamar).state == "declined"


def has_had_it(joan: Patient) -> None:
    """The vaccine is given and entered: the run stops by itself."""
    with it_is(MONDAY + timedelta(hours=4)):
        enter(joan, FLU_VACCINE, MONDAY.date())
    night(MONDAY + timedelta(hours=15))
    assert Invitation.objects.get(patient=joan).state == "done"


def chooses_a_time(page: Page, world: World) -> None:
    """Sam chooses a time on his own page, one that fits what he needs."""
    Invitation.objects.filter(patient=world.sam, state="invited").get()
    sign_in(page, "patient")
    page.click("text=Choose a time")
    look(page, "invitation-times")
    times = page.locator("main a.nhsuk-button").all_inner_texts()
    assert times
    assert not any(one.startswith(("8", "9")) for one in times), "they need one that is not before 10"
    page.locator("main a.nhsuk-button").first.click()
    look(page, "invitation-sure")
    page.click("text=Yes, book it")
    assert page.locator("h1").inner_text() == "Booked"
    assert Invitation.objects.get(patient=world.sam, programme="flu", state="booked").appointment_id


def second_and_third_wave(vera: Patient, silas: Patient) -> None:
    """Who says nothing is written to, then rung; the two codes are on the record only when each went out."""
    for day in range(1, 70):
        night(MONDAY + day * DAY)
        Delivery.objects.filter(way="print", state="waiting").update(state="done", done_at=MONDAY + day * DAY)
    plan = list(Invitation.objects.get(patient=vera).waves.order_by("number").values_list("channel", "state"))
    assert plan == [("text", "sent"), ("letter", "sent"), ("telephone", "waiting")]
    assert Task.objects.filter(kind="invitation_ring", patient=silas, state="open").exists()
    with it_is(LATER):
        jobs.run_once("recall.expire")
    assert Invitation.objects.get(patient=silas).state == "expired"


def what_came_back(page: Page, people: dict[str, Patient]) -> None:
    """The manager sees what each wave came to; the patient's page says what went out and why they are due."""
    sign_in(page, "practice_manager")
    page.goto("/recall/")
    look(page, "recall-later")
    first = page.locator("#uptake ~ table tbody tr").first.locator("td").all_inner_texts()
    assert first[:2] == ["First", "Text message"]
    assert first[5] == first[6], "what it cost is what was reckoned"
    page.goto(f"/patients/{people['Silas'].ref}/")
    said = page.locator("main").inner_text()
    assert "Invited to one visit for" in said
    assert "No text and no message on a machine says what it is for." in said
    look(page, "patient-due")
    page.click("section[aria-labelledby=due] a >> nth=0")
    look(page, "patient-why")


def a_partner_reaches_them(page: Page, silas: Patient) -> None:
    """A voluntary group gets a list under an agreement, reaches him, and says so."""
    page.goto("/recall/partners/")
    today = LATER.date()
    page.fill("#partner", "Y99940")
    page.fill("#purpose", "To reach people whom letters and texts did not")
    page.fill("#basis", "UK GDPR 6(1)(e) and 9(2)(h)")
    page.check("#sensitive")
    for name, day in (("signed", today), ("starts", today), ("ends", today + 60 * DAY)):
        page.fill(f"#{name}", day.isoformat())
    page.click("text=Write it down")
    page.click("text=Share whom no wave reached >> nth=0")
    look(page, "partners")
    sign_in(page, "social_prescriber")
    page.click("nav >> text=Shared with you")
    page.click("main a >> nth=0")
    look(page, "shared-list")
    text = page.locator("main").inner_text()
    assert PHONES["Silas"][-6:-3] in text.replace(" ", "")
    assert not {"flu", "Schizophrenia", "medication", "SMI"} & set(text.split())
    page.select_option("tr:has-text('Silas') select", "wants")
    page.click("tr:has-text('Silas') button")
    assert Invitation.objects.get(patient=silas).state == "accepted"
    assert PartnerOpening.objects.filter(shown__gte=1).exists()
