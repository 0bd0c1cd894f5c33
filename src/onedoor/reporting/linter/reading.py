"""A report from a file or from what was pasted: tables by commas, tabs, bars or columns of blanks, and the sentences around them.

Nothing is refused for its looks: a line that is no table is words. UnreadableReport where the file itself cannot be read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from onedoor.reporting.linter import numbers, periods
from onedoor.reporting.linter.document import Cell, Document, Line, Paragraph, Place, Sentence, Table

LARGEST = 512 * 1024
"""Bytes; a report of a hundred pages is half as much."""

TOO_LARGE = "It is larger than half a megabyte: check the report, not the data behind it."


class UnreadableReport(ValueError):
    """The file cannot be read; the text says why and what to do."""


_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_RULE = re.compile(r"[\s|:\-+=_]+")
_BULLET = re.compile(r"\s*(?:[•·◦▪✓*]|[-–](?=\s)|\d{1,2}[.)](?=\s)|\([a-z]\)|\+(?=\d))")
_STOP = re.compile(r"(?<=[.!?])[\"”)]?\s+(?=[A-Z0-9£“\"(+~])")
_NO_STOP = re.compile(
    r"\b(?:e\.g|i\.e|c|approx|no|vs|(?:[Pp]age|[Ff]ig(?:ure)?|[Cc]hart|[Gg]raph|[Tt]able|[Ss]lide) \d+\w?|Mr|Dr|St)\.$"
)
_SHORT = 60


def read(content: bytes, name: str = "") -> Document:
    """A workbook (.xlsx), CSV or text by its bytes and its name. Raises UnreadableReport."""
    if len(content) > LARGEST:
        raise UnreadableReport(TOO_LARGE)
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    packed = content[:2] == b"PK" and b"xl/" not in content
    if content[:4] == b"%PDF" or packed or (b"\0" in content[:2000] and not wide and not is_workbook(content)):
        raise UnreadableReport(
            "It is neither text nor an Excel workbook (.xlsx): copy its text and its tables, and lint those."
        )
    if is_workbook(content):
        # Only a workbook needs the reader of another context, and with it Django: a text is linted by what Python has.
        from onedoor.exchange import api as exchange

        rows: list[list[str]] = []
        try:
            sheets = exchange.sheets(content)
        except exchange.UnreadableFile as error:
            raise UnreadableReport(f"{error.what} {error.what_to_do}") from error
        for sheet in sheets:
            last = 0
            for number, cells in sheet.rows.items():
                rows += [[]] * (1 if number > last + 1 else 0)
                last = number
                rows.append(cells)
            rows.append([])
        return _document(_from_rows(rows))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return read_text(text, commas=name.lower().endswith(".csv"))


def is_workbook(content: bytes) -> bool:
    """Whether a file is a workbook by its first bytes, new or old."""
    return content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0"


def read_text(text: str, *, commas: bool = False) -> Document:
    """What was pasted; `commas`: it is known to be CSV."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if commas or _has_commas(text):
        delimiter = max(",;\t", key=text[:4000].count)
        try:
            return _document(_from_rows(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))))
        except csv.Error:
            pass
    return _document(_from_lines(text.split("\n")))


def _has_commas(text: str) -> bool:
    if "\t" in text or "|" in text:
        return False
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(row)]
    except csv.Error:
        return False
    widths = Counter(len(row) for row in rows if len(row) > 1 and all(len(cell) <= _SHORT for cell in row))
    if not widths:
        return False
    width, often = widths.most_common(1)[0]
    with_numbers = [row for row in rows if len(row) == width and any(numbers.read(cell) for cell in row[1:])]
    return often >= 3 and often * 10 >= len(rows) * 6 and len(with_numbers) >= 2


_Block = tuple[str, list[list[str]]]
"""("rows", the rows of a table) or ("words", lines of one paragraph, each the only cell of its row)."""


