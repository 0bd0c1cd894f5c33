"""The outbox and what belongs to sending (messaging.md 6; stack-spike.md 4).

The message table is the queue. Its state is changed only from an expected state, and never derived from a job. Times
named `*_real` are real time (leases, time-outs); all others are domain time.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from onedoor.accounts.models import Organisation
from onedoor.patients.models import Patient


class State(models.IntegerChoices):
    """The states of a message: each is in exactly one."""

    QUEUED = 0, "queued"
    CLAIMED = 1, "claimed"  # a dispatcher has it in hand; provably not on the wire
    SENDING = 2, "sending"  # an attempt is committed; the wire call may be under way
    UNKNOWN = 3, "unknown"  # the provider may or may not have it; reconciled before any resend
    ACCEPTED = 4, "accepted"  # the provider has it; not yet known to have arrived
    DELIVERED = 5, "delivered"
    UNREACHED = 6, "unreached"  # temporary-failure: the phone was off or out of reach
    DEAD_NUMBER = 7, "dead number"  # permanent-failure: the number does not exist
    TECHNICAL = 8, "technical failure"  # the provider or network failed; not charged
    REFUSED = 9, "refused"  # the provider refused the request for good; never sent
    EXPIRED = 10, "expired"  # no longer useful; never sent
    CLEARED = 11, "cleared"  # no longer true (moved, cancelled, already answered); never sent
    SUPPRESSED = 12, "suppressed"  # must not be sent (clinical.md 6.2); never sent


class ProviderAccount(models.Model):
    """An organisation's account with a provider: credentials, reply number, one pass-through template per purpose.

    For GOV.UK Notify: `api_key` is name-<service>-<secret>, `templates` maps purpose (or "*") to a template id.
    `callback_token` is the bearer token that the provider presents to our doors.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="provider_account")
    provider = models.CharField(max_length=12, default="govuk")
    base_url = models.CharField(max_length=200)
    api_key = models.CharField(max_length=200)
    callback_token = models.CharField(max_length=100)
    reply_number = models.CharField(max_length=20)
    templates = models.JSONField(default=dict)
    bucket = models.ForeignKey("RateBucket", on_delete=models.PROTECT, related_name="accounts")

    class Meta:
        db_table = "messaging_provider_account"
        indexes = [models.Index(fields=["reply_number"], name="account_reply_number")]


