"""What answers come to: score, band, what goes on the record, and what kind of visit they ask for.

Pure. Every rule has a source; codes are those of clinical.md 2 only, thresholds those of clinical.md 4 only. Where the facts
give no threshold a person reads the answer. `RULES_VERSION` is stored with each response, so that one can say years later by
what it was decided (product-map.md D2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from onedoor.kernel.codes import Concept
from onedoor.questionnaires.definitions import Definition, Item
from onedoor.questionnaires.engine import Answers, red_flags, score, standing

RULES_VERSION = "2"

Visit = Literal["none", "phone", "face_to_face", "today"]
VISITS: tuple[Visit, ...] = ("none", "phone", "face_to_face", "today")
"""From nothing to at once."""

_WEIGHT = Concept("27113001", "Body weight")  # clinical.md 2 #2
_HEIGHT = Concept("1153637007", "Body height")  # #3
_BMI = Concept("60621009", "Body mass index")  # #1
_SYSTOLIC = Concept("1162737008", "Self-reported systolic blood pressure")  # #11
_DIASTOLIC = Concept("1162735000", "Self-reported diastolic blood pressure")  # #11
_UNITS = Concept("1082641000000106", "Alcohol units consumed per week")  # #30, in the alcohol cluster
_AUDIT_C = Concept("763256006", "AUDIT-C score")  # #31, not in the alcohol cluster (1.3)
_NON_DRINKER = Concept("105542008", "Current non-drinker")  # #34, in the alcohol cluster
_NEVER_SMOKED = Concept("266919005", "Never smoked tobacco")  # #41
_EX_SMOKER = Concept("8517006", "Ex-smoker")  # #42
_SMOKER = Concept("77176002", "Smoker")  # #44
_BANDS: tuple[tuple[int, Concept], ...] = (
    (40, Concept("160606002", "Very heavy cigarette smoker (40 or more a day)")),  # #49
    (20, Concept("160605003", "Heavy cigarette smoker (20 to 39 a day)")),  # #48
    (10, Concept("160604004", "Moderate cigarette smoker (10 to 19 a day)")),  # #47
    (1, Concept("160603005", "Light cigarette smoker (1 to 9 a day)")),  # #46
    (0, Concept("266920004", "Trivial cigarette smoker (less than 1 a day)")),  # #45
)
_CIGARETTES = Concept("230056004", "Cigarette consumption")  # #50
_WANTS_TO_STOP = Concept("203191000000107", "Wants to stop smoking")  # #52
_ACT = Concept("443117005", "Asthma control test score")  # #72
_PHQ_9 = Concept("720433000", "PHQ-9 score")  # #102, the present one
_GAD_7 = Concept("445455005", "GAD-7 score")  # #103

BMI_RANGE = (Decimal(10), Decimal(55))
"""clinical.md 1.5; outside it one of the two numbers is a slip."""


@dataclass(frozen=True)
class Coded:
    """A line for the record. `value` has the unit of `unit` (as records keeps it); no value for a concept alone."""

    text: str
    concept: Concept | None = None
    value: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a response comes to. `rule` names the rule that decided the visit; `red_flags` are the links that called a person."""

    score: int | None
    band: str
    codes: tuple[Coded, ...]
    red_flags: tuple[str, ...]
    visit: Visit
    rule: str
    why: str
    rules_version: str = RULES_VERSION


def outcome(definition: Definition, answers: Answers, *, complete: bool = True) -> Outcome:
    """What these answers come to. `complete` is false for a response that ended before its last question: then only answers
    that stand by themselves go on the record, and a score never does (clinical.md 4)."""
    found = standing(definition, answers)
    total = score(definition, answers) if complete else None
    codes: list[Coded] = []
    if complete or definition.each_stands:
        for item in definition.items:
            if item.link in found:
                codes += lines_of(item.link, found[item.link])
        codes += _bmi(found)
        if total is not None:
            codes += _scored(definition, found, total)
        if definition.key == "rcp":
            codes += _rcp(found)
        if definition.key == "eq-5d" and complete:
            codes += _eq_5d(definition, found)
        if definition.key == "flu-had":
            codes += _flu(found)
    flags = tuple(item.link for item in red_flags(definition, answers))
    # What called a person is on the record, whatever else of it is.
    codes += [Coded(_in_full(definition.item(link), found[link])) for link in flags]
    visit, rule, why = _decide(definition, found, total, bool(flags))
    return Outcome(total, _band(definition.key, total), tuple(codes), flags, visit, rule, why)


