"""A second push through people: what is shared with a partner, under which agreement, who looked, and what came back."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from onedoor.accounts.models import Organisation
from onedoor.recall.models.invitations import Invitation


class SharingAgreement(models.Model):
    """A practice and a partner agreed in writing what may be shared, for what, from when until when (the last day counts)."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shares", db_index=False)
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shared_with", db_index=False)
    purpose = models.CharField(max_length=200)
    basis = models.CharField(max_length=200)
    """The lawful basis, in the words of the agreement."""
    sensitive = models.BooleanField(default=False)
    """Whether it covers people whose invitation is sensitive; else they are never shared."""
    signed_on = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    ended_at = models.DateTimeField(null=True)
    """When it was ended before its day."""
    made_at = models.DateTimeField()
    actor_label = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_sharing_agreement"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="agreement_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(organisation=F("partner")), name="agreement_of_two"),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="agreement_organisation")]


class PartnerList(models.Model):
    """People whom a partner is asked to reach. After `expires_on` it opens to nobody."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agreement = models.ForeignKey(SharingAgreement, on_delete=models.PROTECT, related_name="lists")
    expires_on = models.DateField()
    made_at = models.DateTimeField()
    actor_label = models.CharField(max_length=80)

    class Meta:
        db_table = "recall_partner_list"


class PartnerLine(models.Model):
    """One person of a list. What the partner reads is looked up when it is opened and kept nowhere."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    list = models.ForeignKey(PartnerList, on_delete=models.PROTECT, related_name="lines", db_index=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="shared")
    outcome = models.CharField(max_length=12, blank=True)
    """wants, declined, reached, not_reached, wrong_number; empty while nobody has said."""
    outcome_at = models.DateTimeField(null=True)
    actor_label = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "recall_partner_line"
        constraints = [models.UniqueConstraint(fields=["list", "invitation"], name="on_a_list_once")]


class PartnerOpening(models.Model):
    """That somebody of the partner opened a list, and how many people it showed them."""

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(PartnerList, on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_label = models.CharField(max_length=80)
    shown = models.PositiveIntegerField()

    class Meta:
        db_table = "recall_partner_opening"
