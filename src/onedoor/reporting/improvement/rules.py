"""States of an initiative."""

from __future__ import annotations

from onedoor.kernel.transitions import Moves

MOVES: Moves = {
    "proposed": frozenset({"agreed", "stopped"}),
    "agreed": frozenset({"under_way", "stopped"}),
    "under_way": frozenset({"done", "stopped"}),
    "done": frozenset(),
    "stopped": frozenset(),
}
