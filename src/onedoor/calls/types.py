"""Values that cross the door of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class CallRow:
    """One call as a line's log has it; moments are aware, None where the log has none. `ended_by` is caller, us or system."""

    organisation_id: int
    source_ref: str
    dialled: str
    started_at: datetime
    ended_at: datetime
    ended_by: str
    menu_ended_at: datetime | None = None
    queued_at: datetime | None = None
    call_back_asked_at: datetime | None = None
    answered_at: datetime | None = None
    call_back_made_at: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """What reading a log did, in calls."""

    new: int
    more: int
    """Known already; the log now also knows of the call-back."""
    same: int


@dataclass(frozen=True)
class Figures:
    """A line in some days by one definition (`rules.DEFINITIONS`). Waits are in seconds, None where nobody was answered."""

    definition: str
    first: date
    last: date
    calls: int
    counted: int
    """Of the calls, those of which the definition says that they could have been answered."""
    answered: int
    missed: int
    abandoned: int
    mean_wait: float | None
    wait_95: float | None
    call_backs_asked: int
    call_backs_made: int

    @property
    def answered_share(self) -> float | None:
        """Of the calls counted, in percent."""
        return 100 * self.answered / self.counted if self.counted else None


@dataclass(frozen=True)
class Points:
    """What a caller says of themselves; empty where it was not asked. `name` is given and family name in any order."""

    name: str = ""
    born_on: date | None = None
    postcode: str = ""
    nhs_number: str = ""

    @property
    def given(self) -> int:
        """How many points they gave."""
        return sum(map(bool, (self.name.strip(), self.born_on, self.postcode.strip(), self.nhs_number.strip())))
