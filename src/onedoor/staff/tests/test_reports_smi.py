"""The dashboard of physical health checks at its door: who sees which figures, and what stands beside each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, User
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.reporting import published
from onedoor.reporting.measures import versions
from onedoor.reporting.models import Closing, MeasureVersion, Snapshot

pytestmark = pytest.mark.django_db

SOUTH_EAST = Path(__file__).parents[4] / "localities" / "south-east"
PAGE = "/reports/smi/"
CHECKS = ("smi_alcohol", "smi_bmi", "smi_glucose", "smi_lipid", "smi_bp", "smi_smoking")


@pytest.fixture(autouse=True)
def _in_december() -> Iterator[None]:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


def locality(practices: int) -> list[Organisation]:
    """Practices of two networks of a place, a system and a region."""
    lines = [
        "ods_code,name,kind,other_ods_code,other_name,from",
        "Y99910,Wexcombe Network,in_place,Y99920,Wexcombe Place,2020-04-01",
        "Y99911,Millford Network,in_place,Y99920,Wexcombe Place,2020-04-01",
        "Y99920,Wexcombe Place,in_ics,Y99930,Wexshire,2020-04-01",
        "Y99930,Wexshire,in_region,Y99950,Wexland,2020-04-01",
        *(f"Y98{n:03d},Practice {n},part_of_pcn,Y9991{n % 2},,2020-04-01" for n in range(practices)),
    ]
    rows = accounts.read_organisations("\n".join(lines).encode())
    accounts.take_organisations(rows=rows, by=factories.TEST)
    return list(Organisation.objects.filter(ods_code__startswith="Y98").order_by("ods_code"))


def close(month: date, figures: dict[Organisation, tuple[int, int] | None]) -> Closing:
    """A month with (all six, register) of each practice, the single checks in between; None where nothing is known."""
    with transaction.atomic():
        kept = {one.measure.key: one.id for one in versions.of_month(month)}
    at = datetime(2026, 12, 1, 6, tzinfo=UTC)
    closing = Closing.objects.create(month=month, edition=1, known_at=at, closed_at=at, closed_by="test")
    rows = []
    for practice, found in figures.items():
        six, register = found or (None, None)
        between = None if found is None else (found[0] + found[1]) // 2
        values = {
            "smi_register": (register, None),
            "smi_all_six": (six, register),
            **dict.fromkeys(CHECKS, (between, register)),
            "smi_completed": (None if six is None else six // 4, None),
            "smi_lapsed": (None if six is None else six // 8, None),
        }
        rows += [
            Snapshot(
                closing=closing,
                measure=MeasureVersion(pk=kept[key]),
                organisation=practice,
                numerator=numerator,
                denominator=denominator,
            )
            for key, (numerator, denominator) in values.items()
        ]
    Snapshot.objects.bulk_create(rows)
    return closing


def person(organisation: str, role: Role) -> User:
    return factories.person(Organisation.objects.get(ods_code=organisation), role)[0]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(user: User, address: str = PAGE) -> str:
    """What a page says, its pictures left out."""
    answer = client_of(user).get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.S))


def publish() -> None:
    rows = accounts.read_organisations((SOUTH_EAST / "organisations.csv").read_bytes())
    published.know(rows=rows, by=factories.TEST)
    content = (SOUTH_EAST / "published-smi.csv").read_bytes()
    published.take(content=content, name="published-smi.csv", by=factories.TEST)


def test_until_a_month_is_closed_and_a_file_is_read_the_page_says_so() -> None:
    locality(2)
    said = page(person("Y99930", Role.ICS_ANALYST))
    assert "No month is closed yet" in said
    assert "No published figures are known" in said


def test_both_sides_stand_beside_each_other_each_with_period_and_source() -> None:
    practices = locality(4)
    for month, six in ((date(2026, 10, 1), 10), (date(2026, 11, 1), 12)):
        close(month, dict.fromkeys(practices, (six, 40)))
    publish()
    said = page(person("Y99930", Role.ICS_ANALYST))
    assert "Wexshire: 30.0% had all six checks" in said
    assert "people, of 160 on the register" in said
    assert "Twelve months to the end of November 2026" in said
    assert "as known on 1 December 2026" in said
    assert "<b>21.2%</b><span>had all six checks</span>" in said
    assert "people, of 67,396 on the register" in said
    assert "<b>−5.9</b><span>percentage points against England</span>" in said
    assert "published by NHS England (published-smi.csv)" in said
    # Count and rate apart: nobody knows yet, for the quarter in which they were due is not in the file.
    assert "Regional aim, by count" in said
    assert "14,000 more than in Q4 2020/21, 25,973" in said


def test_an_analyst_reads_small_practices_as_they_may_be_passed_on_and_a_manager_their_own_as_they_are() -> None:
    practices = locality(4)
    close(date(2026, 11, 1), {one: (n + 2, 30 + n) for n, one in enumerate(practices)})
    analyst, manager = person("Y99930", Role.ICS_ANALYST), person("Y98000", Role.PRACTICE_MANAGER)
    theirs = page(analyst, f"{PAGE}?of=Y98000")
    assert "Practice 0: how many had all six checks is hidden" in theirs
    assert "people, of 30 on the register" in theirs
    assert "Counts below 5 are hidden" in theirs
    own = page(manager)
    assert "Practice 0: 6.7% had all six checks" in own
    assert "<b>2</b><span>people, of 30 on the register</span>" in own
    # And the people of it: who had all six, who lacks which, and who of them is near today.
    key = Organisation.objects.get(ods_code="Y98000").pk
    for address in (
        "measures/smi_all_six/?month=2026-11&amp;organisation=Y98000&amp;who=counted#people",
        "measures/smi_all_six/?month=2026-11&amp;organisation=Y98000&amp;who=not_counted#people",
        "measures/smi_alcohol/?month=2026-11&amp;organisation=Y98000&amp;who=not_counted#people",
        f"?group=practice%3A{key}",
    ):
        assert address in own
        assert address not in theirs


def test_nobody_sees_figures_beside_or_above_their_own() -> None:
    practices = locality(4)
    close(date(2026, 11, 1), dict.fromkeys(practices, (20, 40)))
    manager = person("Y98000", Role.PRACTICE_MANAGER)
    for code in ("Y98001", "Y99910", "Y99930", "Y99950"):
        said = page(manager, f"{PAGE}?of={code}")
        assert "50.0%" not in said
        assert "There are no figures of that here" in said
    receptionist = person("Y98000", Role.RECEPTIONIST)
    assert client_of(receptionist).get(PAGE).status_code == 404
    assert client_of(receptionist).get("/reports/").status_code == 404


def test_a_practice_of_which_nothing_is_known_is_missing_and_in_no_share() -> None:
    practices = locality(3)
    close(date(2026, 11, 1), {practices[0]: (20, 40), practices[1]: (10, 40), practices[2]: None})
    said = page(person("Y99930", Role.ICS_ANALYST))
    assert "<b>1 of 3</b><span>practices of which nothing is known</span>" in said
    assert "Nothing is known of 1 of 3 practices: Practice 2." in said
    assert "people, of 80 on the register" in said


def test_what_nobody_sent_is_said_in_words() -> None:
    rows = accounts.read_organisations((SOUTH_EAST / "organisations.csv").read_bytes())
    published.know(rows=rows, by=factories.TEST)
    locality(1)
    lines = ["Period,CCG Code,Question,Answer"]
    for code, register, six in (("14Y", 100, 20), ("10Q", 0, 0), ("15A", 300, 30)):
        lines += [f"SMI-Q4-2019-2020,{code},SMIRegister,{register}", f"SMI-Q4-2019-2020,{code},All6PHC,{six}"]
    published.take(content="\n".join(lines).encode(), name="a.csv", by=factories.TEST)
    said = page(person("Y99930", Role.ICS_ANALYST), f"{PAGE}?at=QU9")
    assert "<b>12.5%</b>" in said
    assert "<b>1 of 3</b><span>sent nothing in: missing, not nought</span>" in said
    at = page(person("Y99930", Role.ICS_ANALYST), f"{PAGE}?at=10Q")
    assert "<b>no data</b>" in at
    assert "0.0%" not in at


def test_the_figures_of_the_page_are_a_workbook_and_files() -> None:
    practices = locality(2)
    close(date(2026, 11, 1), dict.fromkeys(practices, (20, 40)))
    publish()
    client = client_of(person("Y99930", Role.ICS_ANALYST))
    answer = client.get(f"{PAGE}?as=csv&table=each")
    assert answer.content.decode("utf-8-sig").splitlines()[1].startswith("All six,14304,21.2,27.1,-5.9,")
    assert client.get(f"{PAGE}?as=xlsx").content[:2] == b"PK"
    assert client.get(f"{PAGE}?as=csv&table=patients").status_code == 404


@pytest.mark.parametrize("asked", ["?at=ZZZ", "?quarter=x", "?of=ZZZ", "?month=13-2026", "?of=%27"])
def test_whatever_is_asked_the_page_answers(asked: str) -> None:
    practices = locality(2)
    close(date(2026, 11, 1), dict.fromkeys(practices, (20, 40)))
    publish()
    page(person("Y99930", Role.ICS_ANALYST), PAGE + asked)


def test_the_front_page_says_how_each_moves_and_what_comes_next() -> None:
    practices = locality(4)
    for month, six in ((date(2026, 10, 1), 10), (date(2026, 11, 1), 12)):
        close(month, dict.fromkeys(practices, (six, 40)))
    publish()
    said = page(person("Y99930", Role.ICS_ANALYST), "/reports/")
    assert "<b>30.0%</b>" in said
    assert "+5.0 percentage points since October 2026" in said
    assert "of 67,396 had all six, South East, Q1 2021/22" in said
    assert "Below the regional aim of 40%" in said


def test_as_many_queries_for_seventy_practices_as_for_seven() -> None:
    counts = []
    for practices in (7, 70):
        Snapshot.objects.all().delete()
        Closing.objects.all().delete()
        close(date(2026, 11, 1), dict.fromkeys(locality(practices), (20, 40)))
        client = client_of(person("Y99930", Role.ICS_ANALYST))
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("where", "role"), [("Y99930", Role.ICS_ANALYST), ("Y98000", Role.PRACTICE_MANAGER)])
def test_every_link_of_the_front_page_leads_somewhere(where: str, role: Role) -> None:
    close(date(2026, 11, 1), dict.fromkeys(locality(2), (20, 40)))
    user = person(where, role)
    client = client_of(user)
    links = set(re.findall(r'href="(/(?:reports|checks)/[^"#]*)"', page(user, "/reports/")))
    assert len(links) > len(("reports", "smi"))
    for link in links:
        assert client.get(link).status_code == 200, link


def moved(*lines: str) -> None:
    rows = accounts.read_organisations(
        "\n".join(["ods_code,name,kind,other_ods_code,other_name,from,until", *lines]).encode()
    )
    accounts.take_organisations(rows=rows, by=factories.TEST)


def test_practices_that_merged_since_are_one_on_every_page_and_its_figure_is_that_of_both() -> None:
    practices = locality(6)
    close(date(2026, 10, 1), {one: (20 + n, 40) for n, one in enumerate(practices)})
    moved("Y98002,Practice 2,succeeded_by,Y98000,Practice 0,2026-11-01,")
    analyst = person("Y99930", Role.ICS_ANALYST)
    merged = page(analyst, f"{PAGE}?of=Y98000")
    assert "<b>40</b><span>people, of 80 on the register" in merged  # 20 and 22 of 40 and 40
    network = page(analyst, f"{PAGE}?of=Y99910")
    assert "<b>65</b><span>people, of 120 on the register" in network
    assert "Practice 2" not in network
    explained = page(analyst, "/reports/measures/smi_all_six/?month=2026-10&organisation=Y99910")
    assert re.findall(r">(Practice \d)</th><td[^>]*>\w+</td><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>", explained) == [
        ("Practice 0", "40", "80"),
        ("Practice 4", "25", "40"),
    ]


def test_practices_that_merged_across_networks_are_not_told_of_the_time_before() -> None:
    """Their sum stands in neither network; told beside both, it would say what each of them had."""
    practices = locality(6)
    close(date(2026, 10, 1), {one: (2 if one == practices[1] else 20, 40) for one in practices})
    moved("Y98001,Practice 1,succeeded_by,Y98000,Practice 0,2026-11-01,")
    analyst = person("Y99930", Role.ICS_ANALYST)
    assert "how many had all six checks is hidden" in page(analyst, f"{PAGE}?of=Y98000")
    assert "<b>60</b><span>people, of 120 on the register" in page(analyst, f"{PAGE}?of=Y99910")
    assert "people, of 240 on the register" in page(analyst, f"{PAGE}?of=Y99920")


def test_a_place_has_the_figures_of_those_who_stood_there_though_their_network_merged_into_one_of_another() -> None:
    practices = locality(4)
    moved(
        "Y99912,Abbey Network,in_place,Y99921,Abbey Place,2020-04-01,",
        "Y99921,Abbey Place,in_ics,Y99930,Wexshire,2020-04-01,",
        "Y98100,Abbey Street,part_of_pcn,Y99912,Abbey Network,2020-04-01,",
        "Y99912,Abbey Network,succeeded_by,Y99910,Wexcombe Network,2026-11-01,",
    )
    abbey = Organisation.objects.get(ods_code="Y98100")
    close(date(2026, 10, 1), dict.fromkeys((*practices, abbey), (20, 40)))
    analyst = person("Y99930", Role.ICS_ANALYST)
    for place, people in (("Y99920", 80), ("Y99921", 20)):
        assert f"<b>{people}</b><span>people, of {2 * people} on the register" in page(analyst, f"{PAGE}?of={place}")


def test_a_month_that_was_not_closed_is_a_gap_and_not_passed_over() -> None:
    practices = locality(4)
    for month in (7, 8, 10, 11):
        close(date(2026, month, 1), dict.fromkeys(practices, (20 + 4 * month, 90)) | {practices[0]: None})
    lines = (
        client_of(person("Y99930", Role.ICS_ANALYST))
        .get(f"{PAGE}?of=Y99930&as=csv&table=own_new")
        .content.decode()
        .splitlines()
    )
    rows = {line.split(",")[0]: line.split(",") for line in lines[1:]}
    assert rows["2026-09-01"][1:4] == ["no data", "no data", "not closed"]
    assert rows["2026-10-01"][1:4] == ["45", "21", "1 of 4 not known"]
    # 36, 39, 45 and 48: moving ranges of 3 and 3, and none of 6 across the gap.
    assert (rows["2026-10-01"][4], rows["2026-10-01"][6]) == ("42.0", "50.0")
