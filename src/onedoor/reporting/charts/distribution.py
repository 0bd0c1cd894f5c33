"""How many of each length: columns that touch, with the standards and the middle marked across them."""

from __future__ import annotations

from onedoor.reporting.charts.bars import upright
from onedoor.reporting.charts.frame import (
    BLUE,
    GROUND,
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
    width_of,
    wrapped,
)
from onedoor.reporting.charts.kinds import Distribution
from onedoor.reporting.tables import HIDDEN, NO_DATA


def spec(chart: Distribution, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    table = chart.table
    bins = edges(chart)
    values = table.numbers(chart.value)
    words = table.column(chart.value).heading
    above = head_height(words, frame)
    # Above the highest column there is room for its count.
    up = ticks(0, max([number(one) for one in values if one is not None], default=1.0) * 1.08, 5)
    left = widest([tick_words(one, "") for one in up], frame.font) + 14
    first, last = (bins[0][0], bins[-1][1]) if bins else (0.0, 1.0)
    right = 14.0
    marked = [wrapped(one.words, 130 if frame.name == "wide" else 90, frame.font) for one in chart.marks]
    width = frame.width - left - right
    rows = _rows([(number(one.value) - first) / (last - first) * width for one in chart.marks], marked, frame, width)
    deep = max((row for row, _ in rows), default=0.0)
    plot = Plot(
        frame,
        x=(first, last),
        y=(up[0], up[-1]),
        left=left,
        right=right,
        top=above + deep + 12,
        bottom=2 * frame.line + 14,
        height=280 if frame.name == "wide" else 220,
    )
    layers = grid(plot, up, "")
    told = [
        {"x": low, "x2": high, "y": 0, "y2": number(value)}
        for (low, high), value in zip(bins, values, strict=True)
        if value is not None
    ]
    layers.append(
        plot.layer(
            {"type": "rect", "color": BLUE, "stroke": PAPER, "strokeWidth": 1.5},
            told,
            x2={"field": "x2"},
            y2={"field": "y2"},
        )
    )
    layers += _lacking(plot, chart, bins)
    for mark, lines, (row, dx) in zip(chart.marks, marked, rows, strict=True):
        at = number(mark.value)
        layers += upright(plot, at, 0, plot.y[1], row - len(lines) * frame.line + 4)
        layers.append(
            plot.text(
                [{"x": at, "y": plot.y[1], "text": lines}],
                align="center",
                baseline="top",
                dx=dx,
                dy=-row - 6,
                fontWeight="bold",
            )
        )
    layers += _counts(plot, chart, bins)
    layers += foot(plot, _labels(plot, bins, chart))
    layers.append(foot_name(plot, chart.unit))
    layers.append(head(plot, words))
    return plot.spec(layers)


def edges(chart: Distribution) -> list[tuple[float, float]]:
    """From where to where each bin reaches; an open one is drawn as wide as the one before."""
    lows, highs = chart.table.numbers(chart.low), chart.table.numbers(chart.high)
    found: list[tuple[float, float]] = []
    for low, high in zip(lows, highs, strict=True):
        if low is None:
            raise ValueError(f"{chart.table.title}: a bin begins nowhere")
        wide = found[-1][1] - found[-1][0] if found else 1.0
        found.append((number(low), number(high) if high is not None else number(low) + wide))
    return found


def _rows(places: list[float], marked: list[list[str]], frame: Frame, width: float) -> list[tuple[float, float]]:
    """How high above the ground each mark's words begin, and how far aside, so that none covers another."""
    found: list[tuple[float, float]] = []
    boxes: list[tuple[float, float, float, float]] = []
    for place, lines in zip(places, marked, strict=True):
        wide, high = widest(lines, frame.font, bold=True), len(lines) * frame.line
        left = min(max(place - wide / 2, -20), width + 10 - wide)
        level = 0.0
        while any(
            left < box[1] + 8 and box[0] < left + wide + 8 and level < box[3] and box[2] < level + high for box in boxes
        ):
            level += frame.line
        boxes.append((left, left + wide, level, level + high))
        found.append((level + high, left + wide / 2 - place))
    return found


def _lacking(plot: Plot, chart: Distribution, bins: list[tuple[float, float]]) -> list[Spec]:
    cells = chart.table.cells(chart.value)
    lacking = [(edge, cell) for edge, cell in zip(bins, cells, strict=True) if cell is None or cell == HIDDEN]
    return [
        plot.layer(
            {"type": "rect", "color": GROUND},
            [{"x": low, "x2": high, "y": 0, "y2": plot.y[1]} for (low, high), cell in lacking if cell is None],
            x2={"field": "x2"},
            y2={"field": "y2"},
        ),
        plot.text(
            [
                {"x": (low + high) / 2, "y": 0, "text": NO_DATA if cell is None else "too few to show"}
                for (low, high), cell in lacking
            ],
            angle=270,
            dx=6,
            color=QUIET,
        ),
    ]


def _counts(plot: Plot, chart: Distribution, bins: list[tuple[float, float]]) -> list[Spec]:
    """The count on each column, where all have room for theirs; none where there is no column."""
    column = chart.table.column(chart.value)
    told = [
        {"x": (low + high) / 2, "y": number(value), "text": column.said(value), "room": plot.px(high) - plot.px(low)}
        for (low, high), value in zip(bins, chart.table.numbers(chart.value), strict=True)
        if value
    ]
    if any(width_of(str(one["text"]), plot.frame.font) + 2 > float(str(one["room"])) for one in told):
        return []
    return plot.over(told, align="center", baseline="bottom", dy=-3)


def _labels(plot: Plot, bins: list[tuple[float, float]], chart: Distribution) -> list[tuple[float, list[str]]]:
    """The edges of the bins as numbers below, as many as stand beside each other."""
    if not bins:
        return []
    open_end = chart.table.cells(chart.high)[-1] is None
    at = [low for low, _ in bins] + ([] if open_end else [bins[-1][1]])
    words = [tick_words(one, "") + ("+" if open_end and place == len(bins) - 1 else "") for place, one in enumerate(at)]
    need = widest(words, plot.frame.font) + 10
    found: list[tuple[float, list[str]]] = []
    for place, said in zip(at, words, strict=True):
        if not found or plot.px(place) - plot.px(found[-1][0]) >= need:
            found.append((place, [said]))
    return found
