"""What became of each sending of a document: under which identifier it went, and every answer that came to it."""

from __future__ import annotations

from django.db import models

from onedoor.accounts.models import Organisation
from onedoor.exchange.models.mesh import MeshArrival, MeshMessage
from onedoor.exchange.models.papers import SentDocument


class SentTry(models.Model):
    """One message that carried a document. A document that is not answered goes again under the same identifier, so that its
    receiver knows it; one that was refused goes again under another, since a refusal is final (interop.md 2.4)."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(SentDocument, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    bundle_id = models.UUIDField(db_index=True)
    practice = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """For whom it was."""
    message = models.OneToOneField(MeshMessage, on_delete=models.PROTECT, related_name="sent_try")
    made_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_sent_try"
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="sent_try_once")]


class SentAnswer(models.Model):
    """Something that was answered to a document, or reported of it, once however often it arrived."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(SentDocument, on_delete=models.PROTECT, related_name="answers", db_index=False)
    arrival = models.ForeignKey(MeshArrival, on_delete=models.PROTECT, related_name="+", db_index=False)
    identifier = models.CharField(max_length=100)
    """The response's own, or the message identifier of a report."""
    bundle_id = models.UUIDField()
    """What it answers."""
    kind = models.CharField(max_length=14)
    """infrastructure, business, report."""
    code = models.CharField(max_length=20)
    text = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12)
    """What came of it: a key of `sending.rules.CAME_OF_IT`."""

    class Meta:
        db_table = "exchange_sent_answer"
        constraints = [models.UniqueConstraint(fields=["document", "identifier"], name="sent_answer_once")]
