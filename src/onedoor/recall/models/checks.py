"""A visit for checks, what was found and done at it, and the date agreed for the next."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class CheckVisit(models.Model):
    """One filling of the check form: open from its first save until whoever fills it says that it is finished."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    rule_set = models.CharField(max_length=40)
    """By which checks were asked: the key of a rule set."""
    day = models.DateField()
    """The London day on which it was opened."""
    state = models.CharField(max_length=20, default="open")
    """open, closed."""
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    closed_at = models.DateTimeField(null=True)
    missing = models.CharField(max_length=200, blank=True)
    """Which checks were not done when it was finished, as keys apart by spaces: they stay due."""

    class Meta:
        db_table = "recall_check_visit"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "organisation"], condition=Q(state="open"), name="check_visit_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-day"], name="check_visit_patient"),
            models.Index(fields=["organisation", "day"], name="check_visit_day"),
        ]


class CheckVisitHistory(StateHistory):
    """Each move of a visit."""

    parent = models.ForeignKey(CheckVisit, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "recall_check_visit_history"


class CheckItem(models.Model):
    """One check of a visit as it stands: how it came out, and what was typed, so that the form shows it again."""

    id = models.BigAutoField(primary_key=True)
    visit = models.ForeignKey(CheckVisit, on_delete=models.PROTECT, related_name="items")
    key = models.CharField(max_length=30)
    """bp, bmi, ...: the part of the rule set."""
    state = models.CharField(max_length=20)
    """measured, declined, unsuitable, awaited (taken, its result to come), noted (words, no code), cleared."""
    typed = models.JSONField()
    """The fields as they were typed, by name."""
    words = models.CharField(max_length=400)
    """The same as people say it."""
    version = models.IntegerField()
    """Grows with each save: a page says which it showed."""
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_check_item"
        constraints = [models.UniqueConstraint(fields=["visit", "key"], name="check_item_once")]


class CheckFinding(models.Model):
    """Something found that must not be left: an action or a recorded refusal, before the visit is finished."""

    id = models.BigAutoField(primary_key=True)
    visit = models.ForeignKey(CheckVisit, on_delete=models.PROTECT, related_name="findings")
    key = models.CharField(max_length=30)
    """The check it was found in."""
    code = models.CharField(max_length=30)
    """Which finding (`rules_findings.FINDINGS`)."""
    text = models.CharField(max_length=300)
    action = models.CharField(max_length=20, blank=True)
    """What was done about it; empty while nothing was."""
    note = models.CharField(max_length=400, blank=True)
    referral_ref = models.UUIDField(null=True)
    acted_at = models.DateTimeField(null=True)
    acted_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)
    """When the value was corrected, so that this is no longer found."""

    class Meta:
        db_table = "recall_check_finding"
        constraints = [models.UniqueConstraint(fields=["visit", "code"], name="check_finding_once")]


class CheckSend(models.Model):
    """A form that was taken. The same form sent again, by a double tap or a retry, finds itself here."""

    id = models.UUIDField(primary_key=True, editable=False)
    """Made of the page's own key and of all that it sent."""
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    visit = models.ForeignKey(CheckVisit, on_delete=models.PROTECT, null=True)
    """What it was written to; null where it said nothing to keep."""
    at = models.DateTimeField()

    class Meta:
        db_table = "recall_check_send"


class AgreedDate(models.Model):
    """When somebody said that they will come next: the nightly run asks for that day, not for the birthday or the expiry."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    programme = models.CharField(max_length=20)
    on = models.DateField()
    """The day, or the first of the month where no day was agreed."""
    whole_month = models.BooleanField(default=False)
    visit = models.ForeignKey(CheckVisit, on_delete=models.PROTECT, null=True)
    """At which it was agreed."""
    agreed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_agreed_date"
        constraints = [models.UniqueConstraint(fields=["patient", "programme"], name="agreed_date_once")]
