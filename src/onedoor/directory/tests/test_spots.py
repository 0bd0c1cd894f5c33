"""Places of the country by file, and searches near one of them, through the door."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from onedoor.directory import api as directory
from onedoor.directory import rules
from onedoor.directory.models import Gap, ServicePlace
from onedoor.directory.tests.factories import services
from onedoor.factories import TEST, person, practice
from onedoor.kernel.access import NotPermitted

PLACES = Path(__file__).with_name("places.csv")
HEADER = "name,kind,outward,latitude,longitude\n"


def bring(tmp_path: Path, text: str) -> directory.BroughtSpots:
    file = tmp_path / "places.csv"
    file.write_text(text, encoding="utf-8")
    return directory.take_spots(file=file, by=TEST)


@pytest.mark.django_db
def test_places_are_brought_once_and_services_are_located() -> None:
    services()
    brought = directory.take_spots(file=PLACES, by=TEST)
    assert (brought.new, brought.changed, brought.same) == (8, 0, 0)
    assert directory.take_spots(file=PLACES, by=TEST) == directory.BroughtSpots(0, 0, 8, 0, 0)
    how = dict(ServicePlace.objects.values_list("service__slug", "located"))
    assert (how["joints"], how["pelvic"], how["blood"]) == ("postcode", "outward", "")


@pytest.mark.django_db
def test_the_postcode_directory_is_read_as_it_comes(tmp_path: Path) -> None:
    text = (
        "pcd,pcds,doterm,oseast1m,lat,long\n"
        "ZZ4 3CE,ZZ4 3CE,,450000,52.02,-1.24\nZZ4 9ZZ,ZZ4 9ZZ,,450000,52.04,-1.26\n"
        "ZZ4 1AA,ZZ4 1AA,201906,450000,52.9,-1.2\nZZ4 1AB,ZZ4 1AB,,,99.999999,0.0\n"
    )
    brought = bring(tmp_path, text)
    assert (brought.new, brought.skipped) == (2, 2)
    where = directory.where_is("zz43ce")
    assert where is not None
    assert where.at == (52.02, -1.24)
    middle = directory.where_is("ZZ4")
    assert middle is not None
    assert middle.at == pytest.approx((52.03, -1.25))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("name,latitude,longitude\nZZ1,52,-1\n", 1, "kind"),
        (HEADER + "ZZ1,village,,52,-1\n", 2, "kind"),
        (HEADER + "ZZ1 1AA,outward,,52,-1\n", 2, "name"),
        (HEADER + "ZZ1,postcode,,52,-1\n", 2, "name"),
        (HEADER + "ZZ1,outward,,452000,201000\n", 2, "latitude"),
        (HEADER + "ZZ1,outward,,fifty,-1\n", 2, "latitude"),
        (HEADER + "Wexcombe,town,Wexcombe,52,-1\n", 2, "outward"),
        (HEADER + ",town,,52,-1\n", 2, "name"),
        (HEADER, 1, ""),
    ],
)
def test_a_faulty_file_is_refused_whole_and_says_where(tmp_path: Path, text: str, line: int, column: str) -> None:
    with pytest.raises(directory.FaultyFile) as refused:
        bring(tmp_path, text)
    fault = refused.value.faults[0]
    if text == HEADER + "ZZ1,outward,,452000,201000\n":
        # Eastings look like degrees beyond any: such a line has no place.
        assert "no place" in fault.what
    else:
        assert (fault.line, fault.column) == (line, column)
    assert directory.where_is("ZZ1") == directory.Where("ZZ1", "ZZ1", None)


@pytest.mark.django_db
def test_only_those_who_run_the_system_bring_places() -> None:
    _, access = person(practice())
    with pytest.raises(NotPermitted):
        directory.take_spots(file=PLACES, by=access.actor)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "outward", "known", "several"),
    [
        ("zz1 1aa", "ZZ1", True, False),
        ("ZZ1", "ZZ1", True, False),
        ("ZZ1 9ZZ", "ZZ1", True, False),
        ("WEXCOMBE", "ZZ1", True, False),
        ("St Marys Hill", "", True, False),
        ("newtown", "", False, True),
        ("Atlantis", "", False, False),
        ("ZZ99", "ZZ99", False, False),
    ],
)
def test_a_place_is_found_by_postcode_first_part_or_town(said: str, outward: str, known: bool, several: bool) -> None:
    directory.take_spots(file=PLACES, by=TEST)
    where = directory.where_is(said)
    assert where is not None
    assert (where.outward, where.at is not None, where.several) == (outward, known, several)
    assert directory.where_is("  ") is None


@pytest.mark.django_db
def test_words_go_first_then_near_and_nearest_first_when_asked() -> None:
    services()
    directory.take_spots(file=PLACES, by=TEST)
    findings = directory.find("physiotherapy class", place="Wexcombe", by_patient=True)
    assert findings.where is not None
    assert findings.where.said == "Wexcombe"
    by_slug = {one.card.slug: one for one in findings.found}
    assert by_slug["joints"].place.endswith("less than a mile away")
    far = directory.find("adviser to give up tobacco", place="ZZ1", by_patient=True).found[0]
    assert far.place == "In ZZ3: about 3 miles away"
    here = directory.find("nurse at home", place="ZZ3", by_patient=True).found[0]
    assert here.place == "Comes to you, or is reached by telephone"
    near = directory.find("nurse or therapist or adviser", place="ZZ7", by_patient=True, nearest=True)
    miles = [one.nearest.miles if one.nearest else 0.0 for one in near.sure]
    assert [m for m in miles if m is not None] == sorted(m for m in miles if m is not None)


@pytest.mark.django_db
def test_an_unknown_place_is_said_and_the_gap_keeps_only_an_outward_code() -> None:
    services()
    directory.take_spots(file=PLACES, by=TEST)
    for place, kept in (("47 Kiln Street", ""), ("Wexcombe", "ZZ1"), ("ZZ3 2JL", "ZZ3")):
        findings = directory.find("toothache", place=place, by_patient=True)
        directory.end_search(findings=findings, place=place, via="public", by=TEST)
        assert Gap.objects.latest("pk").place == kept
    found = directory.find("sore knee", place="Atlantis", by_patient=True)
    assert found.where == directory.Where("Atlantis", "", None)
    assert found.found[0].card.slug == "joints"


@pytest.mark.django_db
def test_a_place_costs_at_most_three_statements_more() -> None:
    services()
    directory.take_spots(file=PLACES, by=TEST)
    counts = []
    for place in ("", "ZZ1 1AA", "ZZ2", "Wexcombe"):
        directory.find("knee", by_patient=True)
        with CaptureQueriesContext(connection) as asked:
            directory.find("knee", place=place, by_patient=True)
        counts.append(len(asked))
    assert max(counts) <= counts[0] + 3


_POINT = st.tuples(st.floats(49, 61), st.floats(-8, 2))


@given(_POINT, _POINT, _POINT)
def test_miles_are_a_distance(one: tuple[float, float], other: tuple[float, float], third: tuple[float, float]) -> None:
    assert rules.miles(one, one) == pytest.approx(0, abs=1e-3)
    assert rules.miles(one, other) == pytest.approx(rules.miles(other, one))
    assert rules.miles(one, third) <= rules.miles(one, other) + rules.miles(other, third) + 1e-6


def test_a_degree_of_latitude_is_sixty_nine_miles() -> None:
    assert rules.miles((51.0, -1.0), (52.0, -1.0)) == pytest.approx(69.1, abs=0.1)
    assert [rules.miles_said(m) for m in (None, 0.2, 1.2, 3.4)] == [
        "",
        "less than a mile away",
        "about 1 mile away",
        "about 3 miles away",
    ]
