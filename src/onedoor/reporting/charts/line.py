"""Lines over periods: with gaps where nothing was sent, the limits of an XmR chart, flagged points and an aim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from onedoor.reporting.charts import ends
from onedoor.reporting.charts.ends import End
from onedoor.reporting.charts.frame import (
    DARK,
    GROUND,
    INK,
    ORANGE,
    PAPER,
    PENS,
    QUIET,
    Frame,
    Plot,
    Spec,
    foot,
    grid,
    head,
    head_height,
    number,
    period_lines,
    tick_words,
    ticks,
    widest,
)
from onedoor.reporting.charts.kinds import CHANGE, CONCERN, IMPROVEMENT, Line, kind_of_flag
from onedoor.reporting.tables import HIDDEN, NO_DATA, Table

FLAGS = {IMPROVEMENT: (DARK, "diamond"), CONCERN: (ORANGE, "square"), CHANGE: (INK, "triangle-up")}
"""Colour and shape of a flagged point."""
_POINTS = 40
"""Series of more points than these have none drawn but the last: they would be a rope."""
_FOOT = 10
_NAMED = 2
"""Series of which each is named in a band where it alone is missing."""
_FEW = "too few to show"


def spec(chart: Line, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    table, count = chart.table, len(chart.table.rows)
    unit = table.column(chart.series[0]).unit
    named = [*_series_ends(chart), *_xmr_ends(chart)]
    if chart.target:
        named.append(End(chart.target.words, number(chart.target.value), INK, bold=True))
    words = chart.measure or (table.column(chart.series[0]).words if len(chart.series) == 1 else "")
    keys = [*_keys(chart), *_gap_keys(table, chart.series)]
    plot = ground(
        frame,
        _all(chart),
        unit,
        count,
        right=ends.room(frame, named),
        above=head_height(words, frame),
        rows=len(keys),
        from_zero=chart.from_zero,
        foot_lines=foot_lines(table, chart.at, frame),
    )
    layers = [*grid(plot, _ticks(plot), unit), *missing(plot, table, chart.series)]
    layers += _limits(plot, chart)
    if chart.target:
        layers.append(rule(plot, number(chart.target.value), INK, [3, 3], 2))
    for at, key in enumerate(chart.series):
        layers += path(plot, table.numbers(key), PENS[at % len(PENS)], quiet=chart.xmr is not None)
        layers += points(plot, table, key, at, "" if key in chart.whole else chart.partial)
    layers += _flagged(plot, chart)
    layers += foot(plot, period_labels(plot, table, chart.at))
    layers += [head(plot, words)] if words else []
    layers += key_rows(plot, keys, head_height(words, frame))
    layers += ends.drawn(plot, named, count - 1)
    return plot.spec(layers)


def ground(
    frame: Frame,
    values: Sequence[float],
    unit: str,
    count: int,
    *,
    right: float,
    above: float = 0,
    rows: int = 0,
    from_zero: bool = True,
    foot_lines: int = 2,
) -> Plot:
    """The ground for so many periods and these values; `above` pixels and so many rows of a key stand over it."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low = min(low, 0.0)
    if low == high:
        # All the same, as nought in every month: the ground needs a height.
        high = low + 1
    round_values = ticks(low, high, 5 if frame.name == "wide" else 4)
    left = widest([tick_words(one, unit) for one in round_values], frame.font) + 14
    return Plot(
        frame,
        x=(-0.5, count - 0.5),
        y=(round_values[0], round_values[-1]),
        left=left,
        right=right,
        top=above + rows * (frame.line + 4) + (12 if above or rows else 10),
        bottom=foot_lines * frame.line + _FOOT,
        height=300 if frame.name == "wide" else 230,
    )


def _ticks(plot: Plot) -> list[float]:
    return ticks(plot.y[0], plot.y[1], 5 if plot.frame.name == "wide" else 4)


def grid_of(plot: Plot, unit: str) -> list[Spec]:
    return grid(plot, _ticks(plot), unit)


def path(
    plot: Plot, values: Sequence[int | Decimal | None], pen: tuple[str, list[int], str], *, quiet: bool = False
) -> list[Spec]:
    """A line through values, broken where there is none."""
    colour, dash, _ = pen
    told = [
        {"x": x, "y": number(value), "run": run}
        for run, (_, group) in enumerate(groupby(enumerate(values), lambda one: one[1] is None))
        for x, value in group
        if value is not None
    ]
    mark: Spec = {
        "type": "line",
        "color": colour,
        "strokeWidth": 1.5 if quiet else 2.5,
        "strokeDash": dash,
        "strokeJoin": "round",
    }
    return [plot.layer(mark, told, detail={"field": "run", "type": "nominal"})]


