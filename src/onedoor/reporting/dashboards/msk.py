"""The dashboard of a service that triages: seed 002's two tables, its shares, waits, flow and calls, for any months.

Figures are those of referrals, calls and their histories; what was printed elsewhere is held against them. A service's figures
are those of an area, which are not suppressed (clinical.md 5.3 guards practices and networks).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from onedoor.calls import api as calls
from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.referrals import api as referrals
from onedoor.referrals.api import SOURCES, Month
from onedoor.reporting import spc
from onedoor.reporting.charts import CHANGE, Chart, Distribution, Line, Mark, Stacked, Xmr
from onedoor.reporting.dashboards.headlines import Headline
from onedoor.reporting.dashboards.msk_counted import CALL_DEFINITION, Counted, counted, counted_each, twelve_months
from onedoor.reporting.dashboards.scope import figures_of
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.tables import MONTH, NO_DATA, Cell, Column, Table

ALWAYS_SHOWN = ("gp", "nurse", "ahp", "other_health")
"""Rows of seed 002, printed at nought too."""
_NAMED = 5
"""So many printed figures that differ are named under a table; more are other months, or another service's."""
_SOURCE = "Referrals received and their histories"


@dataclass(frozen=True)
class Printed:
    """A figure that was published of a month. `row`: a source, or an attribute of Month."""

    month: date
    row: str
    number: int


@dataclass(frozen=True)
class Differs:
    """A printed figure that the events do not bear out."""

    printed: Printed
    found: int
    words: str
    """What the events give, and where the printed figures contradict themselves, why."""


@dataclass(frozen=True)
class Msk:
    """The dashboard of a service: headlines as (figure, words), tables and charts by key, and printed figures that differ."""

    service: Service
    first: date
    last: date
    headlines: Sequence[tuple[str, str]]
    tables: Mapping[str, Table]
    charts: Mapping[str, Chart]
    differs: Sequence[Differs]


def services_seen(access: Access) -> list[Service]:
    """The services with referrals whose figures this access reaches, by name. Raises NotPermitted without REPORTS."""
    _, units = figures_of(access)
    return _services(units)


def _services(units: Collection[int]) -> list[Service]:
    return [one for one in referrals.services_with_referrals() if one.organisation_id in units]


