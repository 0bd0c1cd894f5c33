"""Letters as they were composed, to whom they go and how, and the files they became. Nothing here is ever overwritten.

A letter that changes is a new version; the old one stays as it was read. Files are addressed by their content.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.documents.rules import FORMATS, KINDS
from onedoor.patients.models import Patient

ROLES = ("patient", "practice")
WAYS = ("page", "message", "print")
DELIVERY_STATES = ("waiting", "done", "stopped", "replaced")


class Document(models.Model):
    """One version of a letter. `subject` and `subject_id` say in the owner's words what it is about ("referral", its key).

    `organisation` is whose letter it is. `letter` holds the composed words, so that what was sent can be shown as it was,
    whatever the wording says by then; `facts` is what it was composed from.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False)
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    current = models.BooleanField(default=True)
    """Whether no later version took its place."""
    facts = models.JSONField()
    letter = models.JSONField()
    composed_at = models.DateTimeField()
    composed_by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "documents_document"
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id", "kind", "version"], name="document_version_once"),
            models.UniqueConstraint(
                fields=["subject", "subject_id", "kind"], condition=Q(current=True), name="document_current_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="document_kind"),
        ]
        indexes = [models.Index(fields=["patient", "-composed_at"], name="document_patient")]


class Recipient(models.Model):
    """To whom a version goes, at which address and in which format. One of each role a version."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="recipients", db_index=False)
    role = models.CharField(max_length=8)
    name = models.CharField(max_length=170)
    lines = ArrayField(models.CharField(max_length=200), default=list)
    format = models.CharField(max_length=10)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    """A practice that works here: its staff may open the letter."""

    class Meta:
        db_table = "documents_recipient"
        constraints = [
            models.UniqueConstraint(fields=["document", "role"], name="recipient_once"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="recipient_role"),
            models.CheckConstraint(condition=Q(format__in=FORMATS), name="recipient_format"),
        ]


class File(models.Model):
    """A file, known by the SHA-256 of what it holds."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=80)
    size = models.IntegerField()
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "documents_file"


class Rendering(models.Model):
    """A letter set for a recipient's address in one format: made once."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="renderings", db_index=False)
    format = models.CharField(max_length=10)
    role = models.CharField(max_length=8)
    """Whose address it bears."""
    file = models.ForeignKey(File, on_delete=models.PROTECT, db_index=False)
    pages = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "documents_rendering"
        constraints = [models.UniqueConstraint(fields=["document", "format", "role"], name="rendering_once")]


class PrintFile(models.Model):
    """A file of letters for the post, with its manifest; it can be had again."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    file = models.ForeignKey(File, on_delete=models.PROTECT, db_index=False)
    name = models.CharField(max_length=60)
    letters = models.IntegerField()
    pages = models.IntegerField()
    made_at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "documents_print_file"
        indexes = [models.Index(fields=["organisation", "-made_at"], name="print_file_organisation")]


class Delivery(models.Model):
    """One way by which one recipient gets one version. `because` says why it was stopped."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    """Of the document: whose post it is."""
    way = models.CharField(max_length=8)
    state = models.CharField(max_length=8, default="waiting")
    since = models.DateTimeField()
    """When it came to wait."""
    done_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=40, blank=True)
    print_file = models.ForeignKey(PrintFile, on_delete=models.PROTECT, null=True, db_index=False)

    class Meta:
        db_table = "documents_delivery"
        constraints = [
            models.UniqueConstraint(fields=["recipient", "way"], name="delivery_once"),
            models.CheckConstraint(condition=Q(way__in=WAYS), name="delivery_way"),
            models.CheckConstraint(condition=Q(state__in=DELIVERY_STATES), name="delivery_state"),
            models.CheckConstraint(
                condition=Q(state="waiting", done_at=None) | (~Q(state="waiting") & Q(done_at__isnull=False)),
                name="delivery_ended_when",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "way", "id"], condition=Q(state="waiting"), name="delivery_waiting")
        ]
