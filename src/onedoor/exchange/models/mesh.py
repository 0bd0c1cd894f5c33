"""MESH as tables: mailboxes, what goes out and what came in. Content is kept as it was on the wire.

A message to be sent is a row before it is a request; what came in is a row before MESH is told that we have it. So a crash at any
instant loses nothing, and what may go twice is told apart by its identifiers where it arrives (interop.md 1.6, "dedupe").
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory


class Mailbox(models.Model):
    """An organisation's MESH mailbox, and how its door was when it was last tried. Times are real time."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mailboxes")
    mailbox_id = models.CharField(max_length=30, unique=True)
    password = models.CharField(max_length=100)
    shared_key = models.CharField(max_length=100)
    base_url = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    handshake_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    """When its inbox was last listed without a fault."""
    failing_since = models.DateTimeField(null=True)
    faults = models.JSONField(default=dict)
    """By way ("in", "out", "asked") what its last try came to, in words that name nobody: {"in": {"why", "since"}}."""
    fault = models.CharField(max_length=500, blank=True)
    """All of them in words; empty while all is well. `failing_since` is the oldest of them."""

    class Meta:
        db_table = "exchange_mailbox"
        verbose_name_plural = "mailboxes"


class MeshMessage(models.Model):
    """One message to be sent. `ref` is the local id on the wire: no personal data (interop.md 1.6)."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="messages", db_index=False)
    to = models.CharField(max_length=100)
    workflow = models.CharField(max_length=50)
    subject = models.CharField(max_length=500, blank=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=60, default="application/fhir+xml")
    state = models.CharField(max_length=20, default="waiting")
    """A key of `mesh.rules.MOVES`."""
    made_at = models.DateTimeField()
    retry_real = models.DateTimeField(null=True)
    """Not before this moment of real time."""
    attempts = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=100, blank=True)
    """What MESH called it."""
    sent_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    """When MESH said that the other side has collected it: the first of the three acknowledgements."""
    tracked_real = models.DateTimeField(null=True)
    fault_code = models.CharField(max_length=20, blank=True)
    """"EPL-152", "14", …: as MESH reported it (interop.md 1.5)."""
    fault = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "exchange_mesh_message"
        indexes = [
            models.Index(fields=["mailbox", "id"], condition=Q(state="waiting"), name="mesh_waiting"),
            models.Index(
                fields=["mailbox", "id"], condition=Q(state__in=("sending", "in_doubt")), name="mesh_unsettled"
            ),
            models.Index(fields=["mailbox", "tracked_real"], condition=Q(state="sent"), name="mesh_sent"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="mesh_message_id"),
        ]


class MeshMessageHistory(StateHistory):
    """Each move of a message."""

    parent = models.ForeignKey(MeshMessage, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "exchange_mesh_message_history"


class MeshAttempt(models.Model):
    """One try to send, committed before the request leaves. Times are real time."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(MeshMessage, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    """accepted, refused, unreached, unknown; empty while it is on the wire or whoever made it died."""
    detail = models.CharField(max_length=200, blank=True)
    """What it came to in our words, which name nobody."""

    class Meta:
        db_table = "exchange_mesh_attempt"
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="mesh_attempt_once")]


class MeshArrival(models.Model):
    """One message that was downloaded: kept as it came, then acknowledged to MESH, then dealt with."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="arrivals", db_index=False)
    message_id = models.CharField(max_length=100)
    sender = models.CharField(max_length=100, blank=True)
    """The mailbox it came from, as MESH says."""
    workflow = models.CharField(max_length=50)
    message_type = models.CharField(max_length=10)
    """DATA or REPORT."""
    local_id = models.CharField(max_length=300, blank=True)
    """Of a REPORT: our own `ref` of the message that failed. What others call theirs is not kept: it may name somebody."""
    linked_id = models.CharField(max_length=100, blank=True)
    """Of a REPORT: the message that failed."""
    status_code = models.CharField(max_length=20, blank=True)
    """Of a REPORT: MESH's code. Its own words are not kept: they may repeat an address, which names a patient."""
    content = models.BinaryField()
    size = models.BigIntegerField()
    """What was downloaded. Of more than `mesh.rules.LARGEST` bytes nothing is kept but this."""
    arrived_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    """When MESH took our acknowledgement."""
    state = models.CharField(max_length=10, default="stored")
    """stored, taken (dealt with), refused (never will be: `problem` says why)."""
    tries = models.PositiveSmallIntegerField(default=0)
    """How often dealing with it failed."""
    retry_real = models.DateTimeField(null=True)
    """It is not tried again before this moment of real time."""
    failing_real = models.DateTimeField(null=True)
    """Since when the database has failed with it, in real time: no fault of the message, and not counted in `tries`."""
    dealt_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)
    looked_at = models.DateTimeField(null=True)
    """When it was looked at whether its bytes are kept elsewhere; `content` is empty from then on where they are."""

    class Meta:
        db_table = "exchange_mesh_arrival"
        constraints = [models.UniqueConstraint(fields=["mailbox", "message_id"], name="mesh_arrival_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="stored"), name="mesh_arrival_stored"),
            models.Index(fields=["mailbox", "id"], condition=Q(acknowledged_at=None), name="mesh_arrival_unacked"),
            models.Index(fields=["mailbox", "-arrived_at"], name="mesh_arrival_latest"),
            models.Index(fields=["id"], condition=Q(state="taken", looked_at=None), name="mesh_arrival_bytes"),
        ]
