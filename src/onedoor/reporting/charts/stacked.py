"""Columns made of parts, the first at the foot, each part named beside the last column."""

from __future__ import annotations

from itertools import pairwise

from onedoor.reporting.charts import ends, line
from onedoor.reporting.charts.ends import End
from onedoor.reporting.charts.frame import (
    FILLS,
    INK,
    PAPER,
    Frame,
    Plot,
    Spec,
    foot,
    head,
    head_height,
    number,
    width_of,
)
from onedoor.reporting.charts.kinds import Stacked
from onedoor.reporting.tables import Table


def spec(chart: Stacked, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    table = chart.table
    unit = table.column(chart.parts[0]).unit
    parts = drawn_parts(chart)
    stacks = [_stack(table, parts, row) for row in range(len(table.rows))]
    totals = [stack[-1][1] if stack else 0.0 for stack in stacks]
    named = _ends(chart, parts, stacks)
    words = chart.measure
    plot = line.ground(
        frame,
        totals,
        unit,
        len(table.rows),
        right=ends.room(frame, named),
        above=head_height(words, frame),
        foot_lines=line.foot_lines(table, chart.at, frame),
    )
    layers = [*line.grid_of(plot, unit), *line.missing(plot, table, parts)]
    for at, _ in enumerate(parts):
        told = [
            {"x": x - 0.36, "x2": x + 0.36, "y": stack[at][0], "y2": stack[at][1]}
            for x, stack in enumerate(stacks)
            if stack and stack[at][1] > stack[at][0]
        ]
        mark = {"type": "rect", "color": FILLS[at % len(FILLS)], "stroke": PAPER, "strokeWidth": 1.5}
        layers.append(plot.layer(mark, told, x2={"field": "x2"}, y2={"field": "y2"}))
    layers += _totals(plot, table, chart, totals, stacks)
    layers += foot(plot, line.period_labels(plot, table, chart.at))
    layers += [head(plot, words)] if words else []
    layers += ends.drawn(plot, named, len(stacks) - 0.64)
    return plot.spec(layers)


def drawn_parts(chart: Stacked) -> list[str]:
    """The parts that are more than nought somewhere."""
    return [key for key in chart.parts if any(chart.table.numbers(key))] or list(chart.parts[:1])


def _stack(table: Table, parts: list[str], row: int) -> list[tuple[float, float]]:
    """From where to where each part stands; nothing where one is missing or hidden."""
    values = [table.numbers(key)[row] for key in parts]
    if any(value is None for value in values):
        return []
    edges = [0.0]
    for value in values:
        edges.append(edges[-1] + number(value or 0))
    return list(pairwise(edges))


def _ends(chart: Stacked, parts: list[str], stacks: list[list[tuple[float, float]]]) -> list[End]:
    last = next((stack for stack in reversed(stacks) if stack), [])
    whole = bool(stacks and stacks[-1])
    found = []
    for key, (low, high) in zip(parts, last, strict=False):
        column = chart.table.column(key)
        said = f" {column.said(chart.table.cells(key)[-1])}" if whole else ""
        found.append(End(f"{column.words}{said}", (low + high) / 2, INK))
    return found


def _totals(
    plot: Plot, table: Table, chart: Stacked, totals: list[float], stacks: list[list[tuple[float, float]]]
) -> list[Spec]:
    """The sum above each column, where the columns are wide enough to bear it."""
    column = table.column(chart.parts[0])
    told = [
        {"x": x, "y": total, "text": f"{total:,.{column.places or 0}f}"}
        for x, (total, stack) in enumerate(zip(totals, stacks, strict=True))
        if stack
    ]
    widest = max((width_of(str(one["text"]), plot.frame.font) for one in told), default=0)
    if widest + 4 > plot.width / max(1, len(totals)):
        return []
    return [plot.text(told, align="center", baseline="bottom", dy=-4, fontWeight="bold")]