def points(plot: Plot, table: Table, key: str, at: int, partial: str = "") -> list[Spec]:
    """The points of a series in its shape; hollow where they lack something. A flagged one is drawn over it."""
    colour, _, shape = PENS[at % len(PENS)]
    lacks = table.cells(partial) if partial else [None] * len(table.rows)
    told = [
        {"x": x, "y": number(value), "hollow": bool(lack)}
        for x, (value, lack) in enumerate(zip(table.numbers(key), lacks, strict=True))
        if value is not None
    ]
    if len(told) > _POINTS:
        told = told[-1:]
    size = 44 if plot.frame.name == "wide" else 30
    full = {"type": "point", "shape": shape, "size": size, "color": colour, "filled": True, "opacity": 1}
    hollow = {**full, "filled": True, "fill": PAPER, "stroke": colour, "strokeWidth": 2, "size": size * 1.5}
    return [
        plot.layer(full, [one for one in told if not one["hollow"]]),
        plot.layer(hollow, [one for one in told if one["hollow"]]),
    ]


def rule(plot: Plot, value: float, colour: str, dash: list[int], width: float) -> Spec:
    """A line across at a value."""
    return plot.layer(
        {"type": "rule", "color": colour, "strokeDash": dash, "strokeWidth": width},
        [{"x": plot.x[0], "to": plot.x[1], "y": value}],
        x2={"field": "to"},
    )


def missing(plot: Plot, table: Table, keys: Sequence[str], *, until: int | None = None) -> list[Spec]:
    """A pale band with words where a value is missing or hidden; with the series' name where the one beside it is there.

    The words stand at the end of the band, top or bottom, that is further from the lines. Of more than two series a band is where
    all lack theirs: where some do it would cross the others, so they break off, and the key says why.
    """
    runs = list(_runs(table, keys, until if until is not None else len(table.rows)))
    series = [table.numbers(key) for key in keys]
    told: dict[bool, list[Spec]] = {True: [], False: []}
    for first, last, words in runs:
        near = [
            plot.py(number(value))
            for values in series
            for value in values[max(0, first - 1) : last + 2]
            if value is not None
        ]
        high = bool(near) and min(near) > plot.height - max(near)
        told[high].append({"x": (first + last) / 2, "y": plot.y[1] if high else plot.y[0], "text": words})
    band = [{"x": first - 0.5, "x2": last + 0.5, "y": plot.y[0], "y2": plot.y[1]} for first, last, _ in runs]
    return [
        plot.layer({"type": "rect", "color": GROUND}, band, x2={"field": "x2"}, y2={"field": "y2"}),
        *plot.over(told[False], angle=270, align="left", dx=6, color=QUIET),
        *plot.over(told[True], angle=270, align="right", dx=-6, color=QUIET),
    ]


def _runs(table: Table, keys: Sequence[str], until: int) -> Iterator[tuple[int, int, str]]:
    columns = [table.cells(key) for key in keys]
    said = []
    for row in range(until):
        lacking = [at for at, cells in enumerate(columns) if cells[row] is None or cells[row] == HIDDEN]
        if not lacking or (len(keys) > _NAMED and len(lacking) < len(keys)):
            said.append("")
            continue
        word = _FEW if all(columns[at][row] == HIDDEN for at in lacking) else NO_DATA
        names = ", ".join(table.column(keys[at]).words for at in lacking)
        said.append(word if len(lacking) == len(keys) else f"{word}: {names}")
    row = 0
    for words, group in groupby(said):
        length = len(list(group))
        if words:
            yield row, row + length - 1, words
        row += length


def _gap_keys(table: Table, keys: Sequence[str]) -> list[tuple[str, str, str, bool]]:
    """Why some of many series break off, as a row of the key without a shape."""
    rows = list(zip(*(table.cells(key) for key in keys), strict=True))
    some = [
        row
        for row in rows
        if len(keys) > _NAMED and 0 < sum(cell is None or cell == HIDDEN for cell in row) < len(keys)
    ]
    words = [word for word, cell in ((NO_DATA, None), (_FEW, HIDDEN)) if any(cell in row for row in some)]
    return [("", "", f"Where a line breaks off: {' or '.join(words)}", False)] if words else []


def foot_lines(table: Table, at: str, frame: Frame) -> int:
    """How many lines the periods below the ground take."""
    return max((len(lines) for lines in _periods(table, at, frame)), default=1)


def _periods(table: Table, at: str, frame: Frame) -> list[list[str]]:
    most = 70 if frame.name == "wide" else 56
    return [period_lines(cell, table.column(at), most, frame.font) for cell in table.cells(at)]


def period_labels(plot: Plot, table: Table, at: str) -> list[tuple[float, list[str]]]:
    """As many periods as stand beside each other, the last among them."""
    lines, font = _periods(table, at, plot.frame), plot.frame.font
    if not lines:
        return []
    each = plot.width / len(lines)
    step = max(1, math.ceil((widest([line for one in lines for line in one], font) + 8) / each))
    return [(x, one) for x, one in enumerate(lines) if (len(lines) - 1 - x) % step == 0]


def last_of(values: Sequence[object]) -> int | None:
    """The place of the last value there is."""
    return next((at for at in range(len(values) - 1, -1, -1) if values[at] is not None), None)


