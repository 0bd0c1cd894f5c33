"""One text in answer to one kind of question: what it wants, and whether a machine may do it, asks once more, or a person reads.

Layers, the first that is sure decides: danger; plain forms; patterns that the model does not contradict; the model alone, when
it is very sure and nothing in the text speaks of doubt or a second wish; else a person. Acting wrongly is far worse than asking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from onedoor.messaging.reading import abroad, general
from onedoor.messaging.reading.contexts import Question, Said, question
from onedoor.messaging.reading.danger import alarming, danger, harmless
from onedoor.messaging.reading.model import shipped
from onedoor.messaging.rules.languages import language_of
from onedoor.messaging.rules.machines import from_a_machine
from onedoor.messaging.rules.normal import own_words, plain_signs, spoken, without_name, without_signature, words_of
from onedoor.messaging.rules.replies import LONGEST, understand

Action = Literal["act", "ask", "person"]

PERSONS = frozenset({"question", "crisis"})
"""What a machine never ends by itself."""
DOUBTED = 0.12
"""A proposal of the patterns to which the model gives less than this is a person's to judge."""
BACKED = 0.30
"""What a proposal needs from the model when the text is marked as a question or speaks of doubt."""
FEW_WORDS = 0.9
"""What the model alone needs for a word or two, of which it knows little."""
VALUED = 0.6
"""What news of a death or a wrong number needs from the model where a value was asked for."""
DANGER_SHARE = 0.2
"""How likely danger must be to the model alone to reach a person at once: a false alarm costs a minute."""
FEARED_ABROAD, FEARED = 0.45, 0.7
"""How likely it must be when no word in the text is one that danger is spoken of with: in another language, and in English."""
UNEASY = 0.1
"""How likely danger may be to the model beside a wish that a machine still grants by itself."""
LONG_SIGNS, MOST_SENTENCES = 120, 20
"""From how many signs a text is also searched sentence by sentence, and in how many of them."""
_SENTENCES = re.compile(r"[.!?\n]+\s*|, (?:and|but|so) ")
PLAIN = 0.99
_FEARED_AS = "alcohol"
"""As an answer to which question a text is searched for danger when the model knows nothing of the one that was put: figures and
single letters are usual in it."""


@dataclass(frozen=True)
class Interpretation:
    """`confidence` is a share of one: how sure the reading is, not how grave."""

    intent: str
    value: str
    action: Action
    confidence: float
    why: str


_MARK = re.compile(r"[?؟]")


def said_in(text: str) -> Said:
    """A text in the forms that rules look at."""
    own = without_signature(without_name(spoken(own_words(text))))
    return Said(own, " ".join(words_of(own)), bool(_MARK.search(plain_signs(own))))


def interpret(context: str, text: str) -> Interpretation:
    """Read a text. KeyError when nobody declared the context."""
    asked = question(context)
    said = said_in(text)
    if any(map(danger, {" ".join(words_of(text)), said.words})):
        return Interpretation("crisis", "", "person", PLAIN, "words of danger")
    known = context in shipped().allowed
    shares = shipped().shares(context, text) if known else {}
    # A question that the model never learnt is no reason not to fear danger.
    feared = context if known else _FEARED_AS
    fear = _fear(feared, text, shares or shipped().shares(feared, text))
    if fear >= _fear_needed(said):
        return Interpretation("crisis", "", "person", fear, "the model fears danger")
    if from_a_machine(text):
        return Interpretation("unclear", "", "person", PLAIN, "a telephone answered by itself")
    found = _read(asked, said, shares)
    if found.action == "act" and fear >= UNEASY and found.confidence < PLAIN:
        return Interpretation(found.intent, found.value, "person", found.confidence, "it may speak of danger too")
    return found


def _read(asked: Question, said: Said, shares: dict[str, float]) -> Interpretation:
    """What a text wants in which no danger was found."""
    likely = max(shares, key=lambda label: shares[label]) if shares else "unclear"
    long = len(said.words.split()) > LONGEST
    plain = None if long else _plain(asked, said)
    if plain is not None:
        return plain
    if long and asked.value is None:
        return _left(likely, shares)
    general_wish = general.proposes(said.words)
    if asked.value is not None:
        found = asked.value(said)
        heard = general_wish if shares.get(general_wish, 1.0) >= BACKED else ""
        if found is not None and found.intent == "answer" and heard in _BESIDE_AN_ANSWER:
            return Interpretation("unclear", "", "person", shares.get("unclear", 0.0), "an answer, and something else")
        if heard == "stop" and _AND_STOP.search(said.words):
            return Interpretation("question", "", "person", shares.get("question", 0.0), "an answer, and no more texts")
        if found is not None and not heard:
            return _valued(said, found.intent, found.value, shares)
    if long:
        return _left(likely, shares)
    proposed = _proposed(asked, said)
    if proposed and _agreed(asked, said, proposed, shares):
        return _result(proposed, "", max(shares.get(proposed, 0.0), 0.9), "a form of words")
    return _by_model(asked, said, likely, shares, proposed)


