"""What somebody said, as the value of an item: one reading for texts and for pages, so that both keep the same.

A number, a letter or a word; never a guess (clinical.md 4, text dialogue rules). Values: the code of an option, a number in
the item's unit without needless noughts, "132/84" for a pair, words as they are. `SAME` confirms the value that was offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from onedoor.messaging.ports import Said, Value
from onedoor.questionnaires import reading
from onedoor.questionnaires.definitions import Item

SAME = "same"
LONGEST = 500
"""Letters of an answer in words."""

_POLITE = r"(?:\s*(?:please|thanks|thank you|ta|x|xx|ish|i think|or so|roughly|about|now))*"
_LEAD = (
    r"(?:(?:about|around|approx(?:imately)?|roughly|its|it is|i am|im|i weigh|weigh|my weight is|my height is|usually|maybe|say)"
    r"\s+)*"
)
_SAME = re.compile(
    r"^(?:yes|yep|yeah|y|yh|aye|same|the same|still the same|no change|unchanged|still is|correct|thats right|yes still)"
    r"(?: (?:please|thanks|thank you|the same|same|it is|x|still))*$"
)


def canonical(item: Item, number: Decimal) -> str:
    """A number as it is kept: rounded half up to the item's decimals, without needless noughts."""
    rounded = number.quantize(Decimal(1).scaleb(-item.places), ROUND_HALF_UP)
    return f"{rounded.normalize():f}"


def is_valid(item: Item, value: str) -> bool:
    """Whether a value may be kept as an answer: of the item's kind, within its range."""
    if item.kind == "choice":
        return item.option(value) is not None
    if item.kind == "string":
        return 0 < len(value.strip()) <= LONGEST
    if item.kind == "pair":
        return _pair_is_valid(item, value)
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", value):
        return False
    number = Decimal(value)
    assert item.low is not None
    assert item.high is not None
    return item.low <= number <= item.high and canonical(item, number) == value


def _pair_is_valid(item: Item, value: str) -> bool:
    found = re.fullmatch(r"([1-9]\d{1,2})/([1-9]\d{1,2})", value)
    if not found:
        return False
    top, bottom = int(found[1]), int(found[2])
    first, second = item.parts
    return first.low <= top <= first.high and second.low <= bottom <= second.high and top > bottom


def read(item: Item, said: Said) -> Value:
    """What was said to a question: an answer with its value, or unclear. Declared to messaging for each question."""
    text = said.text.strip()
    if item.kind != "string" and not said.asks and _SAME.match(said.words):
        plain = READERS[item.reader](item, said)
        return Value("answer", plain) if plain is not None else Value("answer", SAME)
    value = READERS[item.reader](item, said) if text else None
    if value is None or not is_valid(item, value):
        return Value("unclear")
    return Value("answer", value)


def of_page(item: Item, *given: str) -> str | None:
    """The value of what a page sent: the code of an option, or what was typed; None for what is no answer.

    A pair is sent as its two numbers.
    """
    written = "/".join(one.strip() for one in given)
    if item.kind == "choice":
        return written if item.option(written) is not None else None
    if item.kind == "pair":
        return written if _pair_is_valid(item, written) else None
    if item.kind == "string":
        text = written.replace("\0", "").strip()
        return text if is_valid(item, text) else None
    plain = " ".join(re.sub(r"[^\w\s.'’\"/-]", " ", written.lower()).split())
    found = read(item, Said(text=written, words=plain, asks=False))
    return found.value if found.intent == "answer" and found.value != SAME else None


# ---- one reader for each kind of answer


def _option(item: Item, said: Said) -> str | None:
    words = _plain(said.text)
    by_words = {_plain(form): one.code for one in item.options for form in (one.label, *one.says) if form}
    if words in by_words:
        return by_words[words]
    letter = re.fullmatch(rf"(?:option |answer |letter )?([a-z]){_POLITE}", words)
    if letter and (place := ord(letter[1]) - ord("a")) < len(item.options) and not item.coded:
        return item.options[place].code
    number = re.fullmatch(rf"(?:option |number |answer )?(\d{{1,3}}){_POLITE}", reading.in_figures(words))
    if number and item.coded:
        return number[1] if item.option(number[1]) else None
    if number and not item.by_letter and 1 <= int(number[1]) <= len(item.options):
        return item.options[int(number[1]) - 1].code
    return None


