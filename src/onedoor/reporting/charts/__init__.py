"""Charts drawn on the server: what each shows is a Table, and the picture, its words and the table cannot differ.

A picture comes wide and narrow: the page shows whichever its column has room for, with letters of 12 pixels or more. Nothing is
told by colour alone. See docs/reference/charts.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onedoor.reporting.charts import bars, distribution, drawing, fan, funnel, line, pictures, stacked
from onedoor.reporting.charts.frame import NARROW, WIDE, Frame, Spec
from onedoor.reporting.charts.kinds import (
    CHANGE,
    CONCERN,
    IMPROVEMENT,
    Band,
    Bars,
    Chart,
    Distribution,
    Fan,
    Funnel,
    Limit,
    Line,
    Mark,
    Range,
    Stacked,
    Xmr,
)
from onedoor.reporting.charts.nothing import nothing
from onedoor.reporting.charts.words import said


@dataclass(frozen=True)
class Picture:
    """A chart as a page shows it: both drawings, as SVG to be put into the page."""

    chart: Chart
    wide: Markup
    narrow: Markup

    @property
    def nothing(self) -> str:
        """Why the drawings show nothing, in a sentence to stand in their place; "" where they show something."""
        return nothing(self.chart)


def spec(chart: Chart, frame: Frame = WIDE) -> Spec:
    """The Vega-Lite of a chart on a frame."""
    match chart:
        case Line():
            return line.spec(chart, frame)
        case Bars():
            return bars.spec(chart, frame)
        case Stacked():
            return stacked.spec(chart, frame)
        case Funnel():
            return funnel.spec(chart, frame)
        case Fan():
            return fan.spec(chart, frame)
        case Distribution():
            return distribution.spec(chart, frame)


def svg(chart: Chart, frame: Frame = WIDE, *, keep: bool = True) -> str:
    """One picture of a chart, drawn or as kept, with its title and description; letters in Atkinson Hyperlegible."""
    return _drawn([(chart, frame)], keep=keep)[0]


def file(chart: Chart, *, keep: bool = True) -> str:
    """The wide picture to be used elsewhere: with title, source and typeface in it, and above them what its table warns of."""
    return drawing.standalone(svg(chart, keep=keep), chart.table)


def shown(charts: Mapping[str, Chart], *, keep: bool = True) -> dict[str, Picture]:
    """The charts of a page by their keys: one statement for all that were drawn before. What shows small counts is not to be
    kept: nothing of it is in the database afterwards."""
    wanted = [(chart, frame) for chart in charts.values() for frame in (WIDE, NARROW)]
    drawn = _drawn(wanted, keep=keep)
    return {
        key: Picture(chart, Markup(wide), Markup(narrow))
        for (key, chart), wide, narrow in zip(charts.items(), drawn[::2], drawn[1::2], strict=True)
    }


def _drawn(wanted: Sequence[tuple[Chart, Frame]], *, keep: bool) -> list[str]:
    specs = [(spec(chart, frame), chart.table.title, said(chart)) for chart, frame in wanted]
    addresses = [drawing.address(*one) for one in specs]
    kept = pictures.get(addresses)
    new = {address: one for address, one in zip(addresses, specs, strict=True) if address not in kept}
    if new:
        made = {address: drawing.drawn(*one) for address, one in new.items()}
        if keep:
            pictures.put(made)
        kept |= made
    return [kept[address] for address in addresses]


__all__ = [
    "CHANGE",
    "CONCERN",
    "IMPROVEMENT",
    "NARROW",
    "WIDE",
    "Band",
    "Bars",
    "Chart",
    "Distribution",
    "Fan",
    "Frame",
    "Funnel",
    "Limit",
    "Line",
    "Mark",
    "Picture",
    "Range",
    "Stacked",
    "Xmr",
    "file",
    "nothing",
    "said",
    "shown",
    "spec",
    "svg",
]
