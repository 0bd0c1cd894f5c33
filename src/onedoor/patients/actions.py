"""Writes of patients. Lists of patients come in through `imports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q

from onedoor.accounts.api import require_runs_all
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.patients.models import CareRelationship, ContactPoint, PortalAccount
from onedoor.patients.types import NumberChange

WRONG = "wrong number"
"""Why a number ended that is somebody else's (clinical.md 6.2)."""


@transaction.atomic
def end_number(*, organisation_id: int, number: str, held_by: datetime, by: Actor) -> NumberChange:
    """The organisation has found that a number is not its patients': theirs end who had it at `held_by`, when that was said.

    Whoever holds it since may be the right one. Nobody speaks for another organisation's patients: which others care for
    somebody of this number is returned, and they must be asked. Raises NotPermitted.
    """
    require_staff(by, organisation_id)
    points = list(
        ContactPoint.objects.select_for_update().filter(value=number, until=None, since__lte=held_by).order_by("id")
    )
    care = _care({point.patient_id for point in points})
    ended = [point for point in points if _speaks(organisation_id, care.get(point.patient_id, set()))]
    ContactPoint.objects.filter(pk__in=[point.pk for point in ended]).update(until=clock.now(), ended_because=WRONG)
    return _changed("end_number", organisation_id, ended, care, by)


@transaction.atomic
def restore_number(*, organisation_id: int, number: str, ended_since: datetime, by: Actor) -> NumberChange:
    """The organisation has found that a number is its patients' after all: what was ended as wrong since then holds again.

    History stays: a new contact point begins. Returns who else cares for them. Raises NotPermitted.
    """
    require_staff(by, organisation_id)
    points = list(
        ContactPoint.objects.select_for_update()
        .filter(Q(until=None) | Q(until__gte=ended_since, ended_because=WRONG), value=number)
        .order_by("id")
    )
    care = _care({point.patient_id for point in points})
    hold = {(point.patient_id, point.kind) for point in points if point.until is None}
    lost = {
        (point.patient_id, point.kind) for point in points if organisation_id in care.get(point.patient_id, set())
    } - hold
    begun = ContactPoint.objects.bulk_create(
        [
            ContactPoint(patient_id=patient_id, kind=kind, value=number, since=clock.now())
            for patient_id, kind in sorted(lost)
        ]
    )
    return _changed("restore_number", organisation_id, begun, {key: care[key] for key, _ in lost}, by)


def _care(patient_ids: Collection[int]) -> dict[int, set[int]]:
    """Who cares for each of these patients now."""
    today = clock.today()
    found: dict[int, set[int]] = {}
    present = CareRelationship.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today), patient_id__in=patient_ids, starts_on__lte=today
    )
    for patient_id, organisation_id in present.values_list("patient_id", "organisation_id"):
        found.setdefault(patient_id, set()).add(organisation_id)
    return found


def _speaks(organisation_id: int, carers: set[int]) -> bool:
    """For its own patients, and for those for whom nobody else could speak."""
    return organisation_id in carers or not carers


def _changed(
    action: str, organisation_id: int, points: Sequence[ContactPoint], care: Mapping[int, set[int]], by: Actor
) -> NumberChange:
    audit.record_many(
        by=by,
        lines=[
            audit.Line(action, "contact_point", point.pk, patient_id=point.patient_id, organisation_id=organisation_id)
            for point in points
        ],
    )
    others = set().union(*care.values()) - {organisation_id}
    return NumberChange(sorted({point.patient_id for point in points}), sorted(others))


def take_into_care(*, pairs: Collection[tuple[int, int]], by: Actor) -> int:
    """Let organisations see patients who were referred to them: (organisation, patient) pairs; returns how many are new.

    In the caller's transaction, with one statement; whoever is in such care already stays in it. The caller says that there is a
    referral.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("care begins with what it is for")
    if not pairs:
        return 0
    ordered = sorted(set(pairs))
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
               SELECT w.patient, w.organisation, 'referred', %s
               FROM unnest(%s::bigint[], %s::bigint[]) AS w(organisation, patient)
               ON CONFLICT (patient_id, organisation_id, kind) WHERE ends_on IS NULL DO NOTHING
               RETURNING organisation_id, patient_id""",
            [clock.today(), [pair[0] for pair in ordered], [pair[1] for pair in ordered]],
        )
        new = cursor.fetchall()
    audit.record_many(
        by=by,
        lines=[
            audit.Line("take_into_care", "patient", patient_id, patient_id=patient_id, organisation_id=organisation_id)
            for organisation_id, patient_id in new
        ],
    )
    return len(new)


def let_out_of_care(*, ends: Mapping[tuple[int, int], date], by: Actor) -> int:
    """Organisations no longer see patients who were referred to them, from a day on: by (organisation, patient); returns how
    many such relationships end.

    In the caller's transaction, with one statement. Those that end already keep their day; being registered or otherwise cared
    for there is not touched. The caller says that no referral is open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("care ends with what it was for")
    if not ends:
        return 0
    ordered = sorted(ends)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE patients_care_relationship c SET ends_on = greatest(w.day, c.starts_on)
               FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS w(organisation, patient, day)
               WHERE c.organisation_id = w.organisation AND c.patient_id = w.patient AND c.kind = 'referred'
                   AND c.ends_on IS NULL
               RETURNING c.organisation_id, c.patient_id, c.ends_on""",
            [[pair[0] for pair in ordered], [pair[1] for pair in ordered], [ends[pair] for pair in ordered]],
        )
        ended = cursor.fetchall()
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "let_out_of_care",
                "patient",
                patient_id,
                patient_id=patient_id,
                organisation_id=organisation_id,
                detail={"from": day.isoformat()},
            )
            for organisation_id, patient_id, day in ended
        ],
    )
    return len(ended)


@transaction.atomic
def open_portal(*, user_id: int, patient_id: int, by: Actor) -> None:
    """Let this user sign in as the patient; a user is one patient for good. Raises NotPermitted."""
    require_runs_all(by)
    account, made = PortalAccount.objects.get_or_create(user_id=user_id, defaults={"patient_id": patient_id})
    if account.patient_id != patient_id:
        raise ValueError("this sign-in belongs to another patient")
    if made:
        audit.record(by=by, line=audit.Line("open_portal", "portal_account", account.pk, patient_id=patient_id))
