"""Finding a service at the desk, its switches, and the gaps page, through their forms."""

from __future__ import annotations

import csv
import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.accounts.api import organisation_by_ods
from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.directory.tests.factories import services
from onedoor.factories import TEST, person, practice
from onedoor.kernel.access import Role
from onedoor.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db


def browser(role: Role = Role.RECEPTIONIST, ods_code: str = "") -> Client:
    organisation = organisation_by_ods(ods_code) if ods_code else practice()
    assert organisation is not None
    client = Client()
    client.force_login(person(organisation, role)[0], backend="django.contrib.auth.backends.ModelBackend")
    return client


def seen(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_search_counts_once_however_often_its_page_is_read() -> None:
    services()
    desk = browser()
    to = desk.post(reverse("services"), {"q": "toothache", "at": "ZZ4 1AA"}).headers["Location"]
    for _ in range(3):
        page = seen(desk, to)
    assert "This is kept as a gap: teeth, ZZ4" in page
    assert Gap.objects.count() == 1
    found = re.search(r'name="after" value="([^"]+)"', page)
    assert found
    desk.post(reverse("services"), {"q": "sore knee", "after": found[1]})
    assert Gap.objects.get().found_by_other_words


def test_the_right_one_is_full_and_the_next_is_taken() -> None:
    keys = services()
    directory.switch_taking(service_id=keys["joints"], opens=False, reason="Two are off sick", by=TEST)
    desk = browser()
    asked = {"q": "physiotherapy for my knee", "at": "ZZ1", "age": "40"}
    page = seen(desk, desk.post(reverse("services"), asked).headers["Location"])
    assert page.index("MSK Community Service") < page.index("! Full now") < page.index("Pelvic Health Physiotherapy")
    to = desk.post(reverse("service_take", args=["pelvic"]), asked).headers["Location"]
    assert to.startswith(reverse("service", args=["pelvic"]))
    assert "taken as second best" in seen(desk, to)
    assert [(g.because, g.wanted_id, g.taken_id, g.place) for g in Gap.objects.all()] == [
        ("second_best", keys["joints"], keys["pelvic"], "ZZ1")
    ]


def test_none_of_these_and_too_long_a_wait() -> None:
    services()
    desk = browser()
    desk.post(reverse("services"), {"q": "sore knee", "none": "1"})
    desk.post(reverse("service_take", args=["joints"]), {"q": "sore knee", "too_long": "1"})
    assert sorted(Gap.objects.values_list("because", flat=True)) == ["nothing", "too_long"]


def test_words_of_danger_put_999_above_all() -> None:
    services()
    desk = browser()
    page = seen(desk, reverse("services") + "?q=chest+pain")
    assert "Call 999" in page
    assert "None of these" not in page


def test_a_service_says_what_it_is_and_who_may_refer() -> None:
    services()
    page = seen(browser(), reverse("service", args=["joints"]))
    for words in (
        "MSK Community Service: 01632 960101",
        "16 and over",
        "Physiotherapy",
        "8am to 6pm",
        "48 hours",
        "1 October 2026",
    ):
        assert words in page
    assert "Not known here yet" in page
    assert browser().get(reverse("service", args=["nowhere"])).status_code == 404


def test_waits_counted_by_others_stand_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = services()
    known = {
        keys["joints"]: directory.Wait(
            decision=directory.Lately(1, 2, 9, 310),
            appointment=None,
            since=date(2026, 9, 1),
            counted_on=date(2026, 12, 7),
        )
    }
    monkeypatch.setattr("onedoor.directory.ports._declared", [])
    directory.declare_waits(lambda service_ids: {key: known[key] for key in service_ids if key in known})
    page = seen(browser(), reverse("service", args=["joints"]))
    assert "half of the people within <strong>2 days</strong>, eight of ten in 1 to 9 days" in page
    assert "310 people were decided since 1 September 2026" in page
    assert "How long a first appointment takes is not known" in page


def test_the_provider_s_manager_turns_the_switches_and_another_s_finds_none() -> None:
    services()
    theirs, other = browser(Role.PRACTICE_MANAGER, "Y99900"), browser(Role.PRACTICE_MANAGER)
    address, switch = reverse("service", args=["joints"]), reverse("service_switch", args=["joints"])
    assert "Close self-referral" in seen(theirs, address)
    assert "Close self-referral" not in seen(other, address)
    turn = {"kind": "self_referral", "opens": "no", "reason": "To catch up"}
    assert other.post(switch, turn).status_code == 404
    before = AuditEntry.objects.filter(action="switch_service").count()
    theirs.post(switch, turn)
    page = seen(theirs, address)
    assert "<strong>closed</strong> (To catch up)" in page
    assert AuditEntry.objects.filter(action="switch_service").count() == before + 1
    theirs.post(switch, {**turn, "reason": " "})
    assert "Nothing was changed: say why" in seen(theirs, address)
    theirs.post(
        reverse("service_switch", args=["pelvic"]), {"kind": "self_referral", "opens": "yes", "reason": "Agreed"}
    )
    assert "give the date of the sharing agreement" in seen(theirs, reverse("service", args=["pelvic"]))
    theirs.post(switch, {"kind": "taking", "opens": "no", "reason": "Full lists", "until": "2027-01-11"})
    assert "! Full until Monday 11 January 2027" in seen(theirs, address)


def fill(words: str, place: str, times: int) -> None:
    findings = directory.find(words, by_patient=False)
    for _ in range(times):
        directory.end_search(findings=findings, place=place, via="staff", by=TEST)


def test_gaps_are_told_by_need_and_place_and_small_numbers_are_not() -> None:
    services()
    fill("toothache", "ZZ4", 12)
    fill("toothache", "ZZ1", 3)
    fill("glasses", "ZZ4", 2)
    fill("eczema", "ZZ9", 1)
    desk = browser()
    page = seen(desk, reverse("gaps"))
    body = page[page.index("<main") : page.index("</main")]
    for hidden in ("eyes", "skin", "ZZ9", "ZZ1"):
        assert hidden not in body, hidden
    assert "others, of few each" in body
    answer = desk.post(reverse("gaps_download"))
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert rows[1:] == [
        ["need", "teeth", "", "15"],
        ["need", "others, of few each", "", "*"],
        ["place", "", "ZZ4", "15"],
        ["place", "", "others, of few each", "*"],
        ["need and place", "teeth", "ZZ4", "10"],
    ]
    assert "No search ended in a gap" in seen(desk, reverse("gaps") + "?first=2026-11-01&last=2026-11-02")
