"""Which packs there are, and who gets one by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.kernel.access import Access
from onedoor.reporting.levels import OURS, Unit, reach
from onedoor.reporting.models import Closing, Pack, PackSchedule

SHOWN = 12
"""Closed months whose packs are listed."""


@dataclass(frozen=True)
class PackLine:
    """An organisation and the packs of a closing: made, or to be made; `day` of the month when it comes by itself, if it does."""

    unit: Unit
    pack: Pack | None
    day: int | None


@dataclass(frozen=True)
class MonthOfPacks:
    """The last edition of a closed month, and a line for each organisation within reach, from above."""

    closing: Closing
    lines: Sequence[PackLine]


def months_of_packs(access: Access) -> list[MonthOfPacks]:
    """The last closed months, the latest first. Raises NotPermitted without Permission.REPORTS."""
    units = sorted(reach(access).values(), key=lambda one: (_RANK.get(one.level, len(_RANK)), one.name))
    keys = [one.id for one in units]
    closings = sorted(
        Closing.objects.order_by("month", "-edition").distinct("month"), key=lambda one: one.month, reverse=True
    )[:SHOWN]
    packs = Pack.objects.filter(closing__in=closings, organisation_id__in=keys).defer("pdf", "xlsx")
    made = {(one.closing_id, one.organisation_id): one for one in packs}
    days = dict(
        PackSchedule.objects.filter(active=True, organisation_id__in=keys).values_list("organisation_id", "day")
    )
    return [
        MonthOfPacks(one, [PackLine(unit, made.get((one.pk, unit.id)), days.get(unit.id)) for unit in units])
        for one in closings
    ]


_RANK = {level: place for place, level in enumerate(OURS)}
