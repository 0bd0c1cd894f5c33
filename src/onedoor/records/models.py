"""The shared record: coded entries on a patient's timeline, and who looked."""

from __future__ import annotations

from django.db import models

from onedoor.accounts.models import Organisation
from onedoor.patients.models import Patient


class Code(models.Model):
    """The dictionary of codes in use, so that an entry carries four bytes (stack-spike.md 7)."""

    id = models.AutoField(primary_key=True)
    code = models.CharField(max_length=18, unique=True)
    term = models.CharField(max_length=200)

    class Meta:
        db_table = "records_code"


class Entry(models.Model):
    """One thing that is true of a patient: effective when it happened, recorded when we learned it.

    `code` is null where the facts give no code; `text` says it in words. `intent_key` makes writing it twice one entry.
    """

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="entries", db_index=False)
    # Organisations and codes are never deleted; whoever writes an entry has just read them. Checking each entry's again was
    # a tenth of PostgreSQL's work for a text.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=400)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    """Where it came from, in words: "text reply", "EMIS diary", "front desk"."""
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    intent_key = models.CharField(max_length=120)
    in_error_at = models.DateTimeField(null=True)
    """When somebody said that it was entered in error (FHIR: entered-in-error). It stays, and counts for nothing."""

    class Meta:
        db_table = "records_entry"
        # As few indexes as the reads need: an entry is written for every text, and a (code, date) index misleads the
        # planner (stack-spike.md 7).
        constraints = [models.UniqueConstraint(fields=["intent_key"], name="entry_once")]
        indexes = [models.Index(fields=["patient", "recorded_at"], name="entry_patient")]


class Look(models.Model):
    """Somebody looked at a patient's page; the patient can see it (architecture.md 7)."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="looks")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    page = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)

    class Meta:
        db_table = "records_look"
        indexes = [models.Index(fields=["patient", "-at"], name="look_patient")]
