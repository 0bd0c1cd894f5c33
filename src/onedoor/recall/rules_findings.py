"""What may be found in a check, and what may be done about it before the visit can be finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ACTIONS: Mapping[str, str] = {
    "refer": "Refer them",
    "clinician": "A clinician looks at it",
    "repeat": "Measure again another day",
    "advice": "Talked about it, gave advice",
    "refused": "They want nothing done",
    "duty": "The duty clinician was told",
}


@dataclass(frozen=True)
class Finding:
    """A kind of finding. `urgent` goes to the duty clinician by itself the moment it is saved; `service` are the words by which
    the directory is asked for somewhere to refer to."""

    check: str
    offers: tuple[str, ...]
    source: str
    """What says that this is a finding; "invented" where no fact does."""
    service: str = ""
    urgent: bool = False


_UNUSUAL = "invented: the facts give no threshold of danger"
FINDINGS: Mapping[str, Finding] = {
    "bp_unusual": Finding("bp", ("duty",), _UNUSUAL, urgent=True),
    "glucose_unusual": Finding("glucose", ("duty",), _UNUSUAL, urgent=True),
    "lipid_unusual": Finding("lipid", ("duty",), _UNUSUAL, urgent=True),
    "bmi_unusual": Finding("bmi", ("duty",), _UNUSUAL, urgent=True),
    "bmi_obese": Finding(
        "bmi", ("refer", "clinician", "advice", "refused"), "clinical.md 1.2, MH011: 30", "help to lose weight"
    ),
    "bmi_over": Finding(
        "bmi", ("refer", "clinician", "advice", "refused"), "clinical.md 1.2, MH011: 25", "help to lose weight"
    ),
    "bmi_under": Finding(
        "bmi", ("refer", "clinician", "repeat", "refused"), "invented: under 18.5", "dietitian underweight"
    ),
    "audit_c": Finding(
        "alcohol", ("refer", "clinician", "advice", "refused"), "clinical.md 4: 5 or more", "help with drinking alcohol"
    ),
    "smoker": Finding(
        "smoking", ("refer", "clinician", "advice", "refused"), "clinical.md 2 #44-49", "help to stop smoking"
    ),
}

WANTS_TO_STOP, NOT_INTERESTED = "203191000000107", "394873005"  # clinical.md 2 #52 and #51
CODES: Mapping[tuple[str, str], str] = {("smoker", "refer"): WANTS_TO_STOP, ("smoker", "refused"): NOT_INTERESTED}
"""The code of what was done about a finding, where the facts give one."""
SOURCES = ("other_health", "nurse", "gp")
"""As whom a check form refers, of those who may refer to a service: the first that it takes."""
