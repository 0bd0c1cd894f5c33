"""What was said and answered here, on its way into the practice's own system: the write-back feed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.exchange.models.papers import SentDocument
from onedoor.patients.models import Patient


class FeedSetting(models.Model):
    """How a practice has it. Without a row nothing is sent, and what is to be typed is shown."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="+")
    route = models.CharField(max_length=8, default="typed")
    """mesh: a document a day for each patient; typed: somebody types what is coded; off: neither."""
    since = models.DateTimeField()
    """From when on what is coded is collected: moved only when it was off before."""
    chosen_at = models.DateTimeField(null=True)
    """When the route was chosen; texts and replies are collected from when MESH was."""
    by_label = models.CharField(max_length=80)
    """Empty while nobody has chosen."""

    class Meta:
        db_table = "exchange_feed_setting"


class FeedItem(models.Model):
    """One thing that the practice's own system should have: a message, a reply or a coded answer."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    """message, reply, answer."""
    source = models.CharField(max_length=40, unique=True)
    """Of what it is made: "message:17", "reply:4", "fact:58", "undo:58:<when>"."""
    at = models.DateTimeField()
    day = models.DateField()
    """The London day on which it was said: that of its document."""
    of_day = models.DateField(null=True)
    """The day that a coded answer is of."""
    text = models.CharField(max_length=1_000)
    code = models.CharField(max_length=18, blank=True)
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    document = models.ForeignKey(SentDocument, on_delete=models.PROTECT, null=True, related_name="items")
    state = models.CharField(max_length=10, default="waiting")
    """waiting, sent, in_record (acknowledged, or seen in an import), typed (somebody said so), left (said not to be needed)."""
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "exchange_feed_item"
        indexes = [
            models.Index(fields=["organisation", "day", "patient"], condition=Q(state="waiting"), name="feed_waiting"),
            models.Index(fields=["organisation", "id"], condition=Q(state__in=("waiting", "sent")), name="feed_open"),
        ]


class FeedDue(models.Model):
    """Somebody whose coded facts changed. Only added to by whoever writes them, in the same transaction, so that nobody waits
    for anybody; one person may stand here often."""

    id = models.BigAutoField(primary_key=True)
    patient_id = models.BigIntegerField()

    class Meta:
        db_table = "exchange_feed_due"
