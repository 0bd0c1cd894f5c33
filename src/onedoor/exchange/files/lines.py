"""Lines and cells of an exported file, in bounded memory, so that a fault in one row stays in that row.

Each line is read as UTF-8, and as Windows-1252 where it is not (exports mix them: a spreadsheet writes the latter). An
unclosed quotation mark costs its own row, not the rest of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from onedoor.exchange.files.report import UnreadableFile

LONGEST = 64 * 1024
"""Bytes of a line; anything longer is no row."""

JOINED = 20
"""Over how many lines a quoted cell may run."""

_UNREADABLE = "\ufffd"


class Row(NamedTuple):
    """One row: the number of its first line, and its cells. `ragged` when there may be spaces around some; `fault` says why it
    cannot be read."""

    number: int
    cells: list[str]
    ragged: bool = True
    fault: str = ""


class Lines:
    """The lines of a file with their numbers. `latin` counts those that were not UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.number, self.latin, self.marked = file, 0, 0, False
        self._again: list[tuple[int, str]] = []
        self._encoding = "utf-8"
        self._open()

    def _open(self) -> None:
        start = self.file.read(4)
        if start[:2] == b"PK":
            raise UnreadableFile(
                "This is an Excel workbook, not a CSV file.",
                where="the beginning of the file",
                what_to_do="Export it again as CSV, or open it and save it as 'CSV (comma delimited)'.",
            )
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnreadableFile(
                "This file is 'Unicode text' (UTF-16), not CSV.",
                where="the beginning of the file",
                what_to_do="Export it again as CSV, or save it as 'CSV UTF-8'.",
            )
        self.marked = start[:3] == b"\xef\xbb\xbf"
        self.file.seek(3 if self.marked else 0)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._again:
            return self._again.pop()
        raw = self.file.readline(LONGEST)
        if not raw:
            raise StopIteration
        self.number += 1
        number = self.number
        if len(raw) == LONGEST and raw[-1:] != b"\n":
            self._skip()
            return number, _UNREADABLE
        return number, self._text(raw).rstrip("\r\n")

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        """Read these lines again next."""
        self._again += reversed(lines)

    def _skip(self) -> None:
        while rest := self.file.readline(LONGEST):
            if rest[-1:] == b"\n":
                return

    def _text(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.latin += 1
            return raw.decode("cp1252", errors="replace")

    @property
    def encoding(self) -> str:
        """How the lines read so far were written, in words."""
        plain = "UTF-8 with a byte-order mark" if self.marked else "UTF-8"
        lines = "one line" if self.latin == 1 else f"{self.latin} lines"
        return f"{plain}, and Windows-1252 on {lines}" if self.latin else plain


def rows(lines: Lines, delimiter: str) -> Iterator[Row]:
    """Each line as a row of cells; one with quoted line breaks is one row."""
    before, after = f" {delimiter}", f"{delimiter} "
    for number, text in lines:
        if _UNREADABLE in text or "\x00" in text:
            yield Row(number, text.split(delimiter)[:40], fault="a character cannot be read")
        elif '"' not in text:
            ragged = before in text or after in text or not text.isascii() or text != text.strip()
            yield Row(number, text.split(delimiter), ragged)
        else:
            yield _quoted(lines, number, text, delimiter)


def _quoted(lines: Lines, number: int, text: str, delimiter: str) -> Row:
    taken: list[tuple[int, str]] = []
    whole = text
    while True:
        try:
            return Row(number, next(csv.reader([whole], delimiter=delimiter, strict=True)))
        except csv.Error:
            pass
        if whole.count('"') % 2 == 0 or len(taken) >= JOINED or (following := next(lines, None)) is None:
            # Not a cell that runs over lines: the fault is in this line, and those after it are read for themselves.
            lines.give_back(taken)
            return Row(number, text.split(delimiter)[:40], fault="a quotation mark has no counterpart")
        taken.append(following)
        whole = f"{whole}\n{following[1]}"
