"""Files that were read or are to be read, and what became of them."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation
from onedoor.patients.models import Patient


class StoredFile(models.Model):
    """Bytes known by their content: the same file uploaded twice is kept once. Kept only while an upload of them may still be
    applied (`keeping`)."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()

    class Meta:
        db_table = "exchange_stored_file"


class ImportFile(models.Model):
    """One reading of one file. An uploaded file is previewed first and applied by the same reference later, or lapses.

    `content` is there while it is previewed; it is null for a file that a command read from disk, and after applying or lapsing.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=[(k, k) for k in ("patients", "appointments")])
    name = models.CharField(max_length=200)
    content = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=[(s, s) for s in ("previewed", "applied", "waiting", "lapsed")])
    report = models.JSONField()
    """`files.report.Report` as values; it holds what stood in damaged cells."""
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "exchange_import_file"
        indexes = [models.Index(fields=["organisation", "-at"], name="import_file_organisation")]


class TrustFile(models.Model):
    """A trust's spreadsheet of physical checks, compared with what the record has. Neither its bytes nor its names are kept."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Who looks."""
    trust = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Where the checks were done."""
    name = models.CharField(max_length=200)
    rule_set = models.CharField(max_length=40)
    on = models.DateField()
    """The day for which it was judged."""
    rows = models.IntegerField()
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "exchange_trust_file"
        indexes = [models.Index(fields=["organisation", "-at"], name="trust_file_organisation")]


class TrustCheck(models.Model):
    """One check that a trust's spreadsheet says was done: whether it counts here, and if not, why.

    Known by its row: whoever works on it has the file. `patient` is null where nobody was found for certain.
    """

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(TrustFile, on_delete=models.CASCADE, related_name="checks")
    row = models.IntegerField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    part = models.CharField(max_length=30)
    says = models.CharField(max_length=80)
    """The result as it stood there; empty where no patient is known."""
    day = models.DateField(null=True)
    reason = models.CharField(max_length=20)
    """A key of `lost_checks.REASONS`."""
    detail = models.CharField(max_length=120, blank=True)
    values = models.JSONField(default=list)
    """[code, value, unit] of each entry that accepting it writes."""
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "exchange_trust_check"
        constraints = [models.UniqueConstraint(fields=["file", "row", "part"], name="trust_check_once")]
