"""How a practice's invitations run: which programmes are switched on, how many a week, for which appointments, in which month."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.booking.models import AppointmentType
from onedoor.patients.models import Patient


class RecallPolicy(models.Model):
    """The run of one practice. Without a row nothing runs."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, primary_key=True)
    weekly = models.PositiveSmallIntegerField(default=100)
    """How many people are invited in a week; a working day has a fifth of it, and what a day leaves over is gone."""
    gap_days = models.PositiveSmallIntegerField(default=21)
    """Days between two waves at the least."""
    ran_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recall_policy"
        constraints = [models.CheckConstraint(condition=Q(gap_days__gte=7), name="waves_a_week_apart")]


class RecallProgramme(models.Model):
    """A programme at a practice: switched on or off, and the kinds of appointment that are its visit."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    key = models.CharField(max_length=30)
    enabled = models.BooleanField(default=False)
    types = models.ManyToManyField(AppointmentType, db_table="recall_programme_type")

    class Meta:
        db_table = "recall_programme"
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="recall_programme_once")]


class RecallMonth(models.Model):
    """The month in which somebody is to be invited instead of the month of their birth."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, primary_key=True)
    month = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=120)
    set_at = models.DateTimeField()
    actor_label = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_month"
        constraints = [models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="month_of_the_year")]
