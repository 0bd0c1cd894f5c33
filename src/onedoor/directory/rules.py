"""Rules of the directory: who may refer, how hours and streams are written, whom a service takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt

from onedoor.kernel.calendar import is_working_day
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time

REFERRERS = {
    "gp": "a GP",
    "nurse": "a nurse",
    "ahp": "an allied health professional",
    "social_care": "a social-care professional",
    "other_health": "another health professional",
    "patient": "you yourself",
}
"""Who may refer, as a page says it to anybody (seed 001: patients, health and social-care professionals)."""

STREAM_KINDS = ("one_to_one", "class", "diagnostic")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Unreadable(Exception):
    """What is written cannot be read; the message says what may stand there."""


@dataclass(frozen=True)
class Hours:
    """Open from `opens` to `closes` on a weekday (0 is Monday); `closes` at or before `opens` means the next day."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class DayHours:
    """Hours of one date, which go before its weekday's; without hours it is closed."""

    day: date
    opens: time | None
    closes: time | None


ALWAYS = tuple(Hours(day, time(0), time(0)) for day in range(7))

_SPAN = re.compile(
    r"(?P<first>[a-z]{3})[a-z]*(?:\s*(?:-|to)\s*(?P<last>[a-z]{3})[a-z]*)?\s+"
    r"(?P<opens>\d\d?:\d\d)\s*(?:-|to)\s*(?P<closes>\d\d?:\d\d)"
)


def read_hours(text: str) -> tuple[Hours, ...]:
    """ "Mon-Fri 08:00-18:00; Sat 09:00-12:00", or "always". Raises Unreadable."""
    said = text.strip().lower().replace("–", "-")
    if not said:
        return ()
    if said in ("always", "24 hours", "24/7", "mon-sun 00:00-24:00"):
        return ALWAYS
    found: list[Hours] = []
    for part in filter(None, (part.strip() for part in re.split(r"[|;,]", said))):
        span = _SPAN.fullmatch(part)
        if span is None or span["first"] not in DAYS or (span["last"] or "mon") not in DAYS:
            raise Unreadable("hours are written like Mon-Fri 08:00-18:00; Sat 09:00-12:00, or always")
        first = DAYS.index(span["first"])
        last = DAYS.index(span["last"]) if span["last"] else first
        opens, closes = _time(span["opens"]), _time(span["closes"])
        found += [Hours(day % 7, opens, closes) for day in range(first, last + 1 + (7 if last < first else 0))]
    return tuple(found)


_DAY = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?:\s+(?P<opens>\d\d?:\d\d)\s*-\s*(?P<closes>\d\d?:\d\d))?")


def read_days(text: str) -> tuple[DayHours, ...]:
    """Days with hours of their own from "2026-12-24 08:00-12:00|2026-12-27"; one without hours is closed. Raises Unreadable."""
    found: list[DayHours] = []
    for part in filter(None, (part.strip() for part in re.split(r"[|;]", text))):
        match = _DAY.fullmatch(part)
        if match is None:
            raise Unreadable("days are written like 2026-12-24 08:00-12:00|2026-12-27, where the second is closed")
        try:
            day = date.fromisoformat(match["day"])
        except ValueError:
            raise Unreadable(f"there is no day {match['day']}") from None
        hours = (_time(match["opens"]), _time(match["closes"])) if match["opens"] else (None, None)
        found.append(DayHours(day, *hours))
    if len({row.day for row in found}) < len(found):
        raise Unreadable("each day is named once")
    return tuple(found)


