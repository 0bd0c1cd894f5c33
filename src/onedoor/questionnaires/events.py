"""What questionnaires tell the contexts above, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel.events import Event


@dataclass(frozen=True)
class QuestionnaireCompleted(Event):
    """Patients answered a questionnaire to its end; what they said is on the record in the same transaction."""

    patient_ids: Sequence[int]
    key: str
    organisation_id: int


@dataclass(frozen=True)
class TrustAnswered(Event):
    """Patients answered what a trust asked, by a questionnaire or a single question: what has a code is on the record in the same
    transaction, and counts once the patient's practice has accepted it (ADR 12)."""

    patient_ids: Sequence[int]
    organisation_id: int
