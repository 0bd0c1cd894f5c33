"""Standings for tests of what reads them, without the entries that would make them so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TypedDict

from onedoor.kernel import clock
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.models.standing import Basis, RuleSet, Standing

PARTS = ("bp", "bmi", "alcohol", "lipid", "glucose", "smoking")
"""Of the rule set of the six checks, in its order."""
ALL = frozenset(PARTS)


def bits(parts: Collection[str]) -> int:
    """The bits of parts by their keys."""
    return sum(1 << PARTS.index(part) for part in parts)


class Stood(TypedDict, total=False):
    """What of a standing a test says besides what is lacking."""

    declined: Collection[str]
    status: int
    reason: str
    expires_on: date | None
    rule_set: str


def stand(
    patients: Sequence[Patient],
    *,
    lack: Collection[str] = (),
    declined: Collection[str] = (),
    status: int = 2,
    reason: str = "",
    expires_on: date | None = None,
    rule_set: str = "smi",
) -> None:
    """Say of these people, in two statements, that they are on the register and lack these checks."""
    today = clock.today()
    done = bits(ALL - set(lack))
    complete = not lack
    where = dict(
        CareRelationship.objects.filter(patient__in=patients, kind="registered", ends_on=None).values_list(
            "patient_id", "organisation_id"
        )
    )
    Basis.objects.get_or_create(pk=1, defaults={"fingerprint": "", "looked_on": today, "looked_at": clock.real_now()})
    rules = RuleSet.objects.filter(key=rule_set).latest("active_from")
    Standing.objects.bulk_create(
        Standing(
            rule_set=rules,
            patient=one,
            organisation_id=where[one.pk],
            status=1 if complete and status == 2 else status,
            reason=reason or ("done" if complete else "due"),
            in_denominator=status != 0,
            in_numerator=complete and status != 0,
            parts_done=done,
            parts_declined=bits(declined),
            due_on=today,
            expires_on=expires_on,
            changes_on=expires_on,
            computed_on=today,
        )
        for one in patients
    )
