"""The identity step of a link in a text: the date of birth, and then a few minutes in which the page stays open.

What opens with it alone shows no more than whoever holds the telephone may read (clinical.md 6.2).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse

from onedoor.kernel import clock
from onedoor.ui.pages import page

OPEN_FOR = timedelta(minutes=15)
"""Real time. Then the date of birth is asked for again: the telephone may be in other hands."""
_WRONG = "This is not the date of birth that we have. After three wrong tries the link closes."


def ask(request: HttpRequest, *, key: str, link: int, is_right: Callable[[date], bool]) -> HttpResponse | None:
    """The page that asks for the date of birth, or None once it was given and the session remembers it.

    The session keeps under `key` which link was opened, and until when. `is_right` counts a wrong try, and raises what its
    caller shows for a link that has closed.
    """
    if _proved(request, key, link):
        return None
    given = {part: request.POST.get(part, "").strip()[:4] for part in ("day", "month", "year")}
    wrong = ""
    if request.method == "POST":
        born_on = _date(given)
        if born_on is None:
            wrong = "Write your date of birth as three numbers, for example 27 3 1984."
        elif is_right(born_on):
            until = clock.real_now() + OPEN_FOR
            request.session.cycle_key()
            request.session[key] = [link, until.isoformat()]
            return None
        else:
            wrong = _WRONG
    return page(request, "portal/change_birth.jinja", given=given, wrong=wrong)


def _proved(request: HttpRequest, key: str, link: int) -> bool:
    kept = request.session.get(key)
    return kept is not None and kept[0] == link and datetime.fromisoformat(kept[1]) > clock.real_now()


def _date(given: dict[str, str]) -> date | None:
    if len(given["year"]) != 4:  # "84" is no wrong try: it is asked for again
        return None
    try:
        return date(int(given["year"]), int(given["month"]), int(given["day"]))
    except ValueError:
        return None
