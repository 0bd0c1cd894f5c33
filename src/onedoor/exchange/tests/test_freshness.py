"""When a source is late: by its own rhythm, never by a promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.models import Organisation, OrganisationRelation, Relation
from onedoor.exchange import api as exchange
from onedoor.exchange.freshness import READINGS, feeds, is_late, usual
from onedoor.exchange.models import ImportFile
from onedoor.kernel import clock
from onedoor.records.models import EntryImport

NOW = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHTLY = [NOW - n * DAY for n in range(8)]
WORKDAYS = [NOW - n * DAY for n in range(14) if (NOW - n * DAY).weekday() < 5]
MONTHLY = [NOW - n * 30 * DAY for n in range(5)]


@pytest.mark.parametrize(
    ("name", "readings", "after", "late"),
    [
        ("each night, this morning", NIGHTLY, HOUR, False),
        ("each night, a night missed", NIGHTLY, 2 * DAY, True),
        ("on working days, over a weekend", WORKDAYS, 3 * DAY, False),
        ("on working days, four days", WORKDAYS, 4 * DAY, True),
        ("each month, after three weeks", MONTHLY, 21 * DAY, False),
        ("each month, after six weeks", MONTHLY, 42 * DAY, True),
        ("read once", NIGHTLY[:1], 40 * DAY, False),
        ("read three times", NIGHTLY[:3], 40 * DAY, False),
        ("one outage is not usual", [NOW, *(NOW - 20 * DAY - n * DAY for n in range(8))], 2 * DAY, True),
        ("many files at one minute are one", [NOW - timedelta(seconds=n) for n in range(9)], 40 * DAY, False),
    ],
)
def test_a_source_is_late_by_its_own_rhythm(name: str, readings: list[datetime], after: timedelta, late: bool) -> None:
    assert is_late(readings, NOW + after) is late, name


@given(st.lists(st.integers(1, 10_000), min_size=4, max_size=20, unique=True), st.integers(0, 10_000))
def test_once_late_it_is_late_until_it_is_read(minutes: list[int], waited: int) -> None:
    readings = [NOW - timedelta(minutes=n) for n in minutes]
    if is_late(readings, NOW + timedelta(minutes=waited)):
        assert is_late(readings, NOW + timedelta(minutes=waited + 1))
    assert not is_late([*readings, NOW], NOW)
    assert usual(readings) is not None


@pytest.mark.django_db
def test_one_that_reads_often_hides_no_other_that_fell_silent() -> None:
    silent, often = factories.practice(), factories.practice("Y99902", "Wexcombe Mental Health")
    now = clock.now()
    for place, count, first in ((silent, 5, 40 * DAY), (often, 3 * READINGS, HOUR)):
        ImportFile.objects.bulk_create(
            ImportFile(
                organisation=place, kind="patients", name="a.csv", state="applied", report={}, at=now - first - n * DAY,
                applied_at=now - first - n * DAY, by_label="tests",
            )
            for n in range(count)
        )  # fmt: skip
    told = [(feed.organisation, feed.late, feed.last) for feed in feeds([silent.pk, often.pk])]
    assert told == [(silent.name, True, now - 40 * DAY), (often.name, False, now - HOUR)]


@pytest.mark.django_db
def test_the_files_of_one_practice_do_not_pass_for_anothers() -> None:
    silent, often = factories.practice(), factories.practice("Y99902", "Harbour Surgery")
    people = {place.ods_code: factories.patient(place).nhs_number for place in (silent, often)}
    first = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)

    def read(place: Organisation, day: int) -> None:
        # The same each night: what brings nothing new was read all the same.
        row = f"{people[place.ods_code]},8517006,2026-10-05,,,{place.ods_code}"
        with clock.at(first + day * DAY):
            exchange.import_entries(
                file=f"nhs_number,code,date,value,unit,organisation\n{row}\n".encode(),
                by=factories.TEST,
                name="entries.csv",
            )

    for day in range(24):
        if day < 6:
            read(silent, day)
        read(often, day)
    with clock.at(first + 23 * DAY + HOUR):
        told = [(feed.name, feed.organisation, feed.late, feed.last) for feed in feeds([silent.pk, often.pk])]
        assert told == [
            ("Files of coded entries", silent.name, True, first + 5 * DAY),
            ("Files of coded entries", often.name, False, first + 23 * DAY),
        ]
        # Whoever reads neither is told of neither.
        assert feeds([factories.practice("Y99903").pk]) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "whose"),
    [
        (["Y99002", "Y99002"], "Y99002"),
        (["Y99002", "Y99903"], ""),
        (["Y99002", "Y99905", "Y99906"], "Y99002"),
        (["Y99002", "Z99999"], "Y99002"),
    ],
)
def test_a_file_is_of_the_one_practice_that_it_names(named: list[str], whose: str) -> None:
    """Its PCN, its trust, and places that are not here, aside."""
    practice = factories.practice("Y99002")
    factories.practice("Y99903")
    for code, kind in (("Y99905", Relation.PCN), ("Y99906", Relation.TRUST)):
        OrganisationRelation.objects.create(
            organisation=practice, other=factories.practice(code), kind=kind, starts_on=clock.today()
        )
    number = factories.patient(practice).nhs_number
    rows = "".join(f"{number},8517006,2026-10-05,,,{code}\n" for code in named)
    exchange.import_entries(
        file=f"nhs_number,code,date,value,unit,organisation\n{rows}".encode(), by=factories.TEST, name="entries.csv"
    )
    found = EntryImport.objects.get().organisation
    assert (found.ods_code if found else "") == whose


@pytest.mark.django_db
def test_what_an_extract_leaves_is_no_reading_of_a_file() -> None:
    now = clock.now()
    for n, traced in ((1, True), (2, False)):
        EntryImport.objects.create(name="a", at=now - n * DAY, by_label="tests", traced=traced)
    assert [(feed.name, feed.last) for feed in feeds([factories.practice().pk])] == [
        ("Files of coded entries", now - 2 * DAY)
    ]
