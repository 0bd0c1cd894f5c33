"""Setting a target and ending it. What stood before is kept: one that is replaced is ended, never overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db import IntegrityError, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting.levels import Unit, reach
from onedoor.reporting.models import Trajectory
from onedoor.reporting.trajectory.standing import MEASURE, Standing, standings

_MOST = 10_000_000
FIELDS = ("baseline", "due_on", "more", "rate", "basis")


class Overtaken(Exception):
    """Somebody set or ended a target since the page was read."""


@dataclass
class TargetRead:
    """What was typed, read: `problems` by field in words, `made` where it was taken."""

    values: dict[str, object] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    made: Trajectory | None = None


@transaction.atomic
def set_target(*, access: Access, organisation_id: int, typed: Mapping[str, str], replaces: UUID | None) -> TargetRead:
    """Set what an organisation is to reach, in place of the target `replaces`, which is ended.

    The baseline is a period of which figures are known, and its numbers are those: they are not typed. A count, a rate or both;
    the one may be met and the other missed. Raises NotPermitted outside of the access, Overtaken.
    """
    unit = _may(access, organisation_id)
    # Whoever reads the target reads where it starts: no small count that is shown to this one alone.
    found = read(typed, standings(replace(access, small_counts=None), unit))
    if "baseline" in found.problems and access.sees_small_counts:
        found.problems["baseline"] = "Choose a period whose figure others may read too: it stands with the target."
    if found.problems:
        return found
    now = clock.now()
    before = Trajectory.objects.select_for_update().filter(
        organisation_id=organisation_id, measure=MEASURE, ended_at=None
    )
    there = before.first()
    if (there.ref if there else None) != replaces:
        raise Overtaken
    if there is not None:
        there.ended_at = now
        there.save(update_fields=["ended_at"])
    try:
        with transaction.atomic():
            found.made = Trajectory.objects.create(
                organisation_id=organisation_id,
                measure=MEASURE,
                made_at=now,
                made_by=access.actor.label,
                **found.values,
            )
    except IntegrityError as error:
        raise Overtaken from error
    _audit(access, found.made, "set_target")
    return found


@transaction.atomic
def end_target(*, access: Access, ref: UUID) -> bool:
    """Nothing is aimed at any more; False where it had ended already. Raises NotPermitted, Trajectory.DoesNotExist."""
    one = Trajectory.objects.select_for_update().get(ref=ref)
    _may(access, one.organisation_id)
    if one.ended_at is not None:
        return False
    one.ended_at = clock.now()
    one.save(update_fields=["ended_at"])
    _audit(access, one, "end_target")
    return True


def read(typed: Mapping[str, str], known: list[Standing]) -> TargetRead:
    """Read a form against the periods of which figures are known."""
    said = {name: typed.get(name, "").strip() for name in FIELDS}
    found = TargetRead()
    start = next((one for one in known if f"{one.kind}:{one.key}" == said["baseline"]), None)
    if start is None:
        found.problems["baseline"] = "Choose the period from which it starts."
    else:
        found.values |= {
            "baseline_on": start.on,
            "baseline_numerator": start.done,
            "baseline_denominator": start.register,
        }
    due = _day(said["due_on"])
    if due is None or due.year > 2100:
        found.problems["due_on"] = "Choose the day by which it is to be reached."
    elif start is not None and due <= start.on:
        found.problems["due_on"] = f"It lies before the end of {start.words}, from which it starts."
    found.values["due_on"] = due
    found.values["more"] = _count(said["more"], found)
    found.values["rate"] = _rate(said["rate"], found)
    if not (said["more"] or said["rate"]):
        found.problems["more"] = "Write a count, a rate or both."
    found.values["basis"] = said["basis"]
    if not said["basis"] or len(said["basis"]) > 300:
        found.problems["basis"] = "Write where the target comes from, in at most 300 characters."
    return found


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _count(said: str, found: TargetRead) -> int | None:
    if not said:
        return None
    plain = said.replace(",", "")
    if not (plain.isascii() and plain.isdecimal() and 0 < int(plain[:12]) <= _MOST):
        found.problems["more"] = "Write a whole number of people, such as 2,957."
        return None
    return int(plain)


def _rate(said: str, found: TargetRead) -> Decimal | None:
    if not said:
        return None
    try:
        number = Decimal(said.removesuffix("%").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 < number <= 100 or round(number, 4) != number:
        found.problems["rate"] = "Write a share in per cent, such as 40 or 62.5."
        return None
    return number


def _may(access: Access, organisation_id: int) -> Unit:
    """Whoever writes plans (Permission.PLAN) sets the target of whose figures they see: their own organisation, or one below."""
    access.require(Permission.PLAN)
    unit = reach(access).get(organisation_id)
    if unit is None:
        raise NotPermitted(Permission.PLAN)
    return unit


def _audit(access: Access, one: Trajectory, action: str) -> None:
    audit.record(by=access.actor, line=audit.Line(action, "trajectory", one.pk, organisation_id=one.organisation_id))
