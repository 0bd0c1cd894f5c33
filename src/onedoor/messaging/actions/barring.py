"""Why a text is not followed though it could be about one thing only: it may be meant for another (product-map.md J2, hazard H2).

On a shared telephone nothing is done for one person that may be meant for another. Each doubt makes a person of an act.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from onedoor.messaging.actions.knowing import Found, Known
from onedoor.messaging.rules.family import named, spoken_of

AGAIN_WITHIN = timedelta(hours=24)
"""A wish repeated within a day of being granted may be the same wish: it does not take the next visit with it."""
LATE_WITHIN = timedelta(hours=48)
"""How long after a question its answer is known as one although it has closed."""


def doubt(known: Known, one: Found) -> str:
    """The first reason why the text may not be about this one, in words for the person who then reads it; "" for none."""
    return next((why for may_be, why in DOUBTS if may_be(known, one)), "")


def names_another(known: Known, one: Found) -> bool:
    """Whether the text names somebody, with this number or not, who is not the one it would be done for.

    A phone that one person has may be signed by another; who shares theirs speaks of somebody by name.
    """
    names = {holder.patient_id: holder.given_name for holder in known.holders}
    own = {one.candidate.patient_id: names.get(one.candidate.patient_id, "")}
    others = {key: name for key, name in names.items() if name.casefold() != own[one.candidate.patient_id].casefold()}
    text = known.inbound.text
    if len(names) < 2:
        return False
    return bool(named(text, others)) or bool(spoken_of(text) and not named(spoken_of(text), own))


def may_be_a_second_thought(known: Known, one: Found) -> bool:
    """Whether YES may be meant for a visit that this phone gave up, and not for the one that is left."""
    last = known.last_act()
    if one.intent != "confirm" or last is None or last.intent != "cancel" or (last.subject, last.subject_id) == one.key:
        return False
    about = known.ask_about(one.candidate)
    asked_since = about is not None and about.asked_at > last.received_at
    return not asked_since and known.said_at - last.received_at < LATE_WITHIN


def may_be_about_one_gone(known: Known, one: Found) -> bool:
    """Whether another visit we asked about has begun unanswered, near enough to be the one that is meant."""
    if one.candidate.kind != "appointment":
        return False
    about = known.ask_about(one.candidate)
    if known.begun(one):
        # An apology for the one that was missed, perhaps, whatever was asked since.
        return True
    gone = [
        ask
        for ask in known.asks
        if ask.context == "appointment"
        and ask.state in ("open", "expired")
        and (ask.subject, ask.subject_id) != one.key
        and ask.expires_at <= known.said_at
    ]
    return any(
        about is None
        or ask.asked_at >= about.asked_at - timedelta(hours=24)
        or ask.expires_at >= known.said_at - timedelta(hours=12)
        for ask in gone
    )


def may_be_an_unasked_one(known: Known, one: Found) -> bool:
    """Whether YES, an answer to the only question put, may be about another visit of this phone that was not asked about:
    one that comes sooner, or one more of whom it names."""
    if one.intent != "confirm" or one.candidate.kind != "appointment":
        return False
    name = {one.candidate.patient_id: one.candidate.first_name}
    by_name = bool(named(known.inbound.text, name))
    unasked = [
        found.candidate
        for found in known.candidates("cancel")
        if found.candidate.kind == "appointment" and known.ask_about(found.candidate) is None
    ]
    return any(
        other.when < one.candidate.when or (by_name and other.first_name == one.candidate.first_name)
        for other in unasked
        if other.subject_id != one.candidate.subject_id
    )


def may_still_answer_which(known: Known, one: Found) -> bool:
    """Whether our question which visit is meant closed unanswered, and nothing of this one was said or asked since."""
    last = known.asks[-1] if known.asks else None
    closed = last is not None and last.context == "which" and last.state == "expired"
    return closed and last is not None and known.said_at - last.asked_at < LATE_WITHIN


def may_be_a_repeat(known: Known, one: Found) -> bool:
    last = known.last_act()
    if last is None or last.intent != one.intent or (last.subject, last.subject_id) == one.key:
        return False
    if known.said_at - last.received_at > AGAIN_WITHIN:
        return False
    about = known.ask_about(one.candidate)
    return about is None or about.asked_at <= last.received_at


DOUBTS: tuple[tuple[Callable[[Known, Found], bool], str], ...] = (
    (names_another, "it names somebody else with this number"),
    (may_be_a_second_thought, "it may take back a cancellation, which can no longer be"),
    (may_be_about_one_gone, "it may be about a visit that has begun"),
    (may_be_an_unasked_one, "it may be about another visit, which was not asked about"),
    (may_still_answer_which, "it may be a late answer to our question which visit is meant"),
)
"""In the order in which they are told."""
