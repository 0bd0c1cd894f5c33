"""A text of a live thread: the tables of whole phrases first, then the reading of freer words, under stricter conditions.

What is read from a file has one visit to be about. In a thread there may be two, on a shared phone, asked about days ago: so a
machine follows freer words only when one kind of question is open and the text names no number, place or person, and no day or
time but those of the only visit there is (`names`).
A question that takes a value is about no visit: its answer may be a number, and is one beside a reminder too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from onedoor.messaging.reading import general
from onedoor.messaging.reading.contexts import questions
from onedoor.messaging.reading.danger import danger
from onedoor.messaging.reading.interpret import Interpretation, interpret
from onedoor.messaging.rules.normal import without_quotation, words_of
from onedoor.messaging.rules.replies import Reading, Understood

ACTS = frozenset({"confirm", "cancel", "accept", "decline", "rebook"})
OF_A_VISIT = frozenset({"confirm", "cancel"})
"""What may name the day and time of its visit, when it is the only one there is."""
SURE = 0.9
"""How sure the reading must be for a machine to change a visit."""
_ELSEWHERE = {"stop": "stop", "deceased": "death", "wrong_person": "wrong_number", "thanks": "thanks"}
_SOMEBODY = (
    r"mum|mums|mam|dad|dads|nan|son|sons|daughter|daughters|wife|wifes|husband|husbands|brother|sister|kids?|child|children|baby|partner|carer|"
    r"mr|mrs|miss|ms|his|her|their|he|she|they|him|them"
)
_WHICH_OR_WHO = re.compile(
    # What tells one visit from another but for its day and time, or says who is meant.
    r"\b(week|weekend|month|half|quarter|past|one|two|first|second|both|other|all|nurse|doctor|dr|gp|blood|smear|physio|clinic|jab|"
    rf"{_SOMEBODY}|for|next|last|after|before|until|till|from|only|but)\b"
)
_PARTICULAR = re.compile(
    # Anything that tells one visit from another, or says who is meant.
    r"\d|\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)\b|"
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december)\b|\b(today|tomorrow|tmrw|tomoro|tonight|morning|afternoon|"
    r"evening|week|weekend|month|oclock|half past|quarter|one|two|first|second|both|other|all|nurse|doctor|dr|gp|blood|smear|physio|clinic|jab|"
    rf"{_SOMEBODY}|for)\b"
)
_SOMEBODY_ELSE = re.compile(rf"\b({_SOMEBODY})\b")
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
    if read.intent != "person":
        return read
    said = without_quotation(text, ours)
    if not said.strip():
        return read
    known = [name for name in contexts if name in questions()]
    # Danger is feared whatever was asked, and when nothing was.
    readings = {name: interpret(name, said) for name in known or ["appointment"]}
    feared = max(readings.values(), key=_danger)
    if feared.intent == "crisis":
        return Understood("crisis", f"it may speak of danger, {_sure(feared)}", sure=feared.confidence)
    if not contexts or len(known) != len(contexts):
        return read
    if (valued := _valued(contexts, said, readings)) is not None:
        return valued
    if len(contexts) != 1:
        return read
    found = readings[contexts[0]]
    if found.action == "act" and found.confidence >= SURE and (sure := _followed(found, contexts[0], said)) is not None:
        return sure
    return (
        replace(read, why=f"{_SAYS[found.intent]}, {_sure(found)}", sure=found.confidence)
        if found.intent in _SAYS
        else read
    )


def _followed(found: Interpretation, context: str, said: str) -> Understood | None:
    """What a machine may do of what it is sure of; None when a person reads it first."""
    words = " ".join(words_of(said))
    if found.intent in _ELSEWHERE:
        return Understood(_ELSEWHERE[found.intent], f"{found.why}, {_sure(found)}", sure=found.confidence)
    value, names = "", ""
    if found.intent == "already_done":
        may = not _SOMEBODY_ELSE.search(words)
    elif found.intent == "late":
        late = _late(words)
        may, value = late is not None, late or ""
    elif found.intent in OF_A_VISIT and _PARTICULAR.search(words):
        may, names = not _WHICH_OR_WHO.search(words), words
    else:
        may = found.intent in ACTS and not _PARTICULAR.search(words)
    reading = Reading(context, found.intent, value)
    why = f"{found.why}, {_sure(found)}"
    return Understood(found.intent, why, (reading,), sure=found.confidence, names=names) if may else None


def _late(words: str) -> str | None:
    """By how many minutes a text plainly says that its writer will be late, "" when it does not say; None when it says more
    than that, so that a person reads it."""
    rest = _MINUTES.sub(" ", words)
    if _PARTICULAR.search(rest) or _NOT_ONLY_LATE.search(rest):
        return None
    said = {minutes for found in _MINUTES.finditer(words) if 0 < (minutes := _minutes(found)) <= _LATEST}
    return str(said.pop()) if len(said) == 1 else ""


def _minutes(found: re.Match[str]) -> int:
    number = found.group("number")
    return int(number) if number.isdecimal() else _NUMBERS[number]


_NUMBERS = {"five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30}
_MINUTES = re.compile(rf"\b(?P<number>\d{{1,2}}|{'|'.join(_NUMBERS)}) ?(?:m|min|mins|minute|minutes)\b")
_LATEST = 60
"""Minutes; whoever is later than this may not be coming at all, and the practice reads it in their words."""
_NOT_ONLY_LATE = re.compile(
    r"\b(cancel\w*|cant|cannot|wont|rebook|another|instead|or|should|still (come|see|be seen|ok|okay|worth))\b"
)


def _valued(contexts: Sequence[str], said: str, readings: Mapping[str, Interpretation]) -> Understood | None:
    """An answer to the one open question that takes a value, or words that are no clear answer to it; None for anything else.

    Beside a reminder or an offer only what has a figure in it, or is a single letter, is plainly not about those.
    """
    asked = [name for name in contexts if questions()[name].value is not None]
    words = " ".join(words_of(said))
    if len(asked) != 1 or not words or general.AUTOMATIC.search(words):
        return None
    if len(contexts) > 1 and not re.search(r"\d|^[a-f]$", words):
        return None
    found = readings[asked[0]]
    if found.intent == "answer" and found.action == "act":
        return Understood("answer", found.why, (Reading(asked[0], "answer", found.value),), sure=found.confidence)
    if len(contexts) == 1 and found.intent in ("answer", "unclear") and found.action == "ask":
        return Understood("unclear", found.why, (Reading(asked[0], "unclear"),), sure=found.confidence)
    return None


def _danger(found: Interpretation) -> float:
    return found.confidence if found.intent == "crisis" else 0.0


def _sure(found: Interpretation) -> str:
    return f"{found.confidence:.0%} sure"
