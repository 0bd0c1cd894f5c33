"""Measures as they were defined, months as they were closed, and the figures of each practice."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.patients.models import Patient


class MeasureVersion(models.Model):
    """A version of a measure, as it was read. What it says is never taken from the file again."""

    id = models.SmallAutoField(primary_key=True)
    key = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    active_from = models.DateField()
    active_until = models.DateField(null=True)
    """The last day."""
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "reporting_measure"
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="measure_version_once")]


class Closing(models.Model):
    """A month that was closed: its figures as they were known at a moment. Closed again it is another edition, and the former
    stays."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    month = models.DateField()
    """Its first day."""
    edition = models.SmallIntegerField()
    known_at = models.DateTimeField()
    """What was recorded later is not in it."""
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=80)
    why = models.CharField(max_length=200, blank=True)
    """Why it was closed again."""
    sha256 = models.CharField(max_length=64, blank=True)
    """Of its figures written out in their order: a month built again must give the same."""

    class Meta:
        db_table = "reporting_closing"
        constraints = [
            models.UniqueConstraint(fields=["month", "edition"], name="closing_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="closing_month"),
        ]


class Snapshot(models.Model):
    """One measure of one practice (or of whoever counts it) in one closing. Figures of other levels are sums of these."""

    id = models.BigAutoField(primary_key=True)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="snapshots", db_index=False)
    measure = models.ForeignKey(MeasureVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    """Nothing where nothing is known of it, as of a practice whose record we do not have."""
    excluded = models.BigIntegerField(default=0)
    parts = models.JSONField(default=dict)
    """What else belongs to the figure: counts by a key of the measure's definition."""

    class Meta:
        db_table = "reporting_snapshot"
        constraints = [
            models.UniqueConstraint(fields=["closing", "measure", "organisation"], name="snapshot_once"),
        ]


class SnapshotPerson(models.Model):
    """Who was counted in a closing under a measure of people: the rows behind a figure."""

    id = models.BigAutoField(primary_key=True)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="+", db_index=False)
    measure = models.ForeignKey(MeasureVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    in_denominator = models.BooleanField()
    in_numerator = models.BooleanField()
    reason = models.CharField(max_length=40, blank=True)
    """The code of the rule that decided, where one did."""
    parts = models.IntegerField(default=0)
    """Bit n is the nth part of the measure, from 0."""

    class Meta:
        db_table = "reporting_snapshot_person"
        constraints = [
            models.UniqueConstraint(
                fields=["closing", "measure", "organisation", "patient"], name="snapshot_person_once"
            ),
        ]


class ChartPicture(models.Model):
    """A chart as it was drawn, by what it was drawn from: the same is not drawn twice."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    svg = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "reporting_chart_picture"
