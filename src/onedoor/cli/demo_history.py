"""What the demonstration has behind it: two years of closed months, a target, a month of the practice's diary from morning to
morning, a year of visits at its neighbours, packs that come by themselves.

That takes longer than anybody waits for a first page, so the worker does it after the start, a step at a time, by the doors that
the analyst has. The newest month comes first, so that there is something to see at once; the one that ended last is left to be
closed by hand.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from onedoor.kernel import clock, jobs

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
MORNING = time(7, 45)
"""When the practice sends its diary."""
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
    yield from mornings()
    yield from _diaries()
    scheduled = set(PackSchedule.objects.values_list("organisation__ods_code", flat=True))
    for one in within.values():
        if one.ods_code in BY_ITSELF and one.ods_code not in scheduled:
            yield partial(reporting.schedule_pack, access=access, organisation_id=one.id, day=FROM_DAY, active=True)


def mornings() -> Iterator[Callable[[], object]]:
    """The practice's diary of a month, each morning as it stood, so that it is known when a place was given up: nothing was
    refilled then, and shadow mode shows what would have been."""
    from onedoor.cli.supervisor.place import checkout
    from onedoor.exchange import api as exchange

    file = checkout() / "localities" / "demo" / "november.csv"
    bookings = list(csv.DictReader(io.StringIO(file.read_text())))
    days = sorted(filter(None, {read_day(one["Appointment Date"]) for one in bookings}))
    read = set(exchange.ImportFile.objects.filter(kind="appointments").values_list("name", flat=True))
    for day in (*days, days[-1] + timedelta(days=1)):
        name = f"diary-{day}.csv"
        if name not in read:
            yield partial(_send, morning(bookings, day), name, day)


def _send(content: bytes, name: str, day: date) -> None:
    with TemporaryDirectory() as folder, clock.at(datetime.combine(day, MORNING, clock.LONDON)):
        file = Path(folder) / name
        file.write_bytes(content)
        _take(file)


def morning(bookings: Sequence[Mapping[str, str]], day: date) -> bytes:
    """The diary of the whole month as exported before a day began, from all bookings there ever were of its places: each has
    whoever had booked it by the day before, and not given it up."""
    places: dict[tuple[str, ...], dict[str, str]] = {}
    header = [name for name in bookings[0] if name != "Given Up On"]
    for one in bookings:
        row = {name: one[name] for name in header}
        place = tuple(row[name] for name in ("Appointment Date", "Start Time", "Session Holder"))
        of, booked, given_up = (read_day(one[name]) for name in ("Appointment Date", "Booked On", "Given Up On"))
        if booked and booked < day and not (given_up and given_up < day):
            places[place] = row if of and of < day else row | {"Slot Status": "Booked"}
        elif place not in places:
            free = {"Slot Status": "Available", "EMIS Number": "", "NHS Number": "", "Booked On": ""}
            places[place] = row | free
    first, last = bookings[0]["Appointment Date"], bookings[-1]["Appointment Date"]
    text = io.StringIO(newline="")
    text.write(f"Appointment slots\r\nWexcombe Road Surgery (Y99002)\r\nDate range: {first} to {last}; ")
    text.write("all session holders; Main site\r\n\r\n")
    writer = csv.DictWriter(text, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(places.values())
    return text.getvalue().encode("utf-8-sig")


def read_day(written: str) -> date | None:
    """02-Nov-2026; None of nothing."""
    return datetime.strptime(written, "%d-%b-%Y").date() if written else None  # noqa: DTZ007


def _diaries() -> Iterator[Callable[[], object]]:
    """A year of visits at each of the neighbours, where they are there: who came and who did not."""
    from onedoor.accounts import api as accounts
    from onedoor.cli.supervisor.place import checkout
    from onedoor.exchange import api as exchange

    read = set(exchange.ImportFile.objects.filter(kind="appointments").values_list("name", flat=True))
    for file in sorted((checkout() / "localities" / "demo" / "neighbours").glob("diary-*.csv")):
        known = accounts.organisation_by_ods(file.stem.removeprefix("diary-").upper())
        if known is not None and file.name not in read:
            yield partial(_take, file)


def _take(file: Path) -> None:
    from onedoor.exchange import api as exchange
    from onedoor.kernel.actor import Actor

    exchange.import_appointments(file=file, by=Actor.system("loading the demonstration"))


def _before(month: date, many: int) -> date:
    at = month.year * 12 + month.month - 1 - many
    return date(at // 12, at % 12 + 1, 1)
