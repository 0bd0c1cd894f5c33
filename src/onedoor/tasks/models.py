"""Everything that waits for a person: one table."""

from __future__ import annotations

import uuid

from django.db import models

from onedoor.accounts.models import Organisation, User
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient

STATES = ("open", "claimed", "done", "withdrawn")


class Task(models.Model):
    """One piece of work for a team, with a clock. `kind` is declared by the context that makes it (`tasks.types.Kind`).

    `key` makes the same work one task while it waits: a second request for it finds the first.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    kind = models.CharField(max_length=30)
    team = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True)
    subject = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=[(s, s) for s in STATES], default="open")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    outcome = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=400, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tasks_task"
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state__in=["open", "claimed"]), name="task_waits_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "due_at"],
                condition=models.Q(state__in=["open", "claimed"]),
                name="task_waiting",
            ),
        ]


class TaskHistory(StateHistory):
    """Each move of a task."""

    parent = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "tasks_task_history"
