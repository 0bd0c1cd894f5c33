"""Tables of the kernel: the clock's row, audit rows and their seals."""

from __future__ import annotations

from django.db import models


class Clock(models.Model):
    """The one row of domain time (`onedoor.kernel.clock`)."""

    id = models.SmallIntegerField(primary_key=True)
    anchor_real = models.DateTimeField()
    anchor_domain = models.DateTimeField()
    rate = models.FloatField()
    slow_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kernel_clock"
        constraints = [models.CheckConstraint(condition=models.Q(id=1, rate__gte=0), name="clock_one_row")]


class AuditEntry(models.Model):
    """One thing done by somebody. Append-only: the database refuses update and delete (migration 0001).

    No foreign keys, so that history outlives rows. `detail` holds keys and states, never names, numbers or text.
    """

    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    organisation_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "kernel_audit_entry"
        indexes = [models.Index(fields=["patient_id", "at"], name="audit_patient")]


class AuditSeal(models.Model):
    """A hash over the entries (first_id..last_id) and over the seal before: a changed row breaks the chain from here."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    entries = models.IntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    row_digests = models.BinaryField()
    """32 bytes for each entry, in order of id: so that `verify` can name the row."""
    ids = models.BinaryField()
    """8 bytes for each entry's id, big-endian, in the same order: a removed row is named too."""
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "kernel_audit_seal"
