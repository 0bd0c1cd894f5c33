"""How Onedoor says dates, times and names: "Tuesday 3 March", "2:30pm" (clinical.md 6.5)."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

from onedoor.kernel.clock import LONDON


def clock_time(moment: datetime) -> str:
    """2:30pm, 9am, midday: London time as people say it."""
    local = moment.astimezone(LONDON)
    if local.hour == 12 and local.minute == 0:
        return "midday"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def short_day(moment: datetime | date) -> str:
    """Tue 8 Dec: for texts, where letters cost money."""
    day = moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment
    return f"{day:%a} {day.day} {day:%b}"


def long_day(moment: datetime | date) -> str:
    """Tuesday 8 December 2026."""
    day = moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment
    return f"{day:%A} {day.day} {day:%B %Y}"


def plain_day(moment: datetime | date) -> str:
    """8 December 2026."""
    return long_day(moment).split(" ", 1)[1]


def folded(text: str) -> str:
    """A sort and search key: accents off, lower case. The database sorts by code point, so names sort by this."""
    plain = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O"))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()


def spoken(number: str) -> str:
    """07700 900123: a UK number as people read it out, from E.164; others stay international."""
    if not number.startswith("+44"):
        return number
    national = "0" + number[3:]
    return f"{national[:5]} {national[5:]}"


def ask_for(born_on: date, day: date) -> str:
    """Whom to ask for when a patient is rung on this day: empty from 16 on, when it is themselves (clinical.md 6.2, under 16)."""
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    if years >= _OWN_NUMBER:
        return ""
    known = ", unless it is known that they decide for themselves" if years >= _MAY_DECIDE else ""
    return f"ask for a parent or carer{known}"


_MAY_DECIDE, _OWN_NUMBER = 13, 16
"""Years. Below the first a parent or proxy is contacted; below the second that depends on a flag of competence, which we do not
hold."""
