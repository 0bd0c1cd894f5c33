"""Referrals to a service: the state in e-RS words with its history, and the clocks.

A referral is in one state at a time and never lost: rows are only added to `History`, and what a service has open is what
came in less what went out (hazard H10).
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from onedoor.accounts.models import User
from onedoor.booking.models import Appointment, AppointmentType
from onedoor.directory.models import Service, Stream
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class Referral(models.Model):
    """One request that a service sees a person. Moments are of the domain clock, days are London's.

    `closed_at` ends it for the service; `state` then keeps its last word. The patient is null while no list has brought
    anybody of that NHS number: such a referral waits like any other, and is joined when the list comes.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_index=False)
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, null=True, db_index=False)
    source_ref = models.CharField(max_length=40)
    """What the sender calls it: UBRN, or the number of an outside system; ours begins with "OD"."""
    nhs_number = models.CharField(max_length=10)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, db_index=False)
    source = models.CharField(max_length=12)
    """Who referred: `rules.SOURCES`."""
    referrer_ods = models.CharField(max_length=12, blank=True)
    priority = models.CharField(max_length=16)
    reason = models.TextField(blank=True)
    """What the referrer wrote."""
    received_at = models.DateTimeField()
    triage_due_at = models.DateTimeField()
    """When the clock of its triage ends, by the contract in force when it came (`rules.triage_due_at`)."""
    clock_start = models.DateField()
    """Of the first referral on the pathway, also where another provider had it before (RTTG 4.1)."""
    inherited_from = models.CharField(max_length=40, blank=True)
    """The provider that had the pathway open when this service took it over."""
    came_on = models.DateField()
    """From this day it is in the service's books: the day of receipt, or of taking over."""
    next_action = models.CharField(max_length=40, blank=True)
    next_action_due = models.DateField(null=True)
    state = models.CharField(max_length=30)
    triaged_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    """What triage decided: `rules.OUTCOMES`; empty until it has."""
    onward_decided_on = models.DateField(null=True)
    onward_sent_on = models.DateField(null=True)
    first_offered_on = models.DateField(null=True)
    discharged_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=20, blank=True)
    ended_with = models.CharField(max_length=20, blank=True, default="", db_default="")
    """How a discharge ended it: `rules.DISCHARGES`."""
    discharge_lettered_at = models.DateTimeField(null=True)
    """When the letter of a discharge made here was written, or it was found that it cannot be."""
    ending_note = models.TextField(blank=True, default="", db_default="")
    same_as = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    """The one that was open at the same service for the same person when this came."""

    class Meta:
        db_table = "referrals_referral"
        constraints = [
            models.UniqueConstraint(fields=["service", "source_ref"], name="referral_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_because="") | (Q(closed_at__isnull=False) & ~Q(closed_because="")),
                name="referral_closed_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("received_at")), name="referral_closes_after_it_came"
            ),
        ]
        indexes = [
            # The worklist of triage: what is open and undecided, by the clock that ends first; its counts read this alone.
            models.Index(
                fields=["service", "triage_due_at", "id"],
                include=["priority"],
                condition=Q(state="AWAITING_TRIAGE", closed_at=None),
                name="referral_triage_due",
            ),
            models.Index(
                fields=["id"],
                condition=Q(discharge_lettered_at=None) & ~Q(ended_with=""),
                name="referral_discharge_unlettered",
            ),
            models.Index(
                fields=["service", "onward_decided_on"],
                condition=Q(outcome="onward", closed_at=None),
                name="referral_to_send_on",
            ),
            # The list of what is to be booked, and its count on every page.
            models.Index(
                fields=["service", "state"],
                condition=Q(
                    closed_at=None,
                    state__in=(
                        "TRIAGED_PROVIDER_TO_ACTION",
                        "NOT_BOOKED",
                        "DEFERRED_TO_PROVIDER",
                        "DID_NOT_ATTEND",
                        "APPT_CANCELLED_BY_PATIENT",
                        "APPT_CANCELLED_BY_PROVIDER",
                    ),
                ),
                name="referral_to_book",
            ),
            # What is to be done next, by the day it was due; the counts read this alone.
            models.Index(
                fields=["service", "next_action_due", "id"],
                include=["next_action", "stream", "clock_start", "state"],
                condition=Q(closed_at=None) & ~Q(next_action="") & ~Q(state="AWAITING_TRIAGE"),
                name="referral_next_action",
            ),
            models.Index(fields=["nhs_number"], name="referral_nhs_number"),
            models.Index(fields=["patient"], condition=Q(patient__isnull=False), name="referral_patient"),
            # The share that was decided in time is counted from this alone.
            models.Index(
                fields=["service", "came_on"],
                include=["triaged_at", "triage_due_at", "source"],
                name="referral_came_on",
            ),
        ]