def read_printed(file: Path) -> list[Printed]:
    """Published figures from a file with the columns month (2018-03), row and printed."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Printed(date.fromisoformat(f"{row['month']}-01"), row["row"], int(row["printed"]))
            for row in csv.DictReader(lines)
        ]


def figure(month: Month, row: str) -> int:
    """What the events give for a row of published figures."""
    return month.by_source[row] if row in SOURCES else int(getattr(month, row))


def held_against(printed: Sequence[Printed], months: Sequence[Month]) -> tuple[int, list[Differs]]:
    """How many printed figures of these months there are, and those that the events do not give."""
    by_month = {month.first: month for month in months}
    known = [one for one in printed if one.month in by_month]
    differs = []
    for one in known:
        month = by_month[one.month]
        found = figure(month, one.row)
        if found == one.number:
            continue
        words = f"{one.month:%B %Y}, {one.row.replace('_', ' ')}: printed {one.number:,}, the events give {found:,}."
        if one.row == "accepted":
            sums = f"{month.received:,} received less {month.inappropriate:,} inappropriate is {month.accepted:,}"
            words += f" {sums}: the printed figure does not add up."
        differs.append(Differs(one, found, words))
    return len(known), differs


def msk(access: Access, service: Service, first: date, last: date, *, printed: Sequence[Printed] = ()) -> Msk:
    """The dashboard for the months of `first` to `last`; raises NotPermitted without REPORTS, LookupError where the service is
    not within reach. A fixed number of statements."""
    own, units = figures_of(access)
    if service.organisation_id not in units:
        raise LookupError(service.slug)
    start, end = first.replace(day=1), last_day(last)
    found = counted(own, service, start, end)
    months, waits = since_it_began(found.months), found.waits
    start = months[0].first if months else start
    found = replace(found, flow=[one for one in found.flow if one.month >= start])
    whole = _Sums(months)
    rung = {one.month: one for one in found.calls}
    _, differs = held_against(printed, months)
    period = f"{start:%B %Y} to {end:%B %Y}" if start != end.replace(day=1) else f"{start:%B %Y}"
    about = _About(service, period, found.at)
    tables = {
        "referrals": _referrals(about, months, differs),
        "after": _after(about, months),
        "shares": _shares(about, months, whole),
        "flow": _flow(about, found, start),
        "waits": _waits(about, waits),
        "calls": _calls(about, months, rung),
    }
    charts: dict[str, Chart] = {}
    if about.over(months):
        charts["received"] = _received(about, months)
        charts["in_time"] = Line(
            _in_time(about, months), at="month", series=("triaged", "urgent"), measure="Share of referrals"
        )
    if any(one.opening or one.came for one in found.flow):
        charts["open"] = Stacked(_flow_chart(about, found), at="month", parts=("opening", "came"), measure="Pathways")
    if any(one.offered for one in found.weeks):
        charts["waiting"] = Distribution(
            _weeks(about, found.weeks), low="from", high="to", value="offered", unit="weeks", marks=_median_mark(waits)
        )
    return Msk(service, start, end, _headlines(months, whole, waits, rung), tables, charts, differs)


@dataclass(frozen=True)
class _About:
    service: Service
    period: str
    at: datetime

    def table(
        self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *notes: str, source: str = _SOURCE
    ) -> Table:
        return Table(
            f"{self.service.name}: {title}",
            columns,
            rows,
            notes=notes,
            source=source,
            period=self.period,
            extracted_at=self.at,
        )

    def over(self, months: Sequence[Month]) -> list[Month]:
        """The months that are over, with which a picture over time ends: the first days of another are no fall."""
        return [one for one in months if last_day(one.first) < self.at.astimezone(clock.LONDON).date()]

    def not_over(self, months: Sequence[Month]) -> list[str]:
        """Which month a picture leaves out, in words."""
        over = self.over(months)
        return [f"{one.first:%B %Y} is not over, and not drawn." for one in months if one not in over and one.received]


class _Sums:
    """Sums over the months, by the names of Month."""

    def __init__(self, months: Sequence[Month]) -> None:
        self._months = months

    def __getattr__(self, name: str) -> int:
        return sum(int(getattr(month, name)) for month in self._months)


def since_it_began(months: Sequence[Month]) -> list[Month]:
    """The months without those before anything came, of which a nought would be no figure; all where nothing ever did."""
    first = next((at for at, month in enumerate(months) if month.received or month.discharged or month.open_at_end), 0)
    return list(months[first:])


def share(part: int, whole: int) -> Decimal | None:
    """In percent, not rounded; None of nothing."""
    return Decimal(100 * part) / whole if whole else None


def _referrals(about: _About, months: Sequence[Month], differs: Sequence[Differs]) -> Table:
    def line(words: str, values: Sequence[int]) -> list[Cell]:
        return [words, *values, sum(values)]

    rows: list[list[Cell]] = []
    for key, words in SOURCES.items():
        if key in ALWAYS_SHOWN or any(month.by_source[key] for month in months):
            rows.append(line(words, [month.by_source[key] for month in months]))
    rows.append(line("Total received", [month.received for month in months]))
    rows.append(line("Inappropriate", [month.inappropriate for month in months]))
    rows.append(line("Total accepted", [month.accepted for month in months]))
    notes = [cross_footed(rows, len(months))]
    if len(differs) <= _NAMED:
        notes += [one.words for one in differs]
    else:
        notes.append(f"{len(differs)} printed figures are not what the events give.")
    return about.table("referrals by source", _month_columns(about, months), rows, *notes)


def cross_footed(rows: Sequence[Sequence[Cell]], months: int) -> str:
    """Adds the printed rows up again, down and across, and says so; the last three are received, inappropriate and accepted."""
    wrong = []
    for column in range(1, months + 2):
        numbers = [int(str(row[column])) for row in rows]
        *sources, received, inappropriate, accepted = numbers
        if sum(sources) != received or received - inappropriate != accepted:
            wrong.append(column)
    wrong += [at for at, row in enumerate(rows) if sum(int(str(cell)) for cell in row[1:-1]) != int(str(row[-1]))]
    if wrong:
        return "The figures do not add up: tell whoever runs Onedoor."
    return "Adds up: sources to the total, the total less the inappropriate to the accepted, months to the sums."


def _after(about: _About, months: Sequence[Month]) -> Table:
    days = about.service.onward_working_days
    rows: list[list[Cell]] = []
    for words, name in (
        (f"Sent to secondary care within {days} working days of the decision", "sent_in_time"),
        ("Discharged to the GP", "discharged"),
        ("Of these, referred again within 90 days", "back"),
    ):
        values = [int(getattr(month, name)) for month in months]
        rows.append([words, *values, sum(values)])
    return about.table("after triage", _month_columns(about, months), rows)


def _shares(about: _About, months: Sequence[Month], whole: _Sums) -> Table:
    service = about.service
    rows: list[list[Cell]] = []
    for words, part, of in (
        (f"Triaged within {service.triage_hours} hours of receipt, of those received", "triaged_in_time", "received"),
        (
            f"Offered a first appointment within {service.urgent_days} days, of the urgent that were accepted",
            "urgent_in_time",
            "urgent",
        ),
        ("Inappropriate, of those received", "inappropriate", "received"),
        ("Referred again within 90 days, of those discharged", "back", "discharged"),
        ("Sent on in time, of those sent to secondary care", "sent_in_time", "sent"),
    ):
        rows.append(
            [
                words,
                *(share(int(getattr(month, part)), int(getattr(month, of))) for month in months),
                share(getattr(whole, part), getattr(whole, of)),
            ]
        )
    columns = [Column("row", "Share"), *_columns(about, months, unit="%", places=1)]
    return about.table(
        "shares",
        columns,
        rows,
        "Hours run by the clock from receipt, nights and weekends included; days are calendar days.",
    )


def _flow(about: _About, found: Counted, first: date) -> Table:
    rows: list[list[Cell]] = [
        [one.month, one.opening, one.came, one.went, one.closing, one.opening + one.came - one.went - one.closing]
        for one in found.flow
    ]
    note = (
        "Nothing to reckon."
        if found.unexplained is None
        else f"Every day from {first:%-d %B %Y} was reckoned by itself: {found.unexplained} unexplained."
    )
    columns = [
        Column("month", "Month", MONTH),
        Column("opening", "Open at the start"),
        Column("came", "Came"),
        Column("went", "Went"),
        Column("closing", "Open at the end"),
        Column("gap", "Unexplained"),
    ]
    return about.table("open pathways", columns, rows, note)


def _flow_chart(about: _About, found: Counted) -> Table:
    columns = [
        Column("month", "Month", MONTH),
        Column("opening", "Open at the start"),
        Column("came", "Came in the month"),
    ]
    return about.table("what was to be seen to", columns, [[one.month, one.opening, one.came] for one in found.flow])


def _waits(about: _About, waits: Sequence[referrals.Wait]) -> Table:
    rows: list[list[Cell]] = [
        [
            wait.stream or "All",
            wait.offered,
            _weeks_of(wait.median_days),
            _weeks_of(wait.days_90),
            wait.waiting,
            _weeks_of(wait.waiting_median_days),
        ]
        for wait in waits
    ]
    columns = [
        Column("stream", "Service"),
        Column("offered", "First appointments"),
        Column("median", "Half waited up to", "weeks", places=1),
        Column("ninth", "Nine of ten up to", "weeks", places=1),
        Column("waiting", "Still waiting"),
        Column("sofar", "Half of them so far", "weeks", places=1),
    ]
    note = "From the day the referral came to the first appointment offered. Who was taken over waited elsewhere and is left out."
    return about.table("waits by service", columns, rows, note)


def _weeks_of(days: float | None) -> Decimal | None:
    return None if days is None else Decimal(str(days)) / 7


def _weeks(about: _About, weeks: Sequence[referrals.WaitingWeek]) -> Table:
    rows: list[list[Cell]] = [
        [one.weeks, None if at == len(weeks) - 1 else one.weeks + 1, one.offered, one.waiting]
        for at, one in enumerate(weeks)
    ]
    columns = [
        Column("from", "From", "weeks"),
        Column("to", "To below", "weeks"),
        Column("offered", "First appointments"),
        Column("waiting", "Still waiting"),
    ]
    return about.table("how long people waited", columns, rows)


def _median_mark(waits: Sequence[referrals.Wait]) -> tuple[Mark, ...]:
    known = [weeks for wait in waits if not wait.stream and (weeks := _weeks_of(wait.median_days)) is not None]
    rounded = [weeks.quantize(Decimal("0.1"), ROUND_HALF_UP) for weeks in known]
    return tuple(Mark(weeks, f"Half waited up to {weeks} weeks") for weeks in rounded)


def _calls(about: _About, months: Sequence[Month], rung: Mapping[date, calls.CallMonth]) -> Table:
    rows: list[list[Cell]] = []
    for month in months:
        one = rung.get(month.first)
        rows.append(
            [month.first, None, None, None, None]
            if one is None
            else [
                month.first,
                one.counted,
                one.answered,
                share(one.answered, one.counted),
                None if one.mean_wait is None else Decimal(str(one.mean_wait)),
            ]
        )
    columns = [
        Column("month", "Month", MONTH),
        Column("counted", "Calls"),
        Column("answered", "Answered"),
        Column("share", "Share answered", "%", places=1),
        Column("wait", "Mean wait", "seconds", places=0),
    ]
    how = calls.DEFINITIONS[CALL_DEFINITION]
    return about.table("calls", columns, rows, how.words, source="The telephone system's log")


def _received(about: _About, months: Sequence[Month]) -> Line:
    over = about.over(months)
    values = [month.received for month in over]
    charting = spc.may_chart(spc.Kind.COUNT, values)
    found = spc.xmr(values) if charting and len(values) > 1 else None
    rows: list[list[Cell]] = []
    for at, month in enumerate(over):
        point = found.points[at] if found else None
        made = point.limits if point else None
        flag = f"{CHANGE}: {point.rule.value}" if point is not None and point.rule else None
        limits: list[Cell] = (
            [_decimal(made.mean), max(Decimal(0), _decimal(made.lower)), _decimal(made.upper)] if made else [None] * 3
        )
        rows.append([month.first, month.received, *limits, flag])
    columns = [
        Column("month", "Month", MONTH),
        Column("received", "Received"),
        Column("mean", "Mean", places=1),
        Column("lower", "Lower limit", places=1),
        Column("upper", "Upper limit", places=1),
        Column("flag", "Signal"),
    ]
    notes = found.notes if found else [charting.why] if charting.why else []
    table = about.table("received by month", columns, rows, *notes, *about.not_over(months))
    return Line(table, at="month", series=("received",), xmr=Xmr("mean", "lower", "upper", "flag") if found else None)


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _in_time(about: _About, months: Sequence[Month]) -> Table:
    columns = [
        Column("month", "Month", MONTH),
        Column("triaged", f"Triaged within {about.service.triage_hours} hours", "%", places=1),
        Column("urgent", f"Urgent, offered within {about.service.urgent_days} days", "%", places=1),
    ]
    rows: list[list[Cell]] = [
        [month.first, share(month.triaged_in_time, month.received), share(month.urgent_in_time, month.urgent)]
        for month in about.over(months)
    ]
    return about.table("seen to in time", columns, rows, *about.not_over(months))


def own_headlines(access: Access) -> list[Headline]:
    """For the front page of reports: each service's last whole month, as the worker counts it."""
    own, units = figures_of(access)
    first, last = twelve_months(clock.today())
    told = []
    services = _services(units)
    for service, found in zip(services, counted_each(own, services, first, last), strict=True):
        months = [one for one in found.months if last_day(one.first) < clock.today()]
        if not months or not months[-1].received:
            continue
        shares = [share(one.triaged_in_time, one.received) for one in months[-2:]]
        said = [Column("", "", "%", places=1).said(one) for one in shares]
        now = months[-1]
        told.append(
            Headline(
                20,
                service.name,
                "reports_msk",
                said[-1],
                f"of {now.received:,} referrals triaged within {service.triage_hours} hours, {now.first:%B %Y}",
                trend=f"{said[0]} in {months[-2].first:%B}" if len(said) > 1 and shares[0] is not None else "",
                next_words="See who waits, and how long",
                next_page="reports_msk",
                next_query=f"?service={service.slug}#waits",
            )
        )
    return told