_BESIDE_AN_ANSWER = frozenset({"deceased", "wrong_person"})
"""What an answer may mention ("never, my dad died of it") without meaning it."""
_AND_STOP = re.compile(r"^\d\b.{0,30}\bstop\b")
"""A figure first and then no more texts: two wishes, and "1" is only for the first."""


def _fear(context: str, text: str, shares: dict[str, float]) -> float:
    """How likely danger is to the model: of the whole, and of each sentence of a longer text, whose end it would not see."""
    whole = shares.get("crisis", 0.0)
    if not shares or len(text) < LONG_SIGNS:
        return whole
    sentences = [piece for piece in _SENTENCES.split(text) if len(piece) > 10][:MOST_SENTENCES]
    return max([whole, *(shipped().shares(context, piece).get("crisis", 0.0) for piece in sentences)])


def _fear_needed(said: Said) -> float:
    """How likely danger must be to the model for its word alone to reach a person at once."""
    if harmless(said.words):
        return 1.0
    if alarming(said.words):
        return DANGER_SHARE
    return FEARED if language_of(said.text) == "en" else FEARED_ABROAD


def _plain(asked: Question, said: Said) -> Interpretation | None:
    """The whole text is one plain wish, by the tables that the live thread also goes by."""
    if not said.words or said.words in _ALSO_ANSWERS:
        return None
    found = understand(said.text, [asked.name] if asked.value is None else [])
    intent = {"stop": "stop", "cancel": "cancel", "confirm": "confirm", "accept": "accept", "decline": "decline",
              "earlier": "rebook"}.get(found.intent)  # fmt: skip
    return _result(intent, "", PLAIN, "the whole text") if intent else None


_ALSO_ANSWERS = frozenset({"quit", "remove", "end quit"})
"""Keywords that may also answer: somebody who quit smoking."""


def _valued(said: Said, intent: str, value: str, shares: dict[str, float]) -> Interpretation:
    label = f"answer={value}" if f"answer={value}" in shares else intent
    share = shares.get(label, 1.0)
    if intent == "answer" and (share >= DOUBTED / 3 or len(said.words.split()) <= 3):
        return Interpretation("answer", value, "act", max(share, 0.9), "a value within its range")
    return Interpretation("unclear", "", "ask", max(shares.get("unclear", 0.0), 0.5), "no usable value")


def _proposed(asked: Question, said: Said) -> str:
    """The one intent that the patterns propose, "" for none or several."""
    whole = general.proposes(said.words)
    if whole and not (whole == "thanks" and asked.value is not None):
        return whole
    without = " ".join(words_of(without_signature(said.text)))
    for intent, form in asked.last.items():
        if form.search(said.words):
            return intent
    foreign = abroad.proposes(said.words)
    if foreign in general.FORMS or foreign in asked.abroad:
        return asked.abroad.get(foreign, foreign)
    fits = _fits(asked, said) | _fits(asked, Said(said.text, without, said.asks))
    for intent in fits & {"confirm", "late", "accept"}:
        if any(bar.search(said.words) for bar in asked.bars.get(intent, ())):
            fits = fits - {intent}
    if "confirm" in fits and "cancel" in fits and any(p.search(said.words) for p in asked.patterns["confirm"][:1]):
        fits.discard("cancel")  # "don't cancel"
    for meant, goes_without in asked.stronger:
        if meant in fits:
            fits.discard(goes_without)
    return fits.pop() if len(fits) == 1 else ""


def _fits(asked: Question, said: Said) -> set[str]:
    return {
        intent for intent, patterns in asked.patterns.items() if any(pattern.search(said.words) for pattern in patterns)
    }


