"""Rules of needs: what a patient's needs demand of a place, whether a place meets them, and whom to book with it.

Pure: no tables, no clock. By code where the facts give one (clinical.md 6.4: the codes that shape appointments, and the
professionals that communicate), else by the words that lists and staff use. The effect of each code on a place is ours, read from
its name; product-map.md B4 asks for late, quiet, double, step-free and interpreter. What is not known of a place does not meet a
need: unknown is never done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as Time
from typing import Literal

from onedoor.kernel.calendar import is_working_day
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time

FEATURES: Mapping[str, str] = {
    "quiet": "Quiet: little noise, and somewhere quiet to wait",
    "step_free": "Step-free: no stairs from the street to the room",
    "hearing_loop": "Hearing loop",
    "home_visit": "At the patient’s home",
}
"""What staff say of a clinic. It is of the clinic's places until somebody says otherwise."""

Demanding = Literal["feature", "extended", "first", "last", "not_before", "not_after", "interpreter"]


@dataclass(frozen=True)
class Demand:
    """One thing that a need asks of a place. `value` is a feature, a time in London, or whom to book ("Polish interpreter")."""

    need: str
    """The need in the words under which it is kept."""
    kind: Demanding
    value: str = ""


@dataclass(frozen=True)
class Spot:
    """A place, with all that decides whether it meets a need."""

    starts_at: datetime
    minutes: int
    usual_minutes: int | None = None
    """How long its kind usually lasts; None while nobody has said so."""
    by_telephone: bool = False
    features: frozenset[str] = frozenset()
    first: bool = False
    """Whether nobody can be booked before it in its session."""
    last: bool = False


@dataclass(frozen=True)
class Misfit:
    """Why a place does not fit: the need as it is kept, and what is wrong with the place, in words that follow "this place"."""

    need: str
    why: str
    by_machine_only: bool = False
    """No machine books it; a person may without saying why."""


_BY_CODE: Mapping[str, tuple[Demanding, str]] = {
    # Appointment-shaping codes (clinical.md 6.4). "Priority" (1108161000000109) asks for a sooner place, not for another.
    "1108171000000102": ("extended", ""),
    "1325351000000103": ("first", ""),
    "1325361000000100": ("last", ""),
    # Nobody is before the first who could run late: ours.
    "1325841000000109": ("first", ""),
    "1325371000000107": ("feature", "home_visit"),
    "1325391000000106": ("feature", "quiet"),
    # Communication professionals, and those who sign (clinical.md 6.4).
    "945911000000109": ("interpreter", "lipspeaker"),
    "966401000000100": ("interpreter", "speech-to-text reporter"),
    "957051000000100": ("interpreter", "deafblind manual interpreter"),
    "415803005": ("interpreter", "British Sign Language interpreter"),
    "520471000000105": ("interpreter", "British Sign Language interpreter"),
}
INTERPRETER_CODES = tuple(code for code, (kind, _) in _BY_CODE.items() if kind == "interpreter")

_WORDS: tuple[tuple[str, Demanding, str], ...] = (
    # As practices' exports and our own list write them (patients.needs); all without a code are ours.
    (r"^step[- ]free\b|\bwheelchair\b|\bground floor\b", "feature", "step_free"),
    (r"^(low noise|quiet)\b", "feature", "quiet"),
    (r"\bhearing (loop|induction)\b|\binduction loop\b", "feature", "hearing_loop"),
    (r"^home visit\b", "feature", "home_visit"),
    (r"^(extended|double|longer)( length)?( appointment)?$", "extended", ""),
    (r"^first (appointment|slot)\b|^minimal wait", "first", ""),
    (r"^last (appointment|slot)\b", "last", ""),
    (r"^not before ([01]?\d|2[0-3])[:.]([0-5]\d)$", "not_before", ""),
    (r"^not after ([01]?\d|2[0-3])[:.]([0-5]\d)$", "not_after", ""),
    (r"^lipspeaker\b", "interpreter", "lipspeaker"),
    (r"^speech[- ]to[- ]text\b", "interpreter", "speech-to-text reporter"),
    (r"^deafblind manual\b", "interpreter", "deafblind manual interpreter"),
    (r"\b(british sign language|bsl)\b", "interpreter", "British Sign Language interpreter"),
)
_BY_WORDS = tuple((re.compile(pattern, re.IGNORECASE), kind, value) for pattern, kind, value in _WORDS)
_INTERPRETER = re.compile(r"^interpreter\b(?: (?:required|needed|wanted))?[:,]?\s*(?P<after>.*)$", re.IGNORECASE)
_SPEAKS = re.compile(r"^(?P<before>[^\W\d][\w ]*?) interpreter\b", re.IGNORECASE)
ANY_LANGUAGE = "interpreter (language not known)"


