"""Letters on the screen: the patient reads theirs and keeps it in large print; staff see to whom it went, and post it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Page, expect

from onedoor.documents.tests import factories as letters
from onedoor.ui.tests.world import World
from tests.browser.conftest import sign_in
from tests.browser.test_change_link import look
from tests.browser.test_every_page import look_at


def test_a_patient_finds_a_letter_reads_it_and_opens_it_in_large_print(page: Page, world: World) -> None:
    sign_in(page, "patient")
    page.get_by_role("link", name="Your letters").click()
    look_at(page, "my_letters", page.url)
    page.get_by_role("link", name="Welcome to MSK Community Service").click()
    expect(page.get_by_text("You will hear from us by Monday 21")).to_be_visible()
    look_at(page, "my_letter", page.url)

    large = page.get_by_role("link", name="Large print, 20 point").get_attribute("href")
    answer = page.request.get(large or "")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-1.7")


def test_a_patient_reads_their_own_language_and_the_english_behind_it(page: Page, world: World) -> None:
    made = letters.letter(world.organisation, world.sam, "discharge", subject_id=3, language="Polish")
    sign_in(page, "patient")
    page.goto(reverse("my_letter", args=[made.ref]))
    assert page.locator("article").evaluate_all("all => all.map(one => one.lang)") == ["pl-PL", "en-GB"]
    assert page.locator("article").first.locator("[lang=en-GB]").count() > 1
    look(page, "letter-polish")


def test_staff_see_to_whom_a_letter_went_and_post_it_once(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    address = reverse("letter", args=[world.paper.ref])
    look_at(page, "letter", address)
    expect(page.get_by_role("cell", name="The practice: Wexcombe Road Surgery").first).to_be_visible()
    page.get_by_role("button", name="We have this letter").click()
    expect(page.get_by_text("sees that it came")).to_be_visible()
    expect(page.get_by_role("button", name="We have this letter")).to_be_hidden()
    look_at(page, "letters", reverse("letters"))
    expect(page.get_by_text("2 letters wait")).to_be_visible()

    page.get_by_role("button", name="Make the file for the printer").click()

    expect(page.get_by_text("No letter waits for the post.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert sorted(archive.namelist()) == ["0001-patient-standard.pdf", "0002-practice-standard.pdf", "manifest.csv"]


def test_a_letter_is_found_from_the_patients_page(page: Page, world: World) -> None:
    sign_in(page, "receptionist")
    page.goto(reverse("patient", args=[world.sam.ref]))
    page.get_by_role("link", name="Welcome to MSK Community Service").click()

    expect(page.get_by_role("heading", name="To whom it goes")).to_be_visible()
