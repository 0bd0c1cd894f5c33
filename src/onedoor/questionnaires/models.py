"""Questions and questionnaires put to one patient, and what they said."""

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


OPEN = ("asked", "in_progress")


class Response(models.Model):
    """One questionnaire put to one patient, from the asking to its end, whichever way it is answered.

    `version`, `rules_version` and `rule` say for good by what it was asked and decided (product-map.md D2).
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    key = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    only = models.JSONField(default=list)
    """Links of the questions that are asked, when not all are."""
    via = models.CharField(max_length=10)
    """How it was put: text, link, portal, kiosk."""
    reason = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=20, default="asked")
    """asked, in_progress, completed, handed_over (to a person), declined (nothing was answered), withdrawn, expired."""
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    """When the last answer came."""
    ended_at = models.DateTimeField(null=True)
    at_item = models.CharField(max_length=20, blank=True)
    """The question that waits for an answer by text."""
    again_at = models.DateTimeField(null=True)
    """When that question was put a second time; it is never put a third time."""
    offered = models.CharField(max_length=20, blank=True)
    """The value from the record that the text offered to confirm."""
    token_hash = models.CharField(max_length=64, null=True, unique=True)
    """Of the link in its text only the hash is kept."""
    wrong_tries = models.SmallIntegerField(default=0)
    link_closed_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=8, blank=True)
    """What reception hands out for the tablet, good until `code_until` (real time)."""
    code_until = models.DateTimeField(null=True)
    score = models.SmallIntegerField(null=True)
    band = models.CharField(max_length=40, blank=True)
    red_flags = models.JSONField(default=list)
    visit = models.CharField(max_length=12, blank=True)
    """none, phone, face_to_face, today; empty until it ended with answers."""
    rule = models.CharField(max_length=40, blank=True)
    why = models.CharField(max_length=120, blank=True)
    rules_version = models.CharField(max_length=10, blank=True)

    class Meta:
        db_table = "questionnaires_response"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "key"], condition=Q(state__in=OPEN), name="questionnaire_open_once"
            ),
            # One question at a time, so that "2" answers one thing.
            models.UniqueConstraint(
                fields=["patient"], condition=Q(state__in=OPEN, via="text"), name="one_questionnaire_by_text"
            ),
            models.UniqueConstraint(
                fields=["organisation", "code"],
                condition=Q(state__in=OPEN) & ~Q(code=""),
                name="questionnaire_code_once",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-asked_at"], name="questionnaire_patient"),
            models.Index(fields=["ends_at"], condition=Q(state__in=OPEN), name="questionnaire_open"),
        ]


class ResponseHistory(StateHistory):
    """Each move of a response."""

    parent = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "questionnaires_response_history"


class Given(models.Model):
    """The answer to one question of a response, the latest if it was changed before the end. Gone with a response that
    expired, but for what stands by itself and is on the record (clinical.md 4: partial results kept 14 days)."""

    id = models.BigAutoField(primary_key=True)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="given", db_index=False)
    link = models.CharField(max_length=20)
    value = models.TextField(blank=True)
    """Empty when they would rather not say."""
    confirmed = models.BooleanField(default=False)
    """Whether it is what the record had, and they said that it is still so."""
    via = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        db_table = "questionnaires_given"
        constraints = [models.UniqueConstraint(fields=["response", "link"], name="given_once")]


class Words(models.Model):
    """The words of a licensed scale as a site loaded them, and by what right. The newest of a key is in force."""

    id = models.AutoField(primary_key=True)
    key = models.CharField(max_length=20)
    words = models.JSONField()
    licence = models.CharField(max_length=200)
    watched_by = models.CharField(max_length=200, blank=True)
    """Who watches for its answers, where the scale must not be asked unwatched."""
    loaded_at = models.DateTimeField()
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "questionnaires_words"
        indexes = [models.Index(fields=["key", "-id"], name="words_newest")]