def _in_full(item: Item, value: str) -> str:
    option = item.option(value)
    return f"{item.text} {option.label or option.code}" if option else f"{item.text} {value}"


# ---- on the record


def _smoking(value: str) -> list[Coded]:
    said, concept = {
        "never": ("has never smoked", _NEVER_SMOKED),
        "ex": ("used to smoke", _EX_SMOKER),
        "current": ("smokes", _SMOKER),
    }[value]
    return [Coded(said, concept)]


def _per_day(value: str) -> list[Coded]:
    number = int(value)
    band = next(concept for least, concept in _BANDS if number >= least)
    count = Coded(f"smokes {number} cigarettes a day", _CIGARETTES, Decimal(number), "n/day")
    return [
        Coded(f"smokes {value} a day" if number else "smokes less than one a day", band),
        *([count] if number else []),
    ]


def _help(value: str) -> list[Coded]:
    if value == "yes":
        return [Coded("would like help to stop smoking", _WANTS_TO_STOP)]
    # #51 "not interested in stopping" is more than they said.
    return [Coded("would not like help to stop smoking now")]


def _units(value: str) -> list[Coded]:
    return [Coded(f"drinks {value} units of alcohol a week", _UNITS, Decimal(value), "units/week")]


def _pressure(value: str) -> list[Coded]:
    top, _, bottom = value.partition("/")
    return [
        Coded(f"systolic blood pressure at home {top} mm[Hg]", _SYSTOLIC, Decimal(top), "mm[Hg]"),
        Coded(f"diastolic blood pressure at home {bottom} mm[Hg]", _DIASTOLIC, Decimal(bottom), "mm[Hg]"),
    ]


_WRITE: Mapping[str, Callable[[str], list[Coded]]] = {
    "smoking": _smoking,
    "per-day": _per_day,
    "help": _help,
    "units": _units,
    "weight": lambda value: [Coded(f"weighs {value} kg", _WEIGHT, Decimal(value), "kg")],
    "height": lambda value: [Coded(f"is {value} cm tall", _HEIGHT, Decimal(value), "cm")],
    "bp": _pressure,
}
"""By link, which means the same in every definition that has it."""


def lines_of(link: str, value: str) -> list[Coded]:
    """What an answer puts on the record by itself; nothing for one that has no meaning of its own."""
    return _WRITE[link](value) if link in _WRITE else []


