"""Which referrals somebody may see."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from onedoor.accounts.api import organisations
from onedoor.directory.api import Service
from onedoor.kernel.access import Access, Permission
from onedoor.patients.api import visible as visible_patients
from onedoor.referrals.models import Referral
from onedoor.referrals.rules import AWAITING_TRIAGE


def visible(access: Access) -> QuerySet[Referral]:
    """Referrals to the services of the access, and those that its practice sent for patients in its care.

    The first need the permission REFERRALS, the second REFER; a patient's own access finds their own. A proxy
    reads where they are (`where_is`), and no more of them.
    """
    found = Referral.objects.select_related("service__organisation", "stream", "patient")
    if access.everything:
        return found
    if access.patient_id is not None:
        return found.filter(patient_id=access.patient_id) if access.parts is None else found.none()
    allowed = Q(pk__in=[])
    if access.may(Permission.REFERRALS):
        allowed |= Q(service__organisation_id__in=access.organisations)
    if access.may(Permission.REFER):
        codes = [organisation.ods_code for organisation in organisations(access)]
        allowed |= Q(referrer_ods__in=codes, patient__in=visible_patients(access))
    return found.filter(allowed)


def by_ref(access: Access, ref: UUID) -> Referral:
    """One referral; raises Referral.DoesNotExist outside the access."""
    return visible(access).get(ref=ref)


def services_of(access: Access) -> list[Service]:
    """Services whose referrals this access decides: active ones, and those with something open still.

    Those where something waits to be decided come first, each lot by name.
    """
    if not access.may(Permission.REFERRALS):
        return []
    found = Service.objects.select_related("organisation")
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    open_still = Referral.objects.filter(service=OuterRef("pk"), closed_at=None)
    undecided = Exists(open_still.filter(state=AWAITING_TRIAGE))
    return list(
        found.filter(Q(active=True) | Exists(open_still)).annotate(undecided=undecided).order_by("-undecided", "name")
    )
