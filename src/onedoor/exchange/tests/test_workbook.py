"""What stands in a workbook's cells, and that no workbook takes more than its share (ADR 11)."""

from __future__ import annotations

from datetime import date, datetime, time

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from onedoor.exchange.files.workbook import WIDEST, tables
from onedoor.exchange.tests.workbooks import workbook, written

DAY = date(2026, 11, 3)
NAIVE = datetime.combine(DAY, time(10, 30))
"""A spreadsheet knows no time zone."""


def book() -> Workbook:
    made = Workbook()
    sheet = made["Sheet"]
    sheet.append([9990000018, 27.4, "  27.4 ", True, None, "=1+1"])
    sheet.append([DAY, NAIVE, CellRichText("Ex-", TextBlock(InlineFont(b=True), "smoker"))])
    return made


READ = [["9990000018", "27.4", "27.4", "yes", "", ""], ["2026-11-03", "2026-11-03", "Ex-smoker"]]


def test_cells_are_read_as_another_program_writes_them() -> None:
    (table,) = tables(written(book()))
    assert [table.rows[1], table.rows[2]] == READ


def test_days_are_right_where_they_count_from_1904() -> None:
    made = book()
    made.epoch = CALENDAR_MAC_1904
    assert tables(written(made))[0].rows[2] == READ[1]


def test_hidden_sheets_are_passed_over() -> None:
    made = book()
    made.create_sheet("Left behind").sheet_state = "hidden"
    made.create_sheet("Second")["A1"] = "seen"
    assert [table.name for table in tables(written(made))] == ["Sheet", "Second"]


def test_a_number_in_a_column_of_days_keeps_its_digits() -> None:
    assert tables(workbook([[(9990000018, 1)]]))[0].rows == {1: ["9990000018"]}


def test_a_cell_in_the_last_corner_is_passed_over() -> None:
    made = book()
    made["Sheet"]["XFD1048576"] = "stray"
    assert set(tables(written(made))[0].rows) == {1, 2}


def test_a_cell_merged_over_the_whole_sheet_fills_a_little_of_it() -> None:
    (table,) = tables(workbook([["Checks"]], ["A1:XFD1048576"]))
    assert len(table.rows) == 51
    assert {len(row) for row in table.rows.values()} == {WIDEST}
