"""Bars side by side: a name, a bar, its value. The longest first, and what sent nothing last, by name."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from onedoor.reporting.charts.frame import (
    BLUE,
    DARK,
    INK,
    PAPER,
    QUIET,
    Frame,
    Plot,
    Spec,
    number,
    widest,
    width_of,
    wrapped,
)
from onedoor.reporting.charts.kinds import Bars
from onedoor.reporting.tables import HIDDEN, NO_DATA, Cell

_NAMES = 210
"""Pixels for names beside bars, on a wide picture; on a narrow one they stand above."""


def spec(chart: Bars, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    rows = in_order(chart)
    table = chart.table
    names = [table.column(chart.of).said(row[table.at(chart.of)]) for row in rows]
    values = [_value(chart, row) for row in rows]
    said = [_said(chart, row) for row in rows]
    wide, size = frame.name == "wide", frame.font
    above = [wrapped(name, _NAMES if wide else frame.width - 8, size, bold=name in chart.strong) for name in names]
    thick = 22.0 if wide else 18.0
    heights = [
        max(thick, len(lines) * frame.line) + 10 if wide else len(lines) * frame.line + thick + 14 for lines in above
    ]
    tops = [sum(heights[:at]) for at in range(len(heights))]
    largest = max(
        [0.0, *(one for one in values if one is not None), *([number(chart.compare.value)] if chart.compare else [])]
    )
    left = widest([line for lines in above for line in lines], size, bold=bool(chart.strong)) + 14 if wide else 2.0
    compare = wrapped(chart.compare.words, frame.gutter if wide else 150, size) if chart.compare else []
    plot = Plot(
        frame,
        x=(0.0, largest or 1.0),
        y=(sum(heights) or 1.0, 0.0),
        left=left,
        right=widest(said, size, bold=bool(chart.strong)) + 14,
        top=len(compare) * frame.line + 8,
        bottom=6,
        height=sum(heights) or 1.0,
    )
    places = [
        top + (height - thick) / 2 if wide else top + height - thick - 10
        for top, height in zip(tops, heights, strict=True)
    ]
    layers = []
    for strong in (False, True):
        told = [
            {"x": 0, "x2": value, "y": place, "y2": place + thick}
            for name, value, place in zip(names, values, places, strict=True)
            if value is not None and (name in chart.strong) is strong
        ]
        layers.append(
            plot.layer(
                {"type": "rect", "color": DARK if strong else BLUE, "stroke": DARK, "strokeWidth": 1},
                told,
                x2={"field": "x2"},
                y2={"field": "y2"},
            )
        )
    layers.append(plot.layer({"type": "rule", "color": INK}, [{"x": 0, "y": 0, "y2": plot.y[0]}], y2={"field": "y2"}))
    if chart.compare:
        at = number(chart.compare.value)
        layers += upright(plot, at, 0, plot.y[0])
        room = plot.left + plot.px(at)
        need = widest(compare, size) / 2
        dx = max(0, need - room) - max(0, need - (frame.width - room))
        layers.append(
            plot.text([{"x": at, "y": 0, "text": compare}], align="center", baseline="top", dx=dx, dy=-plot.top + 2)
        )
    layers += _words(plot, chart, names, above, values, said, places, tops, thick)
    return plot.spec(layers)


def upright(plot: Plot, at: float, low: float, high: float, beyond: float = 0) -> list[Spec]:
    """A dashed line up the picture at a value, edged with paper so that it is seen on a bar too."""
    told = [{"x": at, "y": low, "y2": high}]
    edge: Spec = {"type": "rule", "color": "#ffffff", "strokeWidth": 5, "y2Offset": -beyond}
    dashed: Spec = {"type": "rule", "color": INK, "strokeWidth": 2, "strokeDash": [5, 3], "y2Offset": -beyond}
    return [plot.layer(mark, told, y2={"field": "y2"}) for mark in (edge, dashed)]


def in_order(chart: Bars) -> list[Sequence[Cell]]:
    """The rows as they are drawn."""
    rows = list(chart.table.rows)
    if not chart.ordered:
        return rows

    def place(row: Sequence[Cell]) -> tuple[bool, float]:
        value = _value(chart, row)
        return value is None, -(value or 0.0)

    return sorted(rows, key=place)


def _value(chart: Bars, row: Sequence[Cell]) -> float | None:
    told = chart.table.column(chart.value).rounded(row[chart.table.at(chart.value)])
    return number(told) if isinstance(told, int | Decimal) else None


def _said(chart: Bars, row: Sequence[Cell]) -> str:
    table = chart.table
    cell = row[table.at(chart.value)]
    if cell is None:
        return NO_DATA
    if cell == HIDDEN:
        return "too few to show"
    said = table.column(chart.value).said(cell)
    return f"{said} of {table.column(chart.size).said(row[table.at(chart.size)])}" if chart.size else said


def _words(
    plot: Plot,
    chart: Bars,
    names: Sequence[str],
    above: Sequence[list[str]],
    values: Sequence[float | None],
    said: Sequence[str],
    places: Sequence[float],
    tops: Sequence[float],
    thick: float,
) -> list[Spec]:
    layers = []
    wide, line = plot.frame.name == "wide", plot.frame.line
    for at, name in enumerate(names):
        weight = "bold" if name in chart.strong else "normal"
        middle = places[at] + thick / 2
        if wide:
            layers.append(
                plot.text(
                    [{"x": 0, "y": middle, "text": above[at]}],
                    align="right",
                    dx=-8,
                    dy=-(len(above[at]) - 1) * line / 2,
                    fontWeight=weight,
                )
            )
        else:
            layers += plot.over([{"x": 0, "y": tops[at], "text": above[at]}], baseline="top", fontWeight=weight)
        value = values[at]
        if chart.compare and value is not None and value < number(chart.compare.value):
            layers.append(_paper(plot, value, middle, width_of(said[at], plot.frame.font)))
        layers += plot.over(
            [{"x": value or 0, "y": middle, "text": said[at]}],
            dx=6,
            fontWeight=weight,
            color=QUIET if value is None else INK,
        )
    return layers


def _paper(plot: Plot, value: float, middle: float, wide: float) -> Spec:
    """Paper under the words beside a bar, so that no line to compare with goes through them."""
    each, half = (plot.x[1] - plot.x[0]) / plot.width, plot.frame.line / 2
    told = [{"x": value + 3 * each, "x2": value + (wide + 8) * each, "y": middle - half, "y2": middle + half}]
    return plot.layer({"type": "rect", "color": PAPER}, told, x2={"field": "x2"}, y2={"field": "y2"})
