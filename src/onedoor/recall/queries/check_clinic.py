"""The day list of a clinic: whose visits a day holds, and what each still needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.recall.models import CheckFinding, CheckItem, CheckVisit, Standing
from onedoor.recall.queries.checks import CHECK_SETS, rule_set_of
from onedoor.recall.versions import rule_sets_in_force

_COMING = ("booked", "pending", "arrived", "seen", "cancelling")


@dataclass(frozen=True)
class ClinicRow:
    """One visit of a day: who comes when, and what each still needs."""

    patient_ref: UUID
    name: str
    starts_at: datetime
    minutes: int
    clinician: str
    type_name: str
    state: str
    """Of the place in the diary."""
    needs: tuple[str, ...]
    """Labels of the checks that do not count today and of which the day's visit says nothing."""
    of: int
    begun: bool
    finished: bool
    """Whether a visit for checks was begun, or finished, that day."""
    found: bool
    """Whether something found waits for an action."""


def clinic_day(access: Access, organisation_id: int, day: date) -> list[ClinicRow]:
    """The visits of a day of those who are on the SMI register, or who come for a check, in order.

    Raises NotPermitted without the permission or outside the access.
    """
    access.require(Permission.CHECKS)
    diary = booking.day_diary(access, organisation_id, day)
    booked = [
        (session, seat, seat.person)
        for session in diary.sessions
        for seat in session.seats
        if seat.person is not None and seat.state in _COMING
    ]
    ids = {person.patient_id for _, _, person in booked}
    done = _done(ids)
    held = {
        visit.patient_id: visit
        for visit in CheckVisit.objects.filter(organisation_id=organisation_id, day=day, patient_id__in=ids).order_by(
            "id"
        )
    }
    said = _said(held.values())
    waits = _waits(held.values())
    parts = rule_set_of(CHECK_SETS[0]).parts
    rows: list[ClinicRow] = []
    for session, seat, person in booked:
        key, visit = person.patient_id, held.get(person.patient_id)
        for_checks = key in done or visit is not None or "check" in seat.type_name.lower()
        if person.patient_ref is None or not for_checks:
            continue
        rows.append(
            ClinicRow(
                patient_ref=person.patient_ref,
                name=person.name,
                starts_at=seat.starts_at,
                minutes=seat.minutes,
                clinician=session.clinician,
                type_name=seat.type_name,
                state=seat.state,
                needs=tuple(
                    part.label
                    for n, part in enumerate(parts)
                    if not done.get(key, 0) >> n & 1 and part.key not in said[key]
                ),
                of=len(parts),
                begun=visit is not None and visit.state == "open",
                finished=visit is not None and visit.state == "closed",
                found=key in waits,
            )
        )
    return sorted(rows, key=lambda row: (row.starts_at, row.name))


def next_in_clinic(access: Access, organisation_id: int, day: date, after: UUID) -> UUID | None:
    """Whose form opens once that of `after` is finished: the next in the day's order that is not, then those before."""
    rows = clinic_day(access, organisation_id, day)
    order = [row.patient_ref for row in rows]
    start = order.index(after) + 1 if after in order else 0
    waiting = [row.patient_ref for row in rows[start:] + rows[:start] if not row.finished and row.patient_ref != after]
    return waiting[0] if waiting else None


def _done(patient_ids: Collection[int]) -> dict[int, int]:
    """Of those whose standing is known: the bits of the checks that are done."""
    counts = rule_sets_in_force(clock.today()).get(CHECK_SETS[0])
    standing = Standing.objects.filter(rule_set=counts, patient_id__in=patient_ids)
    return dict(standing.values_list("patient_id", "parts_done"))


def _said(visits: Collection[CheckVisit]) -> dict[int, set[str]]:
    items = CheckItem.objects.filter(visit__in=list(visits)).exclude(state__in=("cleared", "part"))
    found: dict[int, set[str]] = defaultdict(set)
    for patient_id, key in items.values_list("visit__patient_id", "key"):
        found[patient_id].add(key)
    return found


def _waits(visits: Collection[CheckVisit]) -> set[int]:
    found = CheckFinding.objects.filter(visit__in=list(visits), action="", ended_at=None)
    return set(found.values_list("visit__patient_id", flat=True))


def check_visit_patients(access: Access, visit_ids: Collection[int]) -> dict[int, UUID]:
    """Whose visits for checks these are, of those that the access reaches: the patient's reference by the visit's key."""
    if not visit_ids or not access.may(Permission.CHECKS):
        return {}
    found = CheckVisit.objects.filter(pk__in=list(visit_ids), organisation_id__in=access.organisations)
    return dict(found.filter(patient__in=patients.visible(access)).values_list("pk", "patient__ref"))
