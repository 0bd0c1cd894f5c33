"""Sessions, seats and appointments: of our own diary, or the copy of an outside one (EMIS, SystmOne).

Two guards keep two people out of one seat: a partial unique index on live appointments, and the conditional update of
whoever takes the seat. One constraint keeps a patient out of two overlapping places (stack-spike.md 2.2, 8).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value

from onedoor.accounts.models import Organisation, Site
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient

LIVE = ("held", "pending", "booked", "arrived", "cancelling")
"""States in which an appointment keeps its seat. `pending` is a booking that an outside diary has not yet confirmed,
`cancelling` a cancellation it has not yet confirmed."""

TAKEN = (*LIVE, "fulfilled")
"""States in which nobody else may have the seat: somebody seen early has used it."""


class AppointmentType(models.Model):
    """What a kind of appointment allows. A type that `rules.TYPES` does not know allows nothing by machine until a person
    says so."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    said_as = models.CharField(max_length=60, blank=True)
    """What a text may call it ("blood test"); empty when a text may say only "appointment"."""
    reply_may_cancel = models.BooleanField(default=False)
    may_refill = models.BooleanField(default=False)
    never_by_machine = models.BooleanField(default=False)
    """Suspected cancer, safeguarding, depot: whatever a reply says, a person cancels."""
    remind_hours = models.SmallIntegerField(null=True, default=48)
    """Hours before the start at which the reminder goes; null for none."""
    confirm_same_day = models.BooleanField(default=True)
    by_telephone = models.BooleanField(default=False)
    """The practice rings: a text must not ask the patient to come."""
    usual_minutes = models.SmallIntegerField(null=True)
    """How long one usually lasts; a double one is twice as long. Null while nobody has said."""

    class Meta:
        db_table = "booking_appointment_type"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="type_once"),
            models.CheckConstraint(
                condition=Q(never_by_machine=False) | Q(reply_may_cancel=False), name="never_by_machine_means_never"
            ),
        ]


class Session(models.Model):
    """A clinician's run of seats on a day. `source` is "own" or the outside system that keeps it ("emis")."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    source = models.CharField(max_length=12)
    day = models.DateField()
    clinician = models.CharField(max_length=80)
    name = models.CharField(max_length=80)

    class Meta:
        db_table = "booking_session"
        constraints = [
            models.UniqueConstraint(fields=["site", "source", "day", "clinician", "name"], name="session_once")
        ]
        indexes = [models.Index(fields=["organisation", "day"], name="session_day")]


class Seat(models.Model):
    """One place at one time. `open` may be booked, `blocked` may not, `gone` is no more, `course` is kept for those on a
    course."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="seats")
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    minutes = models.SmallIntegerField()
    n = models.SmallIntegerField(default=1)
    """Which of several seats at the same time."""
    state = models.CharField(max_length=10, default="open")
    course_date = models.ForeignKey(
        "booking.CourseDate", on_delete=models.PROTECT, null=True, related_name="seats", db_index=False
    )
    """The date of a course that it is a place of."""

    class Meta:
        db_table = "booking_seat"
        constraints = [models.UniqueConstraint(fields=["session", "starts_at", "n"], name="seat_once")]
        indexes = [
            models.Index(fields=["type", "starts_at"], name="seat_type"),
            models.Index(fields=["course_date"], condition=Q(course_date__isnull=False), name="seat_course_date"),
        ]