class History(StateHistory):
    """Each move of a referral. `closes` on the row with which it left the service; `recorded_at` is when we were told."""

    parent = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="history")
    from_state = models.CharField(max_length=30, blank=True)
    to_state = models.CharField(max_length=30)
    closes = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "referrals_history"


class NextStep(models.Model):
    """A next action that was done, or put off: what it was and what it is now, by whom and why. Rows are only added."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="next_steps")
    done = models.BooleanField()
    """Whether the action before was done; otherwise it was changed or put off."""
    from_action = models.CharField(max_length=40, blank=True)
    from_due = models.DateField(null=True)
    to_action = models.CharField(max_length=40)
    to_due = models.DateField()
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "referrals_next_step"


class Decision(models.Model):
    """What triage decided, held for a while before it takes effect, so that it can be taken back (letters wait too).

    One live decision a referral: two people cannot decide the same one (hazard H10).
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=20)
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, null=True, db_index=False)
    onward_service = models.CharField(max_length=120, blank=True)
    """The service or specialty referred on or signposted to, as the letters name it."""
    who_books = models.CharField(max_length=12, blank=True)
    """`rules.WHO_BOOKS`, or empty where nothing is to be booked."""
    options = models.TextField(blank=True)
    """What was offered to choose from, as the letters say it."""
    reason = models.CharField(max_length=40, blank=True)
    """`rules.REJECT_REASONS`."""
    advice = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField()
    in_time = models.BooleanField()
    """Within the service's triage clock, by its contract."""
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, db_index=False)
    decided_by_label = models.CharField(max_length=80)
    state = models.CharField(max_length=12, default="held")
    """held, taken_back, done, or overtaken by something that ended the referral first."""
    lettered_at = models.DateTimeField(null=True)
    """When its letters were written, or it was found that they cannot be."""

    class Meta:
        db_table = "referrals_decision"
        constraints = [
            models.UniqueConstraint(fields=["referral"], condition=Q(state="held"), name="decision_held_once"),
        ]
        indexes = [
            models.Index(fields=["takes_effect_at"], condition=Q(state="held"), name="decision_held"),
            models.Index(fields=["decided_by", "decided_at"], name="decision_own"),
            models.Index(fields=["id"], condition=Q(state="done", lettered_at=None), name="decision_unlettered"),
        ]


class Parking(models.Model):
    """A referral that waits outside the queue, for a reason, until a day or for a colleague's word. Its clock runs on."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="parkings")
    kind = models.CharField(max_length=12)
    """parked, or asked (of a colleague)."""
    reason = models.CharField(max_length=400)
    asked_of = models.ForeignKey(User, on_delete=models.PROTECT, null=True, db_index=False)
    answer = models.CharField(max_length=1000, blank=True)
    since = models.DateTimeField()
    until = models.DateField()
    """On this day it is back in the queue, whatever happens."""
    ended_at = models.DateTimeField(null=True)
    by_label = models.CharField(max_length=80)
    ended_by_label = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "referrals_parking"
        constraints = [
            models.UniqueConstraint(fields=["referral"], condition=Q(ended_at=None), name="parked_once"),
        ]


class Information(models.Model):
    """What came after the referral itself, of whoever was asked."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="information")
    text = models.TextField()
    came_at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "referrals_information"


class Intake(models.Model):
    """How a referral was made here: what was asked, what was answered, and how many questions were not to be asked again."""

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, primary_key=True, related_name="intake")
    via = models.CharField(max_length=8)
    """staff, portal or phone."""
    answers = models.JSONField(default=dict)
    questions = models.PositiveSmallIntegerField()
    """As many as the form would have had for somebody of whom nothing is known."""
    saved = models.PositiveSmallIntegerField()
    """Of these, answered already by what was known."""
    made_by_label = models.CharField(max_length=80)
    welcomed_at = models.DateTimeField(null=True)
    """When the patient's welcome letter was written, or it was found that it cannot be."""
    form_key = models.UUIDField(unique=True)
    """Of the page that was sent in: sent twice, it is one referral."""

    class Meta:
        db_table = "referrals_intake"


