"""XLSX workbooks for tests, written by openpyxl: somebody else's idea of the format than the reader's own."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook

Cell = str | float | tuple[float, int]
"""A text, a number, or a number with its style: 1 and 2 are dates."""

_STYLES = {1: "mm-dd-yy", 2: "dd/mm/yyyy"}
"""A number format of those that are built in, and one that the workbook brings."""


def workbook(rows: Sequence[Sequence[Cell]], merged: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook with one sheet; empty texts are left out, as a spreadsheet leaves them."""
    book = Workbook()
    sheet = book.create_sheet("Checks", 0)
    del book["Sheet"]
    for number, row in enumerate(rows, 1):
        for at, cell in enumerate(row, 1):
            value, style = cell if isinstance(cell, tuple) else (cell, 0)
            if value != "":
                sheet.cell(number, at, value).number_format = _STYLES.get(style, "General")
    for ref in merged:
        sheet.merged_cells.add(ref)  # not merge_cells, which makes a cell of each that is covered
    return written(book)


def written(book: Workbook) -> bytes:
    """The file of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