class Appointment(models.Model):
    """A patient's claim on a seat. States are FHIR's (booked, arrived, fulfilled, noshow, cancelled) with `held` (an
    expiring hold), `pending` (a booking asked of an outside diary), `cancelling` (a cancellation asked of it) and `lapsed`.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="appointments", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments", db_index=False)
    starts_at = models.DateTimeField()
    during = DateTimeRangeField()
    state = models.CharField(max_length=20)
    reason = models.CharField(max_length=20, blank=True)
    """Why it ended: patient, practice, moved, outside (the other diary no longer has it)."""
    booked_via = models.CharField(max_length=20)
    """emis, desk, portal, offer, telephone."""
    booked_at = models.DateTimeField()
    booked_on = models.DateField(null=True)
    """The day on which an outside diary says it was booked."""
    hold_until_real = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    """When the patient said YES to the reminder."""
    late_said_at = models.DateTimeField(null=True)
    """When the patient last said that they are running late."""
    late_minutes = models.SmallIntegerField(null=True)
    """How late they said they would be; null when they did not say."""
    told_at = models.DateTimeField(null=True)
    """When a text about the booking itself was queued: at once for ours, by the sweep for one booked on the day."""
    reminded_at = models.DateTimeField(null=True)
    """When its reminder was queued; from then on it is an open question to the patient."""
    not_released = models.CharField(max_length=12, blank=True, default="", db_default="")
    """Why its place was not released when it was cancelled, by what was set then: kind, too_late, off, withdrawn, course."""
    instead_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    """The appointment that this earlier one replaces."""

    class Meta:
        db_table = "booking_appointment"
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=Q(state__in=LIVE), name="one_person_in_a_seat"),
            ExclusionConstraint(
                name="one_place_at_a_time",
                expressions=[
                    (Func(F("patient_id"), F("patient_id"), Value("[]"), function="int8range"), "&&"),
                    (F("during"), "&&"),
                ],
                condition=Q(state__in=LIVE),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "starts_at"], name="appointment_patient"),
            models.Index(fields=["seat"], name="appointment_seat"),
            models.Index(fields=["starts_at"], condition=Q(state="booked"), name="appointment_booked"),
            models.Index(fields=["organisation", "starts_at"], name="appointment_organisation"),
        ]


class AppointmentHistory(StateHistory):
    """Each move of an appointment."""

    parent = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "booking_appointment_history"
        indexes = [
            # What was given up in a month is counted by month, for a practice and for all of them.
            models.Index(fields=["at"], condition=Q(to_state="cancelled"), name="appointment_cancelled"),
        ]


class DiaryRequest(models.Model):
    """Something asked of an outside diary: free a place, or book one. Confirmed by an adapter, a person or an import."""

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8, choices=[("free", "free"), ("book", "book")])
    state = models.CharField(max_length=10, default="asked")
    """asked, confirmed, refused, overtaken; ticked once an import has shown that it is so."""
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "booking_diary_request"
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind"], condition=Q(state="asked"), name="asked_once")
        ]


class DiaryImport(models.Model):
    """One reading of an outside diary: its scope, and what it changed. Outside the scope nothing changes."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    source = models.CharField(max_length=12)
    first_day = models.DateField()
    last_day = models.DateField()
    sessions = models.JSONField(default=list)
    """Session names in scope; empty for all."""
    holders = models.JSONField(default=list)
    """Clinicians whose sessions are in scope; empty for all."""
    at = models.DateTimeField()
    state = models.CharField(max_length=12)
    """applied, or waiting (more than 5% of the scope vanished and a person decides), refused, overtaken by later ones; settled
    is the one place about which a person decided a conflict."""
    counts = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    """The rows while the import waits for a person; emptied when decided."""

    class Meta:
        db_table = "booking_diary_import"


class Conflict(models.Model):
    """An import disagrees with a change made here: a person decides, nothing is undone."""

    id = models.BigAutoField(primary_key=True)
    diary_import = models.ForeignKey(DiaryImport, on_delete=models.PROTECT, related_name="conflicts")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True)
    what = models.CharField(max_length=200)
    row = models.JSONField(default=dict)
    """What the outside diary says of the place, applied if a person decides that it is right."""
    state = models.CharField(max_length=10, default="open")
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "booking_conflict"
        constraints = [models.UniqueConstraint(fields=["seat"], condition=Q(state="open"), name="conflict_once")]
