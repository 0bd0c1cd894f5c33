"""Which places serve what somebody is invited to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from onedoor.booking import api as booking
from onedoor.booking.types import FreePlace
from onedoor.kernel.access import Access
from onedoor.recall.models import Invitation, InvitationProgramme, RecallProgramme


def types_of(organisation_id: int, keys: Collection[str] | None = None) -> list[int]:
    """The kinds of appointment that are visits of a practice's programmes, all or those of `keys`: whoever has one ahead is not
    asked."""
    found = RecallProgramme.objects.filter(organisation_id=organisation_id, types__isnull=False)
    if keys is not None:
        found = found.filter(key__in=list(keys))
    return sorted(set(found.values_list("types", flat=True)))


def kinds_of(invitation_ids: Sequence[int]) -> dict[int, set[int]]:
    """The kinds of appointment that serve what each invitation joins."""
    rows = InvitationProgramme.objects.filter(invitation_id__in=list(invitation_ids)).values_list(
        "invitation_id", "invitation__organisation_id", "key"
    )
    types: dict[tuple[int, str], set[int]] = {}
    for organisation_id, key, type_id in RecallProgramme.objects.filter(
        organisation_id__in={row[1] for row in rows}, types__isnull=False
    ).values_list("organisation_id", "key", "types"):
        types.setdefault((organisation_id, key), set()).add(type_id)
    found: dict[int, set[int]] = {}
    for invitation_id, organisation_id, key in rows:
        found[invitation_id] = found.get(invitation_id, set()) | types.get((organisation_id, key), set())
    return found


def places(access: Access, invitation: Invitation, *, limit: int = 60, only: UUID | None = None) -> list[FreePlace]:
    """Free places of our diary that serve an invitation and fit its patient's needs, the earliest first."""
    types = kinds_of([invitation.pk]).get(invitation.pk)
    if not types:
        return []
    return booking.places_for(
        access,
        organisation_id=invitation.organisation_id,
        type_ids=sorted(types),
        patient_id=invitation.patient_id,
        limit=limit,
        only=only,
    )
