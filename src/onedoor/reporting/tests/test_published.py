"""Published figures: what is read and refused, and the figures of clinical.md 1.4 at every level."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Access, NotPermitted, Permission, Role
from onedoor.reporting import published
from onedoor.reporting.dashboards import smi, smi_published
from onedoor.reporting.levels import Level
from onedoor.reporting.models import PublishedFigure, PublishedFile
from onedoor.reporting.published import ALL_SIX, CHECKS, ITEMS, REGISTER, Quarter, Sums
from onedoor.reporting.published.reading import read
from onedoor.reporting.tables import as_csv

ROOT = Path(__file__).parents[4]
NATIONAL = ROOT / "tests" / "data" / "smi-physical-health-checks.xlsx"
SOUTH_EAST = ROOT / "localities" / "south-east"
BY = factories.TEST
ALL = Access(actor=BY, everything=True, permissions=frozenset(Permission))
HEAD = "Period,CCG Code,Question,Answer\n"
QUESTIONS = {item.key: item.question for item in ITEMS}


def content(**values: object) -> bytes:
    """A file of one group and quarter; a value by the key of its item, in the order of the items."""
    return answers("SMI-Q1-2021-2022", "14Y", values)


def answers(period: str, code: str, values: Mapping[str, object]) -> bytes:
    lines = (f"{period},{code},{QUESTIONS[key]},{value}" for key, value in values.items())
    return (HEAD + "\n".join(lines) + "\n").encode()


def know() -> None:
    rows = accounts.read_organisations((SOUTH_EAST / "organisations.csv").read_bytes())
    published.know(rows=rows, by=BY)


def one_place(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(Decimal("0.1"), ROUND_HALF_UP)


# What a period says


@pytest.mark.parametrize(
    ("said", "first", "last", "key"),
    [
        ("SMI-Q1-2021-2022", date(2021, 4, 1), date(2021, 6, 30), "2021-22-Q1"),
        ("SMI-Q3-2018-2019", date(2018, 10, 1), date(2018, 12, 31), "2018-19-Q3"),
        ("SMI-Q4-2019-2020", date(2020, 1, 1), date(2020, 3, 31), "2019-20-Q4"),
        ("2021-22-Q1", date(2021, 4, 1), date(2021, 6, 30), "2021-22-Q1"),
        ("2021/22 q2", date(2021, 7, 1), date(2021, 9, 30), "2021-22-Q2"),
        ("Q4 2020/21", date(2021, 1, 1), date(2021, 3, 31), "2020-21-Q4"),
        ("Q4 1999/00", None, None, ""),
        ("SMI-Q5-2021-2022", None, None, ""),
        ("SMI-Q1-2021-2023", None, None, ""),
        ("2021-22", None, None, ""),
        ("", None, None, ""),
    ],
)
def test_a_period_is_a_quarter_of_a_financial_year(said: str, first: date | None, last: date | None, key: str) -> None:
    quarter = Quarter.read(said)
    if quarter is None:
        assert first is None
    else:
        assert (quarter.starts_on, quarter.ends_on, quarter.key) == (first, last, key)


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)))
def test_each_day_lies_in_the_quarter_that_it_is_said_to(day: date) -> None:
    quarter = Quarter.ending(day)
    assert quarter.starts_on <= day <= quarter.ends_on
    assert Quarter.read(quarter.key) == Quarter.read(quarter.words) == quarter


# What a file holds


SOUND = {"register": 100, "all_six": 20, "alcohol": 30, "bmi": 40, "glucose": 50, "lipid": 25, "bp": 60, "smoking": 70}


def test_a_sound_file_is_taken_whole() -> None:
    found = read(content(**SOUND))
    assert {row.item: row.value for row in found.rows} == SOUND
    assert not found.findings.in_order()
    assert not found.missing


@pytest.mark.parametrize(
    ("other", "row", "why"),
    [
        ({"all_six": 26}, 3, "more people had all six than had lipids, 25 (row 7)"),
        ({"bp": 101}, 8, "more than the register, 100 (row 2)"),
        ({"all_six": 101}, 3, "more than the register, 100 (row 2)"),
        ({"register": 10}, 2, "fewer on the register than had any of the checks, 7 rows: it cannot be right"),
        ({"alcohol": "-3"}, 4, "a count is a whole number of people; nothing was made of it, not nought either"),
        ({"alcohol": "30.5"}, 4, "a count is a whole number of people; nothing was made of it, not nought either"),
        ({"alcohol": "*"}, 4, "a count is a whole number of people; nothing was made of it, not nought either"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_its_neighbours_stay(other: dict[str, object], row: int, why: str) -> None:
    found = read(content(**{**SOUND, **other}))
    (refused,) = found.findings.in_order()
    assert (refused.row, refused.why) == (row, why)
    assert refused.what_to_do
    assert len(found.rows) == len(SOUND) - 1


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        ("SMI-Q9-2021-2022,14Y,Smoking,1", "Period", "no quarter of a financial year; one is written SMI-Q1-2021-2022"),
        ("SMI-Q1-2021-2022,14-Y,Smoking,1", "CCG Code", "an ODS code is letters and digits"),
        ("SMI-Q1-2021-2022,14Y,ECG,1", "Question", "none of those that are read"),
        ("SMI-Q1-2021-2022,14Y,Smoking,71", "Question", "the same was asked in row 9, with another answer"),
        ("SMI-Q1-2021-2022,14y,smoking,70", "Question", "the same was asked in row 9, with the same answer"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, column: str, why: str) -> None:
    found = read(content(**SOUND) + line.encode())
    (refused,) = found.findings.in_order()
    assert (refused.row, refused.column) == (10, column)
    assert refused.why.startswith(why)
    assert len(found.rows) == len(SOUND)


@pytest.mark.parametrize("values", [dict.fromkeys(SOUND, 0), dict.fromkeys(SOUND, "")])
def test_a_register_of_nought_is_nothing_sent_in_and_never_nought(values: dict[str, object]) -> None:
    found = read(content(**values))
    assert {row.value for row in found.rows} == {None}
    assert found.missing == [(Quarter(2021, 1), "14Y")]


def test_checks_without_anybody_on_the_register_are_refused() -> None:
    found = read(content(**{**dict.fromkeys(SOUND, 0), "bp": 3}))
    (refused,) = found.findings.in_order()
    assert refused.why == "more than the register, 0 (row 2)"


@pytest.mark.parametrize("given_content", [b"", b"Period,Code\n1,2\n", HEAD.encode()])
def test_a_file_that_is_none_says_what_to_do(given_content: bytes) -> None:
    with pytest.raises(exchange.UnreadableFile) as told:
        published.take(content=given_content, name="x.csv", by=BY)
    assert told.value.what_to_do


counts = st.one_of(st.none(), st.integers(0, 40))


@given(st.fixed_dictionaries({item.key: counts for item in ITEMS}))
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_says_what_is_kept_can_be(values: dict[str, int | None]) -> None:
    found = read(content(**{key: "" if value is None else value for key, value in values.items()}))
    kept = {row.item: row.value for row in found.rows}
    checks = [value for key in CHECKS if (value := kept.get(key)) is not None]
    all_six, register = kept.get(ALL_SIX), kept.get(REGISTER)
    if all_six is not None and checks:
        assert all_six <= min(checks)
    if register is not None:
        assert all(value <= register for value in (*checks, all_six or 0))
    assert register != 0 or any(value is not None for value in kept.values())
    assert len(kept) + len(found.findings.in_order()) == len(values)


# Taking it


@pytest.mark.django_db
def test_a_preview_changes_nothing_and_the_same_file_twice_neither() -> None:
    sound = content(**SOUND)
    assert published.take(content=sound, name="a.csv", by=BY, apply=False).state == "preview"
    assert not PublishedFile.objects.exists()
    assert published.take(content=sound, name="a.csv", by=BY).state == "taken"
    again = published.take(content=sound, name="b.csv", by=BY)
    assert again.state == "same"
    assert again.before is not None
    assert again.before.name == "a.csv"
    assert PublishedFile.objects.count() == 1
    assert PublishedFigure.objects.count() == len(SOUND)


@pytest.mark.django_db
def test_a_workbook_is_read_as_a_csv_is() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Physical health checks"])
    for line in content(**SOUND).decode().splitlines():
        sheet.append([int(cell) if cell.isdecimal() else cell for cell in line.split(",")])
    out = BytesIO()
    book.save(out)
    assert published.take(content=out.getvalue(), name="a.xlsx", by=BY).kept == len(SOUND)


@pytest.mark.django_db
def test_only_who_runs_the_system_takes_files() -> None:
    _, manager = factories.person(factories.practice(), Role.PRACTICE_MANAGER)
    with pytest.raises(NotPermitted):
        published.take(content=content(**SOUND), name="a.csv", by=manager.actor)
    with pytest.raises(NotPermitted):
        published.know(rows=[], by=manager.actor)
    with pytest.raises(NotPermitted):
        published.sums(Access.nobody(), Level.ENGLAND, first=Quarter(2021, 1), last=Quarter(2021, 1))


@pytest.mark.django_db
def test_of_an_organisation_and_quarter_the_latest_file_counts() -> None:
    know()
    published.take(content=content(**SOUND), name="a.csv", by=BY)
    published.take(content=content(**{**SOUND, "all_six": 22}), name="b.csv", by=BY)
    (bob,) = published.sums(ALL, Level.ICS, first=Quarter(2021, 1), last=Quarter(2021, 1))
    assert (bob.code, bob.values[ALL_SIX], bob.register) == ("QU9", 22, 100)


@pytest.mark.django_db
def test_a_share_is_over_those_who_sent_both() -> None:
    know()
    published.take(
        content=answers("SMI-Q1-2021-2022", "14Y", SOUND)
        + answers("SMI-Q1-2021-2022", "10Q", {"register": 300, "bp": 60})[len(HEAD) :],
        name="a.csv",
        by=BY,
    )
    (bob,) = published.sums(ALL, Level.ICS, first=Quarter(2021, 1), last=Quarter(2021, 1))
    assert (bob.register, bob.share(ALL_SIX), bob.share("bp")) == (400, Decimal(20), Decimal(30))


# The national file


@pytest.fixture
def whole_file(db: None) -> published.Taken:
    know()
    return published.take(content=NATIONAL.read_bytes(), name=NATIONAL.name, by=BY)


SHARES = """
2018-19-Q3 20.1 24.1
2018-19-Q4 25.9 30.3
2019-20-Q1 19.4 29.5
2019-20-Q2 21.8 30.0
2019-20-Q3 25.0 32.3
2019-20-Q4 25.5 35.8
2020-21-Q1 22.9 28.6
2020-21-Q2 18.5 23.7
2020-21-Q3 16.0 21.6
2020-21-Q4 18.4 23.4
2021-22-Q1 21.2 27.1
2021-22-Q2 24.7 30.0
2021-22-Q3 28.7 34.9
2021-22-Q4 38.0 42.8
2022-23-Q1 39.0 43.5
2022-23-Q2 42.8 45.0
2022-23-Q3 43.1 47.8
2022-23-Q4 50.2 58.5
2023-24-Q1 48.5 53.4
2023-24-Q2 46.5 52.3
2023-24-Q3 49.3 54.8
2023-24-Q4 59.4 68.5
"""
"""Quarter, South East and England: clinical.md 1.4."""

SYSTEMS = {
    "QU9": (14639, 3642, "24.88"),
    "QNQ": (5474, 2121, "38.75"),
    "QXU": (8426, 1735, "20.59"),
    "QKS": (11647, 1545, "13.27"),
    "QNX": (12652, 2458, "19.43"),
    "QRL": (14558, 2803, "19.25"),
}
"""Q1 2021/22; Hampshire and Portsmouth added up (clinical.md 1.4)."""


@pytest.mark.django_db
def test_the_national_file_gives_every_figure_of_the_facts(whole_file: published.Taken) -> None:
    assert (whole_file.read, whole_file.rejected) == (23728, 0)
    assert len(whole_file.quarters) == 22
    first, last = Quarter(2018, 3), Quarter(2023, 4)
    region = {one.quarter.key: one for one in published.sums(ALL, Level.REGION, first=first, last=last)}
    england = {one.quarter.key: one for one in published.sums(ALL, Level.ENGLAND, first=first, last=last)}
    for line in SHARES.split("\n")[1:-1]:
        key, south_east, whole = line.split()
        assert one_place(region[key].share(ALL_SIX)) == Decimal(south_east), key
        assert one_place(england[key].share(ALL_SIX)) == Decimal(whole), key
    silent = region["2019-20-Q4"]
    assert (silent.register, len(silent.silent), silent.sent) == (38662, 15, 17)
    assert (region["2020-21-Q1"].register, len(region["2020-21-Q1"].silent)) == (45404, 6)
    for key, (register, all_six) in {
        "2020-21-Q4": (65022, 11973),
        "2021-22-Q1": (67396, 14304),
        "2021-22-Q4": (70857, 26936),
    }.items():
        assert (region[key].register, region[key].values[ALL_SIX]) == (register, all_six)
    assert (england["2021-22-Q1"].register, england["2021-22-Q1"].sent) == (520212, 106)
    now = region["2021-22-Q1"]
    for key, ours, theirs in zip(
        CHECKS,
        ("36.1", "53.4", "51.0", "44.6", "51.3", "54.6"),
        ("43.3", "56.7", "54.2", "51.0", "58.0", "62.2"),
        strict=True,
    ):
        assert one_place(now.share(key)) == Decimal(ours)
        assert one_place(england["2021-22-Q1"].share(key)) == Decimal(theirs)
    systems = published.sums(ALL, Level.ICS, first=Quarter(2021, 1), last=Quarter(2021, 1))
    found = {
        one.code: (
            one.register,
            one.values[ALL_SIX],
            f"{(one.share(ALL_SIX) or Decimal(0)).quantize(Decimal('0.01'), ROUND_HALF_UP)}",
        )
        for one in systems
    }
    assert found == SYSTEMS
    _the_sums_hold(systems, now)
    _mergers_break_no_trend()
    _the_report_says_so()
    _aims_are_told_apart(list(region.values()))


def _the_sums_hold(systems: list[Sums], region: Sums) -> None:
    for item in ITEMS:
        assert sum(one.values[item.key] or 0 for one in systems) == region.values[item.key]


def _mergers_break_no_trend() -> None:
    """Before the merger Frimley is its three groups (clinical.md 1.4, 8)."""
    first, last = Quarter(2020, 4), Quarter(2021, 1)
    groups = published.sums(ALL, Level.CCG, first=first, last=last, codes=["D4U1Y"])
    assert [(one.quarter.key, one.register, one.values[ALL_SIX]) for one in groups] == [
        ("2020-21-Q4", 5594, 2000),
        ("2021-22-Q1", 5474, 2121),
    ]
    # And its groups are those of its system, by the names of today, in every quarter.
    for quarter in (Quarter(2018, 4), Quarter(2019, 4), last, first):
        for one in published.sums(ALL, Level.ICS, first=quarter, last=quarter):
            groups = smi_published.of_quarter(ALL, Level.CCG, quarter, within=one.code)
            for item in ITEMS:
                assert sum(group.values[item.key] or 0 for group in groups) == (one.values[item.key] or 0), one
    side = smi.published_side(ALL, code="D4U1Y", quarter=first, drawn=False)
    assert side is not None
    assert [place.code for place in side.path] == ["England", "Y59", "QNQ"]


def _the_report_says_so() -> None:
    table = smi_published.by_level(ALL, Level.REGION, Quarter(2021, 1))
    rows = as_csv(table).splitlines()
    assert rows[1].startswith("South East,Y59,67396,14304,21.22,")
    assert rows[2].startswith("England,,520212,140885,27.08,")
    bob = as_csv(smi_published.by_level(ALL, Level.ICS, Quarter(2021, 1))).splitlines()[1]
    assert bob.startswith('"Buckinghamshire, Oxfordshire and Berkshire West ICS",QU9,14639,3642,24.88,')
    before = smi_published.by_level(ALL, Level.REGION, Quarter(2020, 4))
    row = dict(zip([column.key for column in before.columns], before.rows[0], strict=True))
    assert (row["all_six"], row["register"], row["to_40"], row["from_40"]) == (11973, 65022, 14036, 13004)
    assert before.column("share").said(row["share"]) == "18.41%"
    notes = smi_published.by_level(ALL, Level.REGION, Quarter(2019, 4)).notes
    assert notes[0].startswith("South East, Q4 2019/20: 15 clinical commissioning groups sent nothing: 09D, 09G,")


def _aims_are_told_apart(series: list[Sums]) -> None:
    """The plan of seed 003 met its count and missed its rate (clinical.md 1.4)."""
    seen = {(one.aim.key, one.what): one for one in smi_published.aims_seen(series, ["Y59"])}
    count, rate = seen["region", "count"], seen["region", "rate"]
    assert (count.met, count.value) == (True, "26,936, +14,963")
    assert (rate.met, rate.value) == (False, "38.0% of 70,857")
    assert seen["national", "rate"].value == "50.2% of 73,942"


BASELINE, DUE = Quarter(2020, 4), Quarter(2021, 4)


def region(quarter: Quarter, all_six: int, *silent: str) -> Sums:
    bases: dict[str, int | None] = dict.fromkeys((item.key for item in ITEMS), 70_000)
    values = bases | {ALL_SIX: all_six}
    return Sums("Y59", "South East", Level.REGION, quarter, values, values, bases, 17, silent)


@pytest.mark.parametrize(
    ("base", "now", "met", "value"),
    [
        (region(BASELINE, 12_000), region(DUE, 26_000), True, "26,000, +14,000"),
        (region(BASELINE, 12_000), region(DUE, 25_999), False, "25,999, +13,999"),
        (region(BASELINE, 12_000), region(DUE, 26_000, "10C"), True, "26,000, +14,000 (1 of 18 sent nothing)"),
        (region(BASELINE, 12_000), region(DUE, 25_999, "10C"), None, "25,999, +13,999 (1 of 18 sent nothing)"),
        (region(BASELINE, 12_000, "10C", "15D"), region(DUE, 26_000), None, "26,000"),
    ],
)
def test_who_sent_nothing_is_not_taken_for_people_without_checks(
    base: Sums, now: Sums, met: bool | None, value: str
) -> None:
    count = smi_published.aims_seen([base, now], ["Y59"])[0]
    assert (count.what, count.met, count.value) == ("count", met, value)
    assert count.wanted == (None if base.silent else 26_000)


@pytest.mark.django_db
def test_the_rows_of_the_facts_alone_give_the_same_and_the_file_after_them_counts_nothing_twice() -> None:
    know()
    rows = (SOUTH_EAST / "published-smi.csv").read_bytes()
    assert published.take(content=rows, name="published-smi.csv", by=BY).rejected == 0

    def figures() -> list[tuple[str, int | None, int | None]]:
        return [
            (one.quarter.key, one.register, one.values[ALL_SIX])
            for level in (Level.REGION, Level.ENGLAND)
            for one in published.sums(ALL, level, first=Quarter(2020, 4), last=Quarter(2021, 1))
        ]

    expected = [
        ("2020-21-Q4", 65022, 11973),
        ("2021-22-Q1", 67396, 14304),
        ("2020-21-Q4", 516897, 121030),
        ("2021-22-Q1", 520212, 140885),
    ]
    assert figures() == expected
    published.take(content=NATIONAL.read_bytes(), name=NATIONAL.name, by=BY)
    assert figures() == expected
