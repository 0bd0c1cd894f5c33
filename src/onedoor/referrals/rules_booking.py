"""What is to be booked after triage, by when, and what an appointment does to its referral: tables and pure functions."""

from __future__ import annotations

from onedoor.referrals.rules import (
    ASSESSED,
    BOOKED,
    CANCELLED_BY_PATIENT,
    CANCELLED_BY_PROVIDER,
    DEFERRED,
    DID_NOT_ATTEND,
    NOT_BOOKED,
    TO_ACTION,
)

NEW = (TO_ACTION, NOT_BOOKED, DEFERRED)
"""Accepted, and never booked yet."""
BACK = (CANCELLED_BY_PATIENT, CANCELLED_BY_PROVIDER, DID_NOT_ATTEND)
"""Booked once, and to be booked again or ended by a person."""
TO_BOOK = (*NEW, *BACK)
ACCEPTED = ("accept", "urgent")
"""Outcomes of triage after which the service itself sees somebody (`rules.OUTCOMES`)."""

STANDS = ("pending", "booked", "arrived", "cancelling")
"""States of an appointment that is ahead or going on: while one of a referral's stands, the referral is booked."""

PROVIDER_DAYS = {"routine": 40, "urgent": 10, "two_week_wait": 5}
"""By when the provider must have been in touch after triage (referrals-booking-telephony.md 2.2, deferToProviderContactDays;
sandbox values)."""
THINKING_DAYS = 14
"""After about so long without an agreed step the patient is to be asked (referrals-booking-telephony.md 4.1, thinking time)."""


def moves_of(to: str, *, reason: str, stands: bool, state: str) -> tuple[str, ...]:
    """What becomes of a referral in `state` when an appointment of its came to `to`: the states it goes through, in order.

    `reason` is why the appointment ended; `stands` whether another one of the referral stands. One that was moved has its
    successor already or in the same transaction: nothing happens here. A cancellation never closes a referral.
    """
    if to in STANDS:
        return () if state == BOOKED else (BOOKED,)
    again = (BOOKED,) if stands else ()
    if to == "fulfilled":
        return (ASSESSED, *again)
    if to == "noshow":
        return (DID_NOT_ATTEND, *again)
    # cancelled; or lapsed: the outside diary had given the place away.
    if state != BOOKED or stands or reason == "moved":
        return ()
    return (CANCELLED_BY_PATIENT,) if reason == "patient" else (CANCELLED_BY_PROVIDER,)


def may_choose(*, state: str, who_books: str) -> bool:
    """Whether the patient books it: triage said so, or it was never said and we wait for them; or they gave up what they had
    themselves. After a visit that was missed a person talks with them first."""
    if state == NOT_BOOKED:
        return True
    return state in (TO_ACTION, DEFERRED, CANCELLED_BY_PATIENT, CANCELLED_BY_PROVIDER) and who_books == "patient"


BECAUSE = {
    TO_ACTION: "Accepted, not booked yet",
    NOT_BOOKED: "Has not chosen a time",
    DEFERRED: "No time was free",
    CANCELLED_BY_PATIENT: "The patient cancelled",
    CANCELLED_BY_PROVIDER: "We cancelled",
    DID_NOT_ATTEND: "Did not attend: book again, or discharge",
}
"""Why one stands on the list."""
