"""Values that cross the door of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from onedoor.directory.rules import DayHours, Hours, miles_said


@dataclass(frozen=True)
class PlaceRow:
    """A place of a service as a file or a page has it. Without hours of its own it keeps the service's.

    `step_free` is None where nobody has said; coordinates, in degrees (WGS 84), are None where they follow from the postcode.
    """

    name: str
    address: str = ""
    postcode: str = ""
    step_free: bool | None = None
    parking: str = ""
    hours: tuple[Hours, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class ServiceRow:
    """A service as a services file has it. Streams are (name, kind), the commonest first; ages in whole years.

    `columns` are the names, as in `snapshots.FIELDS`, of which the file speaks; None for all of them.
    """

    slug: str
    name: str
    summary: str
    provider_ods: str
    provider: str
    other_words: str = ""
    ages_from: int | None = None
    ages_to: int | None = None
    refers: tuple[str, ...] = ()
    agreement_on: date | None = None
    """Of the sharing agreement under which patients may refer themselves; opens that where it was never switched."""
    phone: str = ""
    web: str = ""
    criteria: str = ""
    places: tuple[PlaceRow, ...] = ()
    hours: tuple[Hours, ...] = ()
    days: tuple[DayHours, ...] = ()
    bank_holidays: bool = False
    streams: tuple[tuple[str, str], ...] = ()
    triage_hours: int = 48
    triage_basis: str = "elapsed"
    urgent_days: int = 5
    onward_working_days: int = 3
    rtt_scope: str = "none"
    replaces: tuple[str, ...] = ()
    verified_on: date | None = None
    active: bool = True
    columns: frozenset[str] | None = None


@dataclass(frozen=True)
class Fault:
    """What cannot be read in a file: its line, its column, and what may stand there."""

    line: int
    column: str
    there: str
    what: str


@dataclass(frozen=True)
class Brought:
    """What a services file brought: services new, changed and as they were; streams that no longer stand in it.

    `differs` is what the file has otherwise than somebody put it on a page since: that stands.
    """

    new: int
    changed: int
    same: int
    streams_ended: int
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A service's file and page differ: what stands, since which day and by whom, and what the file has, in words."""

    slug: str
    what: str
    stands: str
    there: str
    since: date
    by: str


@dataclass(frozen=True)
class BroughtSpots:
    """What a file of places brought, and how many services' places are located since."""

    new: int
    changed: int
    same: int
    skipped: int
    """Without coordinates, or no longer in use: the file says so."""
    located: int


@dataclass(frozen=True)
class Where:
    """A place that somebody named. Unknown ones have no coordinates; `several` places may share a name, and none is taken."""

    said: str
    outward: str
    at: tuple[float, float] | None
    several: bool = False


@dataclass(frozen=True)
class Criteria:
    """Whom a service took, and by which clocks, at a moment; `since` says from which day each stood so, where that is known."""

    ages_from: int | None
    ages_to: int | None
    ages: str
    refers: tuple[str, ...]
    criteria: str
    triage_hours: int
    triage_basis: str
    clocks: tuple[tuple[str, str], ...]
    since: dict[str, date]
    """Keys: ages, refers, criteria, clocks."""


@dataclass(frozen=True)
class ChangeSaid:
    """One thing that changed of a service: when, by whom, on a page or by a file, and from what to what, in words."""

    at: datetime
    by: str
    via: str
    what: str
    before: str
    after: str


Because = Literal["nothing", "second_best", "too_long"]


@dataclass(frozen=True)
class Lately:
    """What people lately waited for one thing, in days: half no longer than `half`, eight of ten from `low` to `high`."""

    low: int
    half: int
    high: int
    counted: int
    """People for whom it ended in the weeks that were counted."""


@dataclass(frozen=True)
class Wait:
    """How long people waited from receipt of their referral, as counted on a day from those whose wait ended since `since`.

    `decision` is until triage decided, `appointment` until a first appointment was offered; None where too few are known.
    """

    decision: Lately | None
    appointment: Lately | None
    since: date
    counted_on: date


@dataclass(frozen=True)
class Standing:
    """Whether a service takes people, and patients who refer themselves, at a moment. Reasons as they were given."""

    self_referral: bool = False
    self_referral_reason: str = ""
    self_referral_since: datetime | None = None
    agreement_on: date | None = None
    full: bool = False
    full_reason: str = ""
    full_since: datetime | None = None
    full_until: datetime | None = None


