"""Writes of patients. Lists of patients come in through `imports`."""

from __future__ import annotations

from django.db import transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.patients.models import ContactPoint


@transaction.atomic
def end_number(*, number: str, because: str, by: Actor) -> list[int]:
    """Stop using a number for everybody who holds it (clinical.md 6.2, wrong number); returns the patients' keys."""
    points = list(ContactPoint.objects.select_for_update().filter(value=number, until=None).order_by("id"))
    ContactPoint.objects.filter(pk__in=[point.pk for point in points]).update(until=clock.now(), ended_because=because)
    audit.record_many(
        by=by,
        lines=[
            audit.Line("end_number", "contact_point", point.pk, patient_id=point.patient_id, detail={"why": because})
            for point in points
        ],
    )
    return sorted({point.patient_id for point in points})
