"""Extracts of practices and trusts: how their columns are read, what each file brought, and every row that was not taken."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation


class ExtractMapping(models.Model):
    """Which column of an organisation's file is what. A file with the same headings is read so again."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Whose files they are."""
    headings = models.CharField(max_length=64)
    """SHA-256 of the folded headings in their order."""
    columns = models.JSONField()
    """{heading: field}; a field is a key of `extracts.FIELDS`, or "" for a column that is not read."""
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=80)

    class Meta:
        db_table = "exchange_extract_mapping"
        constraints = [models.UniqueConstraint(fields=["organisation", "headings"], name="extract_mapping_once")]


class Extract(models.Model):
    """One file for one organisation and month."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Whose data it is: the practice or trust."""
    month = models.DateField()
    """The first day of the month that it tells of."""
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    """to_map (its headings are new), previewed, taken, withdrawn, lapsed (nobody took it in time)."""
    headings = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    content = models.BinaryField(null=True)
    """The file, until it is taken or lapses."""
    rows = models.IntegerField(default=0)
    taken = models.IntegerField(default=0)
    same = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    quality = models.JSONField(default=dict)
    """The quality report (`extracts.Quality`) as values."""
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)
    import_id = models.IntegerField(null=True)
    """What records calls it once taken: by this it is withdrawn."""

    class Meta:
        db_table = "exchange_extract"
        indexes = [models.Index(fields=["organisation", "month"], name="extract_month")]


class ExtractReject(models.Model):
    """A row, or a cell of one, that was not taken: where, what stood there, why, and what to do."""

    id = models.BigAutoField(primary_key=True)
    extract = models.ForeignKey(Extract, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row = models.IntegerField()
    column = models.CharField(max_length=80, blank=True)
    cell = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=24)
    why = models.CharField(max_length=300)
    what_to_do = models.CharField(max_length=300)

    class Meta:
        db_table = "exchange_extract_reject"
        indexes = [models.Index(fields=["extract", "row"], name="extract_reject_row")]
