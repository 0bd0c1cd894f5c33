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
