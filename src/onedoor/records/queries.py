"""Reads of the record."""

from __future__ import annotations

from onedoor.kernel.access import Access
from onedoor.patients.api import by_id
from onedoor.records.models import Entry, Look


def timeline(access: Access, patient_id: int, *, kind: str = "", limit: int = 100) -> list[Entry]:
    """A patient's entries, newest first; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    found = Entry.objects.filter(patient_id=patient_id).select_related("code", "organisation")
    if kind:
        found = found.filter(kind=kind)
    return list(found.order_by("-effective_at", "-id")[:limit])


def who_looked(access: Access, patient_id: int, *, limit: int = 100) -> list[Look]:
    """Who looked at a patient's pages, newest first; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return list(Look.objects.filter(patient_id=patient_id).select_related("organisation").order_by("-at")[:limit])
