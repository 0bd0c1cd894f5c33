"""The linter: all rules over a document, one finding for each cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onedoor.reporting.linter import prose, shares, sums
from onedoor.reporting.linter.document import Document, Place, Table
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.numbers import said

_CARRIED = frozenset({Kind.COLUMN_TOTAL, Kind.ROW_TOTAL})


def lint(document: Document) -> list[Finding]:
    """What does not add up in a report, in its order. Empty: nothing was found, which is no proof that all is right."""
    added, relations = sums.findings(document)
    products = shares.findings(document)
    own = {one.place for one in products}
    # A share, a product or a monthly amount says better than a sum by chance what its cell should be.
    found = _settled(document, [*products, *(one for one in added if one.place not in own)])
    found += _carried(found, relations)
    orders = _orders(document)
    return sorted(_once([*found, *prose.findings(document)]), key=lambda one: _order(orders, one.place))


def _once(found: list[Finding]) -> list[Finding]:
    out: dict[tuple[Place, str], Finding] = {}
    for one in found:
        out.setdefault((one.place, one.printed), one)
    return list(out.values())


def _settled(document: Document, found: list[Finding]) -> list[Finding]:
    """One finding for each cause: a sum that agrees once a cell of it is put right says no more than that cell does."""
    shifts = {one.place: one.shift for one in found if one.shift is not None}
    kept = []
    for one in found:
        causes = [
            place
            for sign, place in one.parts
            if place in shifts
            and one.shift is not None
            and abs(sign * (shifts[place] or 0) - (-one.shift)) <= one.slack
        ]
        if not (one.shift is not None and causes):
            kept.append(one)
    return _crossed(document, kept)


def _crossed(document: Document, found: list[Finding]) -> list[Finding]:
    """A row and a column that are off by the same amount and share a cell: the cell is wrong, not its two totals."""
    out = list(found)
    for row in [one for one in found if one.kind is Kind.ROW_TOTAL]:
        for column in [one for one in found if one.kind is Kind.COLUMN_TOTAL]:
            shared = {place for sign, place in row.parts if sign > 0} & {
                place for sign, place in column.parts if sign > 0
            }
            if row not in out or column not in out or not shared or row.shift is None or row.shift != column.shift:
                continue
            out.remove(column)
            out[out.index(row)] = _wrong_cell(document, row, column, shared.pop())
    return out


def _wrong_cell(document: Document, row: Finding, column: Finding, place: Place) -> Finding:
    cell = document.tables[place.table].rows[place.row].cells[place.column]
    assert cell.number is not None
    assert row.shift is not None
    right = said(cell.number.value - row.shift, cell.number)
    return replace(
        row,
        place=place,
        printed=cell.text,
        follows=right,
        words=f"{place.words} says {cell.text}; with {right} its row and its column would add up"
        f" ({row.place.words}: {row.printed}; {column.place.words}: {column.printed}).",
        shift=-row.shift,
        parts=(),
        others=(row.place, column.place),
    )


def _carried(found: list[Finding], relations: list[sums.Relation]) -> list[Finding]:
    """Totals that agree with what is printed and carry a wrong line."""
    shifts = {one.place: one for one in found if one.shift is not None}
    flagged = {one.place for one in found}
    out = []
    for relation in relations:
        if relation.kind not in _CARRIED:
            continue
        for at in sorted(relation.holds):
            cell = relation.lines.cell(relation.target, at)
            wrong = [
                (sign, shifts[part.place])
                for sign, line in relation.terms
                if (part := relation.lines.cell(line, at)).place in shifts
            ]
            if not wrong or cell.number is None or cell.place in flagged:
                continue
            right = said(cell.number.value + sum(sign * (one.shift or 0) for sign, one in wrong), cell.number)
            places = ", ".join(one.place.words for _, one in wrong)
            out.append(
                Finding(
                    relation.kind,
                    cell.place,
                    cell.text,
                    right,
                    f"{cell.place.words} says {cell.text} and carries what is wrong above ({places}); it would be {right}.",
                    sums.TOTALS,
                    others=tuple(one.place for _, one in wrong),
                )
            )
    return out


def _orders(document: Document) -> dict[tuple[bool, int], int]:
    """Where each table and each paragraph stands."""
    return {(isinstance(part, Table), part.number): at for at, part in enumerate(document.parts)}


def _order(orders: dict[tuple[bool, int], int], place: Place) -> tuple[int, int, int]:
    if place.paragraph:
        return orders[False, place.paragraph], place.sentence, 0
    return orders[True, place.table], place.row, place.column


def scope(document: Document) -> str:
    """What was read: 3 tables with 64 figures, 12 sentences."""
    figures = sum(1 for table in document.tables for row in table.rows for cell in row.cells if cell.number)
    parts = []
    if document.tables:
        parts.append(f"{_many(len(document.tables), 'table')} with {_many(figures, 'figure')}")
    if document.sentences:
        parts.append(_many(len(document.sentences), "sentence"))
    return ", ".join(parts) or "nothing to read"


def verdict(found: Sequence[Finding]) -> str:
    """How it stands, in a sentence."""
    if not found:
        return "Nothing was found that does not follow from the report's own figures. That does not prove them right."
    return f"{_many(len(found), 'finding')}: look at each, the report may be right and say it badly."


def sentence_at(document: Document, place: Place) -> str:
    """The sentence at a place; "" for a cell."""
    return next((one.text for one in document.sentences if one.place == place), "")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