@dataclass(frozen=True)
class PlaceCard:
    """A place as its service's page shows it. `miles` is the straight line from where somebody asks; None when not known."""

    ref: UUID
    name: str
    address: str
    postcode: str
    step_free: bool | None
    parking: str
    hours: tuple[tuple[str, str], ...]
    own_hours: bool
    hours_written: str
    """Its own hours, as a services file has them."""
    opening: str
    at: tuple[float, float] | None
    located: str
    miles: float | None = None

    @property
    def called(self) -> str:
        """Its name, or its postcode where it has none."""
        return self.name or self.postcode

    @property
    def distance(self) -> str:
        """How far it is, in words; empty when that is not known."""
        return miles_said(self.miles)


@dataclass(frozen=True)
class Card:
    """A service as its page shows it. `hours` are (days, times) as people say them; empty when they are not known."""

    id: int
    slug: str
    name: str
    provider: str
    provider_id: int
    summary: str
    streams: tuple[tuple[str, str], ...]
    ages_from: int | None
    ages_to: int | None
    ages: str
    refers: tuple[str, ...]
    phone: str
    web: str
    criteria: str
    places: tuple[PlaceCard, ...]
    hours: tuple[tuple[str, str], ...]
    days_off: tuple[tuple[date, str], ...]
    """Days ahead whose hours differ from the week's, in words."""
    opening: str
    """Whether it is open now and until when, or when it opens next."""
    open_now: bool
    clocks: tuple[tuple[str, str], ...]
    replaces: tuple[str, ...]
    verified_on: date | None
    verified_by: str
    stale: bool
    """Whether nobody has made sure of it for too long (`rules.CHECKED_FOR`)."""
    standing: Standing
    wait: Wait | None
    active: bool
    edition: int

    @property
    def postcode(self) -> str:
        """Of its main place; empty where it comes to people or is reached by telephone only."""
        return self.places[0].postcode if self.places else ""

    @property
    def takes_self_referral(self) -> bool:
        """Whether somebody may refer themselves today."""
        return "patient" in self.refers and self.standing.self_referral and not self.standing.full


@dataclass(frozen=True)
class Found:
    """A service that a search found. `sure` when most of what was said speaks for it; `misses` are why it cannot be had."""

    card: Card
    sure: bool
    misses: tuple[str, ...]
    """Keys of `rules.MISSES`."""
    words: tuple[str, ...]
    """What was said that speaks for it."""
    place: str
    """Where it is, against the place asked about."""
    nearest: PlaceCard | None = None
    """Of its places the one nearest to where they are, or its main one."""

    @property
    def opening(self) -> str:
        """Whether that place is open, where it has hours of its own; else whether the service is."""
        return self.nearest.opening if self.nearest is not None and self.nearest.own_hours else self.card.opening


@dataclass(frozen=True)
class Findings:
    """What a search found and how it was read. `need` is what a gap would be kept under: it holds nobody's own words."""

    found: tuple[Found, ...]
    need: str
    needs: tuple[str, ...]
    corrected: tuple[tuple[str, str], ...]
    understood: bool
    """Whether anything of what was said is known at all."""
    danger: bool = False
    """Whether the words name what must not wait for a search."""
    where: Where | None = None
    """The place that was named; None when none was."""

    @property
    def sure(self) -> tuple[Found, ...]:
        """Those that most of what was said speaks for."""
        return tuple(one for one in self.found if one.sure)

    @property
    def unsure(self) -> tuple[Found, ...]:
        """The others."""
        return tuple(one for one in self.found if not one.sure)


@dataclass(frozen=True)
class Ending:
    """How a search ended for whoever searched, where that is a gap."""

    because: Because
    wanted_id: int | None
    why_not: str


@dataclass(frozen=True)
class GapRow:
    """Gaps of a span of days by one need, or by one place: how many ended in which way."""

    name: str
    count: int
    nothing: int
    second_best: int
    too_long: int


@dataclass(frozen=True)
class GapCell:
    """Gaps of one need at one place."""

    need: str
    place: str
    count: int


@dataclass(frozen=True)
class Gaps:
    """The gaps of a span of days: all, by need, by place and by both, the commonest first."""

    total: int
    by_need: tuple[GapRow, ...]
    by_place: tuple[GapRow, ...]
    cells: tuple[GapCell, ...]
    put_otherwise: int
    """Searches that found nothing, and a service once they were put in other words: not counted above."""
