"""What is done to make figures better: trajectories, initiatives with milestones, and the forum that holds them to account."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation
from onedoor.kernel.transitions import StateHistory


class Trajectory(models.Model):
    """What an organisation is to reach in a measure, from a baseline until a day. Never overwritten: a later one replaces it."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Of any level."""
    measure = models.CharField(max_length=40)
    """The key of a measure, or of a published item."""
    baseline_on = models.DateField()
    """The last day of the period from which it starts."""
    baseline_numerator = models.BigIntegerField()
    baseline_denominator = models.BigIntegerField()
    due_on = models.DateField()
    more = models.BigIntegerField(null=True)
    """How many more are to be reached than at the baseline: the target as a count."""
    rate = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    """The share to be reached, in percent: the target as a rate. The one may be met and the other missed."""
    basis = models.CharField(max_length=300)
    """Where the target comes from, in words."""
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reporting_trajectory"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "measure"], condition=Q(ended_at=None), name="trajectory_one"
            ),
            models.CheckConstraint(
                condition=Q(more__isnull=False) | Q(rate__isnull=False), name="trajectory_has_a_target"
            ),
            models.CheckConstraint(condition=Q(due_on__gt=models.F("baseline_on")), name="trajectory_days"),
        ]


class Initiative(models.Model):
    """Something that is done to make a figure better, with an owner, a time and an effect that is expected and measured."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    """Whose plan it stands in; of any level."""
    menu_key = models.CharField(max_length=40, blank=True)
    """The entry of the menu that it was taken from."""
    area = models.CharField(max_length=40)
    """A theme of seed 003."""
    title = models.CharField(max_length=160)
    text = models.TextField()
    level = models.CharField(max_length=10)
    owner = models.CharField(max_length=120)
    """A person or post, in words: many are not users here."""
    window = models.CharField(max_length=4, choices=[(k, k) for k in ("0-3", "3-6", "6+")])
    """Months from its start until it is to have its effect."""
    ease = models.CharField(max_length=6, blank=True)
    impact = models.CharField(max_length=6, blank=True)
    rating = models.CharField(max_length=6, blank=True)
    """How far it is today. Each of the three: low, medium or high."""
    state = models.CharField(max_length=12)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    measure = models.CharField(max_length=40, blank=True)
    """In which measure the effect is to be seen."""
    expected = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    """More counted in the numerator for each month of its working."""
    expected_low = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    expected_high = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    """The range in which its owner is four fifths sure that it lies."""
    version = models.IntegerField(default=1)
    """Counts what was saved, so that nobody overwrites unseen."""
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_initiative"
        indexes = [models.Index(fields=["organisation", "state"], name="initiative_plan")]


class InitiativeHistory(StateHistory):
    """Each state that an initiative was in."""

    parent = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="history")

    class Meta:
        db_table = "reporting_initiative_history"


class Milestone(models.Model):
    """What is to be there by a day."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="milestones")
    title = models.CharField(max_length=160)
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    done_by = models.CharField(max_length=80, blank=True)
    dropped_because = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "reporting_milestone"


class ProgressNote(models.Model):
    """What somebody said about an initiative; only ever added."""

    id = models.AutoField(primary_key=True)
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    by_label = models.CharField(max_length=80)
    text = models.TextField()

    class Meta:
        db_table = "reporting_progress_note"


class ForumMeeting(models.Model):
    """A meeting of those who hold the plan to account, of an organisation of any level."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    held_at = models.DateTimeField(null=True)
    """When its minutes were finished: what was decided stands from then on."""
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    class Meta:
        db_table = "reporting_forum_meeting"
        constraints = [models.UniqueConstraint(fields=["organisation", "on"], name="forum_meeting_once")]


class ForumAction(models.Model):
    """What a meeting decided: who does what by when."""

    id = models.AutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    meeting = models.ForeignKey(ForumMeeting, on_delete=models.PROTECT, related_name="actions")
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, null=True, related_name="forum_actions")
    text = models.CharField(max_length=400)
    owner = models.CharField(max_length=120)
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    done_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "reporting_forum_action"
