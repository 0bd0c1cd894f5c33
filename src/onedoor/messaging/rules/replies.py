"""What a text means: safety first, then the few things that may act, and a person for all the rest.

A text acts only when the whole of it can be read as politeness and phrases of one wish (`words`). There is no score: a
wrong act is worse than a person's minute (architecture.md 5), and a receptionist can be told why a text was read as it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from onedoor.messaging.rules import words
from onedoor.messaging.rules.normal import without_quotation, without_signature, words_of
from onedoor.messaging.rules.particulars import chosen
from onedoor.messaging.rules.words import Phrase

LONGEST = 60
"""Words; a longer text is a story, and stories are for people."""

Extra = Mapping[str, Mapping[str, Sequence[str]]]
"""Phrases by context and intent, added by the owners of the contexts."""


@dataclass(frozen=True)
class Reading:
    """One way to take a text: what it wants, in which kind of question, and the value where the question takes one."""

    context: str
    intent: str
    value: str = ""


@dataclass(frozen=True)
class Understood:
    """`intent` is one of crisis, stop, start, help, wrong_number, death, thanks, person, which, or an act of a context.

    `readings` has the ways an act may be taken, one for each open context that has it; `value` the number of the option
    chosen; `why` is for people who ask why.
    """

    intent: str
    why: str
    readings: tuple[Reading, ...] = ()
    value: int | None = None
    sure: float | None = None
    """0 to 1, where freer words were weighed."""
    names: str = ""
    """Words that name a day or a time: it acts on a visit only if they are true of it and there is no other."""


@dataclass(frozen=True)
class Option:
    """One of the numbered things that a "which" question named."""

    number: int
    first_name: str
    when: datetime | None = None


def understand(
    text: str,
    contexts: Collection[str],
    *,
    options: Sequence[Option] = (),
    asked_intent: str = "",
    said_at: datetime | None = None,
    ours: Sequence[str] = (),
    more: Extra | None = None,
) -> Understood:
    """Read one text in the light of the questions that are open.

    `options`, `asked_intent` and `said_at` (local, like the options' times) belong to an open "which" question; `ours` are
    texts we sent lately, which may come back as a quotation.
    """
    everything = " ".join(words_of(text))
    for pattern in words.CRISIS:
        if re.search(pattern, everything) and not any(re.search(idiom, everything) for idiom in words.IDIOMS):
            return Understood("crisis", "a word of danger")
    said = without_quotation(text, ours)
    whole = words_of(said)
    joined = " ".join(whole)
    if any(re.search(pattern, joined) for pattern in words.DEATH):
        return Understood("death", "news of a death, perhaps")
    if any(re.search(pattern, joined) for pattern in words.WRONG_NUMBER):
        return Understood("wrong_number", "says that we have the wrong number")
    if not whole:
        return Understood("person", "nothing but a copy of our text, or signs")
    if len(whole) > LONGEST:
        return Understood("person", "a long text")
    for attempt in (said, without_signature(said)):
        found = _read(attempt, contexts, options, asked_intent, more)
        if found is not None:
            return found
    whens = [option.when for option in options if option.when is not None]
    if said_at is not None and whens and (place := chosen(joined, whens, said_at)) is not None:
        return Understood("which", "the time of one of the options", value=options[place].number)
    return Understood("person", "not plainly one wish")


def _read(
    said: str, contexts: Collection[str], options: Sequence[Option], asked_intent: str, more: Extra | None
) -> Understood | None:
    tokens = tuple(words_of(said))
    if "?" in said and not any(
        tokens[i] in {"can", "could", "would", "will", "may"} and tokens[i + 1] in {"i", "we", "you"}
        for i in range(len(tokens) - 1)
    ):
        # A question is for a person; "can you cancel it?" is a wish put politely.
        return None
    for intent, patterns in (("stop", words.STOP), ("start", words.START), ("help", words.HELP)):
        if _all_of(tokens, _table(patterns, ())):
            return Understood(intent, "the whole text")
    if options:
        number = _chosen(tokens, options, asked_intent, contexts, more)
        if number is not None:
            return Understood("which", "one of the options", value=number)
    readings = []
    for context in sorted(set(contexts) & (words.CONTEXTS.keys() | (more or {}).keys())):
        wanted = _intents(context, more)
        fits = [intent for intent, table in wanted.items() if _all_of(tokens, table)]
        readings += [Reading(context, intent) for intent in fits]
    if len(readings) > 1 and not _same_word(readings):
        return None
    if not readings:
        return Understood("thanks", "politeness only") if _all_of(tokens, _table(words.THANKS, ())) else None
    if len(set(contexts) - {"which"}) > 1 and readings[0].intent == "cancel" and "cancel" not in tokens:
        # "I can't make it" with an offer open is as likely about the offer as about the visit.
        return None
    return Understood(readings[0].intent, "the whole text", tuple(readings))


def _same_word(readings: Sequence[Reading]) -> bool:
    """YES may keep a visit or take an offer; anything else with two meanings is nobody's plain wish."""
    return {reading.intent for reading in readings} == {"confirm", "accept"}


def _chosen(
    tokens: Phrase, options: Sequence[Option], asked_intent: str, contexts: Collection[str], more: Extra | None
) -> int | None:
    """The number of the one option that the text names by number or by first name, and nothing else."""
    rest = [token for token in tokens if token not in {"number", "option"}]
    named: dict[tuple[str, ...], set[int]] = {}
    for option in options:
        for name in (str(option.number), *(word for word, n in words.NUMBERS.items() if n == option.number)):
            named.setdefault((name,), set()).add(option.number)
        name_words = tuple(words_of(option.first_name))
        if name_words:
            named.setdefault(name_words, set()).add(option.number)
            named.setdefault((*name_words[:-1], name_words[-1] + "s"), set()).add(option.number)
    plain = {phrase: next(iter(numbers)) for phrase, numbers in named.items() if len(numbers) == 1}
    beside: frozenset[Phrase] = frozenset()
    for context in contexts:
        beside |= _intents(context, more).get(asked_intent, _Table(frozenset(), frozenset(), 0)).phrases
    fits = {
        number
        for phrase, number in plain.items()
        if _all_of(tuple(rest), _Table(frozenset({phrase}), _courtesy() | beside, 8), once=True)
    }
    return fits.pop() if len(fits) == 1 else None


@dataclass(frozen=True)
class _Table:
    """`phrases` carry the wish; `beside` may stand next to them; `longest` in words of either."""

    phrases: frozenset[Phrase]
    beside: frozenset[Phrase]
    longest: int


@lru_cache(maxsize=1)
def _courtesy() -> frozenset[Phrase]:
    return frozenset(words.phrases(words.COURTESY))


@lru_cache(maxsize=256)
def _table(patterns: tuple[str, ...], reasons: tuple[str, ...]) -> _Table:
    carrying, beside = frozenset(words.phrases(patterns)), _courtesy() | frozenset(words.phrases(reasons))
    return _Table(carrying, beside, max(len(phrase) for phrase in carrying | beside))


def _intents(context: str, more: Extra | None) -> dict[str, _Table]:
    known = words.CONTEXTS.get(context, {})
    added = {
        intent: [phrase.lower().replace("'", "") for phrase in phrases]
        for intent, phrases in (more or {}).get(context, {}).items()
    }
    return {
        intent: _table((*known.get(intent, ()), *added.get(intent, ())), tuple(words.REASONS.get(intent, ())))
        for intent in [*known, *(intent for intent in added if intent not in known)]
    }


def _all_of(tokens: Phrase, table: _Table, *, once: bool = False) -> bool:
    """Whether the words fall, from first to last, into phrases of the table, at least one of them carrying the wish.

    By position, so that no text takes long. `once` lets the wish be said only once.
    """
    reached: list[set[int]] = [set() for _ in range(len(tokens) + 1)]
    reached[0].add(0)
    for start in range(len(tokens)):
        for said in reached[start]:
            for end in range(start + 1, min(len(tokens), start + table.longest) + 1):
                piece = tokens[start:end]
                if piece in table.beside:
                    reached[end].add(said)
                if piece in table.phrases:
                    reached[end].add(said + 1 if once else 1)
    return 1 in reached[len(tokens)]
