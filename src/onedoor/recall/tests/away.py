"""Facts that a trust wrote and the practice has not accepted, for tests."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.kernel import clock
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry

SMI = {
    "bp": ("271649006", 128.0),
    "bmi": ("60621009", 24.0),
    "alcohol": ("105542008", None),
    "lipid": ("1005671000000105", 5.0),
    "glucose": ("999791000000106", 40.0),
    "smoking": ("266919005", None),
}
"""For each of the six checks a code that completes it."""


def away(patient: Patient, code: str, day: date, *, value: float | None = None) -> None:
    """A fact done elsewhere on a day, at a place where nobody is registered."""
    place = Organisation.objects.filter(ods_code="Y99902").first() or factories.practice("Y99902", "Wexcombe Trust")
    new = NewEntry(
        patient.pk,
        place.pk,
        "check",
        "elsewhere",
        f"away:{patient.pk}:{code}:{day}",
        "check form",
        records.concept(code),
        datetime.combine(day, datetime.min.time(), tzinfo=clock.LONDON),
        value=value,
        elsewhere=True,
    )
    with transaction.atomic():
        records.record_entries(entries=[new], by=factories.TEST)


PARTS = {
    "asthma": ("394700004",),
    "diabetes": ("999791000000106", "271649006"),
    "smi": tuple(c for c, _ in SMI.values()),
}
COVERS = {"asthma": {"asthma"}, "diabetes": {"diabetes"}, "smi": {"smi", "diabetes"}}
"""Whose parts are all done where everything of a programme was: the six checks have a blood pressure and an HbA1c."""


def everything_away(patient: Patient, key: str) -> None:
    """All that a programme asks for was done elsewhere today."""
    values = dict(SMI.values())
    for code in PARTS[key]:
        away(patient, code, clock.today(), value=values.get(code))
