"""Rule sets, and where everybody stands under them (docs/reference/rule-sets.md)."""

from __future__ import annotations

from django.db import models

from onedoor.patients.models import Patient


class RuleSet(models.Model):
    """A version of a rule set, as it was read. What it says is never taken from the file again."""

    id = models.SmallAutoField(primary_key=True)
    programme = models.CharField(max_length=20)
    key = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    active_from = models.DateField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "recall_rule_set"
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="rule_set_version_once")]


class Standing(models.Model):
    """One person under one rule set, for whoever is in one of its cohorts. Written only by `recall.standing`, as a difference:
    a row that says the same is not written again, so `computed_on` is the day on which it came to say this.
    """

    pk = models.CompositePrimaryKey("patient_id", "rule_set_id")
    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    organisation_id = models.BigIntegerField()
    """Where they are registered."""
    status = models.SmallIntegerField()
    """0 not eligible, 1 not actionable, 2 actionable."""
    reason = models.CharField(max_length=30)
    """The code of the rule that decided; done, due, unknown or out_of_season where none did."""
    in_denominator = models.BooleanField()
    in_numerator = models.BooleanField()
    parts_done = models.IntegerField()
    """Bit n is the nth part of the rule set, from 0."""
    parts_declined = models.IntegerField()
    """Of those not done: declined or unsuitable within the part's window."""
    due_on = models.DateField(null=True)
    """From when they are to be asked."""
    expires_on = models.DateField(null=True)
    """The first day on which a part that is done will no longer be."""
    changes_on = models.DateField(null=True)
    """The first later day on which this may differ though nothing is written."""
    computed_on = models.DateField()

    class Meta:
        db_table = "recall_standing"
        indexes = [models.Index(fields=["organisation_id", "rule_set"], name="standing_of")]


class Known(models.Model):
    """Everybody whose standing was worked out, with what it was worked out from: who differs from it is worked out again."""

    patient_id = models.BigIntegerField(primary_key=True)
    organisation_id = models.BigIntegerField()
    since = models.DateField()
    born_on = models.DateField()
    changes_on = models.DateField(null=True)
    """The first day on which one of their standings may differ, those that they do not have yet included."""

    class Meta:
        db_table = "recall_known"


class Stale(models.Model):
    """Somebody to work out again. Only ever added to by those who write entries, so that nobody waits for anybody: one person may
    stand here often, and those rows are taken away that were seen before the entries were read.
    """

    id = models.BigAutoField(primary_key=True)
    patient_id = models.BigIntegerField()

    class Meta:
        db_table = "recall_stale"
        indexes = [models.Index(fields=["patient_id"], name="stale_patient")]


class Basis(models.Model):
    """One row: what all standings rest on."""

    id = models.SmallIntegerField(primary_key=True)
    fingerprint = models.CharField(max_length=64)
    """Of the rule sets in force and the members of their code sets: when it differs, everybody is worked out again."""
    looked_on = models.DateField()
    """The day for which it was last asked who differs."""
    looked_at = models.DateTimeField()
    """Real time."""

    class Meta:
        db_table = "recall_basis"
