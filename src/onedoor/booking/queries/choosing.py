"""Free places to choose from: of some kinds, at which a patient has time, and which are not kept for somebody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from onedoor.booking.models import LIVE, TAKEN, Appointment, Offer, Seat
from onedoor.booking.needs import Misfit
from onedoor.booking.queries.needs import demands_of, unmet
from onedoor.booking.rules import overlapping
from onedoor.booking.types import FreePlace
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted

MOST = 60
"""More times than this on one page help nobody."""


def places_for(
    access: Access,
    *,
    organisation_id: int,
    type_ids: Sequence[int],
    patient_id: int,
    limit: int = MOST,
    only: UUID | None = None,
    fitting: bool = True,
) -> list[FreePlace]:
    """Free places of any of these kinds at an organisation for one patient, the earliest first; `only` the one with this
    reference. Without `fitting` those that do not meet a need of theirs, and why: staff may book one, and say why.

    Raises NotPermitted unless the access is the patient's, the system's, or of the organisation.
    """
    if not (access.everything or access.patient_id == patient_id or organisation_id in access.organisation_ids):
        raise NotPermitted(organisation_id)
    return free_for(
        organisation_id=organisation_id,
        type_ids=type_ids,
        patient_id=patient_id,
        besides=(),
        limit=limit,
        only=only,
        fitting=fitting,
    )


def free_for(
    *,
    organisation_id: int,
    type_ids: Sequence[int],
    patient_id: int,
    besides: Collection[int],
    limit: int,
    only: UUID | None,
    fitting: bool = True,
) -> list[FreePlace]:
    """As `places_for`, for whoever has asked whether it may be seen.

    Left out: places that others have or hold, those being offered to people who wait, those at which the patient has something
    else than a hold or the appointments `besides`, and those that do not meet their needs or are too near for their interpreter.
    """
    mine = Q(patient_id=patient_id, state="held")
    taken = Appointment.objects.filter(seat=OuterRef("pk"), state__in=TAKEN).exclude(mine)
    offered = Offer.objects.filter(release__seat=OuterRef("pk"), release__state="open", state="open")
    found = (
        Seat.objects.filter(
            ~Exists(taken),
            ~Exists(offered),
            session__organisation_id=organisation_id,
            type_id__in=type_ids,
            state="open",
            starts_at__gt=clock.now(),
        )
        .select_related("session", "type")
        .order_by("starts_at", "id")
    )
    if only is not None:
        found = found.filter(ref=only)
    rest = Appointment.objects.filter(patient_id=patient_id, state__in=LIVE).exclude(mine).exclude(pk__in=besides)
    busy = [(span.lower, span.upper) for span in rest.values_list("during", flat=True)]
    lacks: Mapping[tuple[int, int], tuple[Misfit, ...]] = {}
    if demands_of([patient_id]):
        # Whoever has needs sees what fits: all that is free is looked at once, not place by place.
        lacks = unmet([patient_id], list(found.values_list("id", flat=True)), by_machine=fitting)
    elif not fitting:
        return []
    not_met = [seat_id for _, seat_id in lacks]
    found = found.exclude(pk__in=not_met) if fitting else found.filter(pk__in=not_met)
    free = []
    for seat in found.iterator(chunk_size=200):
        place = FreePlace(
            ref=seat.ref,
            starts_at=seat.starts_at,
            minutes=seat.minutes,
            clinician=seat.session.clinician,
            type_name=seat.type.name,
            source=seat.session.source,
            misfits=lacks.get((patient_id, seat.pk), ()),
        )
        if overlapping(busy, place.starts_at, place.ends_at):
            continue
        free.append(place)
        if len(free) == limit:
            break
    return free
