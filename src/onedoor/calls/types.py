"""Values that cross the door of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class CallRow:
    """One call, or one leg of it, as a line's log has it; moments are aware, None where the log has none. `ended_by` is caller,
    us or system."""

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
    leg: int = 1
    """1 for the call itself; a transfer's rows go on from there under the same key."""
    agent: str = ""
    """Who answered, as the telephone system calls them; empty where the log does not say."""


@dataclass(frozen=True)
class Taken:
    """What reading a log did, in calls."""

    new: int
    more: int
    """Known already; the log now also knows of the call-back."""
    same: int
    lost: int
    """Legs whose call the log does not have."""
    joined: int
    """Contacts that were joined to their call."""


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
    transfers: int | None
    """Legs after the first, of the calls that were answered; None for logs that tell of no legs."""

    @property
    def transfers_each(self) -> float | None:
        """For each call that was answered."""
        return self.transfers / self.answered if self.answered and self.transfers is not None else None

    @property
    def answered_share(self) -> float | None:
        """Of the calls counted, in percent."""
        return 100 * self.answered / self.counted if self.counted else None


@dataclass(frozen=True)
class CallMonth:
    """How the lines were answered in a London month, by one definition. Mean wait in seconds, None where nobody was answered."""

    month: date
    counted: int
    answered: int
    mean_wait: float | None


@dataclass(frozen=True)
class ContactFigures:
    """What callers wanted in some days, counted in contacts that ended."""

    first: date
    last: date
    contacts: int
    known: int
    """Who said who they are."""
    where: int
    """Who asked where a referral or visit is (product-map.md J7)."""
    handed: int
    """Handed over or connected to a desk."""
    joined: int
    """Joined to their row of the line's log."""
    by_outcome: Mapping[str, int]

    @property
    def where_share(self) -> float | None:
        """Of all contacts, in percent."""
        return 100 * self.where / self.contacts if self.contacts else None


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
