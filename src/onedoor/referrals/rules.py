"""States, outcomes and clocks of referrals: tables and pure functions.

States are those of e-RS (referrals-booking-telephony.md 2.3); outcomes are the keys a triage clinician has (seed 002, section 3;
product-map.md S2-17), each with the state it leads to and what it means for the letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from onedoor.kernel.calendar import add_working_time, is_working_day
from onedoor.kernel.clock import LONDON

AWAITING_TRIAGE = "AWAITING_TRIAGE"
TO_ACTION = "TRIAGED_PROVIDER_TO_ACTION"
TRIAGE_RESPONSE = "TRIAGE_RESPONSE"
NOT_BOOKED = "NOT_BOOKED"
BOOKED = "BOOKED"
DEFERRED = "DEFERRED_TO_PROVIDER"
REJECTED = "REJECTED"
ASSESSED = "ASSESSMENT_RESULT"
DID_NOT_ATTEND = "DID_NOT_ATTEND"
CANCELLED_BY_PATIENT = "APPT_CANCELLED_BY_PATIENT"
CANCELLED_BY_PROVIDER = "APPT_CANCELLED_BY_PROVIDER"
CANCELLED = "CANCELLED_REFERRAL"

_TO_BOOK = frozenset({NOT_BOOKED, BOOKED, DEFERRED, ASSESSED, CANCELLED})

MOVES = {
    AWAITING_TRIAGE: frozenset({TO_ACTION, TRIAGE_RESPONSE, REJECTED, CANCELLED}),
    # The referrer was asked for something: what they send brings it back to be triaged.
    TRIAGE_RESPONSE: frozenset({AWAITING_TRIAGE, CANCELLED}),
    TO_ACTION: _TO_BOOK,
    NOT_BOOKED: _TO_BOOK - {NOT_BOOKED},
    DEFERRED: _TO_BOOK - {DEFERRED},
    BOOKED: frozenset({DID_NOT_ATTEND, CANCELLED_BY_PATIENT, CANCELLED_BY_PROVIDER, ASSESSED, CANCELLED}),
    DID_NOT_ATTEND: _TO_BOOK,
    CANCELLED_BY_PATIENT: _TO_BOOK,
    CANCELLED_BY_PROVIDER: _TO_BOOK,
    # Seen: what follows is another visit of the same referral, or the end; a discharge leaves it seen, and closes it.
    # Somebody may have marked a visit wrongly.
    ASSESSED: frozenset({ASSESSED, BOOKED, NOT_BOOKED, DID_NOT_ATTEND, DEFERRED, CANCELLED}),
    REJECTED: frozenset(),
    CANCELLED: frozenset(),
}

SOURCES = {
    "gp": "General practitioner",
    "nurse": "Nurse",
    "ahp": "Allied health professional",
    "social_care": "Social care professional",
    "other_health": "Other health professional",
    "self": "The patient",
    "inherited": "Taken over with the caseload",
}
"""Who referred. The first, second, third and fifth are the rows of seed 002's table."""

PRIORITIES = {"routine": "Routine", "urgent": "Urgent", "two_week_wait": "Two-week wait"}

CONTACT_DAYS = {"routine": 40, "urgent": 5, "two_week_wait": 2}
"""Days in which e-RS promises that triage answers (referrals-booking-telephony.md 2.2, triageContactDays; sandbox values)."""


@dataclass(frozen=True)
class Outcome:
    """One key of triage. `closes` with the reason given there, `needs` what must be said with it."""

    key: str
    said: str
    to_state: str
    closes: str = ""
    needs: frozenset[str] = frozenset()
    who_books: str = ""


OUTCOMES = {
    outcome.key: outcome
    for outcome in (
        Outcome("accept", "Accept to a stream", TO_ACTION, needs=frozenset({"stream"}), who_books="us"),
        Outcome("urgent", "Accept, urgent", TO_ACTION, needs=frozenset({"stream"}), who_books="us"),
        Outcome("advice", "Return with advice", TRIAGE_RESPONSE, closes="advice", needs=frozenset({"advice"})),
        Outcome("onward", "On to secondary care", TO_ACTION, needs=frozenset({"onward_service", "who_books"})),
        Outcome("smoking", "Stop smoking service", TRIAGE_RESPONSE, closes="signposted", who_books="patient"),
        Outcome("weight", "Weight management", TRIAGE_RESPONSE, closes="signposted", who_books="patient"),
        Outcome("talking", "Talking therapies", TRIAGE_RESPONSE, closes="signposted", who_books="patient"),
        Outcome("more", "Ask for information", TRIAGE_RESPONSE, needs=frozenset({"advice"})),
        Outcome("inappropriate", "Inappropriate", REJECTED, closes="inappropriate", needs=frozenset({"reason"})),
    )
}

REJECT_REASONS = {
    "FURTHER_INFORMATION_REQUIRED": "Further information required",
    "OUTPATIENT_APPT_NOT_REQUIRED": "No appointment is needed",
    "SERVICE_INAPPROPRIATE": "Not the right service",
    "SERVICE_PREREQUISITES_NOT_COMPLETE": "What must be done first was not done",
    "OTHER": "Another reason",
}
"""Of e-RS (referrals-booking-telephony.md 2.3, reason codes: reject)."""

CLOSINGS = {
    "discharged": "Discharged to the GP",
    "secondary_care": "Sent on to secondary care",
    "inappropriate": "Not accepted",
    "advice": "Returned with advice",
    "signposted": "Signposted to another service",
    "withdrawn": "Withdrawn",
    "duplicate": "The same as another referral",
    "deceased": "The patient has died",
}

