"""What the demonstration has behind it: two years of closed months, a target, a year of visits, packs that come by themselves.

That takes longer than anybody waits for a first page, so the worker does it after the start, a step at a time, by the doors that
the analyst has. The newest month comes first, so that there is something to see at once; the one that ended last is left to be
closed by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from onedoor.kernel import jobs

ANALYST = "demo-ics_analyst"
LAST, MONTHS = date(2026, 10, 1), 24
TARGET = {
    "baseline": "record:2026-03",
    "due_on": "2027-03-31",
    "rate": "60",
    "basis": "National standard of 60%; the day is the demonstration’s",
}
BY_ITSELF = ("Y99930", "Y99002", "Y99003")
"""Whose packs come by themselves: the care system and two practices. The others are there to be ticked."""
FROM_DAY = 3
WAKES = 2.0

_ended = False


def register() -> None:
    """For the worker of a demonstration only; in the line of what may take long."""
    jobs.sweep("demonstration.history", every=WAKES, outside=True)(go_on)


def go_on() -> int:
    """Take the next step, 1 where there was one; nothing where nobody signs in as the analyst."""
    global _ended
    from onedoor.reporting import api as reporting

    if _ended:
        return 0
    try:
        for step in steps():
            step()
            return 1
    except reporting.CannotClose:
        # Somebody has been writing for long: at the next tick.
        return 0
    _ended = True
    return 0


def steps() -> Iterator[Callable[[], object]]:
    """What is still to be done, each by itself; whatever was done, by whomever, is not done again."""
    from onedoor.accounts import api as accounts
    from onedoor.reporting import api as reporting
    from onedoor.reporting.levels import reach
    from onedoor.reporting.models import Closing, PackSchedule, Trajectory
    from onedoor.reporting.trajectory.standing import standings

    user = accounts.User.objects.filter(username=ANALYST).first()
    if user is None:
        return
    access = accounts.access_of(user)
    closed = set(Closing.objects.values_list("month", flat=True))
    for month in (_before(LAST, n) for n in range(MONTHS)):
        if month not in closed:
            yield partial(reporting.close_month, access, month=month)
    (system,) = access.organisations
    within = reach(access)
    known = {f"{one.kind}:{one.key}" for one in standings(access, within[system])}
    if TARGET["baseline"] in known and not Trajectory.objects.filter(organisation_id=system).exists():
        yield partial(reporting.set_target, access=access, organisation_id=system, typed=TARGET, replaces=None)
    yield from _diaries()
    scheduled = set(PackSchedule.objects.values_list("organisation__ods_code", flat=True))
    for one in within.values():
        if one.ods_code in BY_ITSELF and one.ods_code not in scheduled:
            yield partial(reporting.schedule_pack, access=access, organisation_id=one.id, day=FROM_DAY, active=True)


def _diaries() -> Iterator[Callable[[], object]]:
    """A year of visits at each of the neighbours, where they are there: who came and who did not."""
    from onedoor.accounts import api as accounts
    from onedoor.cli.supervisor.place import checkout
    from onedoor.exchange import api as exchange
    from onedoor.kernel.actor import Actor

    read = set(exchange.ImportFile.objects.filter(kind="appointments").values_list("name", flat=True))
    for file in sorted((checkout() / "localities" / "demo" / "neighbours").glob("diary-*.csv")):
        known = accounts.organisation_by_ods(file.stem.removeprefix("diary-").upper())
        if known is not None and file.name not in read:
            yield partial(exchange.import_appointments, file=file, by=Actor.system("loading the demonstration"))


def _before(month: date, many: int) -> date:
    at = month.year * 12 + month.month - 1 - many
    return date(at // 12, at % 12 + 1, 1)
