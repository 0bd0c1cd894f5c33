"""Invitations, their waves, and what people said to them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient

OPEN = ("invited", "accepted", "booked")
"""States in which something is still to come of an invitation."""


class Invitation(models.Model):
    """One person asked once for one visit, whatever it joins. Nothing in it says that a vaccine was given or a check done.

    `plan` holds the channels of its waves in order; `wave` is the number of the last that was begun.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    programme = models.CharField(max_length=20)
    """Which question it puts: flu, or checks."""
    season = models.SmallIntegerField()
    """The year in which it began: of the winter for flu, of the calendar else."""
    state = models.CharField(max_length=20, default="invited")
    """invited, accepted, booked, declined, already_done (they say so), done (it is on the record), withdrawn, expired."""
    because = models.CharField(max_length=40, blank=True)
    """Why it was withdrawn by the run; empty else."""
    sensitive = models.BooleanField(default=False)
    """Whether no text and no voicemail may name what it is for (clinical.md 6.2)."""
    plan = ArrayField(models.CharField(max_length=10), default=list)
    wave = models.SmallIntegerField(default=1)
    next_at = models.DateTimeField(null=True)
    """When the next wave may go; None when there is none."""
    appointment_id = models.BigIntegerField(null=True)
    """The booked visit, by its key."""
    where_when = models.TextField(blank=True)
    """Where and when they had it, as they said it; empty while it is not known."""
    via = models.CharField(max_length=10, blank=True)
    invited_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "recall_invitation"
        indexes = [
            models.Index(fields=["patient", "-invited_at"], name="invitation_patient"),
            models.Index(fields=["ends_at"], condition=Q(state="invited"), name="invitation_open"),
            models.Index(fields=["next_at"], condition=Q(state="invited"), name="invitation_next"),
            models.Index(fields=["organisation", "state"], name="invitation_organisation"),
        ]


class InvitationHistory(StateHistory):
    """Each move of an invitation."""

    parent = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "recall_invitation_history"


class InvitationProgramme(models.Model):
    """One of the programmes that an invitation joins. `leads` is false of what was not due yet and joined for one visit."""

    id = models.BigAutoField(primary_key=True)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="programmes", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, db_index=False)
    key = models.CharField(max_length=30)
    rule_set_id = models.SmallIntegerField(null=True)
    leads = models.BooleanField(default=True)
    due_on = models.DateField(null=True)
    season = models.SmallIntegerField(null=True)
    """The winter of a seasonal programme."""
    stands = models.BooleanField(default=True)
    """False once it was withdrawn or nobody answered in time: then the same winter may bring another."""
    again_on = models.DateField()
    """The first day on which this person may be invited for this programme again."""
    ended_on = models.DateField(null=True)
    """When it was no longer due."""
    because = models.CharField(max_length=40, blank=True)
    """Why: done, or the rule that took them out."""

    class Meta:
        db_table = "recall_invitation_programme"
        constraints = [
            models.UniqueConstraint(fields=["invitation", "key"], name="invitation_programme_once"),
            models.UniqueConstraint(
                fields=["patient", "key", "season"],
                condition=Q(stands=True, season__isnull=False),
                name="invited_once_a_season",
            ),
        ]
        indexes = [models.Index(fields=["patient", "key", "again_on"], name="invitation_programme_again")]


class Wave(models.Model):
    """One try to reach somebody about an invitation."""

    id = models.BigAutoField(primary_key=True)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="waves", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    number = models.SmallIntegerField()
    channel = models.CharField(max_length=10)
    """text, letter or telephone."""
    made_on = models.DateField()
    state = models.CharField(max_length=10, default="waiting")
    """waiting, sent (the provider has it, the letter was printed, they were reached), failed (never sent), stopped."""
    sent_at = models.DateTimeField(null=True)
    pence = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    forecast = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    """What it was reckoned to cost when it was made."""

    class Meta:
        db_table = "recall_wave"
        constraints = [models.UniqueConstraint(fields=["invitation", "number"], name="invitation_wave_once")]
        indexes = [
            models.Index(fields=["organisation", "made_on", "number"], name="invitation_wave_of_day"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="invitation_wave_waiting"),
        ]


class LastAsked(models.Model):
    """When somebody was last asked, and by which invitation: one row a person.

    It is changed by one conditional statement only, so that two reasons never ask within `planning.APART`, whoever else runs.
    """

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, primary_key=True)
    asked_on = models.DateField()
    invitation_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "recall_last_asked"
