"""States of an initiative, what must be said before it may move, and which of a plan need a word at the forum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.kernel.transitions import Moves

MOVES: Moves = {
    "proposed": frozenset({"agreed", "stopped"}),
    "agreed": frozenset({"under_way", "stopped"}),
    "under_way": frozenset({"done", "stopped"}),
    "done": frozenset(),
    "stopped": frozenset(),
}
STATES: Mapping[str, str] = {
    "proposed": "Proposed",
    "agreed": "Agreed",
    "under_way": "Under way",
    "done": "Done",
    "stopped": "Stopped",
}
OPEN = ("proposed", "agreed", "under_way")
AREAS: Mapping[str, str] = {
    "interoperability": "Connected systems",
    "resource": "People and roles",
    "patient": "Patients",
    "pathways": "Pathways and clinical process",
    "reporting": "Reporting",
    "governance": "Governance",
}
"""The six themes of seed 003."""
WINDOWS: Mapping[str, str] = {"0-3": "0 to 3 months", "3-6": "3 to 6 months", "6+": "More than 6 months"}
LEVELS: Mapping[str, str] = {
    "region": "Region", "ics": "Integrated care system", "place": "Place", "pcn": "Primary care network", "practice": "Practice",
}  # fmt: skip
RATINGS: Mapping[str, str] = {"low": "Low", "medium": "Medium", "high": "High"}

QUIET = timedelta(days=35)
"""Without a word for so long, an initiative under way is asked about: the forum meets each month (seed 003)."""


@dataclass(frozen=True)
class Standing:
    """What the rules look at in an initiative.

    `said_on`: the day of the last word about it; `below`: it is known to have brought less than was expected.
    """

    state: str
    owner: str
    starts_on: date | None
    ends_on: date | None
    said_on: date
    overdue_milestones: int
    below: bool = False


def cannot_move(to: str, standing: Standing, why: str) -> str:
    """Why an initiative may not be brought to a state, in words; "" where it may."""
    if to not in MOVES.get(standing.state, frozenset()):
        return f"It is {STATES[standing.state].lower()} and cannot become {STATES.get(to, to).lower()}."
    if to == "agreed" and not (standing.owner and standing.starts_on):
        return "Say first who owns it and when it starts."
    if to == "stopped" and not why.strip():
        return "Say why it is stopped."
    if to == "done" and standing.overdue_milestones:
        return "Finish or drop its milestones that are overdue first."
    return ""


def exceptions(standing: Standing, today: date) -> tuple[str, ...]:
    """For what an initiative comes before the forum; nothing where all is as it was planned."""
    found = []
    if standing.state == "agreed" and standing.starts_on is not None and standing.starts_on < today:
        found.append("It should have started.")
    if standing.state in ("agreed", "under_way"):
        if standing.ends_on is not None and standing.ends_on < today:
            found.append("Its end has passed.")
        if standing.overdue_milestones:
            many = standing.overdue_milestones
            found.append("A milestone is overdue." if many == 1 else f"{many} milestones are overdue.")
        if not standing.owner:
            found.append("Nobody owns it.")
    if standing.state == "under_way":
        if today - standing.said_on > QUIET:
            found.append("Nobody has said anything of it for five weeks.")
        if standing.below:
            found.append("Its effect is below what was expected.")
    return tuple(found)
