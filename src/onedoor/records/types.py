"""Values that cross the door of records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from onedoor.kernel.codes import Concept


@dataclass(frozen=True)
class NewEntry:
    """What to put on a timeline. `concept` is None where the facts give no code."""

    patient_id: int
    organisation_id: int
    kind: str
    text: str
    intent_key: str
    source: str
    concept: Concept | None = None
    effective_at: datetime | None = None
    """When it happened; the present domain time when None."""
    subject: str = ""
    subject_id: int | None = None
    value: Decimal | float | None = None
    """A number in the code's usual unit, of which `unit` may say that it is meant. With a code of a code set or with a value the
    entry is a coded fact too."""
    unit: str = ""