def _agreed(asked: Question, said: Said, proposed: str, shares: dict[str, float]) -> bool:
    """Whether a proposal may be followed: nothing in the text speaks against it that the model would not outweigh."""
    share = shares.get(proposed, 0.0) if shares else 1.0
    if asked.value is not None and proposed in _BESIDE_AN_ANSWER and share < VALUED:
        return False
    if share < (BACKED if proposed in general.FORMS else DOUBTED) or general.MANY.search(said.words):
        return False
    if _barred(asked, said, proposed):
        return False
    doubtful = bool(general.WHICH_DOUBT.search(said.words)) and proposed not in {"late", "rebook"}
    asks = (said.asks or bool(general.ASKS_FIRST.match(said.words))) and not general.WISHES.search(said.words)
    if asks and proposed in {"rebook", "late"}:
        return share >= BACKED
    return not (doubtful or asks)


_OTHERWISE = {"stop": general.KEPT_TEXTS, "wrong_person": general.ANOTHER_WRONG, "thanks": general.NO_THANKS}
"""Words beside which a general wish is not what it looks like."""
CERTAIN = 0.97
"""How sure the model must be to decide between forms of words that fit several wishes."""
ANSWERS = frozenset({"confirm", "accept", "decline", "already_done"})
"""Wishes beside which a second one, or a condition, changes everything."""


def _barred(asked: Question, said: Said, intent: str) -> bool:
    """Whether something in the text takes this intent out of a machine's hands."""
    if any(bar.search(said.words) for bar in asked.never_bars.get(intent, ())):
        return True
    if intent in asked.last and asked.last[intent].search(said.words):
        return False
    if any(bar.search(said.words) for bar in asked.bars.get(intent, ())):
        return True
    if intent in ANSWERS and general.SECOND.search(said.words):
        return True
    if intent in _OTHERWISE and _OTHERWISE[intent].search(said.words):
        return True
    if intent == "stop":
        whole = bool(general.VISIT.search(said.words)) and not general.STILL.search(said.words)
        return whole or bool(general.AUTOMATIC.search(said.words))
    if intent in {"deceased", "wrong_person"}:
        return bool(general.AUTOMATIC.search(said.words))
    return intent not in {"rebook", "late", "thanks"} and bool(general.YES_AND_NO.search(said.words))


def _by_model(asked: Question, said: Said, likely: str, shares: dict[str, float], proposed: str) -> Interpretation:
    intent, _, value = likely.partition("=")
    share = shares.get(likely, 0.0)
    needed = asked.sure.get(intent)
    clear = (
        needed is not None
        and share >= (max(needed, FEW_WORDS) if len(said.words.split()) <= 2 else needed)
        and proposed in ("", intent)
        and not said.asks
        and not _barred(asked, said, intent)
        and _fits(asked, said) <= {intent}
        and not general.WHICH_DOUBT.search(said.words)
        and not general.MANY.search(said.words)
        and not general.ASKS_FIRST.match(said.words)
    )
    certain = needed is not None and share >= max(needed, CERTAIN) and intent not in general.FORMS
    if clear or (certain and _no_second_wish(asked, said, intent)):
        return _result(intent, value, share, "the model is sure")
    if intent in PERSONS:
        return _left(likely, shares)
    return Interpretation(intent, value, "ask", share, "not sure enough to act")


def _no_second_wish(asked: Question, said: Said, intent: str) -> bool:
    """Whether what speaks against a reading is only that forms of words fit others too, and no condition or second wish.

    "Unable to keep my appointment" has the form of keeping it. A question asks for another time; for all else it is a question.
    """
    asks = said.asks or bool(general.ASKS_FIRST.match(said.words))
    return not (
        any(bar.search(said.words) for bar in asked.never_bars.get(intent, ()))
        or (asks and intent != "rebook")
        or (intent in ANSWERS and general.SECOND.search(said.words))
        or general.WHICH_DOUBT.search(said.words)
        or general.MANY.search(said.words)
        or general.YES_AND_NO.search(said.words)
    )


def _left(likely: str, shares: dict[str, float]) -> Interpretation:
    """A person's. Danger that `alarming` has not borne out is not called one."""
    intent = likely.partition("=")[0]
    return Interpretation(
        "question" if intent == "crisis" else intent, "", "person", shares.get(likely, 0.0), "for a person"
    )


def _result(intent: str, value: str, confidence: float, why: str) -> Interpretation:
    action: Action = "person" if intent in PERSONS else "ask" if intent == "unclear" else "act"
    return Interpretation(intent, value, action, confidence, why)
