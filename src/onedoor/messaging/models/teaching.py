"""How texts were read, what people said that they meant, the phrases that this teaches, and replies kept ready."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation, User
from onedoor.messaging.models.asking import Inbound


class Reading(models.Model):
    """What the system read a text as. Language and age stand here, apart from the text, and never with a phrase."""

    inbound = models.OneToOneField(Inbound, on_delete=models.PROTECT, primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    at = models.DateTimeField()
    context = models.CharField(max_length=20, blank=True)
    """The one kind of question that was open; empty when none was, or several."""
    confidence = models.FloatField()
    """0 to 1; 1 for whole phrases of the tables, 0 where nothing was understood."""
    language = models.CharField(max_length=8)
    """Of `rules.languages`: en, one of the nine others, or unknown."""
    age_band = models.CharField(max_length=8)
    """Of the only holder of the number; unknown where a phone is shared."""
    made = models.CharField(max_length=8)
    """acted, asked or person."""

    class Meta:
        db_table = "messaging_reading"
        indexes = [models.Index(fields=["organisation", "at"], name="reading_period")]


class Verdict(models.Model):
    """What a person said that a text meant. The last of a text stands; the others are its history."""

    id = models.BigAutoField(primary_key=True)
    inbound = models.ForeignKey(Inbound, on_delete=models.PROTECT, related_name="verdicts")
    context = models.CharField(max_length=20, blank=True)
    intent = models.CharField(max_length=20, blank=True)
    """As it was read."""
    confidence = models.FloatField()
    action = models.CharField(max_length=20, blank=True)
    """What the system had done: the outcome of the text."""
    meant = models.CharField(max_length=20)
    corrected = models.BooleanField(default=False)
    """The system had acted, and it was not meant."""
    by = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField()
    stands = models.BooleanField(default=True)

    class Meta:
        db_table = "messaging_verdict"
        constraints = [
            models.UniqueConstraint(fields=["inbound"], condition=models.Q(stands=True), name="verdict_stands_once")
        ]


class ProposedPhrase(models.Model):
    """A text with what identifies taken out by rule, until a person has looked at it: then it is gone from here."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    inbound = models.OneToOneField(Inbound, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    context = models.CharField(max_length=20)
    text = models.TextField()
    intent = models.CharField(max_length=20)
    proposed_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_proposed_phrase"


class AcceptedPhrase(models.Model):
    """A phrase that a person has looked at and found to name nobody. Nothing here leads back to whoever wrote it."""

    id = models.BigAutoField(primary_key=True)
    context = models.CharField(max_length=20)
    text = models.TextField()
    intent = models.CharField(max_length=20)
    value = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "messaging_accepted_phrase"
        constraints = [models.UniqueConstraint(fields=["context", "text"], name="accepted_phrase_once")]


class ReadyReply(models.Model):
    """A reply that a practice keeps ready, in its order."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    position = models.SmallIntegerField()
    text = models.CharField(max_length=300)

    class Meta:
        db_table = "messaging_ready_reply"
        constraints = [models.UniqueConstraint(fields=["organisation", "position"], name="ready_reply_once")]