class Attachment(models.Model):
    """A file that came with a referral, as it came."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField()
    content = models.BinaryField()
    added_at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "referrals_attachment"
        constraints = [models.UniqueConstraint(fields=["referral", "sha256"], name="attachment_once")]


class HeardBy(models.Model):
    """A day by which somebody was told that they will have heard, with its range: kept to be scored, never changed.

    `what` they will hear: what was decided ("decision") or when they are seen ("appointment"). The latest of its kind stands.
    """

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="heard_by", db_index=False)
    what = models.CharField(max_length=12, default="decision")
    said_at = models.DateTimeField()
    by = models.DateField()
    earliest = models.DateField()
    latest = models.DateField()
    own = models.BooleanField(default=True)
    """Whether the service's own figures gave it; otherwise it is what e-RS promises."""
    waiting_before = models.IntegerField()
    """How many were before them in the queue."""
    per_week = models.DecimalField(max_digits=7, decimal_places=1)
    """How many the service had lately taken a week."""
    missed_told_at = models.DateTimeField(null=True)
    """When it was found to be past, and the service was told; the patient too, the first time."""

    class Meta:
        db_table = "referrals_heard_by"
        indexes = [
            models.Index(fields=["referral", "what", "-id"], name="heard_by_latest"),
            models.Index(fields=["by"], condition=Q(missed_told_at=None), name="heard_by_to_keep"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(earliest__lte=F("latest"), latest__lte=F("by")), name="heard_by_ends_with_its_range"
            ),
        ]


class Contract(models.Model):
    """The clocks of a service's contract from a day on; before its first row they are as the directory has them.

    Rows are only added. Of those of one day the latest stands. A referral goes by the one in force on the day it was received.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_day = models.DateField()
    triage_hours = models.PositiveSmallIntegerField()
    triage_basis = models.CharField(max_length=10)
    urgent_days = models.PositiveSmallIntegerField()
    onward_working_days = models.PositiveSmallIntegerField()
    booking_days = models.PositiveSmallIntegerField(null=True)
    """From receipt to the offer of a first appointment that is not urgent; null where the contract says nothing."""
    reason = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    shown_at = models.DateTimeField(null=True)
    """When the directory was told of it, which says what is in force today."""

    class Meta:
        db_table = "referrals_contract"
        indexes = [models.Index(fields=["service", "-from_day", "-id"], name="contract_in_force")]


class Wait(models.Model):
    """What people lately waited at a service, in days from receipt, as counted on a day. `what`: decision or appointment."""

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    what = models.CharField(max_length=12)
    counted_on = models.DateField()
    since = models.DateField()
    """Those whose wait ended from this day to the day before it was counted."""
    counted = models.IntegerField()
    low = models.IntegerField()
    half = models.IntegerField()
    high = models.IntegerField()

    class Meta:
        db_table = "referrals_wait"
        constraints = [models.UniqueConstraint(fields=["service", "what", "counted_on"], name="wait_once")]


class TrackLink(models.Model):
    """A link that was texted for one referral, to see where it is. Of its token only the hash is kept."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    wrong_tries = models.SmallIntegerField(default=0)
    """Dates of birth that were not the patient's."""
    closed_at = models.DateTimeField(null=True)
    """When wrong tries closed it."""

    class Meta:
        db_table = "referrals_track_link"


class StreamType(models.Model):
    """A kind of appointment, of the service's own organisation, by which a stream's people are seen."""

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="kinds", db_index=False)
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "referrals_stream_type"
        constraints = [models.UniqueConstraint(fields=["stream", "type"], name="stream_type_once")]


class Visit(models.Model):
    """An appointment at which somebody is seen for a referral. Its state is the appointment's own; rows are only added, save
    that one goes to the other referral where two were the same."""

    id = models.BigAutoField(primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="visits")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()

    class Meta:
        db_table = "referrals_visit"