def _from_rows(rows: Sequence[Sequence[str]]) -> Iterator[_Block]:
    """A spreadsheet: rows with one cell are titles and notes, unless they stand between rows of figures."""
    block: list[list[str]] = []
    cells = [[cell.strip() for cell in row] for row in rows]
    for at, row in enumerate(cells):
        filled = [cell for cell in row if cell]
        if len(filled) > 1:
            block.append(row)
            continue
        section = filled and block and row[0] and len(row) > 1 and at + 1 < len(cells) and _has_figure(cells[at + 1])
        if section:
            block.append(row)
            continue
        if block:
            yield "rows", block
            block = []
        if filled:
            yield "words", [filled]
    if block:
        yield "rows", block


def _has_figure(row: Sequence[str]) -> bool:
    return any(numbers.read(cell) for cell in row[1:])


def _from_lines(lines: Sequence[str]) -> Iterator[_Block]:
    block: list[list[str]] = []
    kind = ""
    plain = [_TAG.sub(" ", raw).rstrip() for raw in lines]
    for line, after in zip([*plain, ""], [*plain[1:], "", ""], strict=True):
        cells, this = _cells(line)
        # The second line of a name that was too long for its cell has no divider of its own.
        if this == "words" and kind not in ("", "words") and len(line) < _SHORT and _cells(after)[1] == kind:
            this = kind
        if this != kind and block:
            yield from _block(kind, block)
            block = []
        kind = this
        if cells:
            block.append(cells)
    if block:
        yield from _block(kind, block)


def _cells(line: str) -> tuple[list[str], str]:
    """The cells of a line, and by what they are divided; "" for a blank line."""
    if not line.strip():
        return [], ""
    if "|" in line:
        if _RULE.fullmatch(line):
            return [], "|"
        return [cell.strip(" *") if cell.strip() != "*" else "*" for cell in line.strip().strip("|").split("|")], "|"
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")], "\t"
    wide = re.split(r"\s{2,}", line.strip())
    if len(wide) > 1 and any(numbers.read(cell) or periods.month_of(cell) is not None for cell in wide[1:]):
        return wide, "  "
    return [line.strip()], "words"


def _block(kind: str, block: list[list[str]]) -> Iterator[_Block]:
    """A table needs two rows, one of them with a figure; anything else that was divided is words, each row by itself."""
    if kind == "words":
        yield "words", block
    elif len(block) > 1 and any(_has_figure(row) for row in block):
        yield "rows", block
    else:
        for row in block:
            yield "words", [[" ".join(cell for cell in row if cell)]]


def _document(blocks: Iterator[_Block]) -> Document:
    parts: list[Paragraph | Table] = []
    paragraph = tables = 0
    titles: list[str] = []
    for kind, rows in blocks:
        table = _table(rows, tables, tuple(titles[-2:])) if kind == "rows" else None
        if table and table.rows:
            tables += 1
            parts.append(table)
            titles = []
            continue
        if table:
            # Headings with nothing under them are words.
            rows = [[" ".join(cell for cell in row if cell)] for row in rows]
        paragraph += 1
        sentences = _sentences([row[0] for row in rows], paragraph)
        if not sentences:
            continue
        if parts and isinstance(parts[-1], Table):
            parts[-1] = replace(parts[-1], notes=(*parts[-1].notes, *(one.text for one in sentences)))
        titles = [*titles[-1:], *(one.text for one in sentences)] if len(sentences) == 1 else [sentences[-1].text]
        parts.append(Paragraph(paragraph, sentences))
    return Document(tuple(parts))


def _sentences(lines: Sequence[str], paragraph: int) -> tuple[Sentence, ...]:
    runs: list[str] = []
    for line in lines:
        alone = not runs or _BULLET.match(line) or (len(runs[-1]) < _SHORT and line[:1].isupper() and len(lines) > 1)
        if alone or (re.search(r"[.!?:]$", runs[-1]) and len(runs[-1]) < _SHORT):
            runs.append(line)
        else:
            runs[-1] = f"{runs[-1]} {line}"
    found: list[str] = []
    for run in runs:
        pieces = _STOP.split(run)
        for at, piece in enumerate(pieces):
            if at and found and _NO_STOP.search(found[-1]):
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    texts = [re.sub(r"\s+", " ", text).strip() for text in found]
    alone = len(texts) == 1
    return tuple(
        Sentence(
            text,
            Place(paragraph=paragraph, sentence=number, words=f"paragraph {paragraph}, sentence {number}"),
            alone and not re.search(r"[.!?;]$", text),
        )
        for number, text in enumerate((one for one in texts if one), 1)
    )


