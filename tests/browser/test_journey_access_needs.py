"""What a patient needs goes with them (product-map.md J4): Polish, large print, a quiet late place, a carer who acts for them.

Written down once at the desk; letters, pages, places and an interpreter follow by themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.actions.setting import every, open_session
from onedoor.booking.models import Appointment, InterpreterBooking, NeedBreach
from onedoor.booking.tests.factories import at
from onedoor.documents.models import Recipient
from onedoor.factories import TEST
from onedoor.kernel import clock, jobs
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Patient, Proxy
from onedoor.records.models import Look
from onedoor.referrals.models import Referral
from onedoor.referrals.tests.booking_world import THURSDAY, Clinic, clinic
from onedoor.referrals.tests.factories import place
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look
from tests.browser.test_every_page import look_at
from tests.browser.test_keyboard import enter, tab_to

PASSWORD = "kettle moss violin"


def test_what_a_patient_needs_goes_with_them(page: Page, world: World) -> None:
    msk = clinic(place("msk", phone="01632 960500"))
    zofia = factories.patient(world.organisation, "Zofia", "Kowalska")
    Patient.objects.filter(pk=zofia.pk).update(address="4 Kiln Street, Wexcombe", postcode="ZZ8 1AA")
    places_of(msk)

    write_down_once(page, zofia)
    name, code = let_irena_act(page, zofia)
    referral = triage_accepts(msk, zofia)

    begin(page, name, code)
    in_format(page, zofia)
    only_what_fits(page, referral)
    an_interpreter_goes_with_the_place(page, zofia)
    what_is_not_met_is_written_down(page, world, zofia)
    rights_end(page, zofia, name)


def places_of(msk: Clinic) -> None:
    """Free places on Thursday: early ones, one that is late and quiet, and a late one that nobody has said is quiet."""
    msk.seats(3)
    for clinician, hour in (("Physio T Okoro", 14), ("Physio R Byrne", 15)):
        open_session(
            organisation_id=msk.place.service.organisation_id,
            site_id=msk.site_id,
            day=THURSDAY,
            clinician=clinician,
            name="Physiotherapy",
            type_id=msk.kind.pk,
            starts=every(at(THURSDAY, hour, 20), 20, 1),
            minutes=20,
            by=TEST,
        )
    booking.describe_clinic(
        organisation_id=msk.place.service.organisation_id,
        site_id=msk.site_id,
        clinician="Physio T Okoro",
        name="Physiotherapy",
        features=["quiet"],
        by=TEST,
    )


def write_down_once(page: Page, zofia: Patient) -> None:
    """The desk asks, and writes it down."""
    sign_in(page, "receptionist")
    here = reverse("patient_needs", args=[zofia.ref])
    page.goto(here)
    page.fill("#language", "Polish")
    page.click("text=Save what they speak")
    for need, more in (("interpreter", {"#spoken": "Polish"}), ("large20", {}), ("low_noise", {}), ("not_before", {})):
        page.select_option("#need", need)
        for field, value in more.items():
            page.fill(field, value)
        if need == "not_before":
            page.select_option("#hour", "14")
        page.click("text=Keep this need")
        assert "Kept" in page.inner_text("main")
    look_at(page, "needs", here)
    page.goto(reverse("patient", args=[zofia.ref]))
    for said in ("Interpreter: Polish", "Large print, 20 point", "Low noise", "Not before 14:00"):
        assert said in page.inner_text(".od-patient")


def let_irena_act(page: Page, zofia: Patient) -> tuple[str, str]:
    """The desk records her daughter until Christmas Eve; what it hands over on paper."""
    here = reverse("patient_proxies", args=[zofia.ref])
    look_at(page, "proxies", here)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.fill("#given", "Irena")
    page.fill("#family", "Kowalska")
    for part, value in (("day", "3"), ("month", "2"), ("year", "1971")):
        page.fill(f"#born_{part}", value)
    page.select_option("#relationship", "son or daughter")
    page.select_option("#basis", "consent")
    page.fill("#agreed_by", "Zofia Kowalska, at the desk, with an interpreter")
    for part in ("care", "changes", "letters"):
        page.check(f"#part-{part}")
    for part, value in (("day", "24"), ("month", "12"), ("year", "2026")):
        page.fill(f"#until_{part}", value)
    page.check("#checked-photo")
    page.click("text=Record it")
    assert "Check two points" in page.inner_text(".nhsuk-error-summary")
    page.check("#checked-address")
    page.click("text=Record it")
    look(page, "proxy-recorded")
    name, code = (one.inner_text() for one in page.locator(".od-next--urgent strong").all())
    page.goto(here)
    assert code not in page.content(), "it is shown once"
    return name, code


def triage_accepts(msk: Clinic, zofia: Patient) -> Referral:
    """Accepted, for the patient to choose a time; the letter is written once the decision stands."""
    referral = msk.accepted(zofia, who_books="patient")
    later = clock.now() + timedelta(minutes=20)
    clock.set_clock(at=later, rate=0)
    with clock.at(later):
        jobs.run_once("referrals.write_letters")
    return referral


def begin(page: Page, name: str, code: str) -> None:
    """Irena chooses her password with the paper, and whom she acts for."""
    page.context.clear_cookies()
    look_at(page, "begin", reverse("begin"))
    page.fill("#name", name)
    page.fill("#code", code)
    for part, value in (("day", "3"), ("month", "2"), ("year", "1971")):
        page.fill(f"#{part}", value)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/acting/")
    look_at(page, "whom she acts for", reverse("my_acting"))
    tab_to(page, "button[name=for]")
    enter(page)
    assert "You are looking at Zofia Kowalska’s pages" in page.inner_text("main, .od-acting")


def in_format(page: Page, zofia: Patient) -> None:
    """All that goes to her is in 20 point and, where there are words for it, in Polish; so are her pages."""
    written = Recipient.objects.filter(document__patient=zofia, role="patient").select_related("document")
    assert written.count() > 0
    assert {to.format for to in written} == {"large20"}
    assert {to.document.letter["language"] for to in written} == {"pl-PL"}
    for name in ("my_home", "my_letters", "my_referrals"):
        look_at(page, name, reverse(name))
        assert page.get_attribute("html", "class") == "od-large20"
        look(page, f"acting-{name}")
    page.goto(reverse("my_letters"))
    page.locator("main li a").first.click()
    expect(page.locator("main [lang^=pl]").first).to_be_visible()
    words = page.locator("article p:not([class])").first
    size = words.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 20 * 96 / 72, f"{size} pixels are less than 20 point"
    look_at(page, "my_letter", page.url)
    look(page, "acting-my_letter")
    first = page.locator("section[aria-labelledby=formats] a").first
    assert "20 point" in first.inner_text()
    answer = page.request.get(first.get_attribute("href") or "")
    assert answer.body().startswith(b"%PDF-1.7")


def only_what_fits(page: Page, referral: Referral) -> None:
    """Of five free places the one that is late and quiet; chosen without a mouse."""
    here = reverse("my_choose", args=[referral.ref])
    look_at(page, "my_choose", here)
    days = page.locator(".od-choices li").all_inner_texts()
    assert len(days) == 1
    assert "1 time" in days[0]
    look_at(page, "my_choose a day", f"{here}?day={THURSDAY.isoformat()}")
    assert [one.inner_text().split(",")[0].strip() for one in page.locator("button[name=to]").all()] == ["2:20pm"]
    page.goto(f"{here}?day={THURSDAY.isoformat()}")
    for _ in ("hold", "book"):
        tab_to(page, "main form button")
        enter(page)
    look(page, "acting-booked")
    assert "2:20pm" in page.inner_text("main")


def an_interpreter_goes_with_the_place(page: Page, zofia: Patient) -> None:
    """Asked for in the same moment, and released when Irena cancels."""
    booked = Appointment.objects.get(patient=zofia, state="booked")
    [asked] = InterpreterBooking.objects.filter(appointment=booked)
    assert (asked.who, asked.state) == ("Polish interpreter", "asked")
    look_at(page, "my_home with a place", reverse("my_home"))
    assert "interpreter" in page.inner_text("main").lower()
    look_at(page, "my_appointment", reverse("my_appointment", args=[booked.ref]))
    look_at(page, "my_cancel", reverse("my_cancel", args=[booked.ref]))
    tab_to(page, "main form button")
    enter(page)
    booked.refresh_from_db()
    asked.refresh_from_db()
    assert (booked.state, asked.state) == ("cancelled", "released")
    assert AuditEntry.objects.filter(actor_kind="proxy", actor_label="Irena Kowalska, son or daughter").exists()


def what_is_not_met_is_written_down(page: Page, world: World, zofia: Patient) -> None:
    """The practice books a place at half past nine all the same, and says why."""
    page.context.clear_cookies()
    sign_in(page, "receptionist")
    page.goto(reverse("place", args=[world.day, world.free.ref]) + "?q=kowalska")
    assert "Does not fit" in page.inner_text("main")
    page.fill("input[name=despite]", "Bloods are wanted fasting; Zofia agrees")
    page.click("text=Book all the same")
    breaches = NeedBreach.objects.filter(patient=zofia)
    assert set(breaches.values_list("need", flat=True)) == {"Low noise", "Not before 14:00"}
    look_at(page, "needs not met", reverse("needs"))
    assert "Bloods are wanted fasting" in page.inner_text("main")
    page.goto(reverse("patient", args=[zofia.ref]))
    assert "Irena Kowalska, son or daughter" in page.inner_text("section[aria-labelledby=looked]")
    assert Look.objects.filter(patient=zofia, actor_kind="proxy").exists()


def rights_end(page: Page, zofia: Patient, name: str) -> None:
    """On Christmas Eve she sees; a minute after it nothing, and nobody had to do anything."""
    page.context.clear_cookies()
    page.goto(reverse("signin"))
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/acting/")
    page.click("button[name=for]")
    clock.set_clock(at=datetime(2026, 12, 24, 23, 59, tzinfo=clock.LONDON), rate=0)
    page.wait_for_timeout(700)
    answer = page.goto(reverse("my_letters"))
    assert answer is not None
    assert answer.status == 200
    clock.set_clock(at=datetime(2026, 12, 25, 0, 0, tzinfo=clock.LONDON), rate=0)
    page.wait_for_timeout(700)  # the web process keeps the clock's row for half a second
    for there in ("my_home", "my_letters", "my_referrals"):
        answer = page.goto(reverse(there))
        assert answer is not None
        assert answer.status == 404, there
        assert "Kowalska" not in page.content()
    page.goto(reverse("my_acting"))
    assert "nobody for whom you may act now" in page.inner_text("main")
    assert Proxy.objects.get(patient=zofia).ended_at is None, "no hand and no sweep ended it"
