"""A file of a practice or trust as sheets of cells, read as often as needed: a workbook whole, a long CSV file as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from onedoor.exchange.files.columns import HEADER_IN
from onedoor.exchange.files.lines import Lines, rows
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.workbook import LONGEST, Table, tables
from onedoor.exchange.opening import opened

_SAMPLE = 200
"""Rows of a CSV file that are held while its columns are made out."""
_LOOKED_AT = 4096
"""Bytes from the beginning by which a file is known to be no table."""
_BEGIN_OTHERS = (b"%PDF-", b"{\\rtf", b"<", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
"""How PDF, RTF, web pages, pictures and packed files begin."""
_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))
"""Control characters that no text has, in any encoding that exports are written in."""
_SLIPS = 0.02
"""How many of them may be damage: a row that has one is rejected by itself. Of a picture or of noise they are a tenth."""


@dataclass(frozen=True)
class Grid:
    """One sheet. `head` is its first rows, for finding the header and proposing what each column is."""

    name: str
    head: Table
    file: Path | bytes | None = None
    """Of a CSV file; None where `head` is all of it."""
    delimiter: str = ","

    @property
    def hidden(self) -> frozenset[int]:
        """Rows that the sheet does not show."""
        return self.head.hidden

    @property
    def from_1904(self) -> bool:
        """Whether its days count from 1904."""
        return self.head.from_1904

    def rows(self) -> Iterator[tuple[int, list[str], str]]:
        """Each row with something in it: its number as a spreadsheet shows it, its cells, and why it cannot be read, if so."""
        if self.file is None:
            for number in sorted(self.head.rows):
                if any(self.head.rows[number]):
                    yield number, self.head.rows[number], ""
            return
        with ExitStack() as stack:
            # Numbered by records, as a spreadsheet does: a cell may run over lines.
            for number, row in enumerate(rows(Lines(opened(self.file, stack)), self.delimiter), 1):
                cells = [cell.strip() for cell in row.cells] if row.ragged else row.cells
                if row.fault or any(cells):
                    yield number, cells, row.fault


def grids(file: Path | bytes) -> list[Grid]:
    """The sheets of a file in order. Raises UnreadableFile for one that is no table, or longer than can be read whole."""
    with ExitStack() as stack:
        start = opened(file, stack).read(_LOOKED_AT)
    if not start:
        raise UnreadableFile("The file is empty.", where="the file", what_to_do="Export it again.")
    if start[:2] == b"PK" or start[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        found = tables(file if isinstance(file, bytes) else file.read_bytes())
        for table in found:
            if table.cut:
                raise UnreadableFile(
                    f"The sheet has more than {LONGEST:,} rows.",
                    where=f"the sheet {table.name}" if table.name else "the sheet",
                    what_to_do="Save it as CSV, which may be as long as it likes.",
                )
        return [Grid(table.name, _with_lost(table)) for table in found]
    if start[:2] not in (b"\xff\xfe", b"\xfe\xff") and _is_none(start):
        raise UnreadableFile(
            "This is not a spreadsheet.",
            where="the beginning of the file",
            what_to_do="Save it as .xlsx or CSV, and choose that.",
        )
    file = _in_lines(file)
    delimiter = _delimiter(file)
    with ExitStack() as stack:
        first = islice(rows(Lines(opened(file, stack)), delimiter), HEADER_IN + _SAMPLE)
        head = {number: [cell.strip() for cell in row.cells] for number, row in enumerate(first, 1)}
    return [Grid("", Table("", head), file, delimiter)]


def _with_lost(table: Table) -> Table:
    """The table with what stands in cells that cannot be read, so that the report shows it."""
    for (number, at), what in table.lost.items():
        table.rows[number][at] = what
    return table


def _in_lines(file: Path | bytes) -> Path | bytes:
    """A CSV file in UTF-16, or with the line ends of an old Mac, as other files are written; any other as it is."""
    with ExitStack() as stack:
        start = opened(file, stack).read(1 << 16)
    wide = start[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and (b"\n" in start or b"\r" not in start):
        return file
    content = file if isinstance(file, bytes) else file.read_bytes()
    if wide:
        content = content.decode("utf-16", errors="replace").encode()
    return content if b"\n" in content else content.replace(b"\r", b"\n")


def _is_none(start: bytes) -> bool:
    """Whether a file begins like something that is no table: a PDF, a web page, a picture, anything with noughts at its
    beginning, or full of control characters from its first line on: damage in the rows costs those rows alone. Letters beyond
    ASCII say nothing, since Windows-1252 has them."""
    first = next((line for line in start.splitlines() if line.strip()), b"")
    full = _odd(first) > 0 and _odd(start) > max(2, _SLIPS * len(start))
    return start.startswith(_BEGIN_OTHERS) or b"\x00" in start[:8] or full


def _odd(text: bytes) -> int:
    return len(text) - len(text.translate(None, _NO_TEXT))


def _delimiter(file: Path | bytes) -> str:
    """What most of the first lines have most of."""
    with ExitStack() as stack:
        head = "\n".join(text for _, text in islice(Lines(opened(file, stack)), 20))
    return max(",;\t|", key=head.count)