def _table(rows: Sequence[Sequence[str]], number: int, titles: tuple[str, ...]) -> Table:
    width = max(len(row) for row in rows)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    body = next((at for at, row in enumerate(full) if _is_body(row, at)), len(full))
    headings = _headings(full[:body], width)
    full = _joined(full[body:])
    labelled = _names_rows(full, headings)
    units = [numbers.unit_of(heading) for heading in headings]
    unit_at = next((at for at, one in enumerate(headings) if one.strip().lower() in ("unit", "units")), None)
    made = []
    for at, row in enumerate(full):
        name = row[0] if labelled else ""
        own = numbers.unit_of(row[unit_at] if unit_at is not None else name)
        other = row[unit_at].strip().lower() if unit_at is not None and not own.unit else ""
        cells = []
        for column, text in enumerate(row):
            words = ", ".join(one for one in (name, headings[column] or f"column {column + 1}") if one)
            place = Place(number, at, column, words=words)
            under = own if own.unit or own.scale > 1 else units[column]
            value = None if labelled and not column else numbers.read(text, under)
            if value is not None and other and not value.unit and not units[column].unit:
                value = replace(value, unit="" if other in ("count", "number", "people") else other)
            cells.append(Cell(text, place, value, numbers.is_hidden(text)))
        made.append(Line(name, tuple(cells)))
    return Table(number, tuple(headings), tuple(made), labelled, titles)


def _is_body(row: Sequence[str], at: int) -> bool:
    """The first row with figures; not one whose numbers are years, or ends of headings that were broken across two lines."""
    found = [(cell, number) for cell in row if (number := numbers.read(cell))]
    if row[0].strip() and numbers.read(row[0]) is None:
        found = [(cell, number) for cell, number in found if cell != row[0]]
    # "8 weeks" and "Over 65" at the top are headings.
    found = [(cell, number) for cell, number in found if at or not (number.unit in numbers.TIMES or number.about)]
    if not found:
        return False
    if all(re.fullmatch(r"(19|20)\d\d", cell.strip()) for cell, _ in found):
        return bool(at)
    ends = not row[0].strip() and all(re.fullmatch(r"\d{1,2}", cell.strip()) for cell, _ in found)
    return not ends


def _headings(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    out = []
    for at in range(width):
        heading = ""
        for part in (row[at].strip() for row in rows):
            # "Dec'1" over "7", "March'" over "18": one heading that a column was too narrow for.
            broken = re.fullmatch(r"\d{1,2}", part) and re.search(r"'\d?$", heading)
            heading = f"{heading}{'' if broken or not heading or not part else ' '}{part}"
        out.append(heading)
    return out


def _joined(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows, with the second line of a name that was broken joined to its first: it has no figures and stands below one that has."""
    out: list[list[str]] = []
    for row in rows:
        filled = [cell for cell in row if cell]
        single = len(filled) == 1 and bool(row[0]) and numbers.read(row[0]) is None
        if (
            single
            and out
            and _has_figure(out[-1])
            and len(row[0].split()) < 3
            and not re.match(r"total|all", row[0], re.I)
        ):
            out[-1][0] = f"{out[-1][0]} {row[0]}"
        elif filled:
            out.append(list(row))
    return out


def _names_rows(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> bool:
    if len(headings) < 2:
        return False
    first = [row[0] for row in rows]
    figures = [cell for cell in first if numbers.read(cell)]
    years = figures and all(re.fullmatch(r"(19|20)\d\d", cell) for cell in figures)
    return len(figures) * 2 <= len(first) or bool(years)
