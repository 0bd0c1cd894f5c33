"""XLSX workbooks made by hand for tests: what a spreadsheet writes, as small as it can be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Checks" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)

Cell = str | float | tuple[float, int]
"""A text, a number, or a number with its style: 1 and 2 are dates."""


def workbook(rows: Sequence[Sequence[Cell]], merged: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook with one sheet; empty texts are left out, as a spreadsheet leaves them."""
    body = "".join(
        f'<row r="{number}">{"".join(_cell(cell, number, at) for at, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    joined = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f'<mergeCells count="{len(merged)}">{joined}</mergeCells>' if merged else ""
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData>{merges}</worksheet>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("xl/workbook.xml", _BOOK),
            ("xl/_rels/workbook.xml.rels", _RELATIONS),
            ("xl/styles.xml", _STYLES),
            ("xl/worksheets/sheet1.xml", sheet),
        ):
            book.writestr(name, text)
    return out.getvalue()


def _cell(cell: Cell, row: int, at: int) -> str:
    where = f"{chr(65 + at)}{row}"
    if isinstance(cell, tuple):
        return f'<c r="{where}" s="{cell[1]}"><v>{cell[0]!r}</v></c>'
    if isinstance(cell, (int, float)):
        return f'<c r="{where}"><v>{cell!r}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>' if cell else ""
