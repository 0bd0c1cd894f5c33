"""Gaps of the directory as they may be passed on: needs and places of few people are put together, never named."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.directory.types import GapRow, Gaps
from onedoor.reporting.disclosure import HIDDEN, parts_shown, shown

OTHERS = "others, of few each"


@dataclass(frozen=True)
class RowShown:
    """One need or place with its counts as words."""

    name: str
    count: str
    nothing: str
    second_best: str
    too_long: str
    size: int
    """The rounded count, for a picture."""


@dataclass(frozen=True)
class CellShown:
    """One need at one place."""

    need: str
    place: str
    count: str


@dataclass(frozen=True)
class GapsShown:
    """Gaps fit to be passed on; `hidden_cells` are pairs of need and place too small to be told."""

    total: str
    by_need: list[RowShown]
    by_place: list[RowShown]
    cells: list[CellShown]
    hidden_cells: int
    put_otherwise: str


def gaps_shown(gaps: Gaps, *, most: int) -> GapsShown:
    """The counts as they may be passed on: below 5 hidden, the others to the nearest 5 (clinical.md 5.3).

    Needs and places of fewer than 5 are not named: a rare need names a person sooner than its number does.
    """
    told = [(cell, shown(cell.count)) for cell in gaps.cells]
    named = [(cell, count) for cell, count in told if count != HIDDEN]
    return GapsShown(
        total=shown(gaps.total),
        by_need=_rows(gaps.by_need),
        by_place=_rows(gaps.by_place),
        cells=[CellShown(cell.need, cell.place or "no place given", count) for cell, count in named[:most]],
        hidden_cells=len(told) - len(named),
        put_otherwise=shown(gaps.put_otherwise),
    )


def _rows(rows: tuple[GapRow, ...]) -> list[RowShown]:
    named = [row for row in rows if shown(row.count) != HIDDEN]
    few = [row for row in rows if shown(row.count) == HIDDEN]
    if few:
        # Together they may be many; were they fewer than 5, their number would be hidden too.
        named.append(
            GapRow(
                OTHERS,
                sum(row.count for row in few),
                sum(row.nothing for row in few),
                sum(row.second_best for row in few),
                sum(row.too_long for row in few),
            )
        )
    return [_row(row) for row in named]


def _row(row: GapRow) -> RowShown:
    count = shown(row.count)
    nothing, second_best, too_long = parts_shown([row.nothing, row.second_best, row.too_long])
    size = 0 if count == HIDDEN else int(count)
    return RowShown(row.name or "no place given", count, nothing, second_best, too_long, size)
