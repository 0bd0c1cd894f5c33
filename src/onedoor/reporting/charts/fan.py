"""What was, and between which lines most of what may come lies."""

from __future__ import annotations

from onedoor.reporting.charts import ends, line
from onedoor.reporting.charts.ends import End
from onedoor.reporting.charts.frame import BLUE, DARK, INK, QUIET, Frame, Spec, foot, head, head_height, number
from onedoor.reporting.charts.kinds import Fan

_SHADES = ("#d9e8f6", "#a9cdee", "#7ab2e2")
"""The widest range first; each has an edge of its own, and its name."""
_EDGES: tuple[list[int], ...] = ([2, 3], [6, 3], [])
_MIDDLE, _PLAN = [8, 4], [2, 2]


def spec(chart: Fan, frame: Frame) -> Spec:
    """The Vega-Lite of a chart."""
    table = chart.table
    unit = table.column(chart.actual).unit
    named = _ends(chart)
    words = chart.measure or table.column(chart.actual).words
    plot = line.ground(
        frame,
        _all(chart),
        unit,
        len(table.rows),
        right=ends.room(frame, named),
        above=head_height(words, frame),
        from_zero=chart.from_zero,
        foot_lines=line.foot_lines(table, chart.at, frame),
    )
    known = line.last_of(table.numbers(chart.actual))
    layers = [*line.grid_of(plot, unit), *line.missing(plot, table, [chart.actual], until=known or 0)]
    for at, one in enumerate(chart.ranges):
        told = [
            {"x": x, "y": number(low), "y2": number(high)}
            for x, (low, high) in enumerate(zip(table.numbers(one.lower), table.numbers(one.upper), strict=True))
            if low is not None and high is not None
        ]
        layers.append(plot.layer({"type": "area", "color": _SHADES[at % 3], "opacity": 1}, told, y2={"field": "y2"}))
        for edge in ("y", "y2"):
            layers.append(
                plot.layer(
                    {"type": "line", "color": BLUE, "strokeWidth": 1, "strokeDash": _EDGES[at % 3]},
                    [{"x": one["x"], "y": one[edge]} for one in told],
                )
            )
    layers += [line.rule(plot, number(one.value), INK, [3, 3], 2) for one in chart.targets]
    if chart.plan:
        layers += line.path(plot, table.numbers(chart.plan), ("#7c2855", _PLAN, ""))
    layers += line.path(plot, table.numbers(chart.middle), (DARK, _MIDDLE, ""))
    layers += line.path(plot, table.numbers(chart.actual), (INK, [], ""))
    layers += line.points(plot, table, chart.actual, 1)
    layers += foot(plot, line.period_labels(plot, table, chart.at))
    layers += [head(plot, words)] if words else []
    layers += ends.drawn(plot, named, len(table.rows) - 1)
    return plot.spec(layers)


def _ends(chart: Fan) -> list[End]:
    table, found = chart.table, []
    middle = table.numbers(chart.middle)
    at = line.last_of(middle)
    if at is not None:
        value = middle[at]
        assert value is not None
        found.append(End(f"most likely {table.column(chart.middle).said(value)}", number(value), DARK, bold=True))
    for one in chart.ranges:
        for key, words in ((one.upper, f"{one.words}: up to"), (one.lower, f"{one.words}: from")):
            values = table.numbers(key)
            last = line.last_of(values)
            if last is not None:
                value = values[last]
                assert value is not None
                found.append(End(f"{words} {table.column(key).said(value)}", number(value), QUIET))
    if chart.plan and (last := line.last_of(table.numbers(chart.plan))) is not None:
        value = table.numbers(chart.plan)[last]
        assert value is not None
        found.append(
            End(f"{table.column(chart.plan).words} {table.column(chart.plan).said(value)}", number(value), "#7c2855")
        )
    return [*found, *(End(one.words, number(one.value), INK, bold=True) for one in chart.targets)]


def _all(chart: Fan) -> list[float]:
    keys = [chart.actual, chart.middle, *([chart.plan] if chart.plan else [])]
    keys += [key for one in chart.ranges for key in (one.lower, one.upper)]
    values = [number(one) for key in keys for one in chart.table.numbers(key) if one is not None]
    return [*values, *(number(one.value) for one in chart.targets)]
