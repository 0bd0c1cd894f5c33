"""Tables as files for a spreadsheet: names read right, and no cell runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or skips before one."""


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str | int | Decimal | date]], *, above: str = "") -> str:
    """Comma-separated values with a byte-order mark, without which a spreadsheet reads names wrong. A date is in ISO 8601;
    `above` is a line before the header."""
    out = io.StringIO()
    writer = csv.writer(out)
    if above:
        writer.writerow([above])
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return "\ufeff" + out.getvalue()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run is shown as text."""
    return f"'{cell}" if cell[:1] in _RUNS else cell
