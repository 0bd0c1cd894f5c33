"""What referrals tell the contexts above them, in sets."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.kernel.events import Event


@dataclass(frozen=True)
class Decided:
    """One referral whose decision has taken effect; `outcome` is a key of `rules.OUTCOMES`. The decision's row has the rest."""

    referral_id: int
    decision_id: int
    service_id: int
    organisation_id: int
    outcome: str
    patient_id: int | None


@dataclass(frozen=True)
class TriageDecided(Event):
    """Decisions of triage took effect: nobody can take them back, and letters and tracker may say them."""

    decided: tuple[Decided, ...]