def _headlines(
    months: Sequence[Month],
    whole: _Sums,
    waits: Sequence[referrals.Wait],
    rung: Mapping[date, calls.CallMonth],
) -> list[tuple[str, str]]:
    def percent(part: int, of: int) -> str:
        known = share(part, of)
        return NO_DATA if known is None else Column("", "", "%", places=1).said(known)

    counted, answered = sum(one.counted for one in rung.values()), sum(one.answered for one in rung.values())
    waited = sum((one.mean_wait or 0) * one.answered for one in rung.values())
    median = next((wait.median_days for wait in waits if wait.stream == ""), None)
    found = [
        (f"{whole.received:,}", "received"),
        (percent(whole.triaged_in_time, whole.received), "triaged in time"),
        (percent(whole.urgent_in_time, whole.urgent), "urgent, offered in time"),
        (percent(whole.inappropriate, whole.received), "inappropriate"),
        (percent(whole.back, whole.discharged), "discharged and referred again"),
        (
            NO_DATA if median is None else f"{Column('', '', places=1).said(_weeks_of(median))} weeks",
            "or less to a first appointment, for half",
        ),
    ]
    if months:
        found.append((f"{months[-1].open_at_end:,}", "open at the end"))
    if counted:
        found.append((percent(answered, counted), "of calls answered"))
        found.append(
            (
                f"{Column('', '', places=0).said(Decimal(str(waited)) / answered)} s" if answered else NO_DATA,
                "to answer a call",
            )
        )
    return found


def _month_columns(about: _About, months: Sequence[Month]) -> list[Column]:
    return [Column("row", "Referrals"), *_columns(about, months)]


def _columns(about: _About, months: Sequence[Month], *, unit: str = "", places: int | None = None) -> list[Column]:
    over = about.over(months)
    return [
        *(
            Column(f"{one.first:%Y-%m}", f"{one.first:%b %Y}{'' if one in over else ' so far'}", unit, places=places)
            for one in months
        ),
        Column("total", "Total", unit, places=places),
    ]
