"""The Jinja environment of all pages: NHS design system macros, our own filters, and undefined names that fail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import jinja2
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from markupsafe import Markup

from onedoor.kernel import clock, nhs_number, words


class Lenient(jinja2.ChainableUndefined):
    """The NHS macros chain through names that may be missing; printing one is still a mistake of ours, and fails."""

    def __str__(self) -> str:
        return self._fail_with_undefined_error()


def environment(**options: Any) -> jinja2.Environment:
    """Called by Django's Jinja2 backend."""
    loader = jinja2.ChoiceLoader([options.pop("loader"), jinja2.PackageLoader("nhsuk_frontend_jinja")])
    options["undefined"] = Lenient
    env = jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, **options)
    env.globals.update(url=_url, static=static, get_messages=get_messages, now=clock.now)
    env.filters.update(
        clock_time=words.clock_time,
        short_day=words.short_day,
        long_day=words.long_day,
        nhs_number=lambda digits: nhs_number.shown(digits) if digits else "not known",
        phone=words.spoken,
        ago=ago,
        ago_real=ago_real,
        until=until,
        when=when,
        age=age,
        ask_for=ask_for,
        day=plain_day,
        iso_day=iso_day,
        counted=counted,
    )
    return env


def _url(name: str, *args: object) -> str:
    return reverse(name, args=args)


def ago(moment: datetime | None) -> Markup:
    """How long ago, as people say it, with the exact time on hover."""
    if moment is None:
        return Markup("")
    return _timed(moment, _length(clock.now() - moment) + " ago")


def ago_real(moment: datetime) -> str:
    """How long ago by real time: of what machines did among themselves, as when a mailbox was looked at."""
    return _length(clock.real_now() - moment) + " ago"


def until(moment: datetime | None) -> Markup:
    """How long until then; what is past is overdue."""
    if moment is None:
        return Markup("")
    left = moment - clock.now()
    if abs(left) < timedelta(minutes=1):
        return _timed(moment, "now")
    if left <= -timedelta(minutes=1):
        return _timed(moment, f"{_length(-left)} overdue")
    return _timed(moment, f"in {_length(left)}")


def when(moment: datetime) -> str:
    """Tuesday 8 December 2026, 2:30pm."""
    return f"{words.long_day(moment)}, {words.clock_time(moment)}"


def age(born_on: date) -> str:
    """46 years; months below two years, as babies are spoken of."""
    today = clock.today()
    months = (today.year - born_on.year) * 12 + today.month - born_on.month - (today.day < born_on.day)
    return counted(months, "month") if months < 24 else counted(months // 12, "year")


def ask_for(born_on: date) -> str:
    """Whom to ask for when this patient is rung today; empty for themselves."""
    return words.ask_for(born_on, clock.today())


def plain_day(moment: datetime | date) -> str:
    """8 December 2026."""
    return words.plain_day(moment)


def iso_day(moment: datetime) -> str:
    """2026-12-08: the London day of a moment, for an address."""
    return moment.astimezone(clock.LONDON).date().isoformat()


def _timed(moment: datetime, said: str) -> Markup:
    local = moment.astimezone(clock.LONDON)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), when(moment), said)


def _length(length: timedelta) -> str:
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 1:
        return "moments"
    if minutes < 60:
        return counted(minutes, "minute")
    if minutes < 48 * 60:
        return counted(round(minutes / 60), "hour")
    days = round(minutes / 1440)
    if days < 100:
        return counted(days, "day")
    months = days * 12 // 365
    return counted(months, "month") if months < 24 else counted(months // 12, "year")


def counted(n: int, one: str, many: str = "") -> str:
    """1 task, 2 tasks, 2 people."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
