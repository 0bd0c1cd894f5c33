"""Small counts of a table hidden, and with them those from which they could be worked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SMALL = 5
"""A count below it, nought included, may tell of one person."""


def hidden(rows: Sequence[Sequence[int]], *, gone: Collection[int] = ()) -> list[list[bool]]:
    """Which cells of a table of counts are not to be shown, where the totals of its rows and columns are known.

    What the cells that are shown leave of the total of a line (row or column) is told: where that is one cell's count, or a small
    one, the next smallest is hidden too, until no line tells. `gone` are rows that are hidden whole. A table of one row or one
    column has only the other kind of line.
    """
    height, width = len(rows), len(rows[0]) if rows else 0
    out = [[count < SMALL or at in gone for count in row] for at, row in enumerate(rows)]
    across = [[(y, x) for x in range(width)] for y in range(height)] if width > 1 else []
    down = [[(y, x) for y in range(height)] for x in range(width)] if height > 1 else []
    again = True
    while again:
        again = False
        for line in across + down:
            kept = [at for at in line if not out[at[0]][at[1]]]
            away = [rows[y][x] for y, x in line if out[y][x]]
            if not kept or not away or (len(away) > 1 and sum(away) >= SMALL):
                continue
            y, x = min(kept, key=lambda at: rows[at[0]][at[1]])
            out[y][x] = again = True
    return out


def bounds(count: int, of: int) -> tuple[float, float]:
    """The 95% bounds of a share, from 0 to 1, by Wilson's score; (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    z2 = 1.959964**2
    share = count / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = (z2 * (share * (1 - share) / of + z2 / (4 * of * of))) ** 0.5 / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)
