"""Whether the day and time that a text names are those of the one visit it could be about.

"Cancel my appointment today" is safe to follow when the only visit is today's, and a person's to read when it is tomorrow's.
Every word that looks like a day, a time or a number must fit; one that does not, or that nobody can place, fits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(day)?")
_MONTH = re.compile(
    r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?"
)
_TODAY = frozenset({"today", "tday", "2day", "tonight", "tonite"})
_TOMORROW = frozenset({"tomorrow", "tomoro", "tomorow", "tommorow", "tommorrow", "tmrw", "tmw", "tomoz"})
_MORNING, _AFTERNOON, _EVENING = (0, 12), (12, 18), (17, 24)
_PARTS = {
    "morning": _MORNING, "morn": _MORNING, "afternoon": _AFTERNOON, "aft": _AFTERNOON, "arvo": _AFTERNOON,
    "evening": _EVENING, "eve": _EVENING, "tonight": _EVENING, "tonite": _EVENING,
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,4})(st|nd|rd|th|am|pm)?")


def fits(words: str, when: datetime, said_at: datetime) -> bool:
    """Whether all that `words` (lower case, without marks) say of a day or time is true of `when`; both in local time.

    True also of words that say nothing of either.
    """
    said = words.split()
    place = 0
    while place < len(said):
        taken = _fitting(said[place:], when, said_at)
        if taken is None:
            return False
        place += taken
    return True


_BESIDE = frozenset(
    ("the", "one", "at", "on", "its", "it", "is", "appointment", "appt", "for", "that", "please", "pls", "thanks", "ta")
)


def chosen(words: str, whens: Sequence[datetime], said_at: datetime) -> int | None:
    """The place in `whens` of the one moment that a text names and nothing else: "the 4.10 one", "Thursday please".

    A bare number of two figures is no time: it may be a day, an hour, or nothing of the kind.
    """
    said = [word for word in words.split() if word not in _BESIDE]
    plain = [word for word in said if _DAY.fullmatch(word) or word in _TODAY or word in _TOMORROW or word in _PARTS]
    numbers = [word for word in said if any(sign.isdigit() for sign in word)]
    told = plain or len(numbers) > 1 or any(not word.isdigit() or len(word) > 2 for word in numbers)
    if not told or len(plain) + len(numbers) + sum(word in ("am", "pm") for word in said) != len(said):
        return None
    days = {word[:3] for word in plain if _DAY.fullmatch(word)}
    if days and not numbers and sum(_DAYS[when.weekday()] in days for when in whens) != 1:
        return None
    fitting = [place for place, when in enumerate(whens) if fits(" ".join(said), when, said_at)]
    return fitting[0] if len(fitting) == 1 else None


def _fitting(said: list[str], when: datetime, said_at: datetime) -> int | None:
    """How many words from the first were placed; None when they speak of another day or time, or cannot be placed."""
    word = said[0]
    if word in _TODAY and when.date() != said_at.date():
        return None
    if word in _TOMORROW and when.date() != said_at.date() + timedelta(days=1):
        return None
    if word in _PARTS:
        first, last = _PARTS[word]
        return 1 if first <= when.hour < last else None
    if word in _TODAY or word in _TOMORROW:
        return 1
    if _DAY.fullmatch(word):
        # The nearest of that name: "Thursday" said a fortnight before is a person's.
        soon = when.date() - said_at.date() < timedelta(days=7)
        return 1 if word[:3] == _DAYS[when.weekday()] and soon else None
    if _MONTH.fullmatch(word):
        return 1 if word[:3] == _MONTHS[when.month - 1] else None
    if any(sign.isdigit() for sign in word):
        return _number(said, when)
    return 1


def _number(said: list[str], when: datetime) -> int | None:
    found = _NUMBER.fullmatch(said[0])
    if not found:
        return None
    number, mark = int(found[1]), found[2] or ""
    minutes = _NUMBER.fullmatch(said[1]) if len(said) > 1 else None
    if minutes and len(found[1]) <= 2 and len(minutes[1]) == 2 and not mark:
        after = minutes[2] or (said[2] if len(said) > 2 and said[2] in ("am", "pm") else "")
        return 2 if _is_time(number, int(minutes[1]), after, when) else None
    if mark in ("st", "nd", "rd", "th"):
        return 1 if number == when.day else None
    if len(found[1]) >= 3:
        return 1 if _is_time(number // 100, number % 100, mark, when) else None
    after = mark or (said[1] if len(said) > 1 and said[1] in ("am", "pm", "oclock") else "")
    if after:
        return 1 if _is_time(number, 0, after, when) else None
    return 1 if number == when.day or _is_time(number, 0, "", when) else None


def _is_time(hour: int, minute: int, mark: str, when: datetime) -> bool:
    if minute != when.minute:
        return False
    if mark in ("am", "pm"):
        return hour % 12 + (12 if mark == "pm" else 0) == when.hour
    return hour == when.hour or (hour <= 12 and hour % 12 == when.hour % 12)
