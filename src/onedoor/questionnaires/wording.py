"""What a questionnaire says to a patient, by text and on pages. Reading age nine; nobody is told what a score means."""

from __future__ import annotations

from datetime import datetime

from onedoor.kernel.calendar import is_open, next_open
from onedoor.kernel.words import clock_time, long_day
from onedoor.questionnaires.definitions import Definition, Item
from onedoor.questionnaires.outcomes import Visit


def first_turn(definition: Definition, item: Item, question: str, name: str, practice: str) -> str:
    """The text that begins a questionnaire; the first name first, in case others see the phone (clinical.md 6.2)."""
    several = len(definition.items) > 1
    asks = f"{practice} has a few short questions about {definition.intro}" if several else f"{practice} asks"
    return f"{name}: {asks}: {question}" if several else f"{name}: {asks} {question}"


def turn(item: Item, offered: str, day: str) -> str:
    """One question, as a text puts it; with the value that the record has, and how old it is, to be confirmed."""
    if offered:
        unit = f" {item.unit_words}" if item.unit_words else ""
        return f"{_bare(item.sms)} We have {offered}{unit}, from {day}. Reply YES if it is still right, or a new number, or SKIP."
    return f"{item.sms}, or SKIP."


def _bare(sms: str) -> str:
    """A question without what may be replied."""
    return sms.partition(" Reply ")[0].strip()


def again(item: Item, offered: str) -> str:
    """The same question in other words, once."""
    same = " Or YES if what we have is still right." if offered else ""
    return f"we could not read your answer. {item.again}.{same}"


def far(item: Item, value: str) -> str:
    """A number far from what the record has, asked for once more. What the record has is not said."""
    return f"you wrote {value} {item.unit_words}, which is far from what we have. To be sure: {item.again}."


def link(name: str, practice: str, phone: str, address: str) -> str:
    """The text with a link names no topic: it may be read by others."""
    return f"{name}: {practice} has a few short questions for you. Answer them at {address} or ring {phone}."


def ended(visit: Visit, practice: str, phone: str, at: datetime) -> str:
    """What a patient is told at the end. Nobody is told that they need no visit: what was not asked may need one."""
    thanks = "thank you, that is all."
    if visit == "none":
        return f"{thanks} {practice} has your answers. If something worries you, ring {phone}."
    follows = (
        f"{practice} will be in touch to arrange a time to see you"
        if visit == "face_to_face"
        else f"Somebody from {practice} will look at your answers and get in touch"
    )
    return f"{thanks} {follows}{_when(at)}. If it gets worse before then, ring {phone}, or 111."


def danger(practice: str, phone: str, at: datetime) -> str:
    """Advice after an answer that cannot wait: 999 and 111 first; who is told, and if nobody is there now, that nobody is
    (clinical.md 6.6)."""
    first = "If you or somebody may be in danger, ring 999 now. For urgent help ring NHS 111, day or night."
    if is_open(at):
        return f"{first} We are telling a person at {practice} now, and they will ring you; their number is {phone}."
    opens = next_open(at)
    return f"{first} {practice} is closed until {long_day(opens)} {clock_time(opens)}: do not wait for us."


def _when(at: datetime) -> str:
    if is_open(at):
        return ""
    opens = next_open(at)
    return f" after we open on {long_day(opens)} at {clock_time(opens)}"
