"""Writes of patients. Lists of patients come in through `imports`."""

from __future__ import annotations

from django.db import transaction

from onedoor.accounts.api import require_runs_all
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.patients.models import ContactPoint, PortalAccount
from onedoor.patients.queries import visible


@transaction.atomic
def end_number(*, number: str, because: str, by: Actor) -> list[int]:
    """Stop using a number for everybody who holds it (clinical.md 6.2, wrong number); returns the patients' keys.

    A number that is wrong is wrong for everybody, yet only staff who care for one of its holders may say so: NotPermitted.
    """
    points = list(ContactPoint.objects.select_for_update().filter(value=number, until=None).order_by("id"))
    if by.kind != "system" and not _cares_for_one(by, {point.patient_id for point in points}):
        raise NotPermitted
    ContactPoint.objects.filter(pk__in=[point.pk for point in points]).update(until=clock.now(), ended_because=because)
    audit.record_many(
        by=by,
        lines=[
            audit.Line("end_number", "contact_point", point.pk, patient_id=point.patient_id, detail={"why": because})
            for point in points
        ],
    )
    return sorted({point.patient_id for point in points})


@transaction.atomic
def open_portal(*, user_id: int, patient_id: int, by: Actor) -> None:
    """Let this user sign in as the patient; a user is one patient for good. Raises NotPermitted."""
    require_runs_all(by)
    account, made = PortalAccount.objects.get_or_create(user_id=user_id, defaults={"patient_id": patient_id})
    if account.patient_id != patient_id:
        raise ValueError("this sign-in belongs to another patient")
    if made:
        audit.record(by=by, line=audit.Line("open_portal", "portal_account", account.pk, patient_id=patient_id))


def _cares_for_one(by: Actor, patient_ids: set[int]) -> bool:
    if by.kind != "user" or by.organisation_id is None:
        return False
    here = Access(actor=by, organisation_ids=frozenset({by.organisation_id}))
    return not patient_ids or visible(here).filter(pk__in=patient_ids).exists()
