"""What places are like, interpreters booked with them, and bookings that went ahead though the place does not fit."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation, Site
from onedoor.booking.models.diary import Appointment
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class Clinic(models.Model):
    """What staff know of the places of a clinic: every session of this clinician and name at this site, also those that an
    outside diary brings later. A feature that is not here is not known."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    clinician = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    features = models.JSONField(default=list)
    """Of `needs.FEATURES`."""

    class Meta:
        db_table = "booking_clinic"
        constraints = [models.UniqueConstraint(fields=["site", "clinician", "name"], name="clinic_once")]


class InterpreterBooking(models.Model):
    """An interpreter, or another who helps to communicate, asked for with an appointment: asked, confirmed, refused, released.

    Outside the appointment's life none is live: whoever ends the appointment releases it in the same transaction.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="interpreters")
    who = models.CharField(max_length=60)
    """Whom to book: "Polish interpreter", "lipspeaker"."""
    mode = models.CharField(max_length=12)
    """in person, telephone or video."""
    state = models.CharField(max_length=10, default="asked")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=80, blank=True, default="")
    """Why it ended."""
    escalated_at = models.DateTimeField(null=True)
    """When somebody was told that it is late to be unconfirmed."""

    class Meta:
        db_table = "booking_interpreter"
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "who"],
                condition=Q(state__in=("asked", "confirmed", "refused")),
                name="interpreter_once",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "asked_at"], name="interpreter_organisation"),
            models.Index(fields=["id"], condition=Q(state="asked", escalated_at=None), name="interpreter_unconfirmed"),
        ]


class InterpreterHistory(StateHistory):
    """Each move of an interpreter booking."""

    parent = models.ForeignKey(InterpreterBooking, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "booking_interpreter_history"


class NeedBreach(models.Model):
    """A need that is not met at an appointment, and why it went ahead all the same."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="breaches")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, db_index=False)
    need = models.CharField(max_length=80)
    why = models.CharField(max_length=160)
    """What is wrong with the place, in words that follow "this place"."""
    despite = models.CharField(max_length=200)
    """Why it was booked all the same."""
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "booking_need_breach"
        indexes = [models.Index(fields=["organisation", "at"], name="breach_organisation")]
