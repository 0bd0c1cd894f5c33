"""Calls as the line reports them, without the caller's number; and contacts, which let their handler see one patient a while."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation, User
from onedoor.patients.models import Patient

OUTCOMES = ("status", "service", "hand_over", "call_back", "not_found", "emergency", "cut_off", "other")


class Call(models.Model):
    """One call by its events, each with its moment; null where it did not happen (referrals-booking-telephony.md 6.1).

    Whether it was missed or abandoned, and how long it waited, is not kept: definitions differ, and each is worked out
    from these (`queries/figures`).
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    source_ref = models.CharField(max_length=40)
    """The telephone system's own key of the call."""
    dialled = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    menu_ended_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    call_back_asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=8)
    call_back_made_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "calls_call"
        indexes = [models.Index(fields=["organisation", "started_at"], name="call_of_line")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "source_ref"], name="call_once"),
            models.CheckConstraint(condition=Q(ended_by__in=("caller", "us", "system")), name="call_ended_by"),
        ]


class Contact(models.Model):
    """Somebody is on the telephone. Once they have said who they are, their handler sees that patient until `sees_until`,
    which is real time: a view does not stand longer because a demonstration's clock does."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    handler = models.ForeignKey(User, on_delete=models.PROTECT)
    started_at = models.DateTimeField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True)
    sees_until = models.DateTimeField(null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)

    class Meta:
        db_table = "calls_contact"
        indexes = [models.Index(fields=["handler", "-started_at"], name="contact_of_handler")]
        constraints = [
            models.UniqueConstraint(
                fields=["handler", "organisation"], condition=Q(ended_at=None), name="contact_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | Q(ended_at__isnull=False, outcome__in=OUTCOMES),
                name="contact_outcome",
            ),
            models.CheckConstraint(
                condition=Q(patient=None, sees_until=None) | Q(patient__isnull=False, sees_until__isnull=False),
                name="contact_view_of_somebody",
            ),
        ]
