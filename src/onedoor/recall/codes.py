"""The SNOMED CT code of the n-th invitation to a programme by a channel (clinical.md 2, rows 79 to 86), and of a refusal.

An invitation that has no code of its own is the generic one, #86, which both invitation clusters that could be read hold. No code
here says that anything was done.
"""

from __future__ import annotations

from collections.abc import Mapping

from onedoor.kernel.codes import Concept

GENERIC = Concept("1109921000000106", "QOF quality indicator-related care invitation")  # #86

REFUSED = Concept("183944003", "Procedure refused")  # #91

_OWN: Mapping[tuple[str, str], tuple[Concept, ...]] = {
    ("asthma", "text"): (
        Concept("959401000000101", "Asthma SMS 1st invitation"),
        Concept("959421000000105", "Asthma SMS 2nd invitation"),
        Concept("959441000000103", "Asthma SMS 3rd invitation"),
    ),  # #79
    ("asthma", "letter"): (
        Concept("185731000", "Asthma letter 1st"),
        Concept("185732007", "Asthma letter 2nd"),
        Concept("185734008", "Asthma letter 3rd"),
    ),  # #80
    ("asthma", "telephone"): (Concept("185736005", "Asthma telephone invite"),) * 3,  # #81
    ("hypertension", "text"): (
        Concept("1066951000000101", "Hypertension SMS 1st invitation"),
        Concept("1066961000000103", "Hypertension SMS 2nd invitation"),
        Concept("1066971000000105", "Hypertension SMS 3rd invitation"),
    ),  # #82
    ("hypertension", "letter"): (
        Concept("185719002", "Hypertension letter 1st"),
        Concept("185720008", "Hypertension letter 2nd"),
        Concept("185721007", "Hypertension letter 3rd"),
    ),  # #83
    ("diabetes", "text"): (
        Concept("1066911000000100", "Diabetes SMS 1st invitation"),
        Concept("1066921000000106", "Diabetes SMS 2nd invitation"),
        Concept("1066931000000108", "Diabetes SMS 3rd invitation"),
    ),  # #84
}
"""By programme and channel, the first to the third. The terms are the facts' words."""


def invitation(programme: str, channel: str, number: int) -> Concept:
    """The code of the `number`-th wave (from 1) by this channel."""
    own = _OWN.get((programme, channel), ())
    return own[number - 1] if 1 <= number <= len(own) else GENERIC


def invitations() -> list[Concept]:
    """All of them."""
    return [GENERIC, *dict.fromkeys(concept for own in _OWN.values() for concept in own)]
