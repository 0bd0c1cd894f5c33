"""Reads of recall."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.recall.models import Invitation, RecallProgramme
from onedoor.recall.programmes import Programme, in_force
from onedoor.recall.types import InvitationView, WaveView


def invitations_of(access: Access, patient_id: int, *, limit: int = 5) -> list[InvitationView]:
    """A patient's invitations, the newest first. Raises Patient.DoesNotExist outside the access."""
    patient = patients.by_id(access, patient_id)
    found = Invitation.objects.filter(patient=patient)
    if not access.everything and access.patient_id is None:
        found = found.filter(organisation_id__in=access.organisations)
    rows = list(found.prefetch_related("programmes", "waves").order_by("-invited_at", "-id")[:limit])
    known = in_force(clock.today()) if rows else {}
    keys = {(one.organisation_id, of.key) for one in rows for of in one.programmes.all()}
    types = RecallProgramme.objects.filter(organisation_id__in={key[0] for key in keys}, types__isnull=False)
    choosable = set(types.values_list("organisation_id", "key")) if rows else set()
    return [_view(one, known, choosable) for one in rows]


def _view(one: Invitation, known: Mapping[str, Programme], choosable: set[tuple[int, str]]) -> InvitationView:
    joined = [known[of.key] for of in sorted(one.programmes.all(), key=lambda of: of.pk) if of.key in known]
    waves = sorted(one.waves.all(), key=lambda wave: wave.number)
    return InvitationView(
        one.pk, one.ref, one.organisation_id, one.season, one.state, one.where_when, one.via, one.invited_at, one.ends_at,
        one.changed_at,
        programme=one.programme,
        visits=tuple(programme.asked for programme in joined),
        benefit=next((programme.benefit for programme in joined if programme.benefit), ""),
        sensitive=one.sensitive,
        because=one.because,
        waves=tuple(WaveView(w.number, w.channel, w.state, w.made_on, w.sent_at) for w in waves),
        may_choose=any((one.organisation_id, of.key) in choosable for of in one.programmes.all()),
    )  # fmt: skip


def open_invitations_of(access: Access, patient_id: int) -> list[InvitationView]:
    """Those that the patient may still answer. Raises Patient.DoesNotExist outside the access."""
    now = clock.now()
    return [
        one
        for one in invitations_of(access, patient_id)
        if one.ends_at > now and one.state in ("invited", "accepted", "declined", "already_done") and not one.where_when
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
