"""Rates against sizes: what chance alone would do to a small one is no news, and what is beyond it is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.reporting.charts import ends, line
from onedoor.reporting.charts.ends import End
from onedoor.reporting.charts.frame import (
    BLUE,
    DARK,
    INK,
    ORANGE,
    PAPER,
    QUIET,
    Frame,
    Plot,
    Spec,
    foot,
    foot_name,
    grid,
    head,
    head_height,
    number,
    tick_words,
    ticks,
    widest,
    wrapped,
)
from onedoor.reporting.charts.kinds import Funnel

_DASHES: tuple[list[int], ...] = ([], [5, 4], [2, 3])
_INSIDE, _ABOVE, _BELOW = "circle", "triangle-up", "triangle-down"


@dataclass(frozen=True)
class _Point:
    name: str
    size: float
    rate: float
    shape: str
    flagged: bool


def spec(chart: Funnel, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    table = chart.table
    found = points(chart)
    unit = table.column(chart.rate).unit
    named = _ends(chart)
    words = table.column(chart.rate).heading
    sizes = [one.size for one in found] + [float(limit.size) for band in chart.bands for limit in band.limits]
    across = ticks(0, max(sizes, default=1.0), 6 if frame.name == "wide" else 3)
    largest = max(sizes, default=1.0) * 1.02
    across = [one for one in across if one <= largest]
    # Where the limits are narrowest they are in the picture, so that each has a line where its name stands.
    narrow = [number(edge) for band in chart.bands for limit in band.limits[-1:] for edge in (limit.lower, limit.upper)]
    rates = [one.rate for one in found] + [number(chart.mean.value)] + narrow
    low, high = min(rates), max(rates)
    reach = (high - low) * 0.15
    up = ticks(max(0.0, low - reach), high + reach, 5)
    keys = _keys(found)
    above = head_height(words, frame)
    plot = Plot(
        frame,
        x=(0.0, largest),
        y=(up[0], up[-1]),
        left=widest([tick_words(one, unit) for one in up], frame.font) + 14,
        right=ends.room(frame, named),
        top=above + len(keys) * (frame.line + 4) + 12,
        bottom=2 * frame.line + 14,
        height=340 if frame.name == "wide" else 260,
    )
    layers = grid(plot, up, unit)
    for at, band in enumerate(chart.bands):
        for edge in ("lower", "upper"):
            told = [
                {"x": limit.size, "y": number(getattr(limit, edge))}
                for limit in band.limits
                if plot.y[0] <= getattr(limit, edge) <= plot.y[1]
            ]
            mark = {"type": "line", "color": QUIET, "strokeWidth": 1.5, "strokeDash": _DASHES[at % 3]}
            layers.append(plot.layer(mark, told))
    layers.append(line.rule(plot, number(chart.mean.value), INK, [], 1.5))
    layers += _names(plot, found, {*chart.named})
    layers += _marks(plot, found)
    layers += foot(plot, [(one, [tick_words(one, "")]) for one in across])
    layers.append(foot_name(plot, table.column(chart.size).heading))
    layers.append(head(plot, words))
    layers += line.key_rows(plot, keys, above)
    layers += ends.drawn(plot, named, plot.x[1])
    return plot.spec(layers)


def points(chart: Funnel) -> list[_Point]:
    """The rows that have both a size and a rate."""
    table = chart.table
    flags = table.cells(chart.flag) if chart.flag else [None] * len(table.rows)
    found = []
    for cell, size, rate, flag in zip(
        table.cells(chart.of), table.numbers(chart.size), table.numbers(chart.rate), flags, strict=True
    ):
        if size is not None and rate is not None:
            up = rate > chart.mean.value
            shape = (_ABOVE if up else _BELOW) if flag else _INSIDE
            found.append(_Point(table.column(chart.of).said(cell), number(size), number(rate), shape, bool(flag)))
    return found


def _marks(plot: Plot, found: Sequence[_Point]) -> list[Spec]:
    layers = []
    area = 90 if plot.frame.name == "wide" else 60
    for shape, colour in ((_INSIDE, BLUE), (_ABOVE, DARK), (_BELOW, ORANGE)):
        fill = PAPER if shape == _INSIDE else colour
        mark = {
            "type": "point",
            "shape": shape,
            "size": area if shape == _INSIDE else area * 1.3,
            "fill": fill,
            "stroke": colour,
        }
        mark |= {"strokeWidth": 2, "opacity": 1}
        layers.append(plot.layer(mark, [{"x": one.size, "y": one.rate} for one in found if one.shape == shape]))
    return layers


def _keys(found: Sequence[_Point]) -> list[tuple[str, str, str, bool]]:
    there = {one.shape for one in found}
    rows = [(DARK, _ABOVE, "above what chance explains", False), (ORANGE, _BELOW, "below what chance explains", False)]
    return [row for row in rows if row[1] in there]


def _names(plot: Plot, found: Sequence[_Point], wanted: set[str]) -> list[Spec]:
    """Names beside the points that need one, where there is room; the others are in the table."""
    frame = plot.frame
    taken = [
        (plot.px(one.size) - 7, plot.py(one.rate) - 7, plot.px(one.size) + 7, plot.py(one.rate) + 7) for one in found
    ]
    layers = []
    for one in sorted(found, key=lambda one: (not one.flagged, -one.size)):
        if not one.flagged and one.name not in wanted:
            continue
        lines = wrapped(one.name, 150 if frame.name == "wide" else 96, frame.font)
        wide, high = widest(lines, frame.font), len(lines) * frame.line
        x, y = plot.px(one.size), plot.py(one.rate)
        for align, left, top in (
            ("left", x + 10, y - high / 2),
            ("right", x - 10 - wide, y - high / 2),
            ("center", x - wide / 2, y - 10 - high),
            ("center", x - wide / 2, y + 10),
            ("left", x + 6, y - 6 - high),
            ("left", x + 6, y + 6),
            ("right", x - 6 - wide, y - 6 - high),
            ("right", x - 6 - wide, y + 6),
        ):
            box = (left, top, left + wide, top + high)
            if box[0] < 0 or box[2] > plot.width + 4 or box[1] < -4 or box[3] > plot.height - 2:
                continue
            if any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
            ):
                continue
            taken.append(box)
            at = {"left": left, "right": left + wide, "center": left + wide / 2}[align]
            layers += plot.over(
                [{"x": one.size, "y": one.rate, "text": lines}],
                align=align,
                baseline="top",
                dx=at - x,
                dy=top - y,
                fontWeight="bold" if one.name in wanted else "normal",
            )
            break
    return layers


def _ends(chart: Funnel) -> list[End]:
    found = [End(chart.mean.words, number(chart.mean.value), INK, bold=True)]
    for band in chart.bands:
        if band.limits:
            found.append(End(band.words, number(band.limits[-1].upper), QUIET))
    return found
