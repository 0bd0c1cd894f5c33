"""An explained figure as tables, for the page, its files and the command line."""

from __future__ import annotations

from datetime import date

from onedoor.reporting.measures.book import Measure
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.measures.explaining import Explained, Row
from onedoor.reporting.tables import Cell, Column, Table, day

SMALL_HIDDEN = (
    "Of practices and networks counts below 5 are hidden (*), with what gives them away; others are to the nearest 5."
)


def practices(found: Explained) -> Table:
    """The figure, and each practice that it sums."""
    measure = found.measure
    columns = [Column("name", "Organisation"), Column("code", "ODS code"), *_columns(measure)]
    rows = [*found.practices, found.row] if found.practices else [found.row]
    notes = [f"{name}: no record of it is here, so nothing is known of it." for name in found.missing]
    if not found.exact:
        notes.append(SMALL_HIDDEN)
    return Table(
        f"{measure.name}: {found.organisation.name}, {found.closing.month:%B %Y}",
        columns,
        [[one.name, one.ods_code, *_cells(measure, one)] for one in rows],
        notes,
        _source(found),
        period(measure, found.closing.month),
        found.closing.known_at,
    )


def left_out(found: Explained) -> Table:
    """Who is left out of the figure and who does not count yet, by reason."""
    rows: list[list[Cell]] = [[words, "left out of the denominator", many] for words, many in found.left_out]
    rows += [[words, "in the denominator, not counted", many] for words, many in found.not_yet]
    return Table(
        f"{found.measure.name}: who is not counted at {found.organisation.name}, {found.closing.month:%B %Y}",
        [Column("why", "Why"), Column("where", "What follows"), Column("people", "People")],
        rows,
        [],
        _source(found),
        period(found.measure, found.closing.month),
        found.closing.known_at,
    )


def period(measure: Measure, month: date) -> str:
    """Of which days a figure of a month is, in words."""
    if measure.clock == "month_end":
        return day(last_day(month))
    if measure.clock == "month":
        return f"{month:%B %Y}"
    return f"twelve months to {day(last_day(month))}"


def _source(found: Explained) -> str:
    rules = f"; rule set {found.rules}" if found.rules else ""
    return f"our own record, by definition {found.version.label}{rules}; edition {found.closing.edition}"


def _columns(measure: Measure) -> list[Column]:
    if not measure.is_share:
        return [Column("numerator", "People" if measure.counts == "people" else "How many")]
    return [
        Column("numerator", "Numerator"),
        Column("denominator", "Denominator"),
        Column("share", "Share", "%", places=1),
    ]


def _cells(measure: Measure, one: Row) -> list[Cell]:
    return [one.numerator, one.denominator, one.share] if measure.is_share else [one.numerator]
