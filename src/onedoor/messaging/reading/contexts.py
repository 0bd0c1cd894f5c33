"""What a kind of question tells the reader: declared by the context that asks it, never here.

`forms` are patterns over a text's words (lower case, no apostrophes, single spaces, our own quoted text left out) that
propose an intent; `value` reads what has a value (a number, one of a few); `sure` says of which intents a machine may act, and
how sure the model must be when no pattern proposes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Said:
    """A text in the forms that rules look at."""

    text: str
    """The patient's own words as written."""
    words: str
    """Lower case, one spelling, no marks."""
    asks: bool
    """Whether it has a question mark."""


@dataclass(frozen=True)
class Value:
    """What was read: an intent ("answer", or "unclear" when it plainly is no usable answer) and its value."""

    intent: str
    value: str = ""


@dataclass(frozen=True)
class Question:
    """One kind of question, and how an answer to it is read."""

    name: str
    intents: tuple[str, ...]
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unless: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Patterns beside which an intent is not a machine's, whatever proposes it."""
    never: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """As `unless`, and even where `final` words decide."""
    sure: Mapping[str, float] = field(default_factory=dict)
    final: Mapping[str, str] = field(default_factory=dict)
    """Last words that decide, whatever came before them."""
    abroad: Mapping[str, str] = field(default_factory=dict)
    """What a foreign yes, no, or "not coming" is in answer to this question (`abroad`)."""
    value: Callable[[Said], Value | None] | None = None
    stronger: tuple[tuple[str, str], ...] = ()
    """Of two wishes in one text, (the one that is meant, the one that goes without saying)."""

    @cached_property
    def patterns(self) -> dict[str, list[re.Pattern[str]]]:
        """`forms`, compiled."""
        return {intent: [re.compile(form) for form in forms] for intent, forms in self.forms.items()}

    @cached_property
    def last(self) -> dict[str, re.Pattern[str]]:
        """`final`, compiled."""
        return {intent: re.compile(form) for intent, form in self.final.items()}

    @cached_property
    def bars(self) -> dict[str, list[re.Pattern[str]]]:
        """`unless`, compiled."""
        return {intent: [re.compile(form) for form in forms] for intent, forms in self.unless.items()}

    @cached_property
    def never_bars(self) -> dict[str, list[re.Pattern[str]]]:
        """`never`, compiled."""
        return {intent: [re.compile(form) for form in forms] for intent, forms in self.never.items()}


_questions: dict[str, Question] = {}


def declare_question(question: Question) -> Question:
    """Declare a kind of question; called once by the context that asks it."""
    _questions[question.name] = question
    return question


def question(name: str) -> Question:
    """A declared question; KeyError names one that nobody declared."""
    return _questions[name]


def questions() -> Mapping[str, Question]:
    """Every declared question by name."""
    return _questions
