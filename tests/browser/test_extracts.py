"""A monthly extract in a browser at both widths: sent, its columns confirmed, looked over, taken, and withdrawn."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.exchange.extracts import actions
from onedoor.kernel.access import Role
from onedoor.recall.tests.standings import stand
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look

HEAD = "NHS number,Surname,Date of birth,BP,BMI,HbA1c (mmol/mol),Smoking status,Ward,Date of check\r\n"


def sheet(world: World) -> bytes:
    """November at the practice: two rows that are right, and one of each thing that goes wrong."""
    sam, ada = world.sam, world.ada
    born = f"{sam.born_on:%d/%m/%Y}"
    rows = [
        f"{sam.nhs_number}.0,{sam.family_name},{born},132/84,27.4,41,Never smoked,Ash,03/11/2026",
        f"{ada.nhs_number},{ada.family_name},{ada.born_on:%d/%m/%Y},140/90,31.2,,Ex-smoker,Ash,04/11/2026",
        f"{sam.nhs_number},{sam.family_name},{born},17/11 kPa,274,7.5%,Declined,Elm,05/11/2026",
        "9.99E+09,Prosser,14/03/1961,128/80,,,,Elm,05/11/2026",
        "9998000009,Kaur,06/05/1979,128/80,,,,Elm,05/11/2026",
        f"{ada.nhs_number},{ada.family_name},{ada.born_on:%d/%m/%Y},,29,,,Elm,31/02/2026",
        "Total,,,,,,,,",
    ]
    return (HEAD + "\r\n".join(rows) + "\r\n").encode()


def test_a_month_is_sent_mapped_looked_over_taken_and_withdrawn(page: Page, world: World) -> None:
    _, access = factories.person(world.organisation, Role.PRACTICE_MANAGER)
    before = actions.receive(
        content=(HEAD.replace("Ward,", "") + f"{world.sam.nhs_number},,,131/83,27.1,,,05/10/2026\r\n").encode(),
        name="october.csv",
        month=date(2026, 10, 1),
        access=access,
    )
    actions.confirm_mapping(access=access, ref=before.ref, columns=before.columns)
    actions.take(access=access, ref=before.ref)
    stand([world.sam], lack=["lipid"])
    for number in range(2):
        one = factories.practice(f"Y9930{number}", f"Practice in the same place {number}")
        row = accounts.OrganisationRow(
            *(one.ods_code, one.name, "", "part_of_pcn", world.organisation.ods_code, world.organisation.name),
            date(2026, 4, 1),
        )
        accounts.take_organisations(rows=[row], by=factories.TEST)
    sign_in(page, "practice_manager")
    page.goto(reverse("extracts"))
    look(page, "extracts")
    page.get_by_role("button", name="Read it, take nothing yet").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the spreadsheet")
    page.set_input_files("#file", {"name": "november.csv", "mimeType": "text/csv", "buffer": sheet(world)})
    page.get_by_role("button", name="Read it, take nothing yet").click()
    expect(page.locator("h1")).to_have_text("What is in each column?")
    look(page, "extract-columns")
    page.get_by_label("What NHS number is").select_option("")
    page.get_by_role("button", name="These are right").click()
    expect(page.get_by_role("alert")).to_contain_text("which column has the NHS number")
    page.get_by_label("What NHS number is").select_option(label="NHS number")
    page.get_by_role("button", name="These are right").click()
    expect(page.locator("h1")).to_contain_text("if you take it")
    look(page, "extract-preview")
    page.get_by_role("link", name="Another unit").click()
    expect(page.get_by_text("It is in kPa, where mmHg is meant")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("Taken: 9 new on the record")).to_be_visible()
    look(page, "extract-taken")
    with page.expect_download() as told:
        page.get_by_role("button", name="Download all of them").click()
    assert told.value.suggested_filename == "not-taken-2026-11.csv"
    page.goto(reverse("extracts"))
    expect(page.get_by_role("link", name="taken", exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name="taken late", exact=True)).to_have_count(1)
    with page.expect_download() as given:
        page.get_by_role("button", name="Download for Excel").click()
    assert given.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("link", name="november.csv").click()
    page.get_by_text("Withdraw this file").click()
    page.get_by_role("button", name="Withdraw november.csv").click()
    expect(page.get_by_text("9 on the record are in error now")).to_be_visible()
    look(page, "extract-withdrawn")
