"""Reads of recall."""

from __future__ import annotations

from uuid import UUID

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.recall.models import Invitation
from onedoor.recall.types import InvitationView


def invitations_of(access: Access, patient_id: int, *, limit: int = 5) -> list[InvitationView]:
    """A patient's invitations, the newest first. Raises Patient.DoesNotExist outside the access."""
    patient = patients.by_id(access, patient_id)
    found = Invitation.objects.filter(patient=patient)
    if not access.everything and access.patient_id is None:
        found = found.filter(organisation_id__in=access.organisations)
    return [
        InvitationView(
            one.pk, one.ref, one.organisation_id, one.season, one.state, one.where_when, one.via, one.invited_at,
            one.ends_at, one.changed_at,
        )
        for one in found.order_by("-invited_at", "-id")[:limit]
    ]  # fmt: skip


def open_invitations_of(access: Access, patient_id: int) -> list[InvitationView]:
    """Those that the patient may still answer. Raises Patient.DoesNotExist outside the access."""
    now = clock.now()
    return [
        one
        for one in invitations_of(access, patient_id)
        if one.ends_at > now and one.state not in ("withdrawn", "expired") and not one.where_when
    ]


def by_ref(access: Access, ref: UUID) -> Invitation:
    """One invitation; Invitation.DoesNotExist outside the access."""
    found = Invitation.objects.all()
    if not access.everything:
        found = (
            found.filter(patient_id=access.patient_id)
            if access.patient_id is not None
            else found.filter(organisation_id__in=access.organisations)
        )
    return found.get(ref=ref)
