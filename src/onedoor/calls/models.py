"""Calls as the line reports them, without the caller's number; and contacts, which let their handler see one patient a while."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation, User
from onedoor.patients.models import Patient

OUTCOMES = (
    "status",
    "service",
    "refer",
    "visit",
    "details",
    "hand_over",
    "call_back",
    "not_found",
    "emergency",
    "cut_off",
    "other",
)


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


class Leg(models.Model):
    """Somebody whom a call reached, or rang in vain: the second and later ones are transfers. None for a log of one row a call
    that does not say who answered."""

    id = models.BigAutoField(primary_key=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="legs")
    n = models.PositiveSmallIntegerField()
    agent = models.CharField(max_length=80, blank=True)
    """Who answered, as the telephone system calls them."""
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "calls_leg"
        constraints = [models.UniqueConstraint(fields=["call", "n"], name="leg_once")]


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
    rang = models.CharField(max_length=8, blank=True)
    """Whether the number that rang was shown (number) or not (withheld); empty when nobody noted it."""
    rang_from = models.CharField(max_length=16, blank=True)
    """That number, E.164, for ringing back; forgotten when the contact ends."""
    sharers = models.PositiveIntegerField(null=True)
    """How many people of the organisation use it."""
    call = models.OneToOneField(Call, on_delete=models.PROTECT, null=True, related_name="contact")
    """Its row of the line's log, once that was read."""

    class Meta:
        db_table = "calls_contact"
        indexes = [
            models.Index(fields=["handler", "-started_at"], name="contact_of_handler"),
            models.Index(fields=["organisation", "started_at"], name="contact_of_line"),
        ]
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
            models.CheckConstraint(
                condition=Q(rang_from="") | Q(ended_at=None, rang="number"), name="contact_number_while_live"
            ),
        ]


class Deed(models.Model):
    """Something done in a contact (`rules.DEEDS`), and to what."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deeds")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "calls_deed"


class NumberCheck(models.Model):
    """A new mobile that a caller gave. It is used once a code that was texted to it is read out, or somebody has made sure."""

    id = models.BigAutoField(primary_key=True)
    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="number_check")
    number = models.CharField(max_length=16)
    code_hash = models.CharField(max_length=64)
    texted = models.BooleanField()
    """Whether a text could go to it."""
    asked = models.PositiveSmallIntegerField(default=1)
    """How many codes were asked for in this call, to whatever numbers."""
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    asked_real = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "calls_number_check"


class CodesToNumber(models.Model):
    """How many codes went to a number on a day, from whatever call. Rows of days that are over are removed."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=16)
    day = models.DateField()
    """In real time, in London."""
    texted = models.PositiveSmallIntegerField(default=1)

    class Meta:
        db_table = "calls_codes_to_number"
        constraints = [models.UniqueConstraint(fields=["number", "day"], name="codes_of_number_and_day")]
