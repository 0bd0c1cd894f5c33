"""Who does something: a member of staff, a patient, somebody who acts for one, or a part of the system named by its purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "patient", "proxy", "system"]


@dataclass(frozen=True)
class Actor:
    """`id` is the user's, the patient's or the proxy's key, None for the system; `label` is what the audit shows."""

    kind: Kind
    id: int | None
    label: str
    organisation_id: int | None = None
    changes_for: int | None = None
    """The patient whose appointments a proxy may change; None for one who may only look, and for everybody else."""

    def speaks_for(self, patient_id: int) -> bool:
        """Whether what this says counts as the patient's own word: the patient, or a proxy who may change things for them."""
        return (self.kind == "patient" and self.id == patient_id) or (
            self.kind == "proxy" and self.changes_for == patient_id
        )

    @staticmethod
    def system(purpose: str) -> Actor:
        """The system itself, named by what it is doing. Only for jobs, handlers and machine doors."""
        return Actor(kind="system", id=None, label=purpose)

    @staticmethod
    def patient(patient_id: int) -> Actor:
        """A patient acting for themselves, by whatever channel."""
        return Actor(kind="patient", id=patient_id, label="patient")
