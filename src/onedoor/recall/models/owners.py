"""Who sees to it that somebody gets their checks, and what was planned for their next visit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from onedoor.accounts.models import Organisation, User
from onedoor.patients.models import Patient


class CheckOwner(models.Model):
    """A named person or team that sees to somebody's checks, from a moment perhaps until one; never overwritten, only ended."""

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    """Whose staff they are."""
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    team = models.CharField(max_length=60, blank=True)
    """A team by its name, where it is no one person's."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by_label = models.CharField(max_length=80)
    """Who gave it to them."""

    class Meta:
        db_table = "recall_check_owner"
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(until=None), name="check_owner_one"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, team="") | (Q(user=None) & ~Q(team="")), name="check_owner_named"
            ),
        ]
        indexes = [models.Index(fields=["patient", "since"], name="check_owner_patient")]


class CheckPlan(models.Model):
    """Checks to be done at somebody's next visit, whatever that is for; it stands when the visit moves.

    What of it is done since, a standing tells; it ends only when somebody plans otherwise.
    """

    id = models.BigAutoField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    """Whose staff planned it."""
    rule_set = models.CharField(max_length=40)
    """By which checks are counted: the key of a rule set."""
    parts = models.IntegerField()
    """Bits of the parts of the rule set."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by_label = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_check_plan"
        constraints = [models.UniqueConstraint(fields=["patient"], condition=Q(until=None), name="check_plan_one")]
        indexes = [models.Index(fields=["patient", "since"], name="check_plan_patient")]
