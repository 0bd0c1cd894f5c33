"""What is to be seen in a picture, in a few sentences, for who cannot see it. The table beside it has every number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from onedoor.reporting.charts.bars import in_order
from onedoor.reporting.charts.funnel import points
from onedoor.reporting.charts.kinds import Bars, Chart, Distribution, Fan, Funnel, Line, Stacked
from onedoor.reporting.tables import HIDDEN, NO_DATA, Table

_MOST = 4
"""Things of one kind that are named; more are counted."""


def said(chart: Chart) -> str:
    """A chart's own words, or those made from its table."""
    if chart.said:
        return chart.said
    if not chart.table.rows:
        return "There is nothing to show."
    match chart:
        case Line():
            found = _line(chart)
        case Bars():
            found = _bars(chart)
        case Stacked():
            found = _stacked(chart)
        case Funnel():
            found = _funnel(chart)
        case Fan():
            found = _fan(chart)
        case Distribution():
            found = _distribution(chart)
    return " ".join(f"{one}." for one in found if one)


def _line(chart: Line) -> list[str]:
    table = chart.table
    found = [_course(table, chart.at, key) for key in chart.series]
    if chart.xmr:
        limits = (("Mean", chart.xmr.mean), ("lower limit", chart.xmr.lower), ("upper limit", chart.xmr.upper))
        found.append(", ".join(f"{name} {table.column(key).said(table.cells(key)[-1])}" for name, key in limits))
        if chart.xmr.flag:
            found.append("; ".join(_spans(table, chart.at, chart.xmr.flag)) or "No point is flagged")
    if chart.target:
        found.append(f"A line marks {chart.target.words}")
    if chart.partial:
        found.append("; ".join(_spans(table, chart.at, chart.partial)))
    return [*found, *(_lacking(table, chart.at, key) for key in chart.series)]


def _course(table: Table, at: str, key: str) -> str:
    """From where to where a series goes, and between which values."""
    column, when = table.column(key), table.column(at)
    told = [(one, period) for one, period in zip(table.numbers(key), table.cells(at), strict=True) if one is not None]
    if not told:
        return f"{column.words}: {NO_DATA}"
    (first, begins), (last, ends) = told[0], told[-1]
    if len({one for one, _ in told}) == 1:
        return f"{column.words}: {column.said(first)} throughout"
    low, high = min(told, key=lambda one: one[0]), max(told, key=lambda one: one[0])
    return (
        f"{column.words}: {column.said(first)} in {when.said(begins)}, {column.said(last)} in {when.said(ends)}; lowest "
        f"{column.said(low[0])} in {when.said(low[1])}, highest {column.said(high[0])} in {when.said(high[1])}"
    )


def _bars(chart: Bars) -> list[str]:
    table = chart.table
    told = [
        (
            table.column(chart.of).said(row[table.at(chart.of)]),
            table.column(chart.value).said(row[table.at(chart.value)]),
        )
        for row in in_order(chart)
        if not _lacks(row[table.at(chart.value)])
    ]
    if not told:
        return [NO_DATA.capitalize()]
    ends = f"From {told[0][0]}, {told[0][1]}, to {told[-1][0]}, {told[-1][1]}" if len(told) > 1 else ": ".join(told[0])
    compare = f"A line marks {chart.compare.words}" if chart.compare else ""
    return [ends, compare, _lacking(table, chart.of, chart.value)]


def _stacked(chart: Stacked) -> list[str]:
    return [
        *(_course(chart.table, chart.at, key) for key in chart.parts),
        *(_lacking(chart.table, chart.at, key) for key in chart.parts),
    ]


def _funnel(chart: Funnel) -> list[str]:
    table = chart.table
    found = [f"Each point is one of {len(points(chart))}, by size and rate, about {chart.mean.words}"]
    if chart.flag:
        flags = [
            f"{table.said[row][table.at(chart.of)]} {table.said[row][table.at(chart.rate)]}: {cell}"
            for row, cell in _there(table, chart.flag)
        ]
        found.append("; ".join(flags) if flags else "None is beyond the limits")
    return [*found, _lacking(table, chart.of, chart.rate)]


def _fan(chart: Fan) -> list[str]:
    table = chart.table
    found = [_course(table, chart.at, chart.actual)]
    last = table.said[-1]
    when = last[table.at(chart.at)]
    ranges = [
        f"{one.words} between {last[table.at(one.lower)]} and {last[table.at(one.upper)]}" for one in chart.ranges
    ]
    found.append(f"By {when}: most likely {last[table.at(chart.middle)]}; {'; '.join(ranges)}")
    if chart.plan:
        found.append(f"The plan is {last[table.at(chart.plan)]}")
    return [*found, *(f"A line marks {one.words}" for one in chart.targets)]


def _distribution(chart: Distribution) -> list[str]:
    table = chart.table
    told = [
        (one, low, high)
        for one, low, high in zip(
            table.numbers(chart.value), table.cells(chart.low), table.cells(chart.high), strict=True
        )
        if one is not None
    ]
    if not told:
        return [NO_DATA.capitalize()]
    most, low, high = max(told, key=lambda one: one[0])
    names = table.column(chart.low), table.column(chart.high)
    up_to = (
        f"{names[0].said(low)} to under {names[1].said(high)}" if high is not None else f"{names[0].said(low)} or more"
    )
    found = [f"Most, {table.column(chart.value).said(most)}, are at {up_to} {chart.unit}"]
    return [*found, *(f"A line marks {mark.words}" for mark in chart.marks), _lacking(table, chart.low, chart.value)]


def _spans(table: Table, at: str, key: str) -> list[str]:
    """What a column says, once for rows in a row that say the same."""
    when, found, row = table.column(at), [], 0
    cells = table.cells(at)
    for words, group in groupby(table.cells(key)):
        last = row + len(list(group)) - 1
        if words:
            begins, ends = when.said(cells[row]), when.said(cells[last])
            found.append(f"{begins if row == last else f'{begins} to {ends}'}: {words}")
        row = last + 1
    return found


def _there(table: Table, key: str) -> list[tuple[int, str]]:
    return [(row, str(cell)) for row, cell in enumerate(table.cells(key)) if cell]


def _lacking(table: Table, at: str, key: str) -> str:
    names = [(table.column(at).said(name), cell) for name, cell in zip(table.cells(at), table.cells(key), strict=True)]
    lacks = [name for name, cell in names if cell is None]
    hidden = [name for name, cell in names if cell == HIDDEN]
    words = table.column(key).words
    told = [
        f"{words}: no data for {_listed(lacks)}" if lacks else "",
        f"{words}: too few to show for {_listed(hidden)}" if hidden else "",
    ]
    return ". ".join(one for one in told if one)


def _lacks(cell: object) -> bool:
    return cell is None or cell == HIDDEN


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _MOST else f"{', '.join(names[:_MOST])} and {len(names) - _MOST} more"
