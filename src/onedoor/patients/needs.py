"""The needs that staff choose from: what to know before contacting or seeing somebody, by the words and the code they go under.

Codes are those of the reasonable adjustment and accessible information lists that the facts name (clinical.md 2 and 6.4). For
those marked `ours:` the facts give none, and the words are our own. What is not on the list is written in free words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One need of the list. `text` is kept and shown; `asks` is what else must be said: "language" or "hour"."""

    key: str
    text: str
    code: str = ""
    asks: str = ""
    hint: str = ""


INTERPRETER, NOT_BEFORE, NOT_AFTER = "Interpreter", "Not before", "Not after"

GROUPS: tuple[tuple[str, tuple[Choice, ...]], ...] = (
    (
        "Talking with us",
        (
            # ours: the facts give no code for an interpreter of a spoken language.
            Choice("interpreter", INTERPRETER, asks="language", hint="Booked with each appointment, released with it"),
            Choice(
                "bsl", "Uses British Sign Language", "415803005", hint="An interpreter is booked with each appointment"
            ),
            Choice("lipspeaker", "Lipspeaker", "945911000000109", hint="Booked with each appointment"),
            Choice("speech_to_text", "Speech-to-text reporter", "966401000000100", hint="Booked with each appointment"),
            Choice(
                "deafblind_manual",
                "Deafblind manual interpreter",
                "957051000000100",
                hint="Booked with each appointment",
            ),
            Choice("lip_reads", "Lip reads", "441092009"),
            # ours
            Choice("hearing_loop", "Hearing loop", hint="Only places that are known to have one"),
        ),
    ),
    (
        "The visit",
        (
            Choice("extended", "Extended appointment", "1108171000000102", hint="Twice as long as usual"),
            Choice("first", "First appointment of the session", "1325351000000103"),
            Choice("last", "Last appointment of the session", "1325361000000100"),
            Choice("minimal_wait", "Minimal waiting", "1325841000000109"),
            Choice("low_noise", "Low noise", "1325391000000106", hint="Only places that are known to be quiet"),
            # ours: "later in the day" (product-map.md B4), as an hour that everybody reads alike.
            Choice("not_before", NOT_BEFORE, asks="hour", hint="Later in the day"),
            Choice("not_after", NOT_AFTER, asks="hour", hint="Nothing that begins later"),
            # ours
            Choice("step_free", "Step-free access", hint="Only places that are known to be"),
            Choice("home_visit", "Home visit", "1325371000000107"),
            # ours
            Choice("carer", "A carer comes too"),
        ),
    ),
    (
        "How we reach them",
        (
            Choice("telephone", "Contact by telephone", "795661000000104", hint="No texts"),
            Choice("letter", "Contact by letter", "936721000000107"),
            Choice("via_carer", "Contact via carer", "719561001"),
            Choice("text_relay", "Text relay", "796081000000106"),
            Choice("reminders", "Appointment reminders", "1108131000000104"),
        ),
    ),
    (
        "What we write",
        (
            Choice("easyread", "Easyread", "796161000000101"),
            Choice("large20", "Large print, 20 point", "957331000000109"),
            Choice("large24", "Large print, 24 point", "957351000000102"),
            Choice("large28", "Large print, 28 point", "957371000000106"),
            Choice("braille2", "Braille grade 2", "936661000000109"),
            Choice("braille1", "Braille grade 1", "936681000000100"),
            Choice("audio", "Electronic audio", "936601000000105"),
            Choice("makaton", "Makaton", "936641000000108"),
            Choice("moon", "Moon", "936621000000101"),
            Choice("verbally", "Verbally", "367741000000102"),
            Choice("read_out", "Third party to read out", "985021000000106"),
        ),
    ),
)
CHOICES = {choice.key: choice for _, choices in GROUPS for choice in choices}
HOURS = range(8, 19)
MOST = 80
"""Letters of a need."""

_LETTERS = re.compile(r"[^\W\d_][^\d_<>{}\[\]\\]*")


def worded(key: str, *, language: str = "", hour: int | None = None, words: str = "") -> tuple[str, str]:
    """The words and the code under which a need is kept: of the list, or, with `key` "", in free words.

    Raises ValueError for a key that is none, a language that reads like none, an hour that is not offered, and words that are
    none or more than `MOST`.
    """
    if not key:
        text = " ".join(words.split())
        if not text or len(text) > MOST:
            raise ValueError("words")
        return text, ""
    choice = CHOICES.get(key)
    if choice is None:
        raise ValueError(key)
    if choice.asks == "language":
        spoken = " ".join(language.split())
        if not _LETTERS.fullmatch(spoken) or len(spoken) > 40:
            raise ValueError("language")
        return f"{choice.text}: {spoken}", choice.code
    if choice.asks == "hour":
        if hour not in HOURS:
            raise ValueError("hour")
        return f"{choice.text} {hour}:00", choice.code
    return choice.text, choice.code
