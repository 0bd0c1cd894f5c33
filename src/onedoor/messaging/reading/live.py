"""A text of a live thread: the tables of whole phrases first, then the reading of freer words, under stricter conditions.

What is read from a file has one visit to be about. In a thread there may be two, on a shared phone, asked about days ago: so a
machine follows freer words only when one kind of question is open and the text names no day, time, number, place or person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from onedoor.messaging.reading.contexts import questions
from onedoor.messaging.reading.danger import danger
from onedoor.messaging.reading.interpret import Interpretation, interpret
from onedoor.messaging.rules.normal import without_quotation, words_of
from onedoor.messaging.rules.replies import Reading, Understood

ACTS = frozenset({"confirm", "cancel", "accept", "decline"})
SURE = 0.9
"""How sure the reading must be for a machine to change a visit."""
_ELSEWHERE = {"stop": "stop", "deceased": "death", "wrong_person": "wrong_number", "thanks": "thanks"}
_PARTICULAR = re.compile(
    # Anything that tells one visit from another, or says who is meant.
    r"\d|\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)\b|"
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december)\b|\b(today|tomorrow|tmrw|tomoro|tonight|morning|afternoon|"
    r"evening|week|weekend|month|oclock|half past|quarter|one|two|first|second|both|other|all|nurse|doctor|dr|gp|blood|smear|physio|clinic|jab|"
    r"mum|mums|mam|dad|dads|nan|son|sons|daughter|daughters|wife|wifes|husband|husbands|brother|sister|kids?|child|children|baby|partner|carer|"
    r"mr|mrs|miss|ms|his|her|their|he|she|they|him|them|for)\b"
)
_SAYS: dict[str, str] = {
    "rebook": "asks for another time",
    "late": "is running late",
    "question": "asks something",
    "already_done": "says that it has been done",
    "cancel": "may want to cancel",
    "confirm": "may mean to come",
    "accept": "may want what was offered",
    "decline": "may not want what was offered",
    "stop": "may want no more texts",
    "wrong_person": "may be the wrong number",
    "deceased": "may tell of a death",
    "thanks": "thanks us, and perhaps more",
}
"""What a person is told of a text that is left to them, and how sure that is. Of an unclear one there is nothing to say."""


def read_on(read: Understood, text: str, contexts: Sequence[str], ours: Sequence[str]) -> Understood:
    """What freer words add to what the tables made of a text; `contexts` are the open questions, "which" left out."""
    if read.intent == "crisis":
        return read
    if danger(" ".join(words_of(text))) or danger(" ".join(words_of(without_quotation(text, ours)))):
        return Understood("crisis", "a word of danger")
    if read.intent != "person" or len(contexts) != 1 or contexts[0] not in questions():
        return read
    said = without_quotation(text, ours)
    if not words_of(said):
        return read
    found = interpret(contexts[0], said)
    if found.intent == "crisis":
        return Understood("crisis", f"it may speak of danger, {_sure(found)}")
    if found.action == "act" and found.confidence >= SURE:
        if found.intent in _ELSEWHERE:
            return Understood(_ELSEWHERE[found.intent], f"{found.why}, {_sure(found)}")
        if found.intent in ACTS and not _PARTICULAR.search(" ".join(words_of(said))):
            return Understood(found.intent, f"{found.why}, {_sure(found)}", (Reading(contexts[0], found.intent),))
    return replace(read, why=f"{_SAYS[found.intent]}, {_sure(found)}") if found.intent in _SAYS else read


def _sure(found: Interpretation) -> str:
    return f"{found.confidence:.0%} sure"
