"""Four of six to six (product-map.md J11): a text collects alcohol and smoking, bloods are taken at the depot visit that is
booked in any case, a late quiet place is found, whom nothing reaches a partner does, and next year's date is agreed.

Standings are worked out by the rule sets from what is on the record; nothing here says that somebody is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Seat
from onedoor.booking.tests.factories import at
from onedoor.documents.models import Delivery
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.asking_factories import arrive
from onedoor.patients.models import Need, Patient
from onedoor.recall import api as recall
from onedoor.recall.models import Invitation
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.ui.tests.world import PARTNER_ODS, World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
DAY = timedelta(days=1)
PHONES = {name: f"+4477009001{n}" for n, name in enumerate(("Aled", "Bronwyn", "Cai", "Dilys"), start=80)}
REGISTER = "391193001"
DONE: dict[str, tuple[tuple[str, float | None], ...]] = {
    # clinical.md 2: #8 #9, #1, #14, #21, #30, #41
    "bp": (("271649006", 128), ("271650006", 82)),
    "bmi": (("60621009", 27.4),),
    "lipid": (("1005671000000105", 4.8),),
    "glucose": (("999791000000106", 41),),
    "alcohol": (("1082641000000106", 6),),
    "smoking": (("266919005", None),),
}


def test_from_four_of_six_to_six(page: Page, world: World) -> None:
    people = register(world)
    clinic(world, people["Bronwyn"])
    begun(page)
    a_text_collects_what_can_be_said(page, world, people["Aled"])
    bloods_are_planned_with_the_depot(page, people["Bronwyn"])
    a_late_quiet_place_is_found(page, people["Cai"])
    at_their_visits_it_is_done_and_next_year_is_agreed(page, people["Bronwyn"], people["Cai"])
    what_it_came_to(page, people)
    the_silent_one_goes_to_a_partner(page, people["Dilys"])


def register(world: World) -> dict[str, Patient]:
    """Four people with four or five of six: two lack what they can say, two what somebody must see them for."""
    here = world.organisation
    people = {
        name: factories.patient(here, name, "Rhys", mobile=number, born_on=date(1979, 6, 1))
        for name, number in PHONES.items()
    }
    Patient.objects.filter(pk__in=[one.pk for one in people.values()]).update(
        address="1 Mill Lane, Wexcombe", postcode="ZZ8 1AA"
    )
    for name, lack in (
        ("Aled", ("alcohol", "smoking")), ("Bronwyn", ("lipid", "glucose")), ("Cai", ("bp",)), ("Dilys", ("alcohol",)),
    ):  # fmt: skip
        enter(people[name], date(2019, 3, 4), [(REGISTER, None)])
        for part, values in DONE.items():
            if part not in lack:
                enter(people[name], date(2026, 9, 14), values)
    for words, code in (("Not before 14:00", ""), ("Low noise", "1325391000000106")):
        Need.objects.create(patient=people["Cai"], organisation=here, text=words, code=code)
    recall.refresh(patient_ids=[one.pk for one in people.values()])
    return people


def enter(patient: Patient, day: date, values: Sequence[tuple[str, float | None]]) -> None:
    """What clinicians wrote on the record before."""
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=patient.pk,
                    organisation_id=patient.care_relationships.get().organisation_id,
                    kind="coded",
                    text=records.concept(code).term,
                    intent_key=f"four:{patient.pk}:{code}:{day}",
                    source="test",
                    concept=records.concept(code),
                    effective_at=datetime(day.year, day.month, day.day, 12, tzinfo=clock.LONDON),
                    value=value,
                )
                for code, value in values
            ],
            by=TEST,
        )


def clinic(world: World, depot: Patient) -> None:
    """A depot visit on Wednesday; on Thursday an early place, a late loud one and a late quiet one."""
    place, site = world.organisation.pk, world.practice.site.pk
    for day, kind, clinician, start in (
        (world.day, "Depot injection", "Nurse B Hale", at(world.day, 10)),
        (world.day + DAY, "Health check", "S Rowe", at(world.day + DAY, 9)),
        (world.day + DAY, "Health check", "S Rowe", at(world.day + DAY, 16)),
        (world.day + DAY, "Health check", "Nurse B Hale", at(world.day + DAY, 16, 30)),
    ):
        made = booking.set_type(organisation_id=place, name=kind, by=TEST)
        booking.open_session(
            organisation_id=place, site_id=site, day=day, clinician=clinician, name=kind, type_id=made.pk, starts=[start],
            minutes=20, by=TEST,
        )  # fmt: skip
    booking.describe_clinic(
        organisation_id=place,
        site_id=site,
        clinician="Nurse B Hale",
        name="Health check",
        features=["quiet"],
        by=TEST,
    )
    seat = Seat.objects.get(session__name="Depot injection")
    booking.book(seat_ref=seat.ref, patient_id=depot.pk, by=TEST, tell=False)


def begun(page: Page) -> None:
    """The assistant sees who is nearest, and takes them on."""
    sign_in(page, "health_care_assistant")
    page.click("nav >> text=Checks")
    expect(page.locator("h1")).to_have_text("4 people are one or two checks from complete")
    names = page.locator("tbody tr a.od-title").all_inner_texts()
    assert [name.split()[0] for name in names] == ["Dilys", "Aled", "Bronwyn", "Cai"]
    look(page, "journey-four")
    page.select_option("#whom", "page")
    page.click("text=Give them to this one")
    expect(page.get_by_text("4 people changed hands")).to_be_visible()


def tick(page: Page, *names: str) -> None:
    page.goto(reverse("finish_line"))
    for name in names:
        page.check(f"label:has-text('Tick {name} Rhys') input")


def replies(world: World, number: str, text: str, minutes: int) -> str:
    """A text, and what we answered."""
    moment = MONDAY + timedelta(minutes=minutes)
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        arrive(world.organisation, number, text, received_at=moment - timedelta(seconds=2))
        jobs.run_once("messaging.understand")
        jobs.run_once("recall.refresh")
    return Message.objects.filter(number=number).order_by("-id").values_list("body", flat=True)[0]


def a_text_collects_what_can_be_said(page: Page, world: World, aled: Patient) -> None:
    """Both who lack only what they can say are asked with one button; Aled answers, and is complete without a visit."""
    tick(page, "Aled", "Dilys")
    page.click("text=Ask by text for what they can say")
    expect(page.get_by_text("2 people asked by text.")).to_be_visible()
    asked = Message.objects.get(number=PHONES["Aled"]).body
    assert not {"mental", "SMI", "check"} & set(asked.lower().replace(".", " ").split())
    said = {"units": "6", "smoke": "never", "cigarettes": "0", "help": "no"}
    told = asked
    for minutes in (5, 9, 13, 17):
        word = next((word for word in said if word in told.lower()), None)
        if word is None or "thank you, that is all" in told:
            break
        told = replies(world, PHONES["Aled"], said[word], minutes)
    assert "thank you" in told
    page.goto(reverse("finish_line") + "?view=complete")
    expect(page.locator("tbody")).to_contain_text("Aled Rhys")
    assert not Appointment.objects.filter(patient=aled).exists()


def bloods_are_planned_with_the_depot(page: Page, bronwyn: Patient) -> None:
    """What needs a needle is planned for the visit that she has; the room reads it."""
    tick(page, "Bronwyn")
    page.click("text=Plan the rest for their next visit")
    expect(page.get_by_text("Planned for the next visit of 1 person")).to_be_visible()
    visit = Appointment.objects.select_related("seat").get(patient=bronwyn, state="booked")
    page.goto(reverse("place", args=[visit.starts_at.astimezone(clock.LONDON).date(), visit.seat.ref]))
    expect(page.locator("main")).to_contain_text("Also at this visit Lipids, Blood glucose or HbA1c")
    look(page, "journey-four-place")


def a_late_quiet_place_is_found(page: Page, cai: Patient) -> None:
    """Of three free places one is late and quiet; the others say why they do not fit."""
    fits = []
    for seat in Seat.objects.filter(session__name="Health check").select_related("session").order_by("starts_at"):
        day = seat.starts_at.astimezone(clock.LONDON).date()
        page.goto(f"{reverse('place', args=[day, seat.ref])}?q=Cai+Rhys")
        row = page.locator("main tr:has-text('Cai Rhys')")
        expect(row).to_have_count(1)
        if "all the same" not in row.inner_text():
            fits.append((seat, page.url))
    ((seat, address),) = fits
    assert (seat.session.clinician, seat.starts_at.astimezone(clock.LONDON).hour) == ("Nurse B Hale", 16)
    page.goto(address)
    page.locator("main tr:has-text('Cai Rhys') button").click()
    assert Appointment.objects.get(patient=cai, state="booked").seat_id == seat.pk
    page.goto(reverse("finish_line"))
    expect(page.locator("tr:has-text('Cai Rhys')")).to_contain_text("at the visit they have")


def at_their_visits_it_is_done_and_next_year_is_agreed(page: Page, bronwyn: Patient, cai: Patient) -> None:
    """On the day she is on the list of those expected; what is typed counts at once, and the date of the next is agreed."""
    it_is(page, MONDAY + 2 * DAY)
    page.goto(reverse("finish_line") + "?view=today")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody a.od-title")
    page.fill("#lipid-cholesterol", "4.8")
    page.fill("#lipid-hdl", "1.4")
    page.select_option("#glucose-kind", "hba1c")
    page.fill("#glucose-value", "41")
    page.select_option("#next-month", "2027-12")
    finish(page)
    agreed = recall.AgreedDate.objects.get(patient=bronwyn)
    assert (agreed.on, agreed.whole_month) == (date(2027, 12, 1), True)
    it_is(page, MONDAY + 3 * DAY)
    page.goto(reverse("check_form", args=[cai.ref]))
    page.fill("#bp-systolic", "128")
    page.fill("#bp-diastolic", "82")
    finish(page)
    with clock.at(MONDAY + 3 * DAY):
        jobs.run_once("recall.refresh")


def it_is(page: Page, moment: datetime) -> None:
    """It is this moment in the web process too, which reads the clock's row twice a second."""
    clock.set_clock(at=moment, rate=0)
    page.wait_for_timeout(700)


