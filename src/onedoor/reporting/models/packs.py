"""Packs of a month: what is sent round, as it was made."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation, User
from onedoor.reporting.models.measures import Closing


class PackSchedule(models.Model):
    """An organisation gets its pack of each closed month from a day of the following month on."""

    id = models.AutoField(primary_key=True)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="+")
    day = models.SmallIntegerField()
    """Of the month, 1 to 28."""
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_pack_schedule"


class Pack(models.Model):
    """A pack as it was made once from a closing: what was sent round stays as it was."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="packs")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    pdf = models.BinaryField()
    xlsx = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    """Of both, one after the other."""
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField(null=True)
    """When somebody of the organisation first fetched it."""

    class Meta:
        db_table = "reporting_pack"
        constraints = [models.UniqueConstraint(fields=["closing", "organisation"], name="pack_once")]


class PackRequest(models.Model):
    """Somebody wants an organisation to have its pack of a closing: made and sent as soon as there is time. It stays, as a record
    of who asked."""

    id = models.AutoField(primary_key=True)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_pack_request"
        constraints = [models.UniqueConstraint(fields=["closing", "organisation"], name="pack_request_once")]


class PackReader(models.Model):
    """Whom a pack was sent to: everybody who read the figures of its organisation when it was made."""

    id = models.AutoField(primary_key=True)
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="readers", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    """When they first opened it."""

    class Meta:
        db_table = "reporting_pack_reader"
        constraints = [models.UniqueConstraint(fields=["pack", "user"], name="pack_reader_once")]