def bmi(weight: str, height: str) -> Decimal:
    """kg/m², one decimal, half up (clinical.md 1.5)."""
    metres = Decimal(height) / 100
    return (Decimal(weight) / (metres * metres)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def bmi_is_odd(found: Answers) -> bool:
    """Whether weight and height give an index that nobody has: one of them is a slip, and a person asks."""
    if "weight" not in found or "height" not in found:
        return False
    return not BMI_RANGE[0] <= bmi(found["weight"], found["height"]) <= BMI_RANGE[1]


def _bmi(found: Answers) -> list[Coded]:
    if "weight" not in found or "height" not in found or bmi_is_odd(found):
        return []
    index = bmi(found["weight"], found["height"])
    return [Coded(f"body mass index {index} kg/m2, from what they said", _BMI, index, "kg/m2")]


def _scored(definition: Definition, found: Answers, total: int) -> list[Coded]:
    concept = {"audit-c": _AUDIT_C, "act": _ACT, "phq-9": _PHQ_9, "gad-7": _GAD_7}.get(definition.key)
    codes = []
    if definition.key != "rcp":
        value, unit = (Decimal(total), "{score}") if concept else (None, "")
        codes.append(Coded(f"{definition.title}: score {total}", concept, value, unit))
    if definition.key == "audit-c" and found.get("often") == "never":
        codes.append(Coded("never has a drink containing alcohol", _NON_DRINKER))
    return codes


def _rcp(found: Answers) -> list[Coded]:
    """Words alone: #71 says that a review was done and ends the recall, so a clinician enters it."""
    asked = {"sleep": "sleep", "day": "symptoms by day", "activities": "usual activities"}
    if set(asked) - set(found):
        return []
    said = "; ".join(f"{words}: {found[link]}" for link, words in asked.items())
    return [Coded(f"asthma, RCP three questions, last month: {said}")]


def _eq_5d(definition: Definition, found: Answers) -> list[Coded]:
    """The profile and the scale as they were given: an index needs a value set, which is licensed (clinical.md 4)."""
    profile = "".join(found.get(item.link, "-") for item in definition.items if item.options)
    return [Coded(f"{definition.title}: profile {profile}, scale {found.get('eq-vas', 'not given')}")]


def _flu(found: Answers) -> list[Coded]:
    """No code: a say-so is no dose, and the facts have no code for it (clinical.md 2, substring trap)."""
    if "had" not in found:
        return []
    where = f": “{found['where']}”" if "where" in found else ""
    said = (
        f"says they have had a flu vaccine this season{where}" if found["had"] == "yes" else "says not yet vaccinated"
    )
    return [Coded(said)]


# ---- bands and visits (clinical.md 4)

_BAND_TABLE: Mapping[str, tuple[tuple[int, str], ...]] = {
    "audit-c": ((5, "positive: 5 or more"), (0, "below 5")),
    "phq-9": ((20, "severe"), (15, "moderately severe"), (10, "moderate"), (5, "mild"), (0, "0 to 4")),
    "gad-7": ((15, "15 to 21"), (10, "10 to 14"), (5, "5 to 9"), (0, "0 to 4")),
    "act": ((25, "total"), (20, "reasonable"), (16, "not well"), (5, "very poor")),
    "rcp": ((1, "any yes"), (0, "no yes")),
}


def _band(key: str, total: int | None) -> str:
    if total is None:
        return ""
    return next((words for least, words in _BAND_TABLE.get(key, ()) if total >= least), "")


@dataclass(frozen=True)
class Rule:
    """One line of the table: what must hold, what visit it asks for, why in words for staff, and where that is from."""

    name: str
    visit: Visit
    why: str
    source: str
    holds: Callable[[Answers, int | None], bool]


def _scores(least: int, most: int = 1_000) -> Callable[[Answers, int | None], bool]:
    return lambda _, total: total is not None and least <= total <= most


def _said(link: str, value: str) -> Callable[[Answers, int | None], bool]:
    return lambda answers, _: answers.get(link) == value


_ODD_BMI = Rule(
    "odd-bmi", "phone", "weight and height give a BMI outside 10 to 55", "clinical.md 1.5", lambda a, _: bmi_is_odd(a)
)
_STOP = Rule("wants-help", "phone", "would like help to stop smoking", "clinical.md 2 #52", _said("help", "yes"))
_AT_ONCE = Rule(
    "red-flag", "today", "an answer that a person must hear of at once", "clinical.md 4, 6.6; H9", lambda *_: False
)
_NOTHING = Rule("nothing-more", "none", "no rule asks for a visit", "product-map.md D2", lambda *_: True)
ALWAYS = (_AT_ONCE, _NOTHING)
"""The rules of every questionnaire: before all others, and after them."""
BMI_LINE = _BMI
RULES: Mapping[str, tuple[Rule, ...]] = {
    "audit-c": (Rule("positive", "phone", "AUDIT-C of 5 or more: an offer to talk", "clinical.md 4", _scores(5)),),
    "smoking": (_STOP,),
    "weight-height": (_ODD_BMI,),
    "about-you": (_ODD_BMI, _STOP),
    "home-bp": (
        Rule(
            "read", "phone", "a clinician reads every reading", "clinical.md 4 has no threshold", lambda a, _: "bp" in a
        ),
    ),
    "rcp": (
        Rule("any-yes", "face_to_face", "a yes asks for a review", "clinical.md 4", _scores(1)),
        Rule(
            "all-no", "phone", "a clinician reads three times no, and codes the review", "clinical.md 2 #71", _scores(0)
        ),
    ),
    "flu-had": (
        Rule("to-check", "phone", "a say-so is no dose: somebody checks it", "clinical.md 2", _said("had", "yes")),
    ),
    "act": (
        Rule("very-poor", "face_to_face", "a score of 15 or less", "clinical.md 4", _scores(0, 15)),
        Rule("not-well", "phone", "a score of 16 to 19", "clinical.md 4", _scores(16, 19)),
    ),
    "phq-9": (Rule("ten", "phone", "a score of 10 or more", "clinical.md 4", _scores(10)),),
    "gad-7": (Rule("ten", "phone", "a score of 10 or more", "clinical.md 4", _scores(10)),),
}
"""By questionnaire, the first that holds decides. Above all of them stands a red flag: today."""


def _decide(definition: Definition, found: Answers, total: int | None, flagged: bool) -> tuple[Visit, str, str]:
    if flagged:
        return _AT_ONCE.visit, _AT_ONCE.name, _AT_ONCE.why
    for rule in (*RULES.get(definition.key, ()), _NOTHING):
        if rule.holds(found, total):
            return rule.visit, rule.name, rule.why
    raise AssertionError("the last rule holds always")
