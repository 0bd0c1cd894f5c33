"""A table as an Excel workbook (.xlsx), written with what Python has: texts are texts, so that opening it damages nothing.

A long number (an NHS number, a SNOMED CT code) is a text cell, which a spreadsheet neither rounds nor writes as 9.99E+09. No cell
is a formula: texts are inline strings (ECMA-376 part 1, 18.3.1.53), which are shown and never worked out. The same tables are the
same bytes: no part of a book bears a time.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DAY_ONE = date(1899, 12, 30)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TEXT, _HEADER, _DAY, _WHOLE, _TENTHS, _HUNDREDTHS = 1, 2, 3, 4, 5, 6
"""Formats of a cell, by their place in `_STYLES`."""

_PARTS = {
    "_rels/.rels": f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" \
Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/styles.xml": f"""{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="1">\
<numFmt numFmtId="164" formatCode="#,##0.0"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Arial"/></font>\
<font><b/><sz val="11"/><name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/>\
<top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="7">\
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyNumberFormat="1" applyAlignment="1">\
<alignment vertical="top" wrapText="1"/></xf>\
<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>""",
}

Cell = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: its header row bold and fixed. `wide`: widths of columns in characters, 14 where none is given; `above`: a line
    above the header, fixed with it."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    wide: Sequence[int] = ()
    above: str = ""


def as_xlsx(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, wide: Sequence[int] = ()) -> bytes:
    """A workbook of one sheet.

    A str is a text cell whatever it looks like; int and float are numbers; a Decimal is one with separators of thousands and its
    own places, of at most two; a date is a day, None an empty cell.
    """
    return as_book([Sheet(name, header, rows, wide)])


def as_book(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of sheets in order; cells as in `as_xlsx`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for part, text in (_PARTS | _wiring([sheet.name for sheet in sheets])).items():
            book.writestr(_entry(part), text)
        for number, sheet in enumerate(sheets, 1):
            with book.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as part_of_sheet:
                for text in _sheet(sheet):
                    part_of_sheet.write(text.encode())
    return out.getvalue()


def _entry(part: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part, date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _wiring(names: Sequence[str]) -> dict[str, str]:
    """The parts that say which sheets there are."""
    numbers = range(1, len(names) + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(_sheet_names(names), 1)
    )
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'{types}<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId{len(names) + 1}" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
    }


def _sheet(sheet: Sheet) -> Iterator[str]:
    wide, first = sheet.wide, 2 if sheet.above else 1
    widths = [wide[at] if at < len(wide) else 14 for at in range(len(sheet.header))]
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, 1)
    )
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{first}" topLeftCell="A{first + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )
    if sheet.above:
        yield _row(1, [sheet.above], _TEXT)
    yield _row(first, sheet.header, _HEADER)
    for number, row in enumerate(sheet.rows, first + 1):
        yield _row(number, row, _TEXT)
    yield "</sheetData></worksheet>"


def _row(number: int, cells: Sequence[Cell], style: int) -> str:
    written = "".join(_cell(f"{_letters(at)}{number}", cell, style) for at, cell in enumerate(cells))
    return f'<row r="{number}">{written}</row>'


def _cell(at: str, cell: Cell, style: int) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, date):
        return f'<c r="{at}" s="{_DAY}"><v>{(cell - _DAY_ONE).days}</v></c>'
    if isinstance(cell, Decimal):
        return f'<c r="{at}" s="{_places(cell)}"><v>{cell:f}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{at}"><v>{cell!r}</v></c>'
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(_NOT_XML.sub("", cell))}</t></is></c>'


def _letters(at: int) -> str:
    letters, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _places(number: Decimal) -> int:
    """The format that shows a number with its own places."""
    exponent = int(number.as_tuple().exponent)
    return _WHOLE if exponent >= 0 else _TENTHS if exponent == -1 else _HUNDREDTHS


def _sheet_names(names: Sequence[str]) -> list[str]:
    """No two the same, however a spreadsheet compares them."""
    given: list[str] = []
    for name in names:
        wanted = _sheet_name(name)
        taken = {one.casefold() for one in given}
        found = wanted
        number = 2
        while found.casefold() in taken:
            found = f"{wanted[: 30 - len(str(number))].strip()} {number}"
            number += 1
        given.append(found)
    return given


def _sheet_name(name: str) -> str:
    """At most 31 characters, without those that a sheet's name may not have."""
    return " ".join(re.sub(r"[\[\]:*?/\\']", " ", name).split())[:31].strip() or "Sheet1"
