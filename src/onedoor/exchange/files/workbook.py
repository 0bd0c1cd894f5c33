"""A spreadsheet as a table of texts: CSV, or an XLSX workbook, read with what Python has. Merged cells are filled.

Only what stands in cells is read: no formula is worked out, no link followed, no macro looked at. Days read 2026-12-07. Numbers
keep the digits that the file holds; one beyond a double's 15 is the file's own damage and is left for its reader to judge.
Why not openpyxl or python-calamine, and what a small file did to them: docs/adr/0011-workbooks-read-by-hand.md.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from xml.etree import ElementTree

from onedoor.exchange.files.report import UnreadableFile

LARGEST = 60 * 1024 * 1024
"""Bytes of any part of a workbook once unpacked; a month's checks of a trust are under one."""

WIDEST, LONGEST = 200, 100_000
"""Columns and rows that are looked at."""

_STRAY = 5
"""So many rows beyond are nobody's data: somebody has put a stray cell there."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Built-in number formats that are dates or times (ECMA-376 part 1, 18.8.30)."""
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True)
class Table:
    """Rows by their number from 1, as a spreadsheet counts them; cells trimmed. `filled` are cells that hold a merged one's text
    without being its first."""

    name: str
    rows: dict[int, list[str]]
    filled: frozenset[tuple[int, int]] = frozenset()
    hidden: frozenset[int] = frozenset()
    """Rows that are not shown: a filter left them out of sight. They are read as the others are."""
    from_1904: bool = False
    """Whether the workbook counts days from 1904."""
    cut: bool = False
    """Whether it has more rows than are looked at."""
    lost: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Cells that read empty and are not: an error of the spreadsheet, or a formula that was never worked out."""


def tables(content: bytes) -> list[Table]:
    """The sheets of a workbook in order, or the one table of a CSV file. Raises UnreadableFile."""
    if not content:
        raise UnreadableFile("The file is empty.", where="the file", what_to_do="Export it again.")
    if content[:2] == b"PK":
        return list(_Workbook(content).tables())
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFile(
            "This is an old Excel workbook (.xls), or one with a password.",
            where="the beginning of the file",
            what_to_do="Open it and save it as .xlsx without a password, or as CSV.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise UnreadableFile(
            "The file cannot be read as a table.", where="the file", what_to_do="Save it as CSV or .xlsx again."
        ) from error
    rows = {number: [c.strip() for c in cells] for number, cells in enumerate(found[:LONGEST], 1)}
    return [Table("", rows, cut=len(found) > LONGEST)]


def _delimiter(text: str) -> str:
    head = "\n".join(text.splitlines()[:20])
    return max(",;\t", key=head.count)


class _Workbook:
    """An XLSX file: sheets, strings and formats by their parts."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise self._fault() from error
        self._strings = self._shared()
        self._is_date = self._date_styles()

    def _fault(self) -> UnreadableFile:
        return UnreadableFile(
            "The workbook cannot be read.",
            where="the file",
            what_to_do="Open it, save it as .xlsx or CSV, and choose that.",
        )

    def _part(self, name: str) -> ElementTree.Element | None:
        raw = self._bytes(name)
        try:
            return None if raw is None else ElementTree.fromstring(raw)
        except ElementTree.ParseError as error:
            raise self._fault() from error

    def _bytes(self, name: str) -> bytes | None:
        try:
            if self._zip.getinfo(name).file_size > LARGEST:
                raise UnreadableFile(
                    "The workbook is too large.", where=name, what_to_do="Save the sheet with the checks by itself."
                )
            with self._zip.open(name) as part:
                raw = part.read(LARGEST + 1)
        except KeyError:
            return None
        except (zipfile.BadZipFile, RuntimeError, OSError, EOFError) as error:
            raise self._fault() from error
        # A workbook declares no document type; one that does may unpack itself without end.
        if len(raw) > LARGEST or b"<!DOCTYPE" in raw[:2048] or b"<!ENTITY" in raw[:4096]:
            raise self._fault()
        return raw

    def _shared(self) -> list[str]:
        root = self._part("xl/sharedStrings.xml")
        return [] if root is None else [_text_of(one) for one in root.iter(f"{_MAIN}si")]

    def _date_styles(self) -> list[bool]:
        root = self._part("xl/styles.xml")
        if root is None:
            return []
        own = {
            int(one.get("numFmtId", "0")): _says_date(one.get("formatCode", "")) for one in root.iter(f"{_MAIN}numFmt")
        }
        formats = root.find(f"{_MAIN}cellXfs")
        kinds = [int(one.get("numFmtId", "0")) for one in formats] if formats is not None else []
        return [own.get(kind, kind in _DATES) for kind in kinds]

    def tables(self) -> Iterator[Table]:
        book, relations = self._part("xl/workbook.xml"), self._part("xl/_rels/workbook.xml.rels")
        if book is None or relations is None:
            raise self._fault()
        properties = book.find(f"{_MAIN}workbookPr")
        mac = properties is not None and properties.get("date1904") in ("1", "true")
        self._mac, self._zero = mac, date(1904, 1, 1) if mac else date(1899, 12, 30)
        where = {one.get("Id"): one.get("Target", "") for one in relations}
        for sheet in book.iter(f"{_MAIN}sheet"):
            target = where.get(sheet.get(_REL), "").lstrip("/")
            raw = self._bytes(target if target.startswith("xl/") else f"xl/{target}")
            if raw is not None and sheet.get("state") in (None, "visible"):
                try:
                    yield self._table(sheet.get("name", ""), raw)
                except ElementTree.ParseError as error:
                    raise self._fault() from error

    def _table(self, name: str, raw: bytes) -> Table:
        """A sheet, row by row: its elements are let go as they are read, or they would weigh ten times the file."""
        rows: dict[int, list[str]] = {}
        hidden: set[int] = set()
        merged: list[ElementTree.Element] = []
        lost: dict[tuple[int, int], str] = {}
        beyond, last = 0, 0
        for _, element in ElementTree.iterparse(io.BytesIO(raw)):
            if element.tag == f"{_MAIN}mergeCell":
                merged.append(element)
            if element.tag != f"{_MAIN}row":
                continue
            said = element.get("r", "")
            last = int(said) if said.isdigit() else last + 1
            beyond += last > LONGEST
            at = 0
            for cell in element.iter(f"{_MAIN}c"):
                found = _CELL.fullmatch(cell.get("r", ""))
                number = int(found[2]) if found else last
                at = _column(found[1]) if found else at
                if at >= WIDEST or number > LONGEST:
                    continue
                cells = rows.setdefault(number, [])
                cells.extend([""] * (at + 1 - len(cells)))
                cells[at] = self._value(cell)
                if not cells[at] and (why := _lost(cell)):
                    lost[number, at] = why
                at += 1
            if element.get("hidden") in ("1", "true"):
                hidden.add(last)
            element.clear()
        filled = frozenset(self._merge(merged, rows))
        return Table(name, rows, filled, frozenset(hidden), self._mac, beyond > _STRAY, lost)

    def _merge(self, found: list[ElementTree.Element], rows: dict[int, list[str]]) -> Iterator[tuple[int, int]]:
        for merged in found:
            ends = [_CELL.fullmatch(end) for end in merged.get("ref", "").split(":")]
            if len(ends) != 2 or ends[0] is None or ends[1] is None:
                continue
            left, top, right, bottom = _column(ends[0][1]), int(ends[0][2]), _column(ends[1][1]), int(ends[1][2])
            first = rows.get(top, [])
            text = first[left] if left < len(first) else ""
            for number in range(top, min(bottom, top + 50, LONGEST) + 1):
                for at in range(left, min(right, WIDEST - 1) + 1):
                    if text and (number, at) != (top, left):
                        cells = rows.setdefault(number, [])
                        cells.extend([""] * (at + 1 - len(cells)))
                        cells[at] = text
                        yield number, at

    def _value(self, cell: ElementTree.Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(f"{_MAIN}is")
            return "" if inline is None else _text_of(inline).strip()
        raw = cell.findtext(f"{_MAIN}v") or ""
        if kind == "s":
            return self._strings[int(raw)].strip() if raw.isdigit() and int(raw) < len(self._strings) else ""
        if kind == "b":
            return "yes" if raw == "1" else "no"
        if kind in ("str", "d"):
            return raw.strip()
        if kind == "e" or not raw:
            return ""
        style = cell.get("s", "")
        dated = style.isdigit() and int(style) < len(self._is_date) and self._is_date[int(style)]
        return self._number(raw, dated)

    def _number(self, raw: str, dated: bool) -> str:
        try:
            number = float(raw)
        except ValueError:
            return raw.strip()
        if dated and 1 <= number < 2_958_466:
            return (self._zero + timedelta(days=int(number))).isoformat()
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _lost(cell: ElementTree.Element) -> str:
    """What stands in a cell of which nothing can be read; empty for one in which nothing stands."""
    if cell.get("t") == "e":
        return cell.findtext(f"{_MAIN}v") or "#ERROR"
    return "a formula without a value" if cell.find(f"{_MAIN}f") is not None and not cell.findtext(f"{_MAIN}v") else ""


def _text_of(element: ElementTree.Element) -> str:
    """The text of a string item: its own, or its runs'; not the reading aids beside them."""
    own = element.findtext(f"{_MAIN}t")
    return own if own is not None else "".join(run.findtext(f"{_MAIN}t") or "" for run in element.iter(f"{_MAIN}r"))


def _says_date(code: str) -> bool:
    """Whether a number format is of dates: a day, month or year outside quotation marks and brackets."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code.lower())
    return bool(re.search(r"[dy]|m{3}", plain))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
