"""A table of figures on a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onedoor.reporting.tables import Table


def show(table: Table) -> None:
    """Print a table: title, headings, rows, where its figures are from, and its notes."""
    headings = [column.heading for column in table.columns]
    widths = [max(len(row[place]) for row in (headings, *table.said)) for place in range(len(headings))]

    def line(cells: list[str]) -> str:
        placed = zip(cells, widths, table.right, strict=True)
        return (
            "  "
            + "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in placed).rstrip()
        )

    print(f"{table.title}\n")
    print(line(headings))
    for row in table.said:
        print(line(row))
    print()
    for words in (*(f"{name}: {said}" for name, said in table.provenance), *table.notes):
        print(textwrap.fill(words, 100, initial_indent="  ", subsequent_indent="  "))
    print()
