"""Values of standings that cross the door of recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

NOT_ELIGIBLE, NOT_ACTIONABLE, ACTIONABLE = 0, 1, 2


@dataclass(frozen=True)
class EntryView:
    """A coded entry as evidence. `about` is the fact of the rule set ("diagnosis") or "part:KEY:done", "part:KEY:declined"."""

    about: str
    id: int
    """Of the coded fact."""
    code: str
    term: str
    day: date
    value: float | None
    unit: str
    organisation: str
    entry_id: int | None
    """The timeline's entry, if it was written here."""


@dataclass(frozen=True)
class PartView:
    """One part of a rule set for a person. `done_on` and what goes with it are of the latest entry ever, in time or not."""

    key: str
    label: str
    done: bool
    known: bool
    """False while no code set says what completes it: never done."""
    done_on: date | None
    value: float | None
    unit: str
    organisation: str
    """The source: whose entry it is."""
    entry_id: int | None
    expires_on: date | None
    """The first day on which that entry no longer counts; it may have passed."""
    declined_on: date | None
    """Declined or unsuitable within the time that counts, and not done."""
    by_text: bool
    hidden: bool = False
    """The entry that completes it, or last did, is not shared with whoever asks: whether it is done they are told, no more."""


@dataclass(frozen=True)
class Why:
    """Where a person stands under a rule set on a day, and what decided. `status` is None when they are in no cohort."""

    rule_set_key: str
    version: str
    on: date
    status: int | None
    reason: str
    """The code of the rule; done, due, unknown, out_of_season; not_in_cohort or not_registered."""
    text: str
    """In plain words."""
    cohorts: Sequence[str]
    """Plain words of each cohort they are in; of every one they are not in, when they are in none."""
    reasons: Sequence[tuple[str, str]]
    """Every reason (code, words) up to one that stops, the deciding one first."""
    next_steps: Sequence[str]
    in_denominator: bool
    in_numerator: bool
    due_on: date | None
    expires_on: date | None
    changes_on: date | None
    evidence: Sequence[EntryView]
    """The entries that decided, and those of the parts."""
    parts: Sequence[PartView]
    hidden: int = 0
    """How many entries decided that are not shared with whoever asks; they are not in `evidence`."""


@dataclass(frozen=True)
class StandingView:
    """A kept standing. `done` and `declined` are keys of parts."""

    rule_set_key: str
    programme: str
    name: str
    status: int
    reason: str
    text: str
    in_denominator: bool
    in_numerator: bool
    done: tuple[str, ...]
    missing: tuple[str, ...]
    declined: tuple[str, ...]
    unknown: tuple[str, ...]
    due_on: date | None
    expires_on: date | None
    up_to_date: bool
    """False when something was written, or a day has come, that it does not know of yet."""


@dataclass(frozen=True)
class RuleSetView:
    """A rule set in force. `empty_sets` are the code sets it names that have no members: what rests on them never holds."""

    id: int
    key: str
    programme: str
    name: str
    version: str
    active_from: date
    kind: str
    window: str
    visit: str
    benefit: str
    text_ok: bool
    parts: tuple[tuple[str, str, bool, bool], ...]
    """(key, label, whether a text can gather it, whether its codes are known); the nth is bit n."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Code to plain words."""
    empty_sets: tuple[str, ...] = ()
    register_is_empty: bool = False
    """No code set of any cohort has members and no cohort goes by age: nobody can be in it."""


@dataclass(frozen=True)
class Words:
    """A rule set in plain words, line by line under headings."""

    key: str
    name: str
    version: str
    active_from: date
    sections: Sequence[tuple[str, Sequence[str]]]
    sources: Sequence[str]
