"""The linter of codes: is what stands in a file the code that was meant? Pure; `Dictionary` is what is known.

A code is right when its check digit is, the dictionary has it, nothing supersedes it, the term beside it says the same, and
the cluster that it is used for holds it. A term is compared by its words, brought to one spelling: of terms that are only shorter
or longer nothing is said; of those that contradict each other, or mean another code of the dictionary, it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from onedoor.kernel.codes import verhoeff

Fault = Literal["missing", "damaged", "unknown", "superseded", "term", "cluster"]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a code, in words, and what to do about it."""

    fault: Fault
    what: str
    what_to_do: str


@dataclass(frozen=True)
class Known:
    """A code as the dictionary has it."""

    code: str
    term: str
    replaced_by: str = ""
    ended: bool = False
    """No longer in use, whether or not another code has taken its place."""


@dataclass
class Dictionary:
    """The codes that there are, and the members of each code set."""

    codes: Mapping[str, Known]
    sets: Mapping[str, frozenset[str]]
    _said: dict[str, frozenset[str]] = field(default_factory=dict)
    _meant: dict[frozenset[str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for known in self.codes.values():
            self._meant.setdefault(words_of(known.term), []).append(known.code)

    def meant_by(self, words: frozenset[str]) -> list[str]:
        """The codes whose terms are exactly these words."""
        return self._meant.get(words, [])

    def near(self, text: str) -> list[str]:
        """Codes of which a damaged identifier may be what is left."""
        digits = _left_of(text)
        if len(digits) < 6:
            return []
        return [code for code in self.codes if _alike(code, digits, text)][:3]


def lint(dictionary: Dictionary, code: str, term: str = "", cluster: str = "") -> Finding | None:
    """What is wrong with a code as a file uses it; None when nothing is."""
    if not code:
        return Finding("missing", "there is no code", "Put the SNOMED CT identifier there.")
    if not _IDENTIFIER.fullmatch(code) or not verhoeff(code):
        return _damaged(dictionary, code)
    known = dictionary.codes.get(code)
    if known is None:
        return Finding(
            "unknown",
            "the dictionary does not have this code, so nobody here knows what it says",
            "Load the official reference sets that hold it (import codes), then read this file again.",
        )
    if known.ended and not known.replaced_by:
        return Finding(
            "superseded", "this code is no longer in use", "Record it with a code that is, and export again."
        )
    if known.replaced_by:
        return Finding(
            "superseded",
            f"{known.replaced_by} has superseded this code",
            f"Record it as {known.replaced_by}, and export again.",
        )
    return _term(dictionary, known, term) or _cluster(dictionary, known, cluster)


_IDENTIFIER = re.compile(r"[1-9][0-9]{5,17}")


def _damaged(dictionary: Dictionary, code: str) -> Finding:
    near = dictionary.near(code)
    # Where a spreadsheet has rounded, only the last digits differ.
    near = [one for one in near if one[:-2] == code[:-2]] or near
    maybe = f" It may have been {' or '.join(near)}." if near else ""
    if _FLOAT.fullmatch(code) or (code.endswith("00") and len(code) >= 16):
        what = "a spreadsheet has rounded this identifier, and its last digits are lost"
        todo = "Export it again with the code as text, and do not open it in a spreadsheet before it is read here."
    elif _READ.fullmatch(code) and not code.isdigit():
        what, todo = "this is not a SNOMED CT identifier but looks like a Read code", "Export it with SNOMED CT codes."
    elif code.isascii() and code.isdigit():
        what, todo = "its check digit does not fit, so a digit is wrong", "Look it up, and put it right at its source."
    else:
        what, todo = "this is not a SNOMED CT identifier of 6 to 18 digits", "Put the identifier there, as text."
    return Finding("damaged", what, todo + maybe)


_FLOAT = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+|\d+[.,]0+")
_READ = re.compile(r"[A-Za-z0-9.]{5}(?:[A-Za-z0-9]{2})?")


def _left_of(text: str) -> str:
    """The digits that a damaged identifier still has."""
    mantissa = re.split(r"[eE]", re.sub(r"[.,]0+$", "", text))[0]
    return re.sub(r"\D", "", mantissa).lstrip("0")


def _alike(code: str, digits: str, text: str) -> bool:
    if re.search(r"[eE]\+?\d+$", text):
        lost = len(code) - len(digits)
        return (
            len(code) == int(re.split(r"[eE]\+?", text)[1]) + 1
            and lost > 0
            and (int(code) + 5 * 10 ** (lost - 1)) // 10**lost == int(digits)
        )
    if len(code) == len(digits):
        wrong = [at for at in range(len(code)) if code[at] != digits[at]]
        return len(wrong) <= 2 and (len(wrong) < 2 or wrong[1] - wrong[0] == 1)
    return len(code) == len(digits) + 1 and any(code[:at] + code[at + 1 :] == digits for at in range(len(code)))


# ---- terms

_SAME = tuple(
    (re.compile(rf"\b(?:{ways})\b"), f" {one} ")
    for ways, one in (
        (r"blood pressure|arterial pressure|bp", "pressure"),
        (r"body mass index|bmi", "bmi"),
        (r"ha?emoglobin a1c|hba1c", "hba1c"),
        (r"international federation of clinical chemistry(?: and laboratory medicine)?|ifcc", "ifcc"),
        (r"diabetes control and complications trial|dcct", "dcct"),
        (r"high density lipoprotein|hdl", "hdl"),
        (r"low density lipoprotein|ldl", "ldl"),
        (r"alcohol use disorders? identification test consumption|audit c", "auditc"),
        (r"alcohol use disorders? identification test|audit", "audit"),
        (r"patient health questionnaire 9|phq 9", "phq9"),
        (r"generali[sz]ed anxiety disorder 7(?: item)?|gad 7", "gad7"),
        (r"royal college of physicians|rcp", "rcp"),
        (r"quality and outcomes framework|qof", "qof"),
        (
            r"severe acute respiratory syndrome coronavirus 2|sars cov 2|coronavirus|covid(?: 19)?|covid19",
            "covid",
        ),
        (r"chronic obstructive pulmonary disease|copd", "copd"),
        (r"influenza|flu", "flu"),
        (r"vaccin\w*|immuni[sz]ation", "vaccine"),
        (r"short message service|sms|text message|text", "sms"),
        (r"e mail", "email"),
        (r"by self report|self report(?:ed)?|self measured", "selfreport"),
        (r"did not attend|failed to attend|dna", "dna"),
        (r"declined|refused|refusal|declines|dissent(?:ed)?", "declined"),
        (r"not suitable|unsuitable", "unsuitable"),
        (r"invit\w*", "invited"),
        (r"excepted from|exception|personali[sz]ed care adjustment|pca", "pca"),
        (r"tee ?total\w*|does not drink", "non drinker"),
        (r"lifetime non smoker|never smoked|never smoker|has never smoked", "never smoker"),
        (r"lifetime non drinker", "never drinker"),
        (r"former|used to be an?|previous", "ex"),
        (r"smokers|smokes|smoked", "smoker"),
        (r"stopping|stop", "stop"),
        (r"1st", "first"),
        (r"2nd", "second"),
        (r"3rd", "third"),
        (r"triglycerides?", "triglyceride"),
        (r"indicators?(?: related)?", "indicator"),
        (r"questions?", "question"),
        (r"assessments?|assessed", "assessment"),
    )
)
_IDLE = frozenset(
    re.findall(
        r"\S+",
        """
        a an and as at by for from in is it level levels levl measure measurement o e observation observable
        entity of on or patient procedure finding disorder situation qualifier value reading serum plasma
        arterial body standing using the to standardised standardized aligned done given performed completed
        has has been was with cigs tobacco current service range ranges record recorded regime therapy message
        monitoring
        """,
    )
)
"""Words that tell no two codes of the dictionary apart, or that one system writes and another leaves out."""
KINDS = ("declined", "unsuitable", "invited", "offered", "dna", "remission", "cancelled")
"""What must be said by both or by neither: an invitation is no dose, a refusal no reading (clinical.md 2, substring trap)."""
_APART = (
    frozenset({"systolic", "diastolic"}),
    frozenset({"hdl", "ldl", "triglyceride"}),
    frozenset({"ifcc", "dcct"}),
    frozenset({"bmi", "weight", "height"}),
    frozenset({"first", "second", "third"}),
    frozenset({"sms", "letter", "telephone", "verbal", "email"}),
    frozenset({"asthma", "hypertension", "diabetes", "copd", "flu", "covid", "cervical", "breast", "bowel", "mental"}),
    frozenset({"audit", "auditc"}),
    frozenset({"lower", "increasing", "higher"}),
    frozenset({"hazardous", "harmful"}),
    frozenset({"trivial", "light", "moderate", "heavy"}),
    frozenset({"ready", "interested"}),
    frozenset({"week", "day"}),
    frozenset({"under", "over"}),
)
"""Words of which a code means one: terms with two different ones contradict each other."""


def words_of(term: str) -> frozenset[str]:
    """The words of a term that tell it from others, in one spelling."""
    plain = " ".join(re.findall(r"[a-z0-9]+", term.casefold().replace("µ", "u")))
    for ways, one in _SAME:
        plain = ways.sub(one, plain)
    words = frozenset(plain.split())
    return words - _IDLE or words


def _habit(words: frozenset[str]) -> str:
    """Never, once or now, of who smokes or drinks; empty when it is neither of these or not said."""
    if not words & {"smoker", "drinker"}:
        return ""
    return next((word for word in ("never", "ex", "non") if word in words), "now")


def says_the_same(dictionary: Dictionary, known: Known, term: str) -> bool:
    """Whether a term may stand beside a code: neither contradicts the other, and it does not mean another code."""
    own, given = words_of(known.term), words_of(term)
    if not known.term or not given or given == own:
        return True
    if any((kind in own) != (kind in given) for kind in KINDS):
        return False
    if any((own & apart) and (given & apart) and not (own & given & apart) for apart in _APART):
        return False
    habits = _habit(own), _habit(given)
    if all(habits) and habits[0] != habits[1] and "non" not in habits:
        return False
    if dictionary.meant_by(given) and not given <= own:
        return False
    return bool(own & given)


def _term(dictionary: Dictionary, known: Known, term: str) -> Finding | None:
    if not term or says_the_same(dictionary, known, term):
        return None
    others = [code for code in dictionary.meant_by(words_of(term)) if code != known.code]
    meant = f" “{term[:80]}” is {' or '.join(others[:3])}." if others else ""
    return Finding(
        "term",
        f"the code says “{known.term}”, and the term beside it something else",
        f"Find out which of them was meant, and put the other right.{meant}",
    )


def kinds_of(term: str) -> frozenset[str]:
    """Which of `KINDS` a term says: none for what was done or measured."""
    return words_of(term) & frozenset(KINDS)


def of_another_kind(dictionary: Dictionary, names: Mapping[str, str], code: str, term: str, cluster: str) -> str:
    """Why a code cannot be a member of a cluster, empty when it can: one says that something was refused, or only asked for, and
    the other does not. `names` are those of the clusters by key."""
    known = dictionary.codes.get(code)
    of_set, of_code = kinds_of(names[cluster]), kinds_of(known.term if known else term)
    if of_code and of_code != of_set:
        return f"the code says “{(known.term if known else term)[:80]}”, and the cluster is “{names[cluster]}”"
    holds = [key for key, codes in dictionary.sets.items() if code in codes and not kinds_of(names[key])]
    if of_set and not of_code and holds and cluster not in holds:
        return f"{holds[0]} holds this code already, and the cluster is “{names[cluster]}”"
    return ""


def _cluster(dictionary: Dictionary, known: Known, cluster: str) -> Finding | None:
    if not cluster:
        return None
    members = dictionary.sets.get(cluster)
    if members is None:
        return Finding(
            "cluster", f"there is no cluster {cluster[:40]} here", "Check its name, or leave the column empty."
        )
    if known.code in members:
        return None
    holds = sorted(key for key, codes in dictionary.sets.items() if known.code in codes)
    where = f"It is in {', '.join(holds[:4])}." if holds else "It is in none."
    return Finding(
        "cluster",
        f"{cluster} does not hold this code",
        f"{where} Use a code that {cluster} holds, or load its newest list.",
    )