DISCHARGES = {
    "finished": "Treatment is finished",
    "advice": "Advice was enough",
    "declined": "The patient does not want it",
    "no_show": "Did not come, and no harm is feared",
    "elsewhere": "Is treated elsewhere",
}
"""How a discharge ended, in words of ours: national reasons were not found in public (referrals-booking-telephony.md 4.6)."""

WITHDRAWALS = ("withdrawn", "duplicate", "deceased")
"""Of CLOSINGS, those by which a referral ends without an answer of triage."""

NEXT_ACTIONS = {
    "Book": ("Booked", "Attend"),
    "Attend": ("Was seen, or did not come", "Treat"),
    "Obtain result": ("The result is here", "Book"),
    "Treat": ("Treated", "Discharge"),
    "Discharge": ("Decided", "Book"),
}
"""What is to be done next after triage, in the words of caseloads that are taken over: how one says that it was done, and what
most likely follows."""

NEXT_WITHIN = timedelta(days=365)
"""The longest that a next action is put off."""

WEEKS_18, WEEKS_52 = 126, 364
"""Days of waiting that are still within 18 weeks, and within 52 (referrals-booking-telephony.md 4.1 and 4.3)."""

WHO_BOOKS = {
    "us": "The service books with the patient",
    "patient": "The patient books, with the link in their letter",
    "gp": "The practice books through e-RS",
}
"""Who books, as both letters say it (product-map.md S2-05)."""

PARK_DAYS = 28
"""The longest a referral is parked at once."""

ATTACHMENT_BYTES = 5 * 1024 * 1024
ATTACHMENT_TYPES = {
    "txt": "text/plain",
    "pdf": "application/pdf",
    "xml": "application/xml",
    "rtf": "application/rtf",
    "au": "audio/basic",
    "mp3": "audio/mpeg",
    "png": "image/png",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "tif": "image/tiff",
    "mpg": "video/mpeg",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "dcm": "application/dicom",
}
"""What e-RS takes with a referral, and how large (referrals-booking-telephony.md 2.1, A020)."""

_BEGINS = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF8",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "tif": (b"II*\x00", b"MM\x00*"),
    "tiff": (b"II*\x00", b"MM\x00*"),
    "doc": (b"\xd0\xcf\x11\xe0",),
    "docx": (b"PK\x03\x04",),
    "rtf": (b"{\\rtf",),
    "au": (b".snd",),
}
"""First bytes of each type that has such: a file that is something else than its name says is not taken."""

HOLD = timedelta(minutes=15)
"""How long a decision can be taken back, and its letters wait."""

BACK_WITHIN = timedelta(days=90)
"""A new referral so soon after a discharge is counted as a re-referral beside it."""


def due_at(received_at: datetime, *, hours: int, basis: str) -> datetime:
    """When triage must have answered: so many hours, of the clock ("elapsed") or of working time ("working").

    The contract says which (product-map.md T12). A working day is 10.5 hours (kernel.calendar), so a "working" contract gives
    its hours in those.
    """
    length = timedelta(hours=hours)
    return add_working_time(received_at, length) if basis == "working" else received_at + length


def triage_due_at(received_at: datetime, *, priority: str, hours: int, basis: str) -> datetime:
    """When the clock of this referral's triage ends: the contract's, or for what is urgent the day that e-RS promises
    (`CONTACT_DAYS`) where that comes first.
    """
    due = due_at(received_at, hours=hours, basis=basis)
    return min(due, received_at + timedelta(days=CONTACT_DAYS[priority])) if priority in CONTACT_DAYS else due


def triaged_in_time(received_at: datetime, triaged_at: datetime | None, *, hours: int = 48) -> bool:
    """Within so many hours of the clock from receipt (clinical.md 5.4, definitions); exactly that many still counts."""
    return triaged_at is not None and triaged_at - received_at <= timedelta(hours=hours)


def working_days_between(first: date, second: date) -> int:
    """Working days of England after `first` up to and with `second`; 0 when it is not later."""
    days = 0
    while first < second:
        first += timedelta(days=1)
        days += is_working_day(first)
    return days


def sent_in_time(decided_on: date, sent_on: date | None, *, days: int = 3) -> bool:
    """Sent to secondary care within so many working days of the decision (clinical.md 5.4)."""
    return sent_on is not None and working_days_between(decided_on, sent_on) <= days


def offered_in_time(received_at: datetime, offered_on: date | None, *, days: int = 5) -> bool:
    """A first appointment offered within so many days of the calendar from the day of receipt (seed 002, section 3)."""
    return offered_on is not None and (offered_on - received_at.astimezone(LONDON).date()).days <= days


def over_weeks(clock_start: date, today: date) -> int:
    """Which mark a wait from the original clock start has passed: 52 or 18 weeks, or 0."""
    days = (today - clock_start).days
    return 52 if days > WEEKS_52 else 18 if days > WEEKS_18 else 0


def missing(outcome: Outcome, given: dict[str, str]) -> list[str]:
    """What this outcome needs and was not given, by name."""
    return sorted(need for need in outcome.needs if not given.get(need, "").strip())


def attachment_fault(name: str, size: int, begins: bytes) -> str:
    """Why a file is not taken with a referral, in words; empty when it is. `begins` are its first bytes."""
    kind = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if kind not in ATTACHMENT_TYPES:
        return f"{name}: this kind of file is not taken. Send it as {', '.join(sorted(set(ATTACHMENT_TYPES)))}."
    if not size:
        return f"{name}: there is nothing in it."
    if size > ATTACHMENT_BYTES:
        return f"{name}: it is larger than 5 MB. Send it in parts, or make it smaller."
    if kind in _BEGINS and not begins.startswith(_BEGINS[kind]):
        return f"{name}: what is in it is not what its name says. Open it, save it again, and send that."
    return ""
