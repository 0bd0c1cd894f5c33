"""What an outside diary's row means for a place of our copy: pure, slot by slot.

Our copy follows the outside diary, except where a change made here is still unknown to it: that is never undone. An import
that shows the change ticks it off; one that contradicts it is a conflict for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from onedoor.booking.types import OCCUPIED, DiaryRow, RowStatus

FURTHER: dict[RowStatus, str] = {"booked": "booked", "arrived": "arrived", "seen": "fulfilled", "missed": "noshow"}
"""The state of an appointment that each status of an occupied place stands for."""

_REACHED: dict[str, frozenset[RowStatus]] = {
    # What a row may say without contradicting what is already known here; an export may be older than that.
    "booked": frozenset({"booked"}),
    "arrived": frozenset({"booked", "arrived"}),
    "fulfilled": frozenset({"booked", "arrived", "seen"}),
    "noshow": frozenset({"booked", "missed"}),
}


@dataclass(frozen=True)
class Standing:
    """An appointment that has a place. `unseen` when it was made here and no import has shown it yet."""

    id: int
    patient_id: int
    state: str
    unseen: bool = False


@dataclass(frozen=True)
class Place:
    """A seat of the slot as it is here. `ended_here` are patients whose appointment on it was cancelled here, with the day on
    which, while no import has shown that it is gone."""

    seat_id: int
    n: int
    state: str
    who: Standing | None = None
    ended_here: dict[int, date] = field(default_factory=dict)


Act = Literal["none", "insert", "vanish", "lapse", "freed", "confirm", "advance", "conflict"]


@dataclass(frozen=True)
class Step:
    """What to do about one place. `index` is the row's place in the import, None when no row speaks of it.

    `act` is about the appointment that stands there, `insert` puts the row's patient on it afterwards, `seat` is the state
    that the seat shall have.
    """

    place: Place | None
    row: DiaryRow | None
    index: int | None
    act: Act
    seat: str
    insert: bool = False
    to: str = ""
    """The state to reach: of the one inserted, or of the one advanced."""
    said: str = ""
    """For a conflict: what disagrees, in words without names."""


def steps(places: Sequence[Place], rows: Sequence[tuple[int, DiaryRow]]) -> list[Step]:
    """What all rows of one slot mean for its places."""
    return [_step(place, index, row) for place, index, row in _matched(places, rows)]


def _matched(
    places: Sequence[Place], rows: Sequence[tuple[int, DiaryRow]]
) -> list[tuple[Place | None, int | None, DiaryRow | None]]:
    """Pair each row with a place: the one that its patient has, else an empty one, else one whose patient is in no row."""
    left = sorted(places, key=lambda place: place.n)
    pairs: list[tuple[Place | None, int | None, DiaryRow | None]] = []
    waiting: list[tuple[int, DiaryRow]] = []
    for index, row in rows:
        own = next((p for p in left if _is_theirs(p, row)), None)
        if own is None:
            waiting.append((index, row))
        else:
            left.remove(own)
            pairs.append((own, index, row))
    # A free or blocked place speaks first for a place cancelled here, then for an empty one.
    waiting.sort(key=lambda pair: pair[1].status not in OCCUPIED)
    for index, row in waiting:
        found = min(left, key=lambda p: (_cost(p, row), p.n), default=None)
        if found is not None:
            left.remove(found)
        pairs.append((found, index, row))
    pairs += [(place, None, None) for place in left]
    return pairs


def _is_theirs(place: Place, row: DiaryRow) -> bool:
    if row.status not in OCCUPIED or row.patient_id is None:
        return False
    if place.who is not None:
        return place.who.patient_id == row.patient_id
    return row.patient_id in place.ended_here


def _cost(place: Place, row: DiaryRow) -> int:
    if place.who is None:
        return 0
    if place.who.state in ("cancelling", "held"):
        return 1
    return 2


def _step(place: Place | None, index: int | None, row: DiaryRow | None) -> Step:
    if row is None:
        return _no_row(place)
    if row.status in OCCUPIED and row.patient_id is not None:
        return _somebody(place, index, row)
    return _nobody(place, index, row)


def _no_row(place: Place | None) -> Step:
    assert place is not None
    who = place.who
    if who is None:
        return Step(place, None, None, "none", "gone")
    if who.state == "held":
        return Step(place, None, None, "lapse", "gone")
    if who.state == "cancelling":
        return Step(place, None, None, "freed", "gone")
    if who.state not in ("booked", "pending"):
        return Step(place, None, None, "none", place.state)
    if who.unseen:
        return Step(place, None, None, "conflict", place.state, said="the place is not there; booked here")
    return Step(place, None, None, "vanish", "gone")


def _nobody(place: Place | None, index: int | None, row: DiaryRow) -> Step:
    # Somebody we do not know has the place: not for us to offer.
    stranger = row.status in OCCUPIED
    seat = "open" if row.status == "available" else "blocked"
    who = place.who if place is not None else None
    if who is None or place is None:
        return Step(place, row, index, "none", seat)
    if who.state == "held":
        return Step(place, row, index, "none" if seat == "open" else "lapse", seat)
    if who.state == "cancelling":
        return Step(place, row, index, "none" if stranger else "freed", place.state if stranger else seat)
    if stranger:
        return Step(place, row, index, "none", place.state)
    if who.state == "pending":
        if row.status == "available":
            return Step(place, row, index, "none", place.state)
        return Step(place, row, index, "conflict", place.state, said="the place is blocked; being booked here")
    if who.state != "booked":
        # The patient came, or did not: what is known here stands.
        return Step(place, row, index, "none", place.state)
    if who.unseen:
        return Step(place, row, index, "conflict", place.state, said=f"the place is {row.status}; booked here")
    return Step(place, row, index, "vanish", seat)


def _somebody(place: Place | None, index: int | None, row: DiaryRow) -> Step:
    who = place.who if place is not None else None
    if place is None:
        return Step(None, row, index, "none", "open", insert=True, to=FURTHER[row.status])
    if who is None:
        ended = place.ended_here.get(row.patient_id or 0)
        if ended is not None and not (row.booked_on is not None and row.booked_on > ended):
            return Step(place, row, index, "conflict", place.state, said="still booked; cancelled here")
        return Step(place, row, index, "none", "open", insert=True, to=FURTHER[row.status])
    if who.patient_id == row.patient_id:
        return _same(place, who, index, row)
    if who.state == "held":
        return Step(place, row, index, "lapse", "open", insert=True, to=FURTHER[row.status])
    if who.state == "cancelling":
        return Step(place, row, index, "freed", "open", insert=True, to=FURTHER[row.status])
    if who.state == "booked" and not who.unseen:
        return Step(place, row, index, "vanish", "open", insert=True, to=FURTHER[row.status])
    if who.state in ("arrived", "fulfilled", "noshow"):
        return Step(None, row, index, "none", "open", insert=True, to=FURTHER[row.status])
    return Step(place, row, index, "conflict", place.state, said="somebody else has the place; ours is booked here")


def _same(place: Place, who: Standing, index: int | None, row: DiaryRow) -> Step:
    to = FURTHER[row.status]
    if who.state == "held":
        return Step(place, row, index, "lapse", "open", insert=True, to=to)
    if who.state == "pending":
        return Step(place, row, index, "confirm", "open", to=to)
    if who.state == "cancelling":
        if row.status == "booked":
            return Step(place, row, index, "none", place.state)
        return Step(place, row, index, "conflict", place.state, said="the patient came; being cancelled here")
    if row.status in _REACHED[who.state]:
        return Step(place, row, index, "none", "open")
    if who.state == "booked" or (who.state == "arrived" and row.status == "seen"):
        return Step(place, row, index, "advance", "open", to=to)
    return Step(place, row, index, "conflict", place.state, said=f"marked {row.status}; marked otherwise here")
