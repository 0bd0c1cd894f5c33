"""SNOMED CT concepts that Onedoor writes, each from clinical.md 2. What has no code there has none here.

Identifiers are strings, so that no spreadsheet or float can damage them; `verhoeff` proves the check digit.
"""

from __future__ import annotations

from dataclasses import dataclass

_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_P = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def verhoeff(identifier: str) -> bool:
    """Whether a SNOMED CT identifier of 6 to 18 digits has the right check digit."""
    if not (6 <= len(identifier) <= 18 and identifier.isascii() and identifier.isdigit()):
        return False
    check = 0
    for position, digit in enumerate(reversed(identifier)):
        check = int(_D[check][int(_P[position % 8][int(digit)])])
    return check == 0


@dataclass(frozen=True)
class Concept:
    """A SNOMED CT concept: identifier and the term we show."""

    code: str
    term: str


SMS_SENT = Concept("279991000000102", "SMS text message sent to patient")  # clinical.md 2 #55
CANCELLED_BY_PATIENT = Concept("185332005", "Appointment cancelled by patient")  # clinical.md 2 #60
DID_NOT_ATTEND = Concept("281399006", "Did not attend")  # clinical.md 2 #61

SELF_SYSTOLIC = Concept("1162737008", "Self-reported systolic blood pressure")  # clinical.md 2 #11
SELF_DIASTOLIC = Concept("1162735000", "Self-reported diastolic blood pressure")  # clinical.md 2 #11
ALCOHOL_INTAKE = Concept("160573003", "Alcohol intake")  # clinical.md 2 #29, units a week
UNITS_PER_WEEK = Concept("1082641000000106", "Alcohol units consumed per week")  # clinical.md 2 #30, in ALC_COD
NEVER_SMOKED = Concept("266919005", "Never smoked tobacco")  # clinical.md 2 #41
EX_SMOKER = Concept("8517006", "Ex-smoker")  # clinical.md 2 #42
SMOKER = Concept("77176002", "Smoker")  # clinical.md 2 #44

# Nothing in the facts codes a booking, a move, an arrival, a cancellation by the practice, an offer, a text received, a
# confirmation, an opt-out, an invitation for a flu vaccine, or that one was declined: those entries carry words and no code.
ALL = (
    SMS_SENT, CANCELLED_BY_PATIENT, DID_NOT_ATTEND,
    SELF_SYSTOLIC, SELF_DIASTOLIC, ALCOHOL_INTAKE, UNITS_PER_WEEK, NEVER_SMOKED, EX_SMOKER, SMOKER,
)  # fmt: skip
