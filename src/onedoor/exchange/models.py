"""Files that were read or are to be read, and what became of them."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation


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
