"""What may be asked by text, in which words, what a valid answer is, and what it is on the record.

Pure. One question a message; an answer out of range is asked again once and then a person's; nothing is inferred; no response
is a state of its own (clinical.md 4, text dialogue rules). Codes only from clinical.md 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from onedoor.questionnaires.outcomes import Coded, lines_of
from onedoor.questionnaires.reading import DIASTOLIC, MOST_UNITS, SYSTOLIC

KEPT = timedelta(days=14)
"""How long a question waits for its answer (clinical.md 4: partial results kept 14 days)."""

MOVES: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"answered", "declined", "unclear", "withdrawn", "expired"}),
    # An answer stands as it was said; a person who learns better writes an entry of their own.
    "answered": frozenset(),
    "declined": frozenset(),
    "unclear": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}
"""Moves of a question. No answer, a refusal and an unreadable answer are never "answered"."""

RESPONSE_MOVES: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"in_progress", "completed", "handed_over", "declined", "withdrawn", "expired"}),
    "in_progress": frozenset({"completed", "handed_over", "declined", "withdrawn", "expired"}),
    "completed": frozenset(),
    "handed_over": frozenset(),
    "declined": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}
"""Moves of a questionnaire. What ended stays as it ended: a person who learns better writes an entry of their own."""

_SKIP = "or SKIP if you would rather not say"


@dataclass(frozen=True)
class Form:
    """A form of question. `words` and `again` are what a text says; both empty where the asker gives the words."""

    label: str
    """For staff."""
    words: str
    again: str
    unit: str = ""
    private: bool = False
    """Names what a shared phone must not show (clinical.md 6.2: addiction), or may."""
    person_reads: bool = False
    """Every answer is put before a person."""


FORMS: Mapping[str, Form] = {
    "smoking": Form(
        "Smoking status",
        f"do you smoke? Reply 1 for never, 2 for used to, 3 for yes, {_SKIP}.",
        "we could not read your answer. Reply with one number: 1 I have never smoked, 2 I used to smoke, 3 I smoke now.",
    ),
    "alcohol": Form(
        "Alcohol, units a week",
        f"how many units of alcohol do you drink in a usual week? Reply with a number, 0 for none, {_SKIP}.",
        "we could not read your answer. Reply with one whole number of units a week, and nothing else.",
        unit="units/week",
        private=True,
    ),
    "bp": Form(
        "Home blood pressure",
        f"what was your last blood pressure at home? Reply with the top number, a / and the bottom number, {_SKIP}.",
        "we could not read your answer. Reply with one reading only: the top number, a stroke /, and the bottom number.",
        unit="mm[Hg]",
        person_reads=True,
    ),
    "yesno": Form(
        "Yes or no, in your words",
        "",
        "we could not read your answer. Reply with one word, YES or NO.",
        private=True,
    ),
    "free text": Form("An open question, in your words", "", "", private=True, person_reads=True),
}
"""By the name of the context in which the answer is read."""

_OWN_ENDS = {"yesno": f" Reply YES or NO, {_SKIP}.", "free text": " Reply in your own words, or SKIP."}
OWN_WORDS = frozenset(_OWN_ENDS)
"""Forms whose question the asker writes."""
LONGEST_WORDS = 120


def put(form: str, own: str, first_name: str, practice: str) -> str:
    """The text that puts a question; the first name first, in case others see the phone (clinical.md 6.2)."""
    asked = f"{own.strip()}{_OWN_ENDS[form]}" if form in OWN_WORDS else FORMS[form].words
    return f"{first_name}: {practice} asks: {asked}"


def put_again(form: str, first_name: str) -> str:
    """The same question in other words, once."""
    return f"{first_name}: {FORMS[form].again}"


def is_valid(form: str, value: str) -> bool:
    """Whether a value may be kept as an answer: of the form's kind, and within the range that a person can have."""
    if form == "smoking":
        return value in {"never", "ex", "current"}
    if form == "alcohol":
        return bool(re.fullmatch(r"\d{1,3}", value)) and int(value) <= MOST_UNITS
    if form == "bp":
        found = re.fullmatch(r"(\d{2,3})/(\d{2,3})", value)
        if not found:
            return False
        top, bottom = int(found[1]), int(found[2])
        return SYSTOLIC[0] <= top <= SYSTOLIC[1] and DIASTOLIC[0] <= bottom <= DIASTOLIC[1] and top > bottom
    if form == "yesno":
        return value in {"yes", "no"}
    return form == "free text" and bool(value.strip())


_LINKS = {"smoking": "smoking", "alcohol": "units", "bp": "bp"}
"""Of a single question, the question of a questionnaire that it is."""


def on_record(form: str, own: str, value: str) -> list[Coded]:
    """Lines for the record: words, and code and value where clinical.md 2 has one. What the practice asked itself has none."""
    if form in _LINKS:
        return lines_of(_LINKS[form], value)
    return [Coded(f"asked “{own}”, said: {value}")]
