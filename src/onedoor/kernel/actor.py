"""Who does something: a member of staff, a patient, or a part of the system named by its purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "patient", "system"]


@dataclass(frozen=True)
class Actor:
    """`id` is the user's or the patient's key, None for the system; `label` is what the audit shows."""

    kind: Kind
    id: int | None
    label: str
    organisation_id: int | None = None

    @staticmethod
    def system(purpose: str) -> Actor:
        """The system itself, named by what it is doing. Only for jobs, handlers and machine doors."""
        return Actor(kind="system", id=None, label=purpose)

    @staticmethod
    def patient(patient_id: int) -> Actor:
        """A patient acting for themselves, by whatever channel."""
        return Actor(kind="patient", id=patient_id, label="patient")
