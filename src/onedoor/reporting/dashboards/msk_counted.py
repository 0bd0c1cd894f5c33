"""Referrals, waits and calls of a service over some months, as they were counted within the last half hour.

To add up two years of referrals and their histories, and to prove that they do add up, takes a second: a page reads what was
counted and says when. The months that everybody looks at first are counted by the worker, others when they are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from onedoor.calls import api as calls
from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.referrals import api as referrals
from onedoor.referrals.api import Month
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.models import ServiceCount

SHOWN_FOR = timedelta(minutes=30)
AGAIN_AFTER = timedelta(minutes=15)
"""The worker counts again well before a page would have to."""
CALL_DEFINITION = "plain"
_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Flow:
    """A month of open pathways, from the days of it: what came less what went is what changed."""

    month: date
    opening: int
    came: int
    went: int
    closing: int


@dataclass(frozen=True)
class Counted:
    """What `msk` shows. `unexplained`: days that do not add up and histories that cannot be true; None where there is no day."""

    at: datetime
    months: list[Month]
    flow: list[Flow]
    unexplained: int | None
    waits: list[referrals.Wait]
    weeks: list[referrals.WaitingWeek]
    calls: list[calls.CallMonth]


def counted(own: Access, service: Service, first: date, last: date) -> Counted:
    """The months of `first` to `last`, whole, as counted within the last half hour of the same day, or else now. `own` reaches
    the service. Of days to come nothing is said."""
    (found,) = counted_each(own, [service], first, last)
    return found


def counted_each(own: Access, services: Sequence[Service], first: date, last: date) -> list[Counted]:
    """`counted` of several, in their order. One statement where all were counted."""
    kept = {one.service_id: one for one in ServiceCount.objects.filter(service__in=services, first=first, last=last)}
    return [
        _read(one.counted_at, one.content)
        if (one := kept.get(service.pk)) is not None and _within(SHOWN_FOR, one.counted_at)
        else _count(own, service, first, last)
        for service in services
    ]


def _within(age: timedelta, at: datetime) -> bool:
    """No older, and of today: waits are counted up to the day."""
    now = clock.now()
    return at <= now < at + age and at.astimezone(clock.LONDON).date() == clock.today()


def _count(own: Access, service: Service, first: date, last: date) -> Counted:
    day = min(last, max(first, clock.today()))
    held = referrals.conservation(own, service, first, day)
    # The lines of the service, not those of practices beside it.
    lines = replace(own, everything=False, organisation_ids=frozenset({service.organisation_id}))
    found = Counted(
        clock.now(),
        referrals.months_of(own, service, first, last),
        _by_month(held),
        held.unexplained if held.days else None,
        referrals.waits_of(own, service, first, day),
        referrals.waiting_weeks(own, service, first, day),
        calls.call_months(lines, first, last, CALL_DEFINITION),
    )
    ServiceCount.objects.update_or_create(
        service_id=service.pk, first=first, last=last, defaults={"counted_at": found.at, "content": _written(found)}
    )
    return found


def count_services(access: Access) -> int:
    """Count the last twelve months of every service with referrals where that is due; what nobody asked for in a week goes."""
    ServiceCount.objects.filter(counted_at__lt=clock.now() - _FORGOTTEN_AFTER).delete()
    first, last = twelve_months(clock.today())
    done = 0
    kept = dict(ServiceCount.objects.filter(first=first, last=last).values_list("service_id", "counted_at"))
    for service in referrals.services_with_referrals():
        if service.pk not in kept or not _within(AGAIN_AFTER, kept[service.pk]):
            _count(access, service, first, last)
            done += 1
    return done


def twelve_months(today: date) -> tuple[date, date]:
    """The first and the last day of the twelve months that end with this one."""
    over = last_day(today) + timedelta(days=1)
    return over.replace(year=over.year - 1), over - timedelta(days=1)


def _by_month(held: referrals.Conservation) -> list[Flow]:
    found: dict[date, list[referrals.Day]] = {}
    for day in held.days:
        found.setdefault(day.day.replace(day=1), []).append(day)
    return [
        Flow(month, days[0].opening, sum(day.came for day in days), sum(day.went for day in days), days[-1].closing)
        for month, days in found.items()
    ]


def _written(found: Counted) -> dict[str, Any]:
    return {
        "months": [vars(month) | {"first": month.first.isoformat()} for month in found.months],
        "flow": [vars(one) | {"month": one.month.isoformat()} for one in found.flow],
        "unexplained": found.unexplained,
        "waits": [vars(one) for one in found.waits],
        "weeks": [vars(one) for one in found.weeks],
        "calls": [vars(one) | {"month": one.month.isoformat()} for one in found.calls],
    }


def _read(at: datetime, content: dict[str, Any]) -> Counted:
    return Counted(
        at,
        [
            Month(**month | {"first": date.fromisoformat(month["first"]), "by_source": Counter(month["by_source"])})
            for month in content["months"]
        ],
        [Flow(**one | {"month": date.fromisoformat(one["month"])}) for one in content["flow"]],
        content["unexplained"],
        [referrals.Wait(**one) for one in content["waits"]],
        [referrals.WaitingWeek(**one) for one in content["weeks"]],
        [calls.CallMonth(**one | {"month": date.fromisoformat(one["month"])}) for one in content["calls"]],
    )
