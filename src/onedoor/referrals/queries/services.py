"""Which services have referrals."""

from __future__ import annotations

from onedoor.directory.api import Service
from onedoor.referrals.models import Referral


def services_with_referrals() -> list[Service]:
    """Services that were ever referred to, by name; services are public."""
    return list(
        Service.objects.select_related("organisation")
        .filter(pk__in=Referral.objects.values("service_id").distinct())
        .order_by("name")
    )
