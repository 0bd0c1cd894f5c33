"""Charts that would show nothing: a sentence stands where their picture would."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.reporting.charts.kinds import Bars, Chart, Distribution, Fan, Funnel, Line, Stacked
from onedoor.reporting.tables import HIDDEN


def nothing(chart: Chart) -> str:
    """Why there is no value to draw, in a sentence; "" where there is one."""
    cells = [cell for key in _values(chart) for cell in chart.table.cells(key)]
    if any(cell is not None and cell != HIDDEN for cell in cells):
        return ""
    return "Too few to show." if HIDDEN in cells else "No data."


def _values(chart: Chart) -> Sequence[str]:
    """The columns that are drawn."""
    match chart:
        case Line():
            return chart.series
        case Stacked():
            return chart.parts
        case Bars() | Distribution():
            return (chart.value,)
        case Funnel():
            return (chart.rate,)
        case Fan():
            return (chart.actual, chart.middle)
