"""One table, and the same numbers from it on the page, in the CSV file and in the workbook."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from onedoor.reporting.tables import HIDDEN, MONTH, NO_DATA, Cell, Column, Table, as_csv, as_xlsx

# clinical.md 1.4; Portsmouth's as if it had not been sent, one name as if somebody wished it to run.
CHECKS = Table(
    "Physical health checks: South East, Q1 2021/22",
    [
        Column("ccg", "CCG"),
        Column("register", "On the register"),
        Column("six", "All six"),
        Column("rate", "All six", "%", places=2),
        Column("gap", "To the region", "points", places=1),
    ],
    [
        ["Buckinghamshire", 3987, 1009, Decimal(100900) / 3987, Decimal("4.0837")],
        ["=cmd|' /C calc'!A0", 7095, 1358, Decimal(135800) / 7095, Decimal("-2.0836")],
        ["Portsmouth", None, None, None, None],
        ["A practice", 12, HIDDEN, HIDDEN, None],
    ],
    notes=["Portsmouth sent nothing."],
    source="NHS England, SMI physical health checks",
    period="Q1 2021/22",
    extracted_at=datetime(2026, 12, 7, 9, 0, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (Column("n", "n"), 1234567, "1,234,567"),
        (Column("n", "n"), 0, "0"),
        (Column("n", "n"), None, NO_DATA),
        (Column("n", "n"), HIDDEN, "*"),
        (Column("n", "n", "%", places=1), Decimal("24.8787"), "24.9%"),
        (Column("n", "n", "%", places=1), Decimal("24.85"), "24.9%"),  # half up, never to even
        (Column("n", "n", "%", places=0), Decimal("0.4"), "0%"),
        (Column("n", "n", "points", places=1), Decimal("-30.06"), "−30.1"),
        (Column("n", "n", "£", places=2), Decimal("34561.74"), "£34,561.74"),
        (Column("n", "n", "£", places=2), Decimal(-5), "−£5.00"),
        (Column("n", "n", "p", places=4), Decimal("2.48541"), "2.4854p"),
        (Column("n", "n"), Decimal("1E+3"), "1,000"),
        (Column("n", "n", places=1), 7, "7.0"),
        (Column("d", "d"), date(2026, 12, 8), "8 December 2026"),
        (Column("d", "d", MONTH), date(2017, 9, 1), "September 2017"),
        (Column("d", "d"), datetime(2026, 7, 1, 8, 30, tzinfo=UTC), "1 July 2026, 9:30am"),
        (Column("d", "d"), "Physio", "Physio"),
    ],
)
def test_cells_as_people_read_them(column: Column, cell: Cell, said: str) -> None:
    assert column.said(cell) == said


def test_csv_has_one_header_row_and_nothing_that_runs() -> None:
    text = as_csv(CHECKS)
    assert text.startswith("\ufeff")
    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == [
        *("CCG", "On the register", "All six", "All six (%)", "To the region (points)"),
        *("Period", "Source", "Taken on", "Notes"),
    ]
    assert [row[:5] for row in rows] == [
        ["Buckinghamshire", "3987", "1009", "25.31", "4.1"],
        ["'=cmd|' /C calc'!A0", "7095", "1358", "19.14", "-2.1"],
        ["Portsmouth", NO_DATA, NO_DATA, NO_DATA, NO_DATA],
        ["A practice", "12", "*", "*", NO_DATA],
    ]
    told = ["Q1 2021/22", "NHS England, SMI physical health checks", "7 December 2026, 9am", "Portsmouth sent nothing."]
    assert all(row[5:] == told for row in rows)


def test_the_workbook_as_somebody_else_reads_it() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(CHECKS)))
    assert book.sheetnames == ["Physical health checks South Ea", "About"]
    sheet = book.worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["Buckinghamshire", 3987, 1009, 25.31, 4.1],
        ["=cmd|' /C calc'!A0", 7095, 1358, 19.14, -2.1],
        ["Portsmouth", NO_DATA, NO_DATA, NO_DATA, NO_DATA],
        ["A practice", 12, "*", "*", NO_DATA],
    ]
    assert sheet["A3"].data_type == "inlineStr" or sheet["A3"].data_type == "s"
    assert [sheet[at].number_format for at in ("B2", "D2", "E2")] == ["#,##0", "#,##0.00", "#,##0.0"]
    assert ("Physical health checks: South East, Q1 2021/22", "Note", "Portsmouth sent nothing.") in list(
        book["About"].iter_rows(values_only=True)
    )


def test_a_book_of_tables_is_the_same_bytes_each_time() -> None:
    twice = Table(CHECKS.title, CHECKS.columns, CHECKS.rows)
    assert as_xlsx(CHECKS, twice) == as_xlsx(CHECKS, twice)
    assert openpyxl.load_workbook(io.BytesIO(as_xlsx(CHECKS, twice))).sheetnames == [
        "Physical health checks South Ea",
        "Physical health checks South 2",
        "About",
    ]


def test_a_row_that_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="row 2 has 1 cells for 2 columns"):
        Table("Waits", [Column("a", "A"), Column("b", "B")], [[1, 2], [1]])
    with pytest.raises(ValueError, match="one key"):
        Table("Waits", [Column("a", "A"), Column("a", "B")], [])
    with pytest.raises(ValueError, match="no column 'z'"):
        CHECKS.cells("z")


def test_numbers_stand_right_also_where_one_is_hidden() -> None:
    assert CHECKS.right == (False, True, True, True, True)