def finish(page: Page) -> None:
    """Save and finish; what has nothing today counts from before, and is left."""
    with page.expect_navigation():
        page.click("text=Save and finish")
    if page.locator("#missing-ok").count():
        page.check("#missing-ok")
        page.click("text=Save and finish")
    expect(page.locator(".od-flash")).to_contain_text("The visit is finished")


def what_it_came_to(page: Page, people: dict[str, Patient]) -> None:
    """Three of four are complete: one without a visit, one at a visit that she had, one at one that was booked for it."""
    page.goto(reverse("finish_line") + "?view=complete")
    names = {name.split()[0] for name in page.locator("tbody tr a.od-title").all_inner_texts()}
    assert names == {"Aled", "Bronwyn", "Cai"}
    visits = Appointment.objects.filter(
        patient__in=[one.pk for one in people.values()], seat__session__name="Health check"
    )
    assert visits.count() == 1
    page.goto(reverse("finish_line"))
    expect(page.locator("h1")).to_have_text("1 person is one or two checks from complete")
    expect(page.locator("tbody")).to_contain_text("asked by text, waits")


def night(moment: datetime) -> None:
    """A night: standings, then the run; in the morning the provider takes the texts and the post the letters."""
    clock.set_clock(at=moment, rate=0)
    jobs.run_once("recall.refresh")
    jobs.run_once("recall.run")
    Message.objects.filter(state=State.QUEUED, purpose="invitation").update(
        state=State.ACCEPTED, accepted_at=moment, provider_id="p", pence=Decimal("4.8"), attempt=1
    )
    Delivery.objects.filter(way="print", state="waiting").update(state="done", done_at=moment)