def _band(item: Item, said: Said) -> str | None:
    words = reading.in_figures(_plain(said.text))
    letter = re.fullmatch(rf"(?:option |answer |letter )?([a-z]){_POLITE}", words)
    if letter and (place := ord(letter[1]) - ord("a")) < len(item.options):
        return item.options[place].code
    by_words = {_plain(one.label): one.code for one in item.options}
    if words in by_words:
        return by_words[words]
    found = re.fullmatch(rf"{_LEAD}(\d{{1,3}})(?: units?)?{_POLITE}", words)
    number = int(found[1]) if found else -1
    fits = [o.code for o in item.options if o.low is not None and o.high is not None and o.low <= number <= o.high]
    return fits[0] if fits else None


def _yesno(item: Item, said: Said) -> str | None:
    found = reading.yesno(said)
    return found.value if found is not None and found.intent == "answer" else None


def _smoking(item: Item, said: Said) -> str | None:
    found = reading.smoking(said)
    return found.value if found is not None and found.intent == "answer" else None


def _alcohol(item: Item, said: Said) -> str | None:
    found = reading.alcohol(said)
    return found.value if found is not None and found.intent == "answer" else None


def _bp(item: Item, said: Said) -> str | None:
    found = reading.bp(said)
    return found.value if found is not None and found.intent == "answer" else None


def _count(item: Item, said: Said) -> str | None:
    words = reading.in_figures(_plain(said.text))
    each = r"(?: (?:a|per|each|every) day| daily| cigarettes?| cigs?| fags?| tabs?| rollies| roll ?ups)*"
    found = re.fullmatch(rf"{_LEAD}(\d{{1,3}}){each}{_POLITE}", words)
    return canonical(item, Decimal(found[1])) if found else None


_KILOS = re.compile(rf"{_LEAD}(\d{{2,3}}(?:\.\d{{1,2}})?)\s*(?:kgs?|kilos?|kilograms?|k)?{_POLITE}")
_STONES = re.compile(rf"{_LEAD}(\d{{1,2}})\s*(?:st|stones?)\s*(?:(?:and\s+)?(\d{{1,2}})\s*(?:lbs?|pounds?)?)?{_POLITE}")
_STONE = Decimal("6.35029318")
_POUND = Decimal("0.45359237")


def _weight(item: Item, said: Said) -> str | None:
    text = _measure(said)
    if kilos := _KILOS.fullmatch(text):
        return canonical(item, Decimal(kilos[1]))
    stones = _STONES.fullmatch(text)
    if stones and int(stones[2] or 0) < 14:
        return canonical(item, int(stones[1]) * _STONE + int(stones[2] or 0) * _POUND)
    return None


_CENTIMETRES = re.compile(rf"{_LEAD}(\d{{3}}(?:\.\d)?)\s*(?:cms?|centimetres?|centimeters?)?{_POLITE}")
_METRES = re.compile(
    rf"{_LEAD}([12])\s*(?:\.(\d{{1,2}})\s*m(?:etres?|eters?)?|m(?:etres?)?\s*(\d{{2}}))\s*(?:cms?)?{_POLITE}"
)
_FEET = re.compile(
    rf"{_LEAD}([3-7])\s*(?:ft|feet|foot|f|['’])\s*"
    rf"(?:(?:and\s+)?(\d{{1,2}})(\.5|\s+and a half|\s*½)?\s*(?:in|ins|inch|inches|\"|''|”)?)?{_POLITE}"
)
_INCH = Decimal("2.54")


def _height(item: Item, said: Said) -> str | None:
    text = _measure(said)
    if whole := _CENTIMETRES.fullmatch(text):
        return canonical(item, Decimal(whole[1]))
    if metres := _METRES.fullmatch(text):
        rest = (metres[2] or metres[3] or "0").ljust(2, "0")
        return canonical(item, Decimal(metres[1]) * 100 + Decimal(rest))
    feet = _FEET.fullmatch(text)
    if feet and int(feet[2] or 0) < 12:
        inches = int(feet[1]) * 12 + int(feet[2] or 0) + (Decimal("0.5") if feet[3] else Decimal(0))
        return canonical(item, inches * _INCH)
    return None


def _words(item: Item, said: Said) -> str | None:
    return said.text.replace("\0", "").strip()


READERS: Mapping[str, Callable[[Item, Said], str | None]] = {
    "option": _option,
    "band": _band,
    "yesno": _yesno,
    "smoking": _smoking,
    "alcohol": _alcohol,
    "bp": _bp,
    "count": _count,
    "weight": _weight,
    "height": _height,
    "words": _words,
}


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower().replace("'", "").replace("’", "")).split())


def _measure(said: Said) -> str:
    """Lower case, with the marks that feet and decimals are written with; a decimal comma is a point."""
    text = re.sub(r"(?<=\d),(?=\d)", ".", said.text.lower())
    return " ".join(re.sub(r"[^\w\s.'’\"”½]", " ", text).rstrip(". !").split())
