"""The six answers of the Friends and Family Test (clinical.md 4): by number, or in its own words and nothing else."""

from __future__ import annotations

import re

from onedoor.messaging.ports import Question, Said, Value, declare_question

ANSWERS = ("very_good", "good", "neither", "poor", "very_poor", "dont_know")
LONGEST = 1000
"""Signs; what is longer is a story, and a person's."""
_NUMBERS = {word: n for n, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)}
_WORDS = (
    ("very_good", r"(v|very|vry|verry|vey|really very) ?(very )?(good|gud|goood)|vgood"),
    ("very_poor", r"(v|very|vry) ?(very )?(poor|por|pour)|vpoor"),
    ("neither", r"neither|niether|neither good n?or (poor|bad)"),
    ("dont_know", r"(i )?(dont|do not|dunno|dont no|idk)( know)?( \w+)?|dunno|idk"),
    ("good", r"(it was |mostly |overall )?(good|gud|goood)"),
    ("poor", r"(it was |quite )?(poor|pour)"),
)
_LEADS = re.compile(
    r"^(?:\s*(?:option|number|no\.?|answer|i give you a|it was a|i'?d say|i would say)\s*)?([1-6])(?:️?⃣)?(?![\d/%]|\s*(?:/|out of|or|-\s*\d|to \d|and \d|\*|stars?|for \w+ \d))",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"^\s*\d+\s*(hours?|hrs?|minutes?|mins?|weeks?|wks?|days?|months?|years?|times|people|doctors|nurses|stars?|pm|am)\b",
    re.IGNORECASE,
)
_SAYS_OTHERWISE = re.compile(
    # "Good" and "poor" of something else than the care, or bitterly.
    r"^(very )?good (in parts|at|for nothing|to talk|job|jobs|god|grief|luck|morning|evening|afternoon|joke|question|point|old|riddance)\b|"
    r"^(very )?poor (old|eye\w*|sight|hearing|signal|health|line|man|woman|thing|lad|lass|girl|boy|me|mobility|wifi|internet|(nurse|doctor|receptionist|staff) (was|were|is|looked|had))\b|"
    r"^neither here\b|\b(used to be|could be|would be|was) good\b.*|^\d no \d"
)
_GOOD = re.compile(
    r"\b(good|great|excellent|brilliant|amazing|lovely|kind|helpful|best|fantastic|perfect|wonderful|happy)\b"
)
_BAD = re.compile(
    r"\b(poor|bad|disgust\w*|awful|terrible|worst|rude|horrible|appalling|shocking|disgrace\w*|never|nobody|waited|dreadful|useless|horrendous)\b"
)


def _number(said: Said) -> int | None:
    found = _LEADS.match(said.text.strip())
    if found:
        return int(found[1])
    first = said.words.split()[:2]
    if first and first[0] in {"option", "number"}:
        first = first[1:]
    return _NUMBERS.get(first[0]) if first and len(said.words.split()) <= 3 else None


def value(said: Said) -> Value | None:
    """One of the six; None when the words are no plain answer. A number that its words belie is unclear."""
    if len(said.text) > LONGEST:
        return None
    if said.asks or re.search(
        r"\b(not (very |so |too |that )?(good|poor|bad|great)|who|which|how do|meant|change my|(please|someone) (call|ring|phone)|(call|ring|phone) me|need my|(dont|do not) know (what|who|why|how))\b",
        said.words,
    ):
        return None
    if _SAYS_OTHERWISE.search(said.words) and not re.match(r"^it was good", said.words):
        return Value("unclear")
    if _MEASURED.match(said.text):
        return Value("unclear")
    numbers = re.findall(r"\d+", said.words)
    number = _number(said)
    if number is not None:
        rest = re.sub(r"^\S+\s*", "", said.words)
        if len([n for n in numbers if 1 <= int(n[:3]) <= 6]) > 1 and re.search(
            r"\b\d\b.*\bfor\b|\b\d or \d\b|\bmeant\b", said.words
        ):
            return Value("unclear")
        named = [answer for answer, form in _WORDS if re.match(rf"^({form})$", rest)]
        if named and named[0] != ANSWERS[number - 1]:
            return Value("unclear")
        if (number >= 4 and number != 6 and _GOOD.search(rest) and not _BAD.search(rest) and " but " not in rest) or (
            number <= 2
            and _BAD.search(rest)
            and not _GOOD.search(rest)
            and re.search(
                r"\b(very poor|disgust\w*|awful|terrible|worst|horrendous|shocking|dreadful|appalling|disgrace\w*|useless|horrible)\b",
                rest,
            )
        ):
            return Value("unclear")
        return Value("answer", ANSWERS[number - 1])
    if numbers:
        return Value("unclear") if len(said.words.split()) <= 4 else None
    for answer, form in _WORDS:
        if re.match(
            rf"^(overall |it was |its |my experience was |dear all |mum says |i thought it was |we found it |was )*({form})\b",
            said.words,
        ):
            rest = said.words
            if (
                re.search(r"\bgood\b.*\b(poor|bad|rude)\b|\bpoor\b.*\b(good|kind|lovely)\b", rest)
                and answer != "neither"
            ):
                return None
            if answer in {"good", "poor"} and re.search(
                r"\b(good|poor) (and|nurse|doctor|but) ?.*\b(poor|bad|good)\b", rest
            ):
                return None
            if answer == "good" and re.search(r"\bgood (grief|god|luck|morning|evening|afternoon)\b", rest):
                return None
            return Value("answer", answer)
    return None


FFT = declare_question(
    Question(name="fft", intents=("answer", "question", "unclear"), value=value, sure={"stop": 0.95, "thanks": 0.95,
             "wrong_person": 0.95, "deceased": 0.95})
)  # fmt: skip
