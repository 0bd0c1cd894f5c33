"""What may become of a received document, who it is of, and how what it carries stands to the record. Pure.

A person is sure when NHS number, date of birth and name all agree and they are registered here (clinical.md 6.3; interop.md 2.2:
what MESH traces by). Whatever differs a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.kernel import nhs_number, words
from onedoor.kernel.transitions import declare_moves

MOVES = declare_moves(
    "ReceivedDocument",
    {
        "to_match": frozenset({"to_code", "not_ours", "replaced"}),
        "to_code": frozenset({"accepted", "left", "to_match", "replaced"}),
        "accepted": frozenset({"to_code", "replaced"}),
        "left": frozenset({"to_code", "replaced"}),
        # It comes again, and says now that it is about somebody else; or a version before it comes whose entries stand.
        "not_ours": frozenset({"to_match"}),
        "replaced": frozenset(),
    },
)
STATES: Mapping[str, str] = {
    "to_match": "To be matched",
    "to_code": "To be coded",
    "accepted": "Accepted into the record",
    "left": "Filed, nothing entered",
    "not_ours": "Sent back",
    "replaced": "Replaced by a newer version",
}
OPEN = ("to_match", "to_code")
DEALT = ("accepted", "left")
UNDONE_WITHIN = timedelta(days=1)
"""How long what was decided can be taken back by a button; after it, an entry is corrected as any other."""

SURE = "sure"
MATCHES: Mapping[str, str] = {
    SURE: "NHS number, date of birth and name agree, and they are registered here",
    "not_here": "Nobody here has this NHS number, nor this name and date of birth",
    "somebody_else": "The NHS number is somebody’s whose name and date of birth are others",
    "other_number": "Nobody here has this NHS number, and somebody with this name and date of birth has another",
    "born": "The date of birth differs",
    "no_birth": "The document gives no date of birth",
    "name": "The surname differs",
    "given": "The first name differs: perhaps a twin",
    "left": "They were registered here, and are no longer",
    "not_registered": "They are known here, and not registered here",
    "deceased": "They have died",
    "said_deceased": "The document says that they have died, and our record does not",
    "restricted": "Their record is restricted",
    "not_traced": "The sender has not traced the NHS number",
    "dated_ahead": "The document is dated in the future",
    "other_person": "It replaces a document that was about somebody else",
    "replaces_unknown": "It replaces a document that has not come",
    "earlier_stands": "It was sent back, and entries of a version before it stand on a record",
    "put_back": "A colleague said that it is not of the person it was matched to",
}
"""Why a person must say who it is, or that nobody need."""
CERTAINLY_NOT = frozenset({"not_here", "somebody_else"})
"""Of whom it is certain that the document is of nobody here under this number: it goes back, and a person may still ring."""

NEW, SAME, OTHER_VALUE, OLDER, FAULT = "new", "same", "other_value", "older", "fault"
ASKED, TOLD = "asked", "told"
DIFFERENCES: Mapping[str, str] = {
    NEW: "New",
    SAME: "On the record already",
    OTHER_VALUE: "The record has another value of that day",
    OLDER: "Older than what the record has",
    FAULT: "Cannot be entered",
    ASKED: "Asked of the practice",
    TOLD: "For information",
}
SOUND = frozenset({NEW, OLDER})
"""What one touch takes. Another value of the same day is taken by whoever ticks it; a fault never is."""
UNCODED = frozenset({ASKED, TOLD})
"""What a document says in words alone: nothing of it is an entry."""

BY_HAND = "read in the document by "
"""What the text of an entry begins with that a person read in a document: the document does not carry it."""

KNOWN_HERE, KNOWN_RECENTLY_DIED, NOT_KNOWN, NO_LONGER_HERE = "30001", "30004", "30002", "30003"
"""Business responses (interop.md 2.4)."""
READ, DUPLICATE_MESSAGE, DUPLICATE_DOCUMENT = "20013", "20007", "20008"
NOT_FOR_US, SENDER_UNKNOWN, HEADER = "20002", "20003", "20006"
NOT_OURS: Mapping[str, str] = {
    NOT_KNOWN: "Nobody of the practice: not known here",
    NO_LONGER_HERE: "Was ours, and is no longer here",
}
"""What a practice may answer of somebody who is not theirs."""
THEIRS: Mapping[str, str] = {KNOWN_HERE: "Known here", KNOWN_RECENTLY_DIED: "Known here, died less than six months ago"}

IN_ERROR, STAND = "in_error", "stand"
EARLIER: Mapping[str, str] = {
    IN_ERROR: "They are in error: take them off the record",
    STAND: "They are right all the same: leave them on the record",
}
"""What becomes of the entries of earlier versions where nothing of a newer one is entered: a person says."""


@dataclass(frozen=True)
class Claimed:
    """Who a document says that it is of. `born_on` is None where it does not say."""

    nhs_number: str
    family: str
    given: str
    born_on: date | None
    traced: bool = True
    """Whether the sender has traced the number."""
    died: bool = False
    """Whether it says that they have died."""


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a document may be of, as the practice knows them."""

    id: int
    nhs_number: str
    family: str
    given: str
    born_on: date
    deceased: bool
    restricted: bool
    registered: bool
    """Registered at the practice today."""
    was_registered: bool


@dataclass(frozen=True)
class Match:
    """`patient_id` is the person when `reason` is sure, else None: whom a person must name."""

    reason: str
    patient_id: int | None = None


