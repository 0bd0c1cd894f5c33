"""What a person may say that a text meant, and whether that is what the system made of it."""

from __future__ import annotations

from collections.abc import Mapping

NOT_MEANT = "not_meant"
"""The system acted, and should not have: whatever else the text meant."""
UNCLEAR = "unclear"

_ANYWHERE: dict[str, str] = {
    "question": "A question, dealt with",
    "thanks": "Only thanks",
    "stop": "They want no more texts",
    "wrong_person": "Wrong number",
    "deceased": "Tells of a death",
    UNCLEAR: "Not clear",
}
_OF_VISITS = {
    "confirm": "They are coming",
    "cancel": "They cancel",
    "rebook": "They want another time",
    "late": "They are running late",
}
_OF_OFFERS = {"accept": "They want it", "decline": "They do not want it"}
MEANINGS: dict[str, dict[str, str]] = {
    "appointment": {**_OF_VISITS, **_ANYWHERE},
    "offer": {**_OF_OFFERS, **_OF_VISITS, **_ANYWHERE},
    "flu": {**_OF_OFFERS, "already_done": "They have had it", **_ANYWHERE},
    "checks": {**_OF_OFFERS, "already_done": "They have had it", **_ANYWHERE},
}
"""By the kind of question that was open; of other kinds only what may be said at any time."""

WORDS: dict[str, str] = {
    **{meant: words for known in MEANINGS.values() for meant, words in known.items()},
    NOT_MEANT: "That was not meant",
}
SETTLES = frozenset({"question", "thanks"})
"""With these said, nothing more waits."""

ACTED = frozenset({"acted", "stopped", "started", "thanks"})
"""Outcomes of a text of which the system did something, or nothing because nothing was to be done."""

_SAME: Mapping[str, str] = {"death": "deceased", "wrong_number": "wrong_person", "earlier": "rebook", "person": ""}
"""Names of the live reading for what is called otherwise among the labels of phrases."""


def meanings(context: str) -> dict[str, str]:
    """What may be said of a text in answer to a question of this kind, by label; a text that answers none is about visits."""
    return MEANINGS.get(context or "appointment", _ANYWHERE)


def read_as(intent: str) -> str:
    """The label of phrases for an intent as it was read; empty where nothing was understood."""
    return _SAME.get(intent, intent)


def corrects(*, intent: str, outcome: str, meant: str) -> bool:
    """Whether to say `meant` corrects the system: it had acted, and this is not what it acted on."""
    return outcome in ACTED and (meant == NOT_MEANT or read_as(intent) != meant)


def made(outcome: str) -> str:
    """What became of a text, for counting: acted, asked or person; empty for copies and machines' texts."""
    if outcome in ACTED:
        return "acted"
    return outcome if outcome == "asked" else "person" if outcome in ("person", "crisis") else ""


def may_teach(*, context: str, intent: str, outcome: str, meant: str) -> bool:
    """Whether a phrase may be proposed: never of feedback, which was promised to be anonymous, nor of danger."""
    if context in ("fft", "which") or "crisis" in (intent, outcome, meant):
        return False
    if context == "offer" and meant in _OF_VISITS:
        return False  # it answered something else than the offer, and would teach a label that offers do not have
    return meant in meanings(context)