def _series_ends(chart: Line) -> list[End]:
    """The name of each series, with its last value where that is of the last period."""
    found = []
    for at, key in enumerate(chart.series):
        column, values = chart.table.column(key), chart.table.numbers(key)
        last = last_of(values)
        if last is None:
            continue
        value = values[last]
        assert value is not None
        there = last == len(values) - 1
        said = column.said(value) if there else ""
        words = f"{column.words} {said}" if len(chart.series) > 1 or not said else said
        found.append(End(words.strip(), number(value), PENS[at % len(PENS)][0], bold=True, there=there))
    return found


def _xmr_ends(chart: Line) -> list[End]:
    found = []
    if chart.xmr:
        for name, key in (("upper limit", chart.xmr.upper), ("mean", chart.xmr.mean), ("lower limit", chart.xmr.lower)):
            values = chart.table.numbers(key)
            last = last_of(values)
            if last is not None:
                value = values[last]
                assert value is not None
                found.append(End(f"{name} {chart.table.column(key).said(value)}", number(value), QUIET))
    return found


def _limits(plot: Plot, chart: Line) -> list[Spec]:
    """Mean and limits as steps: where they were worked out anew they jump."""
    if not chart.xmr:
        return []
    layers = []
    for key, dash, width in ((chart.xmr.mean, [], 1.5), (chart.xmr.lower, [6, 4], 1.5), (chart.xmr.upper, [6, 4], 1.5)):
        told = []
        for value, group in groupby(enumerate(chart.table.numbers(key)), lambda one: one[1]):
            places = [x for x, _ in group]
            if value is not None:
                told.append({"x": places[0] - 0.5, "to": places[-1] + 0.5, "y": number(value)})
        mark = {"type": "rule", "color": QUIET, "strokeDash": dash, "strokeWidth": width}
        layers.append(plot.layer(mark, told, x2={"field": "to"}))
    return layers


def _flagged(plot: Plot, chart: Line) -> list[Spec]:
    if not chart.xmr or not chart.xmr.flag:
        return []
    layers = []
    flags = [kind_of_flag(cell) for cell in chart.table.cells(chart.xmr.flag)]
    values = chart.table.numbers(chart.series[0])
    for kind, (colour, shape) in FLAGS.items():
        told = [
            {"x": x, "y": number(value)}
            for x, (flag, value) in enumerate(zip(flags, values, strict=True))
            if flag == kind and value is not None
        ]
        size = 150 if plot.frame.name == "wide" else 100
        layers.append(
            plot.layer(
                {
                    "type": "point",
                    "shape": shape,
                    "size": size,
                    "fill": colour,
                    "stroke": PAPER,
                    "strokeWidth": 1.5,
                    "opacity": 1,
                },
                told,
            )
        )
    return layers


def _keys(chart: Line) -> list[tuple[str, str, str, bool]]:
    """Colour, shape, words and whether hollow of what a shape means, a row each."""
    found: dict[str, tuple[str, str, str, bool]] = {}
    if chart.xmr and chart.xmr.flag:
        for cell in chart.table.cells(chart.xmr.flag):
            if kind := kind_of_flag(cell):
                colour, shape = FLAGS[kind]
                found[str(cell)] = (colour, shape, str(cell), False)
    if lacks := _lacks(chart):
        colour, _, shape = PENS[0]
        found["partial"] = (colour, shape, lacks[0] if len(lacks) == 1 else "some are missing", True)
    return list(found.values())


def _lacks(chart: Line) -> list[str]:
    """What the hollow points lack, each once."""
    if not chart.partial:
        return []
    drawn = [chart.table.numbers(key) for key in chart.series if key not in chart.whole]
    lacks = zip(chart.table.cells(chart.partial), *drawn, strict=True)
    return list(dict.fromkeys(str(lack) for lack, *values in lacks if lack and any(one is not None for one in values)))


def key_rows(plot: Plot, keys: Sequence[tuple[str, str, str, bool]], above: float) -> list[Spec]:
    """What a shape means, a row each, below `above` pixels of other words; without a shape the words alone."""
    layers = []
    x, y = plot.x[0], plot.y[1]
    for row, (colour, shape, words, hollow) in enumerate(keys):
        dy = -plot.top + above + (row + 0.5) * (plot.frame.line + 4)
        if not shape:
            layers.append(plot.text([{"x": x, "y": y, "text": words}], dx=-plot.left + 2, dy=dy))
            continue
        mark: Spec = {
            "type": "point",
            "shape": shape,
            "size": 90,
            "fill": PAPER if hollow else colour,
            "stroke": colour,
        }
        mark |= {"strokeWidth": 2 if hollow else 0, "opacity": 1, "xOffset": -plot.left + 9, "yOffset": dy}
        layers.append(plot.layer(mark, [{"x": x, "y": y}]))
        layers.append(plot.text([{"x": x, "y": y, "text": words}], dx=-plot.left + 20, dy=dy))
    return layers


def _all(chart: Line) -> list[float]:
    keys = [*chart.series, *((chart.xmr.lower, chart.xmr.upper) if chart.xmr else ())]
    values = [number(one) for key in keys for one in chart.table.numbers(key) if one is not None]
    return [*values, *([number(chart.target.value)] if chart.target else [])]
