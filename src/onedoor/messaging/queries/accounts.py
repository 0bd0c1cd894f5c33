"""Accounts with a provider, and whether sending is stopped."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from onedoor.messaging.models import ProviderAccount, Stop


def account_for(organisation_id: int) -> ProviderAccount | None:
    """The account of an organisation, if it has one."""
    return ProviderAccount.objects.filter(organisation_id=organisation_id).first()


def account_by_ref(ref: UUID) -> ProviderAccount | None:
    """The account whose machine doors have this reference."""
    return ProviderAccount.objects.filter(ref=ref).first()


def stopped(organisation_id: int | None) -> bool:
    """Whether sending is stopped for this organisation, or for everybody (None) by its own switch."""
    return standing_stop(organisation_id).exists()


def standing_stop(organisation_id: int | None) -> QuerySet[Stop]:
    """The stop in force for this organisation, or the one for everybody (None): one row or none."""
    in_force = Stop.objects.filter(until=None)
    if organisation_id is None:
        return in_force.filter(organisation=None)
    return in_force.filter(organisation_id=organisation_id)
