"""Organisations and their sites, people who work there and the roles they hold, dated."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models

from onedoor.kernel.access import Role


class Organisation(models.Model):
    """A practice or another provider, known by its ODS code. `phone` is the number printed in texts."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ods_code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)

    class Meta:
        db_table = "accounts_organisation"

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place where an organisation sees people."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "accounts_site"
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="site_once")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in. What they may do comes from their memberships only."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        db_table = "accounts_user"

    @property
    def shown_name(self) -> str:
        """The name that colleagues see."""
        return self.get_full_name() or self.username


class Membership(models.Model):
    """A role held at an organisation, from a day and perhaps until one (exclusive)."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=[(role.value, role.value) for role in Role])
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        db_table = "accounts_membership"
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation", "role", "starts_on"], name="membership_once")
        ]


class Relation(models.TextChoices):
    """How an organisation stands to another."""

    PCN = "part_of_pcn"
    TRUST = "served_by_trust"
    PLACE = "in_place"
    ICS = "in_ics"
    REGION = "in_region"
    SUCCESSOR = "succeeded_by"
    """A merger: what was counted for the first is counted for the other from that day on."""


class OrganisationRelation(models.Model):
    """One organisation stands to another, from a day and perhaps until one (exclusive).

    A merger or a move ends one row and begins another; nothing is overwritten, or trend lines would break (clinical.md 8).
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="relations", db_index=False)
    other = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="related")
    kind = models.CharField(max_length=20, choices=Relation.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    shares_checks = models.BooleanField(default=False)
    """By agreement, whoever does the checks at the other organisation may see this one's people who are due them. Without it the
    other sees only those in its own care."""

    class Meta:
        db_table = "accounts_organisation_relation"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "other", "kind", "starts_on"], name="relation_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on")), name="relation_days"
            ),
            models.CheckConstraint(condition=~models.Q(organisation=models.F("other")), name="relation_to_another"),
        ]


class RecordSharing(models.Model):
    """An organisation agreed in writing that another reads what it writes about patients whom both care for, from a day until one
    (the last day counts). Never overwritten, only ended; what is shared both ways is two rows."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="records_given", db_index=False
    )
    """Whose entries they are; who says so and who ends it."""
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="records_received")
    """Who reads them."""
    covers = models.CharField(max_length=8, choices=[(k, k) for k in ("all", "coded")])
    """All that it writes, or only what has a code: results, checks, diagnoses."""
    purpose = models.CharField(max_length=200)
    basis = models.CharField(max_length=200)
    """The lawful basis, in the words of the agreement."""
    signed_by = models.CharField(max_length=160)
    """Who signed for both, in words."""
    signed_on = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    """When it was ended before its day."""
    ended_by = models.CharField(max_length=80, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "accounts_record_sharing"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on"), starts_on__gte=models.F("signed_on")),
                name="record_sharing_days",
            ),
            models.CheckConstraint(condition=~models.Q(organisation=models.F("partner")), name="record_sharing_of_two"),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="record_sharing_giver")]


class SmallCounts(models.Model):
    """Somebody chose to see small counts as they are: at one organisation, for a reason and a short time of real hours.

    Only ended, never changed. Each page and file that they saw by it is a `SmallCountsLook`, and an audit row.
    """

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    user_label = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    words = models.CharField(max_length=300)
    page = models.CharField(max_length=300)
    """Where they chose it."""
    opened_at = models.DateTimeField()
    until_real = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When they hid them again or signed out."""

    class Meta:
        db_table = "accounts_small_counts"


class SmallCountsLook(models.Model):
    """A page that was shown with small counts, or a file that was taken."""

    id = models.BigAutoField(primary_key=True)
    opening = models.ForeignKey(SmallCounts, on_delete=models.PROTECT, related_name="looks")
    at = models.DateTimeField()
    page = models.CharField(max_length=300)
    file = models.CharField(max_length=160, blank=True)
    """Its name, where it was a file."""

    class Meta:
        db_table = "accounts_small_counts_look"
