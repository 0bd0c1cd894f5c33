"""Invitations, and what people said to them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class Invitation(models.Model):
    """One person invited once in a season. Nothing in it says that a vaccine was given."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    programme = models.CharField(max_length=20)
    """flu."""
    season = models.SmallIntegerField()
    """The year in which it began."""
    state = models.CharField(max_length=20, default="invited")
    """invited, accepted, declined, already_done (they say so), withdrawn, expired."""
    where_when = models.TextField(blank=True)
    """Where and when they had it, as they said it; empty while it is not known."""
    via = models.CharField(max_length=10, blank=True)
    invited_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "recall_invitation"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "programme", "season"],
                condition=~Q(state__in=["withdrawn", "expired"]),
                name="invited_once_a_season",
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-invited_at"], name="invitation_patient"),
            models.Index(fields=["ends_at"], condition=Q(state="invited"), name="invitation_open"),
        ]


class InvitationHistory(StateHistory):
    """Each move of an invitation."""

    parent = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "recall_invitation_history"
