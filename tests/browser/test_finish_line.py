"""The finish line and the lost-check finder in a browser, at both widths."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.recall.tests.standings import stand
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look


def register(world: World) -> None:
    """Eight people of the practice at every distance from the line; two are expected on Wednesday, when it is."""
    place = world.organisation
    people = {
        name: factories.patient(place, name, family, mobile="+447700900222")
        for name, family in (
            ("Aled", "Price"), ("Bronwyn", "Achterberg-Featherstonehaugh"), ("Cerys", "Lloyd"), ("Dilys", "Moss"),
            ("Emrys", "Vaughan"), ("Ffion", "Bevan"), ("Gwen", "Parry"), ("Huw", "Rees"),
        )
    }  # fmt: skip
    soon, later = date(2026, 12, 20), date(2027, 4, 1)
    stand([people["Aled"]], lack=["alcohol", "smoking"], expires_on=soon)
    stand([people["Bronwyn"]], lack=["lipid", "glucose"], expires_on=later)
    stand([people["Cerys"]], lack=["lipid"], expires_on=later)
    stand([people["Dilys"]], lack=["alcohol"], declined=["alcohol"], expires_on=later)
    stand([people["Emrys"]], lack=["bp", "lipid", "glucose", "alcohol"])
    stand([people["Ffion"]], expires_on=later)
    stand([people["Gwen"]], lack=["bp"], status=0, reason="in_remission")
    stand([people["Huw"]], lack=["bp", "alcohol"], status=1, reason="declined", expires_on=soon)
    first, second = diary.own_seats(world.practice, 2, first=(14, 0))
    for seat, name in ((first, "Bronwyn"), (second, "Cerys")):
        booking.book(seat_ref=seat.ref, patient_id=people[name].pk, by=factories.TEST, tell=False)


def test_the_list_steps_for_many_and_the_spreadsheet(page: Page, world: World) -> None:
    register(world)
    factories.person(world.organisation, Role.HEALTH_CARE_ASSISTANT, username="demo-health_care_assistant")
    trust = factories.practice("Y99900", "Wexshire Mental Health Trust")
    row = accounts.OrganisationRow(
        *(world.organisation.ods_code, world.organisation.name, "", "served_by_trust", trust.ods_code, trust.name),
        date(2026, 4, 1),
    )
    accounts.take_organisations(rows=[row], by=factories.TEST)
    clock.set_clock(at=diary.at(diary.WEDNESDAY, 8), rate=0)
    sign_in(page, "health_care_assistant")
    page.click("nav >> text=Checks")
    expect(page.locator("h1")).to_contain_text("are one or two checks from complete")
    look(page, "finish-line")
    page.click("text=By what is missing")
    look(page, "finish-line-by")
    page.click("text=in a building today")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.select_option("#whom", "page")
    page.click("text=Plan the rest for their next visit")
    expect(page.get_by_text("Planned for the next visit of 2 people")).to_be_visible()
    look(page, "finish-line-today")
    page.goto(reverse("finish_line"))
    page.check("label:has-text('Tick Aled Price') input")
    page.select_option("#to", label="Robin Vale (you)")
    page.click("text=Give them to this one")
    expect(page.get_by_text("1 person changed hands")).to_be_visible()
    page.goto(reverse("finish_line") + "?view=out")
    look(page, "finish-line-out")

    page.goto(reverse("lost_checks"))
    look(page, "lost-checks")
    numbers = {one.given_name: one.nhs_number for one in world.sam.__class__.objects.all()}
    rows = [
        "NHS number,Name,BP,Total cholesterol (mmol/L),HbA1c,AUDIT-C,Date",
        f"{numbers['Cerys']},Cerys Lloyd,,5.1,41 mmol/mol,,03/11/2026",
        f"{numbers['Emrys']},Emrys Vaughan,132/84,4.8,7.5,6,04/11/2026",
        f"{numbers['Huw']},Huw Rees,declined,,,,04/11/2026",
        "9.99E+09,Somebody,120/80,,,,04/11/2026",
    ]
    page.set_input_files(
        "#file", {"name": "November checks.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.click("text=Compare, enter nothing yet")
    expect(page.locator("h1")).to_contain_text("can be counted here")
    look(page, "lost-checks-file")
    page.click("text=The person cannot be known for certain")
    look(page, "lost-checks-nobody")
    page.goto(page.url.partition("?")[0])
    page.click("text=/Enter all/")
    expect(page.get_by_text("on the record, as done at the trust")).to_be_visible()
