"""Released places and the people who would like them: entries on the list, waves, offers."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.booking.models.diary import Appointment, AppointmentType, Seat
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class OfferPolicy(models.Model):
    """An organisation's settings for refilling. Waves of five, fifteen minutes apart, fill 80% in an hour where one
    at a time fills 28% (product-map.md M3).
    """

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, primary_key=True)
    on = models.BooleanField(default=True)
    wave_size = models.SmallIntegerField(default=5)
    window_minutes = models.SmallIntegerField(default=15)
    notice_minutes = models.SmallIntegerField(default=60)
    """No offer of a place that starts sooner than this."""
    interpreter_days = models.SmallIntegerField(default=2, db_default=2)
    """Working days that booking an interpreter takes: no machine gives a nearer place to somebody who needs one."""

    class Meta:
        db_table = "booking_offer_policy"


class WaitingEntry(models.Model):
    """Somebody would like a place sooner: with an appointment to bring forward, or with none yet."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True)
    priority = models.SmallIntegerField(default=1)
    """0 before 1: clinical priority, set by staff."""
    joined_at = models.DateTimeField()
    joined_via = models.CharField(max_length=10)
    """reply, desk, portal."""
    not_before = models.DateField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    """waiting, placed, left."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "booking_waiting_entry"
        constraints = [
            models.UniqueConstraint(fields=["patient", "type"], condition=Q(state="waiting"), name="waits_once")
        ]
        indexes = [
            models.Index(
                fields=["type", "priority", "joined_at"], condition=Q(state="waiting"), name="waiting_in_order"
            ),
        ]


class Release(models.Model):
    """A place that became free and may be refilled: open until filled, withdrawn, or left when its time came."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT)
    cancelled = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="released")
    released_at = models.DateTimeField()
    released_real = models.DateTimeField()
    state = models.CharField(max_length=10, default="open")
    """open, filled, left, withdrawn."""
    filled_by = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="fills")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "booking_release"
        constraints = [models.UniqueConstraint(fields=["seat"], condition=Q(state="open"), name="released_once")]
        indexes = [
            models.Index(fields=["organisation", "released_at"], name="release_organisation"),
            models.Index(fields=["id"], condition=Q(state="open"), name="release_open"),
        ]


class Wave(models.Model):
    """One round of offers for a released place."""

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="waves")
    n = models.SmallIntegerField()
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        db_table = "booking_wave"
        constraints = [models.UniqueConstraint(fields=["release", "n"], name="wave_once")]


class Offer(models.Model):
    """A place offered to one person. It holds nothing: the first to book has the place."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="offers")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="offers")
    entry = models.ForeignKey(WaitingEntry, on_delete=models.PROTECT, related_name="offers")
    by_phone = models.BooleanField()
    """Offered by a member of staff on the telephone, in the same wave."""
    state = models.CharField(max_length=20, default="open")
    """open, accepted, gone (somebody else was first), declined, withdrawn, unanswered."""
    offered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    followed_up = models.BooleanField(default=False)
    """Whether what its end asks for was done: the question closed, the call taken off the list, the others told."""
    told_gone = models.BooleanField(default=False)
    """Whether a text said that the place is no longer on offer."""

    class Meta:
        db_table = "booking_offer"
        constraints = [models.UniqueConstraint(fields=["release", "entry"], name="offered_once")]
        indexes = [
            models.Index(fields=["entry"], condition=Q(state="open"), name="offer_open"),
            models.Index(fields=["id"], condition=Q(followed_up=False) & ~Q(state="open"), name="offer_to_follow_up"),
        ]


class OfferHistory(StateHistory):
    """Each move of an offer."""

    parent = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "booking_offer_history"