def same_name(one: str, other: str) -> bool:
    """Whether two family names are the same but for case, accents, hyphens, spaces and apostrophes; an empty one never is."""
    return bool(_letters(one)) and _letters(one) == _letters(other)


def _letters(name: str) -> str:
    """Its letters alone. Whole names are compared: Smith is not Smith-Jones, which a former surname may be."""
    return "".join(c for c in words.folded(name) if unicodedata.category(c)[0] == "L")


def same_given(one: str, other: str) -> bool:
    """Whether the first of the given names is the same; a document that gives none says nothing against."""
    first = [words.folded(name).split() for name in (one, other)]
    return not first[0] or (bool(first[1]) and _letters(first[0][0]) == _letters(first[1][0]))


def match(claimed: Claimed, has_number: Candidate | None, has_name: Sequence[Candidate]) -> Match:
    """Who it is. `has_number`: whoever has the NHS number and is or was of this practice; `has_name`: those registered here with
    the name and date of birth."""
    if has_number is None:
        return Match("other_number" if has_name else "not_here")
    doubt = _doubt(claimed, has_number)
    return Match(doubt) if doubt else Match(SURE, has_number.id)


def _doubt(claimed: Claimed, one: Candidate) -> str:
    """Why it is not sure that a document is of whoever has its NHS number; empty when it is."""
    born, named = claimed.born_on == one.born_on, same_name(claimed.family, one.family)
    doubts = (
        ("somebody_else", claimed.born_on is not None and not born and not named),
        ("no_birth", claimed.born_on is None),
        ("born", not born),
        ("name", not named),
        ("given", not same_given(claimed.given, one.given)),
        ("left", not one.registered and one.was_registered),
        ("not_registered", not one.registered),
        ("deceased", one.deceased),
        ("said_deceased", claimed.died),
        ("restricted", one.restricted),
        ("not_traced", not claimed.traced),
    )
    return next((reason for reason, so in doubts if so), "")


@dataclass(frozen=True)
class Point:
    """One point by which somebody is known: what the document says, what we have, and whether these are the same."""

    label: str
    claimed: str
    ours: str
    same: bool


def points(claimed: Claimed, one: Candidate) -> tuple[Point, ...]:
    """The points of a person beside what a document says of them."""
    number = claimed.nhs_number
    return (
        Point(
            "NHS number",
            nhs_number.shown(number) if nhs_number.is_valid(number) else number or "none",
            nhs_number.shown(one.nhs_number) if one.nhs_number else "none",
            bool(number) and number == one.nhs_number,
        ),
        Point(
            "Date of birth",
            words.plain_day(claimed.born_on) if claimed.born_on else "none",
            words.plain_day(one.born_on),
            claimed.born_on == one.born_on,
        ),
        Point("Surname", claimed.family or "none", one.family, same_name(claimed.family, one.family)),
        Point("First name", claimed.given or "none", one.given, same_given(claimed.given, one.given)),
    )


@dataclass(frozen=True)
class OnRecord:
    """A coded fact that counts on the record."""

    code: str
    day: date
    value: float | None
    shown: str
    """Its value as people read it; empty for none."""
    where: str
    """Who recorded it."""
    shared: bool = True
    """Whether whoever reads may know more of it than that it is there (docs/adr/0013)."""
    term: str = ""


STATUS_SETS: Mapping[str, tuple[str, ...]] = {
    "smoking": ("SMOK_COD", "LSMOK_COD", "EXSMOK_COD", "NSMOK_COD"),
    "alcohol": ("ALC_COD",),
}
"""Of the six checks, those that a code can answer without a value, with the code sets that say how somebody is (clinical.md 1.3):
of two such codes the later says what is so now."""


def difference(
    code: str, day: date, value: float | None, record: Sequence[OnRecord], kin: Set[str] = frozenset()
) -> tuple[str, str]:
    """How a sound entry stands to the record: a key of DIFFERENCES, and it in words.

    It is held against the same code; without a value against every code of the same check too (`kin`), or "never smoked" would be
    new beside "smoker".
    """
    alike = [one for one in record if one.code == code or (value is None and one.code in kin)]
    # A status and an amount of one day say the same thing in two ways; two statuses do not.
    of_day = [one for one in alike if one.day == day and (one.code == code or one.value is None)]
    if any(one.code == code and _equal(one.value, value) for one in of_day):
        return SAME, "The same stands there"
    if of_day:
        read = next((one for one in of_day if one.shared), None)
        return OTHER_VALUE, f"{_said(read, code)} of the same day, from {read.where}" if read else _NOT_SHARED
    newest = max(alike, key=lambda one: one.day, default=None)
    if newest is None:
        return NEW, "None before"
    how = OLDER if newest.day > day else NEW
    if not newest.shared:
        return how, _NOT_SHARED
    said = f"{_said(newest, code)} of {words.plain_day(newest.day)}"
    return how, f"Last: {said}" if how == NEW and newest.code == code else f"The record has {said}"


_NOT_SHARED = "The record has one of another organisation that is not shared with you"


def _said(one: OnRecord, code: str) -> str:
    if one.code == code:
        return one.shown or "the same code"
    return f"{one.term}: {one.shown}" if one.shown else one.term


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < _ALIKE


_ALIKE = 1e-9


def asks(text: str) -> bool:
    """Whether what a document says without a code is asked of the practice."""
    return _ASKS.search(text) is not None


_ASKS = re.compile(r"\bplease\b|^(?:asked of the practice|action)\b", re.IGNORECASE)