def the_silent_one_goes_to_a_partner(page: Page, dilys: Patient) -> None:
    """Dilys answers no text, letter or call: a voluntary group gets as little as it needs, reaches her, and says so."""
    sign_in(page, "practice_manager")
    page.goto("/recall/")
    page.fill("#weekly", "100")
    page.click("#set ~ form button")
    page.click("tr:has-text('rolling twelve months') button, tr:has-text('SMI physical health check') button >> nth=0")
    for week in range(5, 20):
        night(MONDAY + 7 * week * DAY + timedelta(minutes=1))
    over = MONDAY + 7 * 20 * DAY
    it_is(page, over)
    with clock.at(over):
        jobs.run_once("recall.expire")
    assert Invitation.objects.get(patient=dilys).state == "expired"
    page.goto("/recall/partners/")
    today = over.date()
    page.fill("#partner", PARTNER_ODS)
    page.fill("#purpose", "To reach people whom letters and texts did not")
    page.fill("#basis", "UK GDPR 6(1)(e) and 9(2)(h)")
    page.check("#sensitive")
    for name, day in (("signed", today), ("starts", today), ("ends", today + 60 * DAY)):
        page.fill(f"#{name}", day.isoformat())
    page.click("text=Write it down")
    page.click("text=Share whom no wave reached >> nth=0")
    expect(page.locator("main")).to_contain_text("The list is made")
    page.context.clear_cookies()
    sign_in(page, "social_prescriber")
    expect(page.get_by_text("Sign out")).to_be_visible()
    page.goto(reverse("shared"))
    page.click("main a >> nth=0")
    shown = page.locator("main").inner_text()
    assert "Dilys" in shown
    assert not {"alcohol", "SMI", "mental", "schizophrenia"} & set(shown.lower().split())
    page.select_option("tr:has-text('Dilys') select", "wants")
    page.click("tr:has-text('Dilys') button")
    assert Invitation.objects.get(patient=dilys).state == "accepted"
