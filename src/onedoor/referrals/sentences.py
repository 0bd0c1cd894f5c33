"""What is said of a referral in plain words, in one place: on the patient's page, the call handler's page and in letters.

Short sentences and common words, for a reading age of 9 to 11 (clinical.md 6.5); a test measures them. None names a condition:
the page is opened with a date of birth, and letters lie on doormats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from onedoor.kernel.words import long_day
from onedoor.referrals import rules

US, REFERRER, YOU, ELSEWHERE = "us", "referrer", "you", "elsewhere"


@dataclass(frozen=True)
class Standing:
    """Where a referral stands: what happens now, what happens next, in whose hands it is, and how it can be changed.

    `waits_for` is what one hears of next, where a date can be said ("decision", "appointment").
    """

    now: str
    next: str
    holder: str = US
    change: str = "ring"
    waits_for: str = ""


CAME = {
    "gp": "Your GP practice asked us to help you.",
    "nurse": "A nurse asked us to help you.",
    "ahp": "A health worker asked us to help you.",
    "social_care": "A social care worker asked us to help you.",
    "other_health": "A health worker asked us to help you.",
    "self": "You asked us to help you.",
    "inherited": "Another service was asked to help you.",
}
TAKEN_OVER = "We took over your care. Your place in the line came with you."

TRIAGED = {
    "accept": "We read your referral and said yes.",
    "urgent": "We read your referral and said yes. You go first, as it is urgent.",
    "advice": "We read your referral. We sent advice to {referrer}.",
    "onward": "We read your referral. A hospital team is best for you.",
    "smoking": "We read your referral. The stop smoking team is best for you.",
    "weight": "We read your referral. The weight team is best for you.",
    "talking": "We read your referral. The talking therapy team is best for you.",
    "more": "We read your referral. We asked {referrer} to tell us more.",
    "inappropriate": "We read your referral. This is not the right service for you.",
}
"""By what triage decided (`rules.OUTCOMES`)."""

MOVED = {
    rules.AWAITING_TRIAGE: "{referrer} told us more.",
    rules.NOT_BOOKED: "We asked you to choose a time.",
    rules.BOOKED: "A time to see you was booked.",
    rules.DEFERRED: "No time was free. You are on our list for the next one.",
    rules.DID_NOT_ATTEND: "We did not see you at the time that was booked.",
    rules.CANCELLED_BY_PATIENT: "You cancelled the time that was booked.",
    rules.CANCELLED_BY_PROVIDER: "We had to cancel the time that was booked. We are sorry.",
    rules.ASSESSED: "We saw you.",
}
OFFERED = "We offered you a first time to be seen."

CLOSED = {
    "discharged": "Your care with us came to its end. We wrote to {referrer}.",
    "secondary_care": "We sent your referral on to the hospital.",
    "inappropriate": "We sent your referral back to {referrer}.",
    "advice": "We sent your referral back to {referrer}.",
    "signposted": "We told you and {referrer} where to go for help.",
    "withdrawn": "Your referral was stopped.",
    "duplicate": "We had the same referral twice. We kept the other one.",
    "deceased": "Your referral was closed.",
}

STANDING = {
    "to_triage": Standing(
        "Your referral is in our line to be read.",
        "We read it and choose the right care for you. Then we write to you.",
        waits_for="decision",
    ),
    "asked": Standing(
        "We wait for {referrer} to tell us more.",
        "When they have told us, we read your referral again. Then we write to you.",
        holder=REFERRER,
    ),
    "to_book": Standing(
        "You are on our list for {stream}.",
        "We tell you when you can be seen. You need do nothing.",
        waits_for="appointment",
    ),
    "offered": Standing(
        "We have offered you a first time to be seen.",
        "You come at that time. If you do not know the time, ring us.",
    ),
    "onward": Standing(
        "We are sending your referral to the hospital.",
        "The hospital will write to you. We tell you who books it.",
    ),
    "to_choose": Standing(
        "We wait for you to choose a time.",
        "You choose a time by the link that we sent, or ring us. Then it is booked.",
        holder=YOU,
    ),
    "no_time": Standing(
        "You are on our list for the next free time for {stream}.",
        "We tell you when you can be seen. You need do nothing.",
        waits_for="appointment",
    ),
    "booked": Standing("A time to see you is booked.", "You come at that time.", change="appointment"),
    "booked_at": Standing("Your appointment is on {when}, at {place}.", "You come at that time.", change="appointment"),
    "being_booked": Standing(
        "We are booking {when} for you, at {place}. It is not sure yet.", "We tell you when it is sure.", change="ring"
    ),
    "may_choose": Standing(
        "You can choose a time.",
        "You choose a time by our link or on your own page, or ring us. Then it is booked.",
        holder=YOU,
    ),
    "gave_up_may_choose": Standing(
        "You cancelled the time that was booked.", "You can choose another time, or ring us.", holder=YOU
    ),
    "we_cancelled_may_choose": Standing(
        "We had to cancel the time that was booked. We are sorry.",
        "You can choose another time, or ring us.",
        holder=YOU,
    ),
    "missed": Standing(
        "We did not see you at the time that was booked.", "Ring us to choose another time.", holder=YOU
    ),
    "gave_up": Standing("You cancelled the time that was booked.", "Ring us if you want another time.", holder=YOU),
    "we_cancelled": Standing(
        "We had to cancel the time that was booked. We are sorry.", "We give you another time. You need do nothing."
    ),
    "seen": Standing("We have seen you.", "We go on as we said when we saw you. Ring us if you are not sure."),
    "discharged": Standing(
        "Your care with us has come to its end.", "If you need us again, ask {referrer}.", REFERRER, "again"
    ),
    "secondary_care": Standing(
        "The hospital has your referral.", "The hospital will write to you.", ELSEWHERE, "onward"
    ),
    "advice": Standing("We sent advice to {referrer}.", "Ask {referrer} what happens next.", REFERRER, "again"),
    "signposted": Standing(
        "Another team can help you best.", "Our letter says how to reach them. You can ring us too.", YOU, "again"
    ),
    "inappropriate": Standing(
        "We sent your referral back to {referrer}.", "Ask {referrer} what happens next.", REFERRER, "again"
    ),
    "stopped": Standing("Your referral was stopped.", "If you need us again, ask {referrer}.", REFERRER, "again"),
    "duplicate": Standing(
        "We had the same referral twice. We kept the other one.", "See the other one for what happens next."
    ),
}
"""By what `standing` finds; the only place where it is put in words."""

CHANGE = {
    "ring": "To stop it, or to tell us what has changed, ring us.",
    "appointment": "To change or cancel the time, use the page of your appointment, or ring us.",
    "again": "If things get worse, or you think that this is wrong, ring us.",
    "onward": "To change it, ring the hospital. If you have not heard from them, ring us.",
}

_BY_STATE = {
    rules.AWAITING_TRIAGE: "to_triage",
    rules.TRIAGE_RESPONSE: "asked",
    rules.TO_ACTION: "to_book",
    rules.NOT_BOOKED: "to_choose",
    rules.DEFERRED: "no_time",
    rules.BOOKED: "booked",
    rules.DID_NOT_ATTEND: "missed",
    rules.CANCELLED_BY_PATIENT: "gave_up",
    rules.CANCELLED_BY_PROVIDER: "we_cancelled",
    rules.ASSESSED: "seen",
    rules.REJECTED: "inappropriate",
    rules.CANCELLED: "stopped",
}


_CHOOSE = {
    rules.TO_ACTION: "may_choose",
    rules.NOT_BOOKED: "may_choose",
    rules.CANCELLED_BY_PATIENT: "gave_up_may_choose",
    rules.CANCELLED_BY_PROVIDER: "we_cancelled_may_choose",
}


def standing(
    *, state: str, outcome: str, closed_because: str, offered: bool, visit: str = "", may_choose: bool = False
) -> str:
    """The key of `STANDING` for what is known of a referral. `visit` is the state of the appointment that it is booked for, if
    we know it; `may_choose` says that there is a page on which the patient can choose a time."""
    if closed_because:
        return closed_because if closed_because in STANDING else "stopped"
    if state == rules.BOOKED and visit:
        return "being_booked" if visit == "pending" else "booked_at"
    if may_choose and state in _CHOOSE:
        return _CHOOSE[state]
    if state == rules.TO_ACTION and outcome == "onward":
        return "onward"
    if state == rules.TO_ACTION and offered:
        return "offered"
    return _BY_STATE[state]


def hear(
    *,
    by: date,
    earliest: date,
    latest: date,
    own: bool,
    first: date,
    promised: date | None,
    today: date,
    what: str = "decision",
) -> list[str]:
    """By when one hears, in sentences. `first` is what was said at first, `promised` what e-RS promises of triage; `what` one
    hears of."""
    said = []
    if first < today:
        said.append(sorry(first))
        said.append(f"We now think that you will hear by {long_day(by)}.")
    else:
        said.append(
            TIME_BY.format(day=long_day(by)) if what == "appointment" else f"You should hear by {long_day(by)}."
        )
    if own and earliest < latest:
        said.append(f"Most people hear between {_short(earliest)} and {_short(latest)}.")
    if today <= first != by:
        said.append(f"At first we said {_short(first)}. It has changed, as the line is {_than(first, by)} now.")
    if promised is not None and own and promised != by:
        said.append(f"The NHS rule {'said' if promised < today else 'says'} {_short(promised)} at the latest.")
    if not own and first >= today:
        said.append("This is what the NHS rule says. We cannot yet say how long it takes us.")
    return said


def sorry(first: date) -> str:
    """Of a day that is past: also the beginning of the text that says so."""
    return f"We said that you would hear by {long_day(first)}. You have not, and we are sorry."


TIME_BY = "We will give you a time by {day}."
"""Of an appointment, as the letter says it too."""
NO_DATE = "We cannot yet say when. Ring us if you want to know more."


def _than(first: date, by: date) -> str:
    return "longer" if by > first else "shorter"


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"
