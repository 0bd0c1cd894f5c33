"""Values that cross the door of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from onedoor.directory.rules import Hours


@dataclass(frozen=True)
class ServiceRow:
    """A service as a services file has it. Streams are (name, kind), the commonest first; ages in whole years."""

    slug: str
    name: str
    summary: str
    provider_ods: str
    provider: str
    other_words: str = ""
    ages_from: int | None = None
    ages_to: int | None = None
    refers: tuple[str, ...] = ()
    phone: str = ""
    web: str = ""
    postcode: str = ""
    site: str = ""
    hours: tuple[Hours, ...] = ()
    streams: tuple[tuple[str, str], ...] = ()
    triage_hours: int = 48
    triage_basis: str = "elapsed"
    urgent_days: int = 5
    onward_working_days: int = 3
    rtt_scope: str = "none"
    replaces: tuple[str, ...] = ()
    verified_on: date | None = None


@dataclass(frozen=True)
class Fault:
    """What cannot be read in a services file: its line, its column, and what may stand there."""

    line: int
    column: str
    there: str
    what: str


@dataclass(frozen=True)
class Brought:
    """What a services file brought: services new, changed and as they were; streams that no longer stand in it."""

    new: int
    changed: int
    same: int
    streams_ended: int
