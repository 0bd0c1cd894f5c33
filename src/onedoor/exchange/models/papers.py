"""Documents on their way to a GP practice, and documents that a practice received, each as states with their history.

A sent document has three acknowledgements, each with its own moment: MESH has handed it over, the other system can read it, and
the practice knows the patient (interop.md 0 row 3, 2.4). Unknown is never delivered.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.documents.models import Document
from onedoor.exchange.models.mesh import MeshArrival, MeshMessage
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class SentDocument(models.Model):
    """One version of a document to the practice where its patient is registered.

    `subject` and `subject_id` say what it tells of: "check_visit" and its key, or "answers" or "contacts" and the day as
    yyyymmdd.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Whose document it is."""
    practice = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """Where the patient was registered when it was made; none when that was not known."""
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    """checks, contacts."""
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Its words and its PDF."""
    entries = models.JSONField()
    """What it carries: [{"code", "term", "value", "unit", "day", "text"}]; `code` and `unit` may be empty, `value` null."""
    bundle_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Identifier of the message: what responses name."""
    document_identifier = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Identifier of the document itself: the same however often it is sent."""
    state = models.CharField(max_length=20, default="waiting")
    """A key of `sending.MOVES`."""
    message = models.OneToOneField(MeshMessage, on_delete=models.PROTECT, null=True, related_name="sent_document")
    composed_at = models.DateTimeField()
    collected_at = models.DateTimeField(null=True)
    """First acknowledgement: MESH handed it over."""
    read_at = models.DateTimeField(null=True)
    read_code = models.CharField(max_length=8, blank=True)
    """Second: the ITK3 infrastructure response, 1xxxx or 2xxxx."""
    accepted_at = models.DateTimeField(null=True)
    accepted_code = models.CharField(max_length=8, blank=True)
    """Third: the ITK3 business response, 3xxxx."""
    late_at = models.DateTimeField(null=True)
    """When an acknowledgement had not come in time and a person was asked."""
    because = models.CharField(max_length=200, blank=True)
    """Why it is held or was refused."""

    class Meta:
        db_table = "exchange_sent_document"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject", "subject_id", "patient", "version"], name="sent_version_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-composed_at"], name="sent_document_organisation"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="sent_document_waiting"),
            models.Index(fields=["composed_at"], condition=Q(state="sent"), name="sent_document_open"),
        ]


class SentDocumentHistory(StateHistory):
    """Each move of a sent document."""

    parent = models.ForeignKey(SentDocument, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "exchange_sent_document_history"


class ReceivedDocument(models.Model):
    """A document that came for a practice, once, however often it arrived."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    """The practice whose mailbox it came to."""
    arrival = models.OneToOneField(MeshArrival, on_delete=models.PROTECT, related_name="document")
    bundle_id = models.CharField(max_length=100)
    document_identifier = models.CharField(max_length=100)
    replaces_identifier = models.CharField(max_length=100, blank=True)
    sender_ods = models.CharField(max_length=12)
    sender_name = models.CharField(max_length=120)
    sender = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    """The sender, where the locality knows it."""
    author = models.CharField(max_length=120, blank=True)
    type_code = models.CharField(max_length=18)
    title = models.CharField(max_length=200)
    written_at = models.DateTimeField()
    """As the document says."""
    claimed = models.JSONField()
    """Who the document says it is of: {"nhs_number", "family", "given", "born_on"}."""
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    match = models.CharField(max_length=20)
    """A key of `receiving.MATCHES`: sure, or why a person must say."""
    state = models.CharField(max_length=20, default="to_match")
    """A key of `receiving.MOVES`."""
    received_at = models.DateTimeField()
    dealt_at = models.DateTimeField(null=True)
    dealt_by = models.CharField(max_length=80, blank=True)
    seconds_open = models.FloatField(null=True)
    """How long it was open on the screen of whoever dealt with it."""

    class Meta:
        db_table = "exchange_received_document"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "document_identifier"], name="received_document_once")
        ]
        indexes = [
            models.Index(fields=["organisation", "-received_at"], name="received_latest"),
            models.Index(
                fields=["organisation", "received_at"],
                condition=Q(state__in=("to_match", "to_code")),
                name="received_open",
            ),
        ]


class ReceivedDocumentHistory(StateHistory):
    """Each move of a received document."""

    parent = models.ForeignKey(ReceivedDocument, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "exchange_received_document_history"


class Attachment(models.Model):
    """A file inside a received document, in its order: the first is the document as people read it."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(ReceivedDocument, on_delete=models.PROTECT, related_name="attachments", db_index=False)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "exchange_attachment"
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_attachment_once")]


class ProposedEntry(models.Model):
    """A coded entry that a document carries, and how it stands to the record, until somebody says yes or no to it."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(ReceivedDocument, on_delete=models.PROTECT, related_name="proposals", db_index=False)
    number = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=18, blank=True)
    term = models.CharField(max_length=200, blank=True)
    """The term of our dictionary; the document's where the dictionary has not the code."""
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    day = models.DateField(null=True)
    text = models.CharField(max_length=400)
    """As the document says it."""
    difference = models.CharField(max_length=12)
    """A key of `receiving.DIFFERENCES`: new, same, other_value, older, fault."""
    against = models.CharField(max_length=200, blank=True)
    """What the record has, or what is wrong with it, in words."""
    state = models.CharField(max_length=10, default="proposed")
    """proposed, accepted, left, corrected (a newer version put it in error)."""
    corrected_by = models.ForeignKey(
        ReceivedDocument, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    """The newer version: taking that back brings back these and no others."""

    class Meta:
        db_table = "exchange_proposed_entry"
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="proposed_entry_once")]


class ItkResponse(models.Model):
    """What we answer, or answered, to a document that came: each kind once an arrival (interop.md 2.4)."""

    id = models.BigAutoField(primary_key=True)
    arrival = models.ForeignKey(MeshArrival, on_delete=models.PROTECT, related_name="responses", db_index=False)
    kind = models.CharField(max_length=14)
    """infrastructure, business."""
    code = models.CharField(max_length=8)
    message = models.OneToOneField(MeshMessage, on_delete=models.PROTECT, related_name="response")

    class Meta:
        db_table = "exchange_itk_response"
        constraints = [models.UniqueConstraint(fields=["arrival", "kind"], name="itk_response_once")]
