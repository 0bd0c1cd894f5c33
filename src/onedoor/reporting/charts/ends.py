"""Names at the right ends of lines, beside what they name: no legend to go back and forth to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.reporting.charts.frame import QUIET, Frame, Plot, Spec, apart, widest, wrapped

_GAP = 12
_MOVED = 5
"""Pixels that a name may stand off its line before a thin line leads to it."""


@dataclass(frozen=True)
class End:
    """A name at the height of a value; `there`: its line reaches the right end of the ground, so that another may lead to it."""

    words: str
    value: float
    colour: str
    bold: bool = False
    there: bool = True


def room(frame: Frame, ends: Sequence[End]) -> float:
    """The pixels that the names take at the right."""
    lines = [widest(_lines(frame, end), frame.font, bold=end.bold) for end in ends]
    return _GAP + max(lines, default=0) + 4


def drawn(plot: Plot, ends: Sequence[End], x: float) -> list[Spec]:
    """The names, moved up and down as little as it takes for all to be read, right of the ground; lines end at `x`."""
    frame = plot.frame
    told = [_lines(frame, end) for end in ends]
    heights = [len(lines) * frame.line + 3 for lines in told]
    low = min(-plot.top + 2, plot.height - sum(heights))
    middles = apart(
        [(plot.py(end.value), height) for end, height in zip(ends, heights, strict=True)],
        low,
        plot.height + plot.bottom - 4 if sum(heights) > plot.height else plot.height + frame.line,
    )
    layers = []
    edge = plot.x[1]
    moved = [
        {"x": x, "y": end.value, "to_x": edge, "to": plot.value_at(middle), "n": at}
        for at, (end, middle) in enumerate(zip(ends, middles, strict=True))
        if end.there and abs(plot.py(end.value) - middle) > _MOVED
    ]
    layers.append(
        plot.layer(
            {"type": "rule", "color": QUIET, "strokeWidth": 0.75, "x2Offset": _GAP - 3},
            moved,
            x2={"field": "to_x"},
            y2={"field": "to"},
        )
    )
    for end, lines, middle in zip(ends, told, middles, strict=True):
        layers.append(
            plot.text(
                [{"x": edge, "y": plot.value_at(middle), "text": lines}],
                dx=_GAP,
                # Vega puts the first line's middle at y, not that of the whole.
                dy=-(len(lines) - 1) * frame.line / 2,
                color=end.colour,
                fontWeight="bold" if end.bold else "normal",
            )
        )
    return layers


def _lines(frame: Frame, end: End) -> list[str]:
    return wrapped(end.words, frame.gutter - _GAP, frame.font, bold=end.bold)
