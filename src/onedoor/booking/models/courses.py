"""Courses: a series of dates in our own diary with as many seats at each as the course has places."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation, Site
from onedoor.booking.models.diary import AppointmentType
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class Course(models.Model):
    """A series for a group. Somebody enrolled has the same place, a number, at each of its dates; of these there are
    `capacity`."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    leader = models.CharField(max_length=80)
    minutes = models.SmallIntegerField()
    capacity = models.SmallIntegerField()
    join_until = models.DateField()
    """The last day on which one may still join."""
    made_at = models.DateTimeField()

    class Meta:
        db_table = "booking_course"
        constraints = [models.CheckConstraint(condition=Q(capacity__gt=0), name="course_has_places")]


class CourseDate(models.Model):
    """One date of a course; its seats are those of a session of our own diary."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="dates")
    starts_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    """When we cancelled it."""

    class Meta:
        db_table = "booking_course_date"
        constraints = [
            models.UniqueConstraint(
                fields=["course", "starts_at"], condition=Q(cancelled_at=None), name="course_date_once"
            )
        ]


class Enrolment(models.Model):
    """Somebody on a course, or waiting for a place on it. States: waiting, enrolled, left, finished."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=10)
    place = models.SmallIntegerField(null=True)
    """The number of their seat at each date, while they are enrolled."""
    asked_at = models.DateTimeField()
    """When they asked for a place: those who wait are in this order."""
    enrolled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    via = models.CharField(max_length=20)
    """desk, portal, telephone, waiting (a place came free)."""
    reason = models.CharField(max_length=20, blank=True)
    """Why they left: patient, practice, or over (they waited until nobody could join any more)."""

    class Meta:
        db_table = "booking_enrolment"
        constraints = [
            models.UniqueConstraint(
                fields=["course", "patient"], condition=Q(state__in=("waiting", "enrolled")), name="enrolled_once"
            ),
            models.UniqueConstraint(
                fields=["course", "place"], condition=Q(state="enrolled"), name="one_person_in_a_place"
            ),
            models.CheckConstraint(condition=~Q(state="enrolled") | Q(place__isnull=False), name="enrolled_has_place"),
        ]


class EnrolmentHistory(StateHistory):
    """Each move of an enrolment."""

    parent = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "booking_enrolment_history"
