"""What crosses the door of referrals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """One line of a service's referral list: what has become of one referral as far as its system knew.

    `row` is the line of the file. Moments are aware; what is not known is None or empty. Keys are those of `rules`;
    `stream` is the stream's name as the service gives it.
    """

    row: int
    source_ref: str
    nhs_number: str
    received_at: datetime
    source: str
    referrer_ods: str
    priority: str
    triaged_at: datetime | None = None
    outcome: str = ""
    stream: str = ""
    onward_decided_on: date | None = None
    onward_sent_on: date | None = None
    discharged_on: date | None = None
    first_offered_on: date | None = None


@dataclass(frozen=True, slots=True)
class PathwayRow:
    """One open pathway of a caseload that is taken over, with its original clock."""

    row: int
    source_ref: str
    nhs_number: str
    from_provider: str
    received_on: date
    clock_start: date
    stream: str
    state: str
    next_action: str
    next_action_due: date | None
    referrer_ods: str


@dataclass(frozen=True)
class Differs:
    """A row that says otherwise than what stands already; what stands was kept."""

    row: int
    source_ref: str
    what: str


@dataclass
class Taken:
    """What taking rows did. Every row read is new, more (told us more of one known) or the same."""

    new: int = 0
    more: int = 0
    same: int = 0
    late: int = 0
    """Of the new: received before one that stands above it in the file."""
    unknown_people: int = 0
    """New ones of whose NHS number no list has brought a patient yet."""
    differs: list[Differs] = field(default_factory=list)


@dataclass(frozen=True)
class Opening:
    """The opening balance of a caseload taken over: what the file held and what stands in the books, by state."""

    taken_over_on: date
    read: int
    by_state: dict[str, int]
    by_stream: dict[str, int]
    overdue: int
    """Of those with a next action: due before the day they were taken over."""
    in_books: int

    @property
    def proved(self) -> bool:
        """Whether as many stand in the books as the file held."""
        return self.read == self.in_books == sum(self.by_state.values())
