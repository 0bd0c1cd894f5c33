"""What the record has of what a questionnaire asks: offered with its age to be confirmed, never taken for an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.records import api as records

OFFERED_FOR = timedelta(days=5 * 365)
"""What is older than this is asked anew."""

_CODES: Mapping[str, tuple[str, ...]] = {
    # clinical.md 2 #2, #3, #30, #50; of the same kind and unit whoever wrote it.
    "weight": ("27113001",),
    "height": ("1153637007", "50373000"),
    "units": ("1082641000000106", "160573003"),
    "per-day": ("230056004",),
}
_ANSWERS: Mapping[str, Mapping[str, str]] = {
    # clinical.md 2 #41, #42, #44 to #49.
    "smoking": {
        "266919005": "never",
        "8517006": "ex",
        **dict.fromkeys(("77176002", "266920004", "160603005", "160604004", "160605003", "160606002"), "current"),
    }
}
PLACES = {"weight": 1, "height": 1}


@dataclass(frozen=True)
class Known:
    """The latest value of the record, as an answer would have it, and its day."""

    value: str
    day: date

    @property
    def month(self) -> str:
        """How old it is, in words: "March 2026"."""
        return f"{self.day:%B %Y}"


def last_known(patient_id: int, links: Sequence[str]) -> Mapping[str, Known]:
    """By link, where the record has a value of a kind that the question takes and that is not too old to be offered.

    For the patient alone: the caller has seen to it that nobody else reads it.
    """
    wanted = [link for link in links if link in _CODES or link in _ANSWERS]
    if not wanted:
        return {}
    oldest = clock.today() - OFFERED_FOR
    found: dict[str, Known] = {}
    for fact in records.coded_of(Access.of_patient(patient_id), patient_id):
        if fact.in_error_at is not None or not oldest <= fact.day <= clock.today():
            continue
        for link in wanted:
            value = _value(link, fact)
            if value and link not in found:
                found[link] = Known(value, fact.day)
    return found


_FAR: Mapping[str, Decimal] = {"weight": Decimal("0.2"), "height": Decimal("0.06")}
"""invented: by what share of what the record has a number may differ before it is asked for once more. Pounds answered as
kilograms, and inches as centimetres, are beyond it."""


def far_from(known: Known | None, link: str, value: str) -> bool:
    """Whether an answer is so far from what the record has that one of them may be a slip."""
    if known is None or link not in _FAR:
        return False
    was = Decimal(known.value)
    return abs(Decimal(value) - was) > was * _FAR[link]


def _value(link: str, fact: records.Coded) -> str:
    if link in _ANSWERS:
        return _ANSWERS[link].get(fact.code.code, "")
    if fact.code.code not in _CODES[link] or fact.value is None:
        return ""
    rounded = round(Decimal(str(fact.value)), PLACES.get(link, 0))
    return f"{rounded.normalize():f}"
