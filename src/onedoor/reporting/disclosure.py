"""Small numbers: what leaves the practice must not lead back to one person (clinical.md 5.3)."""

from __future__ import annotations

from collections.abc import Sequence

HIDDEN = "*"
_SMALL, _NEAREST = 5, 5


def shown(count: int) -> str:
    """A count as it may be passed on: below 5, nought included, hidden; otherwise to the nearest 5."""
    return HIDDEN if count < _SMALL else str((count + _NEAREST // 2) // _NEAREST * _NEAREST)


def parts_shown(parts: Sequence[int]) -> list[str]:
    """The parts of a total as they may be passed on. One that alone is hidden would be what the others leave of the total, so
    the next smallest is hidden with it."""
    said = [shown(part) for part in parts]
    if said.count(HIDDEN) == 1 and len(parts) > 1:
        others = [at for at, word in enumerate(said) if word != HIDDEN]
        said[min(others, key=lambda at: parts[at])] = HIDDEN
    return said
