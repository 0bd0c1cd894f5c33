"""Running late: what a patient says on the way, kept with the appointment until they arrive. Nothing is cancelled by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from onedoor.booking import errors, rules
from onedoor.booking.actions import places
from onedoor.booking.models import Appointment
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor


def may_be_late(patient_ids: Sequence[int], now: datetime) -> QuerySet[Appointment]:
    """Appointments of these patients for which they may say so now: from two hours before the start until the end."""
    return Appointment.objects.filter(
        patient_id__in=patient_ids,
        state="booked",
        starts_at__lte=now + rules.LATE_FROM,
        during__endswith__gt=now,
    )


@transaction.atomic
def say_late(*, appointment_id: int, minutes: int | None, by: Actor) -> None:
    """Keep that the patient says they are late, by `minutes` if they said. The last word counts. Raises TooLate, NotYours."""
    appointment = places.get(appointment_id)
    places.check_mine(by, appointment.patient_id, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    now = clock.now()
    found = may_be_late([appointment.patient_id], now).filter(pk=appointment_id)
    if not found.update(late_said_at=now, late_minutes=minutes):
        raise errors.TooLate
    how = f"{minutes} minutes late" if minutes else "running late"
    places.write_down(appointments=[appointment], did="late", said=f"Patient says {how}", by=by)


@transaction.atomic
def not_late(*, appointment_id: int, by: Actor) -> None:
    """Staff take it back: it was not meant so, or is no longer true. Raises NotYours, TooLate when nothing was said."""
    appointment = places.get(appointment_id)
    places.check_staff(by, appointment.organisation_id)
    said = Appointment.objects.filter(pk=appointment_id, late_said_at__isnull=False)
    if not said.update(late_said_at=None, late_minutes=None):
        raise errors.TooLate
    places.write_down(appointments=[appointment], did="not_late", said="No longer said to be late", by=by)
