"""A file as a table: what stands above it, its header, and its rows by field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from onedoor.exchange.files.cells import Dates
from onedoor.exchange.files.lines import Lines, Row, rows
from onedoor.exchange.files.mapping import Mapping, fold
from onedoor.exchange.files.report import Findings, Kind, UnreadableFile

_PREAMBLE_AT_MOST = 60
"""Lines in which a header must be found."""


@dataclass(frozen=True)
class Speaks:
    """What a diary's preamble says the file speaks for."""

    first_day: date
    last_day: date
    site: str
    holders: str = ""
    """Whose sessions, as the file writes it: names with commas between (invented: the exports that we have seen are of all
    holders). Empty for everybody's."""

    def has(self, holder: str) -> bool:
        """Whether a session holder's sessions are among them."""
        return not self.holders or _holder(holder).search(_single(self.holders)) is not None

    def names(self, holders: Iterable[str]) -> tuple[str, ...]:
        """The session holders by name: those of `holders`, as the rows write them, and who else is named above the table.

        A name may have a comma of its own; then the rows tell.
        """
        rest, found = _single(self.holders), []
        for holder in sorted(set(holders), key=lambda name: (-len(name), name)):
            rest, times = _holder(holder).subn("", rest)
            found += [holder] if times else []
        return tuple(sorted({*found, *(name.strip() for name in rest.split(",") if name.strip())}))


def _single(text: str) -> str:
    return " ".join(text.split())


def _holder(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|,) ?{re.escape(_single(name))} ?(?=,|$)", re.IGNORECASE)


class Sheet:
    """The table of one file, found by whichever mapping fits its header. Its rows are read once."""

    def __init__(self, file: BinaryIO, mappings: Sequence[Mapping], kind: Kind) -> None:
        self.lines = Lines(file)
        self.preamble: list[str] = []
        self.blank = 0
        self.read = 0
        self.misfits = 0
        """Rows read that are not as wide as the header."""
        self._find_header(mappings, kind)
        self.places = self._places()

    def _find_header(self, mappings: Sequence[Mapping], kind: Kind) -> None:
        nearest: tuple[int, int, list[str]] = (0, 0, [])
        for number, text in self.lines:
            if number > _PREAMBLE_AT_MOST:
                break
            for mapping in mappings:
                cells = _cells(text, mapping.delimiter)
                folded = {fold(cell) for cell in cells}
                missing = [column for column in mapping.required if fold(column) not in folded]
                if not missing and mapping.kind != kind:
                    raise UnreadableFile(
                        f"This is another kind of file: {mapping.name}.",
                        where=f"line {number}",
                        what_to_do=f"Read it as {mapping.kind}.",
                    )
                if not missing:
                    self.mapping, self.header, self.header_row = mapping, cells, number
                    return
                if mapping.kind == kind and (there := len(mapping.required) - len(missing)) > nearest[0]:
                    nearest = (there, number, missing)
            if said := text.strip(' ,;\t"'):
                self.preamble.append(said)
        if not self.lines.number:
            raise UnreadableFile("The file is empty.", where="the file", what_to_do="Export it again.")
        if nearest[0] > 1:
            raise UnreadableFile(
                f"The header lacks {_listed(nearest[2])}.",
                where=f"line {nearest[1]}",
                what_to_do="Export the file again with these columns, or describe its columns in a mapping file.",
            )
        wanted = next((_listed(mapping.required) for mapping in mappings if mapping.kind == kind), "of this kind")
        raise UnreadableFile(
            f"No header was found: no line has the columns {wanted}.",
            where=f"lines 1 to {min(self.lines.number, _PREAMBLE_AT_MOST)}",
            what_to_do="Check that this is the right file. Another system's export needs a mapping file.",
        )

    def _places(self) -> dict[str, tuple[int, ...]]:
        """Field to the positions of its columns; of columns that the file does not have, none."""
        at: dict[str, int] = {}
        for position, name in enumerate(self.header):
            at.setdefault(fold(name), position)
        return {
            field: tuple(at[fold(name)] for name in names if fold(name) in at)
            for field, names in self.mapping.columns.items()
        }

    def column(self, field: str) -> str:
        """The name of the field's column, as this file writes it."""
        places = self.places.get(field)
        return self.header[places[0]] if places else field

    def practice(self) -> tuple[str, str] | None:
        """Name and ODS code from above the table."""
        pattern = self.mapping.practice
        found = (pattern.search(line) for line in self.preamble) if pattern else ()
        return next(((match["name"].strip(), match["ods"].upper()) for match in found if match), None)

    def run_on(self) -> date | None:
        """The day on which the export was made, if it says so."""
        pattern = self.mapping.run
        found = (pattern.search(line) for line in self.preamble) if pattern else ()
        return next((Dates(self.mapping.dates).read(match["day"]) for match in found if match), None)

    def speaks_for(self) -> Speaks:
        """Days, site and session holders that a diary's export covers. Without them nobody knows what is missing from it."""
        assert self.mapping.scope is not None
        for line in self.preamble:
            match = self.mapping.scope.search(line)
            if match is None:
                continue
            dates = Dates(self.mapping.dates)
            first, last = dates.read(match["first"]), dates.read(match["last"])
            if first is None or last is None or last < first:
                raise self._scope_fault(f"The date range cannot be read: {line}")
            holders = match["holders"].strip()
            if fold(holders) == self.mapping.everybody:
                holders = ""
            return Speaks(first, last, match["site"].strip(), holders)
        raise self._scope_fault("No line above the table says which days and whose sessions the file covers.")

    def _scope_fault(self, what: str) -> UnreadableFile:
        return UnreadableFile(
            what,
            where=f"above the table, lines 1 to {self.header_row - 1}",
            what_to_do="Export the diary again for a range of whole days, with its heading, which says whose sessions it has.",
        )

    def rows(self, findings: Findings) -> Iterator[tuple[int, list[str]]]:
        """Rows that can be judged cell by cell, as wide as the header and trimmed; the others are reported here."""
        width, header = len(self.header), self.header
        for row in rows(self.lines, self.mapping.delimiter):
            cells = row.cells
            if len(cells) != width or row.fault:
                fitted = self._fitted(row, findings)
                if fitted is None:
                    continue
                cells = fitted
            if not cells[0] and not "".join(cells).strip():
                self.blank += 1
                findings.note(row.number, "", "", "the row is empty", "Nothing: it is passed over.")
                continue
            if cells[0] == header[0] and cells == header:
                self.blank += 1
                findings.note(row.number, "", "", "the header stands here again", "Nothing: it is passed over.")
                continue
            self.read += 1
            if row.ragged:
                cells = [cell.strip() for cell in cells]
            yield row.number, cells

    def _fitted(self, row: Row, findings: Findings) -> list[str] | None:
        width = len(self.header)
        if not row.fault and not "".join(row.cells).strip():
            self.blank += len(row.cells) > 1
            return None
        if not row.fault and len(row.cells) > width and not "".join(row.cells[width:]).strip():
            return row.cells[:width]
        self.read += 1
        self.misfits += 1
        shown = self.mapping.delimiter.join(row.cells[:4])
        if row.fault:
            findings.reject(row.number, "", shown, row.fault, "Put the row right in {system} and export again.")
        else:
            findings.reject(
                row.number,
                "",
                shown,
                f"the row has {len(row.cells)} cells where the header has {width}, so nobody can tell which is which",
                "Look in {system} for a comma or a line break within one of this row's fields, and export again.",
            )
        return None


def _cells(text: str, delimiter: str) -> list[str]:
    cells = [cell.strip().strip('"') for cell in text.split(delimiter)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
