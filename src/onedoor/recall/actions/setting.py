"""How a practice's run is set: on or off by programme, how many a week, for which appointments, and somebody's own month."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from onedoor.booking import api as booking
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission, require_staff
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.recall.models import RecallMonth, RecallPolicy, RecallProgramme
from onedoor.recall.programmes import in_force
from onedoor.recall.types import CannotSet

MOST_A_WEEK = 5_000
GAP_DAYS = range(7, 92)
"""Days between two waves. Seven at the least: nearer ones count as one invitation (clinical.md 3.1)."""


@transaction.atomic
def set_run(*, organisation_id: int, weekly: int, gap_days: int, by: Actor) -> None:
    """Say how many people a practice asks in a week, and how many days lie between two waves at the least.

    Raises NotPermitted, and CannotSet outside what may be set.
    """
    require_staff(by, organisation_id)
    if not 0 <= weekly <= MOST_A_WEEK:
        raise CannotSet(f"How many people a week: a whole number, at most {MOST_A_WEEK}.")
    if gap_days not in GAP_DAYS:
        raise CannotSet(f"Days between two waves: from {GAP_DAYS[0]} to {GAP_DAYS[-1]}.")
    RecallPolicy.objects.update_or_create(
        organisation_id=organisation_id, defaults={"weekly": weekly, "gap_days": gap_days}
    )
    audit.record(
        by=by,
        line=audit.Line(
            "set_recall_run",
            "recall_policy",
            organisation_id=organisation_id,
            detail={"weekly": weekly, "gap_days": gap_days},
        ),
    )


@transaction.atomic
def switch_programme(*, organisation_id: int, key: str, on: bool, by: Actor) -> None:
    """Switch a programme's invitations on or off at a practice; off holds the waves of those already invited too.

    Raises NotPermitted, and CannotSet for a programme that is not in force.
    """
    require_staff(by, organisation_id)
    _known(key)
    RecallPolicy.objects.get_or_create(organisation_id=organisation_id)
    RecallProgramme.objects.update_or_create(organisation_id=organisation_id, key=key, defaults={"enabled": on})
    # Whoever switches something on need not wait for the next hour.
    RecallPolicy.objects.filter(organisation_id=organisation_id).update(ran_at=None)
    audit.record(
        by=by,
        line=audit.Line(
            "switch_programme", "recall_programme", organisation_id=organisation_id, detail={"key": key, "on": on}
        ),
    )


@transaction.atomic
def set_visits(*, organisation_id: int, key: str, type_ids: Sequence[int], by: Actor) -> None:
    """Say which kinds of appointment of a practice are a programme's visit. Raises NotPermitted and CannotSet."""
    require_staff(by, organisation_id)
    _known(key)
    own = set(
        booking.AppointmentType.objects.filter(organisation_id=organisation_id, pk__in=list(type_ids)).values_list(
            "pk", flat=True
        )
    )
    if own != set(type_ids):
        raise CannotSet("One of these kinds of appointment is not this practice's.")
    row, _ = RecallProgramme.objects.get_or_create(organisation_id=organisation_id, key=key)
    row.types.set(sorted(own))
    audit.record(
        by=by,
        line=audit.Line(
            "set_programme_visits",
            "recall_programme",
            row.pk,
            organisation_id=organisation_id,
            detail={"key": key, "types": len(own)},
        ),
    )


@transaction.atomic
def set_month(*, access: Access, patient_id: int, month: int | None, reason: str = "") -> None:
    """Ask somebody in this month (1 to 12) instead of the month of their birth; None takes that back. No code is back-dated.

    Raises Patient.DoesNotExist outside the access, NotPermitted, and CannotSet without a month of the year or a reason.
    """
    access.require(Permission.PATIENTS)
    patient = patients.by_id(access, patient_id)
    why = " ".join(reason.split())[:120]
    if month is None:
        RecallMonth.objects.filter(patient=patient).delete()
    elif month not in range(1, 13) or not why:
        raise CannotSet("Choose a month, and say why.")
    else:
        RecallMonth.objects.update_or_create(
            patient=patient,
            defaults={"month": month, "reason": why, "set_at": clock.now(), "actor_label": access.actor.label},
        )
    audit.record(
        by=access.actor,
        line=audit.Line("set_recall_month", "patient", patient.pk, patient_id=patient.pk, detail={"month": month}),
    )


def _known(key: str) -> None:
    if key not in in_force(clock.today()):
        raise CannotSet("There is no such programme.")
