"""Journey J2 by script on booking's own diary: the same threads that the asking half is held to alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from onedoor import factories
from onedoor.accounts.api import set_site
from onedoor.booking import api as booking
from onedoor.booking.models import LIVE, Appointment, AppointmentType, Seat, WaitingEntry
from onedoor.kernel import jobs
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests import family
from onedoor.messaging.types import NewAsk, NewMessage
from onedoor.patients.api import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass(eq=False)
class Visit:
    """One visit of the script and the appointment that it is now."""

    patient: Patient
    type: AppointmentType
    appointment_id: int
    state: str = "booked"
    confirmed: bool = False
    waiting: bool = False


class DiaryStage:
    """A practice with a diary of its own."""

    def __init__(self) -> None:
        self.practice = factories.practice()
        asking.account(self.practice)
        self.by = factories.person(self.practice)[1].actor
        self.site = set_site(organisation_id=self.practice.pk, name="Main site", by=self.by)
        self.visits: list[Visit] = []
        self.clinicians = count(1)

    def visit(self, patient: Patient, starts_at: datetime, appointment: dict[str, Any]) -> Visit:
        may_cancel = appointment.get("cancel_by_reply", True)
        kind = booking.set_type(
            organisation_id=self.practice.pk,
            name=appointment["clinic"],
            never_by_machine=not may_cancel,
            reply_may_cancel=may_cancel,
            may_refill=may_cancel,
            by=self.by,
        )
        booked = booking.book(seat_ref=self._seat(kind, starts_at).ref, patient_id=patient.pk, by=self.by, tell=False)
        self.visits.append(Visit(patient, kind, booked.pk))
        return self.visits[-1]

    def _seat(self, kind: AppointmentType, starts_at: datetime) -> Seat:
        session = booking.open_session(
            organisation_id=self.practice.pk,
            site_id=self.site.pk,
            day=starts_at.astimezone(LONDON).date(),
            clinician=f"Clinician {next(self.clinicians)}",
            name="Session",
            type_id=kind.pk,
            starts=[starts_at],
            minutes=10,
            by=self.by,
        )
        return Seat.objects.get(session=session)

    def remind(self, visit: Visit, at: datetime) -> None:
        appointment = Appointment.objects.get(pk=visit.appointment_id)
        with transaction.atomic():
            messaging.queue(
                messages=[
                    NewMessage(
                        intent_key=f"reminder:{appointment.pk}",
                        organisation_id=self.practice.pk,
                        purpose="appointment_reminder",
                        body="A reminder.",
                        not_after=appointment.starts_at + timedelta(days=1),
                        patient_id=visit.patient.pk,
                        subject="appointment",
                        subject_id=appointment.pk,
                        ask=NewAsk("appointment", "appointment", appointment.pk, appointment.starts_at),
                    )
                ],
                by=self.by,
            )
            Appointment.objects.filter(pk=appointment.pk).update(reminded_at=at)
            Message.objects.filter(intent_key=f"reminder:{appointment.pk}").update(
                state=State.DELIVERED, accepted_at=at
            )

    def staff_cancels(self, visit: Visit) -> None:
        booking.cancel(appointment_id=visit.appointment_id, by=self.by, reason="practice", tell=False)
        visit.state = "gone"

    def staff_moves(self, visit: Visit, to: datetime) -> None:
        now = Appointment.objects.get(pk=visit.appointment_id)
        moved = booking.move(appointment_ref=now.ref, seat_ref=self._seat(visit.type, to).ref, by=self.by, tell=False)
        visit.appointment_id = moved.pk

    def place_taken(self, visit: Visit) -> None:
        seat = Appointment.objects.get(pk=visit.appointment_id).seat
        booking.book(seat_ref=seat.ref, patient_id=factories.patient(self.practice, "Noor").pk, by=self.by, tell=False)

    def offer_sent(self, visit: Visit, to: datetime) -> None:
        booking.join_waiting(
            patient_id=visit.patient.pk,
            appointment_id=visit.appointment_id,
            type_id=visit.type.pk,
            via="desk",
            by=self.by,
        )
        visit.waiting = True
        other = factories.patient(self.practice, "Noor")
        place = booking.book(seat_ref=self._seat(visit.type, to).ref, patient_id=other.pk, by=self.by, tell=False)
        booking.cancel(appointment_id=place.pk, by=self.by, reason="practice", tell=False)
        jobs.run_once("booking.offer")

    def changes(self) -> list[tuple[Visit, str]]:
        return [(visit, action) for visit in self.visits for action in self._changed(visit)]

    def _changed(self, visit: Visit) -> list[str]:
        now = Appointment.objects.get(pk=visit.appointment_id)
        live = Appointment.objects.filter(patient=visit.patient, seat__type=visit.type, state__in=LIVE)
        known = {other.appointment_id for other in self.visits}
        fresh = live.exclude(pk__in=known).first()
        did: list[str] = []
        if fresh is not None:
            did.append("move" if visit.state == "booked" else "reopen")
            visit.appointment_id, visit.state, visit.confirmed = fresh.pk, "booked", False
            return did
        if visit.state == "booked" and now.state not in LIVE:
            visit.state = "cancelled"
            did.append("cancel")
        if now.confirmed_at is not None and not visit.confirmed:
            visit.confirmed = True
            did.append("confirm")
        waits = WaitingEntry.objects.filter(patient=visit.patient, appointment_id=now.pk, state="waiting").exists()
        if waits and not visit.waiting:
            did.append("earlier")
        visit.waiting = waits or visit.waiting
        return did


@pytest.mark.parametrize("script", family.threads(), ids=lambda script: script["name"])
def test_a_thread(script: dict[str, Any]) -> None:
    family.play(script, DiaryStage())