class RateBucket(models.Model):
    """One allowance per provider key, shared by all dispatchers through this row; in real time (messaging.md 1.1)."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=80, unique=True)
    per_minute = models.IntegerField(default=3_000)
    per_day = models.IntegerField(default=250_000)
    tokens = models.FloatField(default=0)
    filled_real = models.DateTimeField(db_default=Now())
    day = models.DateField(null=True)
    day_used = models.IntegerField(default=0)
    paused_until_real = models.DateTimeField(null=True)
    """Set when the provider answered 429 after all: nobody sends on this key before."""

    class Meta:
        db_table = "messaging_rate_bucket"


class Message(models.Model):
    """One text to one number, for one intent. `ref` is the reference on the wire, the same over all attempts."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    intent_key = models.CharField(max_length=160)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, db_index=False)
    channel = models.CharField(max_length=8, default="sms")
    purpose = models.CharField(max_length=30)
    lane = models.SmallIntegerField(default=1)
    """0 urgent (an answer somebody waits for), 1 normal, 2 bulk."""
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False)
    number = models.CharField(max_length=20)
    body = models.TextField()
    fragments = models.SmallIntegerField()
    state = models.SmallIntegerField(choices=State.choices, default=State.QUEUED)
    because = models.CharField(max_length=40, blank=True)
    """Why it was suppressed, cleared or refused, in a word."""
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    run = models.BigIntegerField(null=True)
    lease_real = models.DateTimeField(null=True)
    attempt = models.SmallIntegerField(default=0)
    retry_real = models.DateTimeField(null=True)
    """Not sent or reconciled again before this real moment."""
    lookups = models.SmallIntegerField(default=0)
    """How often the provider was asked about a text whose fate is unknown, and did not have it."""
    provider_id = models.CharField(max_length=60, null=True)
    pence = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    """Price by the tariff of the day of acceptance; null until accepted, 0 when the provider does not charge."""
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    contradicted = models.BooleanField(default=False)
    """A later receipt contradicted the state that stands (messaging.md 6.2, callbacks)."""
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    # No index names `state`, which changes four times in a message's life: PostgreSQL then writes the new version beside
    # the old one and touches no index at all (a heap-only tuple). What is looked for by state is looked for by these.
    waiting = models.GeneratedField(
        expression=models.Q(state__in=[State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN]),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    """The provider does not have it yet, as far as we know."""
    in_doubt = models.GeneratedField(
        expression=models.Q(state=State.UNKNOWN),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        db_table = "messaging_message"
        # Not `unique=True`, which adds a second index for LIKE: every index is written at every step of a message's life.
        constraints = [models.UniqueConstraint(fields=["intent_key"], name="message_once")]
        indexes = [
            models.Index(
                fields=["account", "lane", "not_before", "id"],
                condition=models.Q(waiting=True),
                name="message_waiting",
            ),
            models.Index(fields=["id"], condition=models.Q(in_doubt=True), name="message_in_doubt"),
            models.Index(fields=["organisation", "number", "-id"], name="message_thread"),
            models.Index(
                fields=["subject", "subject_id"], condition=models.Q(subject_id__isnull=False), name="message_subject"
            ),
            # Rows come in order of time, and four updates of a message's life would each write a b-tree anew.
            BrinIndex(fields=["created_at"], name="message_created", autosummarize=True),
        ]


class Attempt(models.Model):
    """One try at the wire, committed before the call."""

    id = models.BigAutoField(primary_key=True)
    # Written by the statement that holds its message's row, which nobody deletes: to look that up again is work for nothing.
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, related_name="attempts", db_index=False, db_constraint=False
    )
    n = models.SmallIntegerField()
    run = models.BigIntegerField()
    started_real = models.DateTimeField(db_default=Now())
    ended_real = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    """accepted, refused_permanent, refused_temporary, unknown, or empty while under way."""
    status = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "messaging_attempt"
        constraints = [models.UniqueConstraint(fields=["message", "n"], name="attempt_once")]


class DispatchRun(models.Model):
    """One dispatcher process; it holds the advisory lock (class 7203, its id) while it lives."""

    id = models.BigAutoField(primary_key=True)
    started_real = models.DateTimeField(db_default=Now())
    beat_real = models.DateTimeField(db_default=Now())
    ended_real = models.DateTimeField(null=True)
    """Set once nothing is held under its number any more."""

    class Meta:
        db_table = "messaging_dispatch_run"


class Receipt(models.Model):
    """A delivery receipt as it came, stored before it is understood; the same one again is one row."""

    id = models.BigAutoField(primary_key=True)
    # The door has found the account before it takes anything, and accounts are never deleted.
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    key = models.CharField(max_length=120)
    """Provider id and status: what makes two receipts the same."""
    reference = models.CharField(max_length=100)
    status = models.CharField(max_length=30)
    body = models.JSONField()
    received_real = models.DateTimeField(db_default=Now())
    processed_real = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)
    """applied, late, contradicts, no_message, unreadable; empty until processed."""

    class Meta:
        db_table = "messaging_receipt"
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="receipt_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(processed_real=None), name="receipt_unprocessed")]


class Tariff(models.Model):
    """Pence per fragment of a provider from a day on (messaging.md 2, prices)."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=12)
    starts_on = models.DateField()
    pence = models.DecimalField(max_digits=7, decimal_places=3)

    class Meta:
        db_table = "messaging_tariff"
        constraints = [models.UniqueConstraint(fields=["provider", "starts_on"], name="tariff_once")]


class Stop(models.Model):
    """Sending is stopped: for one organisation, or for all when `organisation` is null; until lifted."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    actor_label = models.CharField(max_length=80)

    class Meta:
        db_table = "messaging_stop"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(until=None), nulls_distinct=False, name="stop_once"
            ),
        ]
