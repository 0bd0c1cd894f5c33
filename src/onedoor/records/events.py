"""What records tells the contexts above it, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel.events import Event


@dataclass(frozen=True)
class CodedChanged(Event):
    """Coded entries of these patients were written, or said to be in error. With `import_id` it is everybody whose entries a
    file brought: those of that import in the published view `records_import_patients`, and `patient_ids` is empty."""

    patient_ids: Sequence[int]
    import_id: int | None = None
