"""Figures that somebody else published, as they were read: a file and its rows."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class PublishedFile(models.Model):
    """A file of published figures that was taken. A later file of the same kind stands beside it: of a period and an organisation
    the figures of the latest file count."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    """What it holds: "smi" is the quarterly file of physical health checks of people with a severe mental illness."""
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.IntegerField()
    refused = models.JSONField(default=list)
    """The rows that were not taken: where, what, why and what to do."""
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_published_file"
        constraints = [models.UniqueConstraint(fields=["kind", "sha256"], name="published_file_once")]


class PublishedFigure(models.Model):
    """One figure of one organisation over one period, the last day counted."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(PublishedFile, on_delete=models.CASCADE, related_name="figures", db_index=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    ods_code = models.CharField(max_length=12)
    """As published: of organisations that are long gone too, whether or not they are known here."""
    item = models.CharField(max_length=40)
    """A key of ours for what the file calls a question."""
    value = models.BigIntegerField(null=True)
    """Nothing where nothing was sent in: never nought."""

    class Meta:
        db_table = "reporting_published_figure"
        constraints = [
            models.UniqueConstraint(fields=["file", "ods_code", "item", "ends_on"], name="published_figure_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="published_figure_days"),
        ]
        indexes = [models.Index(fields=["item", "ends_on"], name="published_figure_of")]
