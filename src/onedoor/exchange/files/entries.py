"""Rows of a file of coded entries, cell by cell as they stand there; what they mean is for records to judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onedoor.exchange.files.cells import Dates
from onedoor.exchange.files.report import Findings
from onedoor.exchange.files.sheet import Sheet
from onedoor.kernel import nhs_number
from onedoor.records.types import EntryRow


@dataclass
class EntryRows:
    """Iterating reads the file once. Rows that are no row of the table at all are reported to `findings`."""

    sheet: Sheet
    findings: Findings

    def __iter__(self) -> Iterator[EntryRow]:
        at = {name: places[0] for name, places in self.sheet.places.items() if places}
        nothing = len(self.sheet.header)  # each row gets one empty cell more, where columns the file lacks are read
        number, code, day = at["nhs_number"], at["code"], at["date"]
        organisation, value, unit = at["organisation"], at.get("value", nothing), at.get("unit", nothing)
        term, cluster = at.get("term", nothing), at.get("cluster", nothing)
        dates, compact = Dates(self.sheet.mapping.dates), nhs_number.compact
        for row, cells in self.sheet.rows(self.findings):
            cells.append("")
            text = cells[day]
            yield EntryRow(
                row,
                compact(cells[number]),
                cells[code],
                dates.known.get(text) or dates.read(text),
                text,
                cells[value],
                cells[unit],
                cells[organisation].upper(),
                cells[term],
                cells[cluster].upper(),
            )
