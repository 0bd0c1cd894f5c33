"""Questions put to patients, what they answer, and the threads in which it is read."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from onedoor.accounts.models import Organisation, User
from onedoor.messaging.models.sending import Message, ProviderAccount
from onedoor.patients.models import Patient


class Thread(models.Model):
    """All texts between an organisation and one number."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    number = models.CharField(max_length=20)
    last_inbound_at = models.DateTimeField(null=True)
    needs_person_since = models.DateTimeField(null=True)
    """Since when something here waits for a person; null when nothing does."""
    urgent = models.BooleanField(default=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    opened_to = models.BigIntegerField(default=0, db_default=0)
    """The key of the newest text that was there when somebody last opened the conversation: a newer one is unread."""

    class Meta:
        db_table = "messaging_thread"
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="thread_once")]
        indexes = [
            models.Index(
                fields=["organisation", "needs_person_since"],
                condition=models.Q(needs_person_since__isnull=False),
                name="thread_waiting",
            ),
        ]


class Ask(models.Model):
    """A question to a patient, open until answered, withdrawn or expired. `context` names what may be answered."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True)
    number = models.CharField(max_length=20)
    context = models.CharField(max_length=20)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="asks")
    subject = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    options = models.JSONField(default=list)
    """For a question that asks which one is meant: the candidates in the order of their numbers."""
    state = models.CharField(max_length=12, default="open")
    """open, answered, withdrawn, expired."""
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_ask"
        indexes = [
            models.Index(fields=["organisation", "number", "-asked_at"], name="ask_number"),
            models.Index(fields=["subject", "subject_id"], condition=models.Q(state="open"), name="ask_open_subject"),
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="ask_open_expiry"),
        ]


class Inbound(models.Model):
    """A text from a phone, stored before it is understood; understood once."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    provider_id = models.CharField(max_length=60)
    number = models.CharField(max_length=20)
    to_number = models.CharField(max_length=20)
    text = models.TextField()
    sent_real = models.DateTimeField(null=True)
    received_real = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)
    """How often dealing with it failed and was put off."""
    again_real = models.DateTimeField(null=True)
    """Not tried again before this real moment."""
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    intent = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    """acted, asked, person, stopped, started, crisis, duplicate, thanks, machine; empty until processed."""
    why = models.CharField(max_length=80, blank=True)
    """Why it was read and dealt with as it was, in words for the people who look at it."""
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False)
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "messaging_inbound"
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="inbound_once")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(processed_at=None), name="inbound_unprocessed"),
            models.Index(fields=["organisation", "number", "-id"], name="inbound_thread"),
            models.Index(fields=["received_at"], name="inbound_received"),
        ]


class Answer(models.Model):
    """An answer to an Ask by whatever channel: text, portal, or a member of staff on the telephone."""

    id = models.BigAutoField(primary_key=True)
    ask = models.ForeignKey(Ask, on_delete=models.PROTECT, related_name="answers")
    via = models.CharField(max_length=10)
    inbound = models.ForeignKey(Inbound, on_delete=models.PROTECT, null=True, db_index=False)
    intent = models.CharField(max_length=20)
    value = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)

    class Meta:
        db_table = "messaging_answer"


class OptOut(models.Model):
    """A number that gets no text we begin, from its time until START. It never touches an appointment.

    `because` is "stop", or "wrong_number": said to be somebody else's, and at rest until a person decides (clinical.md 6.2).
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    number = models.CharField(max_length=20)
    because = models.CharField(max_length=12, default="stop")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_opt_out"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "number"], condition=models.Q(until=None), name="opt_out_once"
            ),
        ]