def demands(language: str, needs: Iterable[tuple[str, str]]) -> tuple[Demand, ...]:
    """What needs, as (words, code or ""), demand of a place; a need that demands nothing of one is left out.

    An interpreter is of the language that the need names, else of the one that the patient speaks. The same demand twice is once.
    """
    found: dict[tuple[str, str], Demand] = {}
    for text, code in needs:
        demand = _demand(text, code, language)
        if demand is not None:
            found.setdefault((demand.kind, demand.value), demand)
    if len([key for key in found if key[0] == "interpreter"]) > 1:
        # Whoever's language one need names is not to be booked again for another that names none.
        found.pop(("interpreter", ANY_LANGUAGE), None)
    return tuple(found.values())


def _demand(text: str, code: str, language: str) -> Demand | None:
    if code in _BY_CODE:
        return Demand(text, *_BY_CODE[code])
    said = " ".join(text.split())
    for pattern, kind, value in _BY_WORDS:
        match = pattern.search(said)
        if match is not None:
            return Demand(text, kind, ":".join(match.groups()) if kind in ("not_before", "not_after") else value)
    match = _INTERPRETER.match(said)
    if match is not None:
        return Demand(text, "interpreter", _interpreter(match.group("after") or language))
    match = _SPEAKS.match(said)
    return Demand(text, "interpreter", _interpreter(match.group("before"))) if match is not None else None


def _interpreter(language: str) -> str:
    """Whom to book. Of somebody who speaks English nothing is known but that they need one."""
    spoken = language.strip()
    if not spoken or spoken.casefold() in ("english", "unknown", "not known"):
        return ANY_LANGUAGE
    return f"{spoken} interpreter"


def interpreters(demanded: Iterable[Demand]) -> tuple[str, ...]:
    """Whom to book with each place of somebody with these demands."""
    return tuple(demand.value for demand in demanded if demand.kind == "interpreter")


def misfits(
    demanded: Sequence[Demand], spot: Spot, *, now: datetime | None = None, interpreter_days: int = 0
) -> tuple[Misfit, ...]:
    """Which of the demands a place does not meet, and why; empty when it fits.

    With `now`, a place too near to book an interpreter for (`interpreter_days` working days) is no machine's to give.
    """
    return tuple(found for demand in demanded if (found := _misfit(demand, spot, now, interpreter_days)) is not None)


def _misfit(demand: Demand, spot: Spot, now: datetime | None, interpreter_days: int) -> Misfit | None:
    why = ""
    local = spot.starts_at.astimezone(LONDON)
    if demand.kind == "feature":
        # Nobody climbs stairs to a telephone.
        if demand.value not in spot.features and (not spot.by_telephone or demand.value == "home_visit"):
            why = _LACKS[demand.value]
    elif demand.kind == "extended":
        if spot.usual_minutes is None:
            why = "may be as long as any other: how long its kind usually lasts is not set"
        elif spot.minutes < 2 * spot.usual_minutes:
            why = f"is {spot.minutes} minutes and not {2 * spot.usual_minutes}"
    elif demand.kind == "first":
        why = "" if spot.first else "is not the first of its session"
    elif demand.kind == "last":
        why = "" if spot.last else "is not the last of its session"
    elif demand.kind == "not_before":
        why = "" if local.time() >= _time(demand.value) else f"begins at {clock_time(spot.starts_at)}"
    elif demand.kind == "not_after":
        why = "" if local.time() <= _time(demand.value) else f"begins at {clock_time(spot.starts_at)}"
    elif now is not None and latest_to_ask(spot.starts_at, interpreter_days) < now:
        days = "working day" if interpreter_days == 1 else "working days"
        return Misfit(demand.need, f"is less than {interpreter_days} {days} away", by_machine_only=True)
    return Misfit(demand.need, why) if why else None


def _time(said: str) -> Time:
    hour, minute = said.split(":")
    return Time(int(hour), int(minute))


_LACKS: Mapping[str, str] = {
    "quiet": "is not known to be quiet",
    "step_free": "is not known to be step-free",
    "hearing_loop": "is not known to have a hearing loop",
    "home_visit": "is not a visit at home",
}


def latest_to_ask(starts_at: datetime, working_days: int) -> datetime:
    """The moment so many working days before a visit, at the same hour. How much notice agencies want is ours: two days until an
    organisation says otherwise."""
    at = starts_at.astimezone(LONDON)
    left = working_days
    while left > 0:
        at -= timedelta(days=1)
        left -= is_working_day(at.date())
    return at


def said(reasons: Iterable[Misfit]) -> str:
    """Why a place does not fit, as sentences for a page."""
    return " ".join(f"{reason.need}: this place {reason.why}." for reason in reasons)


INTERPRETER_MOVES: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"confirmed", "refused", "released"}),
    # Who was booked falls ill; booked in another way.
    "confirmed": frozenset({"confirmed", "refused", "released"}),
    # Another was found.
    "refused": frozenset({"confirmed", "released"}),
    "released": frozenset(),
}
"""Moves of an interpreter booking. An appointment that is taken up again asks anew: what was released stays so."""
