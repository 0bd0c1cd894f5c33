"""What was looked for in vain: kept once, with need and place and nobody's name; counts equal the log."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.directory.tests.factories import services
from onedoor.factories import TEST, patient, person, practice
from onedoor.kernel.access import Access, NotPermitted, Role

pytestmark = pytest.mark.django_db
TODAY = date(2026, 12, 7)
NOBODY = Access.nobody().actor


def search(words: str, *, place: str = "", **how: object) -> UUID | None:
    findings = directory.find(words, place=place, by_patient=False)
    return directory.end_search(findings=findings, place=place, via="public", by=NOBODY, **how)  # type: ignore[arg-type]


def kept() -> list[tuple[str, str, str]]:
    return list(Gap.objects.order_by("pk").values_list("because", "need", "place"))


def test_a_search_that_finds_nothing_is_kept_with_need_and_place() -> None:
    services()
    search("toothache really bad", place="zz4 3ce")
    assert kept() == [("nothing", "teeth", "ZZ4")]


@pytest.mark.parametrize(
    "words",
    [
        "Doreen Featherstonehaugh toothache",
        "toothache 07700 900123",
        "toothache nhs number 999 100 0011 born 3/4/1951",
        "tooth ache for mr o'shaughnessy of 12 hop gardens",
    ],
)
def test_names_numbers_and_addresses_are_not_kept(words: str) -> None:
    services()
    search(words)
    assert kept() == [("nothing", "teeth", "")]


@pytest.mark.parametrize("words", ["Featherstonehaugh", "zzxqy", "9991000011"])
def test_of_words_that_nobody_knows_none_is_kept(words: str) -> None:
    services()
    search(words)
    assert kept() == [("nothing", "words that we do not know", "")]


def test_a_search_that_found_what_was_wanted_is_no_gap() -> None:
    services()
    search("sore knee")
    search("sore knee", taken="joints")
    assert kept() == []


def test_taking_the_next_because_the_right_one_is_full_is_second_best() -> None:
    keys = services()
    directory.switch_taking(service_id=keys["joints"], opens=False, reason="Two are off sick", by=TEST)
    assert directory.find("physiotherapy for my knee", by_patient=False).found[0].misses == ("full",)
    search("physiotherapy for my knee", place="ZZ1", taken="pelvic")
    gap = Gap.objects.get()
    assert (gap.because, gap.wanted_id, gap.taken_id, gap.why_not) == (
        "second_best",
        keys["joints"],
        keys["pelvic"],
        "full",
    )


def test_of_several_that_fit_any_may_be_taken_without_a_gap() -> None:
    services()
    findings = directory.find("physiotherapy", by_patient=False)
    assert {one.card.slug for one in findings.sure} >= {"joints", "pelvic"}
    search("physiotherapy", taken="pelvic")
    assert kept() == []


def test_nothing_found_will_do_and_a_wait_that_is_too_long_are_kept() -> None:
    keys = services()
    search("sore knee", refused=True)
    search("sore knee", taken="joints", too_long=True)
    assert [(gap.because, gap.wanted_id, gap.taken_id) for gap in Gap.objects.order_by("pk")] == [
        ("nothing", keys["joints"], None),
        ("too_long", keys["joints"], None),
    ]


def test_words_of_danger_are_no_gap() -> None:
    services()
    assert search("chest pain") is None
    assert search("chest pain", refused=True) is None
    assert kept() == []


def test_a_search_put_otherwise_that_finds_something_is_no_longer_a_gap() -> None:
    services()
    first = search("zzxqy")
    search("sore knee", after=first)
    _, access = person(practice())
    found = directory.gaps(access, TODAY, TODAY)
    assert (found.total, found.put_otherwise) == (0, 1)
    search("sore knee", after=UUID(int=7))


def test_somebody_who_looks_again_and_again_is_one_gap() -> None:
    """Other words that find nothing either, and what is then taken or refused, belong to the first search."""
    services()
    first = search("zzxqy", place="ZZ4")
    again = search("toothache", place="ZZ4", after=first)
    assert again == first
    assert search("tooth ache", place="ZZ4", after=again) == first
    assert search("tooth ache", place="ZZ4", after=first, refused=True) == first
    assert kept() == [("nothing", "teeth", "ZZ4")]
    search("eye test", place="ZZ4", after=first)
    assert [need for _, need, _ in kept()] == ["teeth", "eyes"]


def test_the_report_counts_what_the_log_has() -> None:
    services()
    for words, place, times in (("toothache", "ZZ4", 3), ("toothache", "ZZ1", 2), ("eye test", "ZZ4", 4)):
        for _ in range(times):
            search(words, place=place)
    _, access = person(practice())
    found = directory.gaps(access, TODAY, TODAY)
    assert found.total == Gap.objects.count() == 9
    assert [(row.name, row.count, row.nothing) for row in found.by_need] == [("teeth", 5, 5), ("eyes", 4, 4)]
    assert [(row.name, row.count) for row in found.by_place] == [("ZZ4", 7), ("ZZ1", 2)]
    assert [(cell.need, cell.place, cell.count) for cell in found.cells] == [
        ("eyes", "ZZ4", 4),
        ("teeth", "ZZ4", 3),
        ("teeth", "ZZ1", 2),
    ]
    assert directory.gaps(access, date(2026, 12, 8), date(2026, 12, 9)).total == 0


def test_counts_are_for_those_who_may_see_counts() -> None:
    here = practice()
    for access in (Access.nobody(), Access.of_patient(patient(here).pk), person(here, Role.ADMINISTRATOR)[1]):
        with pytest.raises(NotPermitted):
            directory.gaps(access, TODAY, TODAY)


def test_a_gap_has_no_patient_as_its_author() -> None:
    services()
    findings = directory.find("toothache", by_patient=True)
    with pytest.raises(NotPermitted):
        directory.end_search(findings=findings, place="", via="public", by=Access.of_patient(1).actor)
