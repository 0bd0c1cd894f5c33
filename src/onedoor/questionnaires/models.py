"""Questions put to one patient, one at a time, and what they said."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory
from onedoor.patients.models import Patient


class PutQuestion(models.Model):
    """One question to one patient. `value` is only ever what the patient said; empty means not known."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    form = models.CharField(max_length=20)
    """A key of `rules.FORMS`: how its answer is read."""
    words = models.CharField(max_length=120, blank=True)
    """The asker's own words, for a form that has none."""
    state = models.CharField(max_length=20, default="asked")
    """asked, answered, declined, unclear (with a person), withdrawn, expired."""
    again_at = models.DateTimeField(null=True)
    """When it was put a second time, in other words; it is never put a third time."""
    value = models.TextField(blank=True)
    unit = models.CharField(max_length=20, blank=True)
    via = models.CharField(max_length=10, blank=True)
    """text, portal."""
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "questionnaires_put_question"
        constraints = [
            # One question at a time, so that "2" answers one thing.
            models.UniqueConstraint(fields=["patient"], condition=Q(state="asked"), name="one_question_at_a_time"),
        ]
        indexes = [
            models.Index(fields=["patient", "-asked_at"], name="question_patient"),
            models.Index(fields=["ends_at"], condition=Q(state="asked"), name="question_open"),
        ]


class PutQuestionHistory(StateHistory):
    """Each move of a question."""

    parent = models.ForeignKey(PutQuestion, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "questionnaires_put_question_history"