def _time(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    try:
        return time(0 if hour == 24 else hour, minute)
    except ValueError:
        raise Unreadable(f"there is no time {text}") from None


def read_streams(text: str) -> tuple[tuple[str, str], ...]:
    """(name, kind) in their order from "Physiotherapy; Exercise Classes (class)". Raises Unreadable."""
    found: list[tuple[str, str]] = []
    for part in filter(None, (part.strip() for part in re.split(r"[|;]", text))):
        match = re.fullmatch(r"(?P<name>.*?)\s*(?:[(:]\s*(?P<kind>one_to_one|class|diagnostic)\s*\)?)?", part)
        assert match is not None
        if not match["name"] or len(match["name"]) > 80:
            raise Unreadable(
                "streams are written like Physiotherapy; Exercise Classes (class); Ultrasound (diagnostic)"
            )
        found.append((match["name"], match["kind"] or "one_to_one"))
    if len({name for name, _ in found}) < len(found):
        raise Unreadable("each stream is named once")
    return tuple(found)


def outward(postcode: str) -> str:
    """The outward part of a postcode, or of what begins like one: "ox4 2ab" and "OX4" are OX4; empty when it is none."""
    said = re.sub(r"\s+", "", postcode.upper())
    whole = re.fullmatch(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", said)
    if whole:
        return whole[1]
    return said if re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", said) else ""


def digits_of(text: str) -> str:
    """The figures of a telephone number that was typed, alone or among words, from its nought on; empty for none."""
    said = re.sub(r"[\s()-]", "", text)
    found = re.search(r"(?:\+?44|0)(\d{9,10})", said)
    return f"0{found[1]}" if found else ""


def area(outward_code: str) -> str:
    """The letters of an outward postcode: OX of OX4."""
    return re.match(r"[A-Z]*", outward_code)[0]  # type: ignore[index]


def takes_age(ages_from: int | None, ages_to: int | None, age: int) -> bool:
    """Whether somebody of this age in whole years is within the service's ages."""
    return (ages_from is None or age >= ages_from) and (ages_to is None or age <= ages_to)


def open_until(
    hours: Sequence[Hours], dated: Sequence[DayHours], moment: datetime, *, bank_holidays: bool = False
) -> datetime | None:
    """When the service that is open at `moment` closes, None when it is not open. In London time.

    A dated day goes before open-all-hours, that before a bank holiday, that before the weekday (3.3). Open all hours ends
    never: a day ahead is given.
    """
    local = moment.astimezone(LONDON)
    by_day = {row.day: row for row in dated}
    always = set(hours) >= set(ALWAYS)
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        for opens, closes in _hours_of(day, hours, by_day, always or bank_holidays):
            start = datetime.combine(day, opens, tzinfo=LONDON)
            end = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, tzinfo=LONDON)
            if start <= local < end:
                return end
    return None


def next_opening(
    hours: Sequence[Hours], dated: Sequence[DayHours], moment: datetime, *, bank_holidays: bool = False
) -> datetime | None:
    """When it next opens after `moment`, within a fortnight."""
    local = moment.astimezone(LONDON)
    by_day = {row.day: row for row in dated}
    always = set(hours) >= set(ALWAYS)
    for ahead in range(15):
        day = local.date() + timedelta(days=ahead)
        for opens, _ in sorted(_hours_of(day, hours, by_day, always or bank_holidays)):
            start = datetime.combine(day, opens, tzinfo=LONDON)
            if start > local:
                return start
    return None


def _hours_of(
    day: date, hours: Sequence[Hours], by_day: dict[date, DayHours], bank_holidays: bool
) -> list[tuple[time, time]]:
    if day in by_day:
        row = by_day[day]
        return [(row.opens, row.closes)] if row.opens is not None and row.closes is not None else []
    if day.weekday() < 5 and not is_working_day(day) and not bank_holidays:
        return []
    return [(row.opens, row.closes) for row in hours if row.weekday == day.weekday()]


MISSES = {
    "age": "not for this age",
    "full": "full now",
    "self_referral_closed": "not open to people who refer themselves now",
}
"""Why a service that fits what was said cannot be had. Every reason is kept with the search and shown (3.3)."""


def ending(found: Sequence[tuple[int, bool, tuple[str, ...]]], taken: int | None) -> tuple[str, int | None, str] | None:
    """(because, wanted, why not) of the gap that a search ended in; None when what was wanted was taken.

    `found` are (service, sure, misses), the best first; `taken` is what was taken, None for nothing of it.
    """
    wanted = next((one for one in found if one[1]), None)
    key, why_not = (wanted[0], ",".join(wanted[2])) if wanted else (None, "")
    if taken is None:
        return "nothing", key, why_not
    mine = next((one for one in found if one[0] == taken), None)
    if mine is None or not mine[1]:
        return "second_best", key, why_not
    # Another that is sure as well is second best only where one before it could not be had.
    for one in found:
        if one[0] == taken:
            return ("second_best", taken, ",".join(mine[2])) if mine[2] else None
        if one[1] and one[2]:
            return "second_best", one[0], ",".join(one[2])
    return None


def ages_said(ages_from: int | None, ages_to: int | None) -> str:
    """For whom a service is by age, as people say it."""
    if not ages_from and ages_to is None:
        return "All ages"
    if ages_to is None:
        return f"{ages_from} and over"
    if not ages_from:
        return f"Under {ages_to + 1}"
    return f"{ages_from} to {ages_to}"


def hours_said(hours: Sequence[Hours]) -> tuple[tuple[str, str], ...]:
    """Weekday hours as (days, times), days that are alike together: ("Monday to Friday", "8am to 6pm")."""
    if set(hours) >= set(ALWAYS):
        return (("Every day", "day and night"),)
    by_day = [tuple(sorted((row.opens, row.closes) for row in hours if row.weekday == day)) for day in range(7)]
    found: list[tuple[int, int]] = []
    for day, spans in enumerate(by_day):
        if spans and found and found[-1][1] == day - 1 and by_day[found[-1][0]] == spans:
            found[-1] = (found[-1][0], day)
        elif spans:
            found.append((day, day))
    return tuple(
        (_days_said(*span), " and ".join(f"{time_said(o)} to {time_said(c)}" for o, c in by_day[span[0]]))
        for span in found
    )


_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _days_said(first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return "Every day"
    return _NAMES[first] if first == last else f"{_NAMES[first]} {'and' if last == first + 1 else 'to'} {_NAMES[last]}"


def time_said(moment: time) -> str:
    """A time of day as people say it: 8am, midday, midnight."""
    if moment == time(0):
        return "midnight"
    return clock_time(datetime.combine(date(2000, 1, 1), moment, tzinfo=LONDON))


EARTH_MILES = 3_958.8
"""Radius, the mean of the ellipsoid."""
NEAR_MILES = 10.0
"""Within it a service is worth a little more, the nearer the more; words weigh first."""


def miles(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The straight line over the ground between two (latitude, longitude) in degrees, in miles."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_MILES * asin(min(1.0, sqrt(half)))


def miles_said(far: float | None) -> str:
    """How far a place is, as people say it; empty for what is not known."""
    if far is None:
        return ""
    whole = round(far)
    if far < 1:
        return "less than a mile away"
    return f"about {whole} {'mile' if whole == 1 else 'miles'} away"


def place_said(asked: str, postcode: str, called: str, far: float | None) -> str:
    """Where a service is, for somebody who named a place. How far that is is said only where it is known."""
    its = outward(postcode)
    if not its and not called:
        return "Comes to you, or is reached by telephone"
    where = f"{called}, {its}" if called and its and called != postcode else f"In {its}" if its else called
    if far is not None:
        return f"{where}: {miles_said(far)}"
    if not asked or not its:
        return where
    return f"{where}, where you are" if its == asked else f"{where}: we do not know how far that is from {asked}"


def nearness(asked: str, postcode: str, far: float | None = None) -> float:
    """What a place is worth when services are put in order: by miles where they are known, else by postcode."""
    if far is not None:
        return 1.0 + 0.1 * max(0.0, 1.0 - far / NEAR_MILES)
    its = outward(postcode)
    if not asked or not its:
        return 1.0
    return 1.1 if its == asked else 1.03 if area(its) == area(asked) else 1.0


CHECKED_FOR = timedelta(days=182)
"""invented: after half a year somebody of the provider is asked to make sure of what stands here (3.2 has the next date of a
check per service, and no interval)."""


def stale(verified_on: date | None, today: date) -> bool:
    """Whether what stands of a service is to be made sure of again."""
    return verified_on is None or today - verified_on > CHECKED_FOR


def hours_written(hours: Sequence[Hours]) -> str:
    """Hours as `read_hours` reads them: "Mon-Fri 08:00-18:00; Sat 09:00-12:00"; empty for none."""
    if set(hours) >= set(ALWAYS):
        return "always"
    spans: dict[tuple[time, time], list[int]] = {}
    for row in sorted(hours, key=lambda row: (row.weekday, row.opens)):
        spans.setdefault((row.opens, row.closes), []).append(row.weekday)
    parts: list[tuple[int, str]] = []
    for (opens, closes), days in spans.items():
        begin = days[0]
        for at, day in enumerate(days):
            if at + 1 == len(days) or days[at + 1] != day + 1:
                named = DAYS[begin].capitalize() + (f"-{DAYS[day].capitalize()}" if day != begin else "")
                parts.append((begin, f"{named} {opens:%H:%M}-{closes:%H:%M}"))
                begin = days[at + 1] if at + 1 < len(days) else day
    return "; ".join(said for _, said in sorted(parts))


def days_written(days: Sequence[DayHours]) -> str:
    """Days as `read_days` reads them."""
    return "; ".join(
        f"{row.day}" + (f" {row.opens:%H:%M}-{row.closes:%H:%M}" if row.opens and row.closes else "")
        for row in sorted(days, key=lambda row: row.day)
    )


def streams_written(streams: Sequence[tuple[str, str]]) -> str:
    """Streams as `read_streams` reads them."""
    return "; ".join(name + (f" ({kind})" if kind != "one_to_one" else "") for name, kind in streams)


def clocks_said(
    triage_hours: int, triage_basis: str, urgent_days: int, onward_working_days: int, rtt_scope: str
) -> tuple[tuple[str, str], ...]:
    """What the contract allows, as (what, how long)."""
    clocks = (
        ("Referrals looked at within", f"{triage_hours} {'working hours' if triage_basis == 'working' else 'hours'}"),
        ("First urgent appointment within", f"{urgent_days} days"),
    )
    if rtt_scope == "none":
        return clocks
    return (*clocks, ("Sent on to hospital within", f"{onward_working_days} working days of the decision"))
