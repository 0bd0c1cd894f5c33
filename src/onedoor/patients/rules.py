"""Who may act for a patient: on which basis, at which ages, and until when.

Ages are clinical.md 6.2, there said of messages and here held for the pages too: a parent while the child is under 13; from 13 to
15 the child is asked, and competence (Gillick) is the child's own say; from 16 only what they agree to themselves. That a lasting
power of attorney is made by somebody of 18 or more is the Mental Capacity Act 2005, section 9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.kernel import clock
from onedoor.kernel.access import Part

BASES = {
    "parental": "parental responsibility",
    "consent": "the patient’s own consent",
    "lpa_health": "lasting power of attorney for health and welfare",
}
RELATIONSHIPS = (
    "parent",
    "guardian",
    "carer",
    "husband or wife",
    "partner",
    "son or daughter",
    "other family",
    "friend",
)
CHECKED = {
    "photo": "Identity document with a photograph",
    "address": "Proof of address",
    "record": "Name and date of birth as in their own record",
    "vouched": "Known to somebody who works here",
}
"""Points by which a proxy is known; two are asked for, as of a caller (referrals-booking-telephony.md 6.1)."""
POINTS = 2
TWO_POINTS = "Check two points of who they are, and tick both."
CHILD = {
    "agrees": "Competent to decide, and agrees",
    "not_competent": "Not competent to decide this",
    "refuses": "Competent to decide, and does not agree",
}
PARTS = {
    Part.CARE: "See appointments, and where referrals are",
    Part.CHANGES: "Say they are coming, cancel, choose and change appointments",
    Part.LETTERS: "Read letters",
    Part.MESSAGES: "Read texts",
    Part.PRIVATE: "Also what is private: mental and sexual health, pregnancy, addiction",
}
ASKED_AT, OWN_AT, LPA_FROM = 13, 16, 18


@dataclass(frozen=True)
class Wish:
    """What is to be recorded. `ends_on` is the first day on which the proxy may no longer act."""

    basis: str
    relationship: str
    parts: frozenset[Part]
    starts_on: date
    ends_on: date | None
    agreed_by: str
    child: str
    checked: Collection[str]


def birthday(born_on: date, age: int) -> date:
    """The day on which somebody is so old; of 29 February, 1 March."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)


def refusal(wish: Wish, born_on: date) -> str:
    """Why this cannot be recorded, in words for the page; empty when it can."""
    said = _incomplete(wish)
    if said:
        return said
    start = wish.starts_on
    if wish.ends_on is not None and wish.ends_on <= start:
        return "The last day is past."
    if not may_stand(wish.basis, wish.child, born_on, start):
        return _why_not(wish, born_on)
    last = ends_at_latest(born_on, start)
    if last is None:
        return ""
    if wish.ends_on is None:
        return f"For somebody under 16 a last day is needed: at the latest {_day_before(last)}."
    if wish.ends_on > last:
        return f"The last day can be {_day_before(last)} at the latest. The next day they are {_age(born_on, last)}."
    if Part.PRIVATE in wish.parts and start >= birthday(born_on, ASKED_AT):
        return "What is private to somebody of 13 to 15 is shown to nobody else."
    return ""


def may_stand(basis: str, child: str, born_on: date, on: date) -> bool:
    """Whether this basis gives anything on a day, whatever the dates say: a child grows, and a date of birth is put right."""
    if on >= birthday(born_on, LPA_FROM):
        return basis in ("consent", "lpa_health")
    if on >= birthday(born_on, OWN_AT):
        return basis == "consent"
    if on >= birthday(born_on, ASKED_AT):
        return (basis, child) in {("parental", "agrees"), ("parental", "not_competent"), ("consent", "agrees")}
    return basis == "parental"


def ends_at_latest(born_on: date, start: date) -> date | None:
    """The first day on which no proxy of a child may act without being asked anew; None of somebody of 16 or more."""
    if start >= birthday(born_on, OWN_AT):
        return None
    return birthday(born_on, ASKED_AT if start < birthday(born_on, ASKED_AT) else OWN_AT)


def last_day_of_child(born_on: date) -> date | None:
    """Until when somebody may act for a child at the latest, recorded today; None of somebody of 16 or more."""
    last = ends_at_latest(born_on, clock.today())
    return last - timedelta(days=1) if last else None


def shown_parts(parts: Collection[str], born_on: date, on: date) -> frozenset[Part]:
    """The parts that count on a day: an unknown one never does, and what is private to somebody of 13 to 15 is nobody else's."""
    known = {Part(part) for part in parts if part in set(Part)}
    if birthday(born_on, ASKED_AT) <= on < birthday(born_on, OWN_AT):
        known.discard(Part.PRIVATE)
    return frozenset(known)


def _day_before(day: date) -> str:
    return f"{day - timedelta(days=1):%d/%m/%Y}"


def _age(born_on: date, on: date) -> int:
    return ASKED_AT if on == birthday(born_on, ASKED_AT) else OWN_AT


def _incomplete(wish: Wish) -> str:
    if wish.basis not in BASES or wish.relationship not in RELATIONSHIPS:
        return "Say who they are to the patient, and on which basis they act."
    if not wish.parts - {Part.PRIVATE} or not wish.parts <= set(Part):
        return "Choose what they may see or do."
    if Part.CHANGES in wish.parts and Part.CARE not in wish.parts:
        return "Nobody can change appointments that they may not see: choose both."
    if not wish.agreed_by.strip():
        return "Say who agreed, and how you know."
    if len(set(wish.checked) & set(CHECKED)) < POINTS:
        return TWO_POINTS
    return ""


def _why_not(wish: Wish, born_on: date) -> str:
    if wish.starts_on >= birthday(born_on, OWN_AT):
        if wish.basis == "parental":
            return "From 16 nobody acts on parental responsibility: the patient agrees themselves."
        return "A lasting power of attorney is made by somebody of 18 or more."
    if wish.starts_on < birthday(born_on, ASKED_AT):
        return "For a child under 13 a parent or guardian acts, on parental responsibility."
    if wish.child == "refuses":
        return "The young person decides this themselves, and does not agree."
    return "From 13 to 15 the young person is asked first: say what was found."


GLASS_REASONS: Mapping[str, str] = {
    "emergency": "In an emergency, to treat you at once",
    "cannot_ask": "To care for you when you could not be asked",
    "safety": "To protect you or somebody else from serious harm",
    "arrived": "You came to them, and they had no record of you yet",
}
"""Why somebody may break the glass, as the patient reads it. Ours."""
