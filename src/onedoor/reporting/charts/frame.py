"""Paper and pens: the sizes of a picture, its colours, and the pieces of Vega-Lite that all kinds are made of.

Where things stand is reckoned here and not left to Vega, so that labels are beside what they name and none covers another.
Vega-Lite gets the values with scales of a fixed domain, and no axes or legends of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from onedoor.reporting.tables import MONTH, Cell, Column

Spec = dict[str, Any]
FONT = "Atkinson Hyperlegible"

INK, QUIET, RULE, GROUND, PAPER = "#212b32", "#4c6272", "#d8dde0", "#f0f4f5", "#ffffff"
BLUE, DARK, ORANGE = "#005eb8", "#003087", "#b34700"
PENS: tuple[tuple[str, list[int], str], ...] = (
    (BLUE, [], "circle"),
    (INK, [7, 3], "square"),
    ("#7c2855", [2, 3], "triangle-up"),
    ("#006747", [9, 3, 2, 3], "diamond"),
    (ORANGE, [4, 2], "cross"),
    (QUIET, [12, 4], "triangle-down"),
)
"""Colour, dash and shape of each series: any of the three tells it from the others. All have 4.5:1 on white."""
FILLS = (DARK, "#8ab9e6", QUIET, "#cfd6da", "#006747", "#a9d3bf")
"""Parts of a whole: neighbours differ in lightness by 3:1, so that they stay apart in grey."""


@dataclass(frozen=True)
class Frame:
    """A picture's width and letters in pixels. It is shown between its width and half as much again."""

    name: str
    width: int
    font: int
    gutter: int
    """The most that labels at the right of lines may take."""

    @property
    def line(self) -> float:
        """From one line of text to the next."""
        return self.font * 1.2


WIDE = Frame("wide", 680, 15, 170)
NARROW = Frame("narrow", 288, 13, 84)


@dataclass(frozen=True)
class Plot:
    """The ground on which marks stand: domains of both axes and the pixels around."""

    frame: Frame
    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    right: float
    top: float
    bottom: float
    height: float

    @property
    def width(self) -> float:
        return self.frame.width - self.left - self.right

    def px(self, value: float) -> float:
        """Pixels from the left edge of the ground."""
        return (value - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def py(self, value: float) -> float:
        """Pixels down from the top of the ground."""
        return (self.y[1] - value) / (self.y[1] - self.y[0]) * self.height

    def value_at(self, py: float) -> float:
        """What stands so many pixels down."""
        return self.y[1] - py / self.height * (self.y[1] - self.y[0])

    def across(self, field: str) -> Spec:
        return _position(field, self.x)

    def up(self, field: str) -> Spec:
        return _position(field, self.y)

    def layer(self, mark: Spec, values: Iterable[Spec], x: str = "x", y: str = "y", **more: Any) -> Spec:
        """Marks at x and y of the values; `more` are further encodings, as x2, y2, text, detail."""
        return {
            "data": {"values": list(values)},
            "mark": mark,
            "encoding": {"x": self.across(x), "y": self.up(y), **more},
        }

    def text(self, values: Iterable[Spec], **mark: Any) -> Spec:
        """Text at x and y: a string, or a list of lines whose middle stands there unless `baseline` says otherwise."""
        style = {
            "fontSize": self.frame.font,
            "color": INK,
            "align": "left",
            "baseline": "middle",
            "lineHeight": self.frame.line,
        }
        return self.layer({"type": "text", **style, **mark}, values, text={"field": "text", "type": "nominal"})

    def over(self, values: Sequence[Spec], **mark: Any) -> list[Spec]:
        """Text that stands over lines: with an edge of paper around its letters, and then itself."""
        edge = {**mark, "color": PAPER, "stroke": PAPER, "strokeWidth": 7, "strokeJoin": "round"}
        return [self.text(values, **edge), self.text(values, **mark)]

    def spec(self, layers: Sequence[Spec]) -> Spec:
        """The whole picture, exactly as wide as its frame."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.21.0.json",
            "width": self.width,
            "height": self.height,
            "padding": {"left": self.left, "right": self.right, "top": self.top, "bottom": self.bottom},
            "autosize": "none",
            "background": PAPER,
            "config": {"font": FONT, "view": {"stroke": None}, "text": {"font": FONT}},
            "layer": [layer for layer in layers if layer["data"]["values"]],
        }


def _position(field: str, domain: tuple[float, float]) -> Spec:
    scale = {"domain": list(domain), "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def width_of(text: str, font: float, *, bold: bool = False) -> float:
    """About how wide a line stands in Atkinson Hyperlegible, in pixels, rather too much than too little."""
    narrow = sum(letter in "iljtfr.,:;'!|()[] " for letter in text)
    wide = sum(letter in "mwMWQO%—" for letter in text)
    return (0.57 * (len(text) - narrow - wide) + 0.33 * narrow + 0.85 * wide) * font * (1.06 if bold else 1)


def wrapped(text: str, width: float, font: float, *, bold: bool = False) -> list[str]:
    """The text in lines no wider than so many pixels, where words allow it."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(f"{lines[-1]} {word}", font, bold=bold) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines or [""]


def widest(lines: Iterable[str], font: float, *, bold: bool = False) -> float:
    """How wide the widest line stands, in whole pixels."""
    return math.ceil(max((width_of(line, font, bold=bold) for line in lines), default=0))


def apart(wanted: Sequence[tuple[float, float]], low: float, high: float) -> list[float]:
    """Middles of labels (wanted middle, height), moved as little as it takes for none to cover another, between low and high."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at][0])
    found = [0.0] * len(wanted)
    edge = low
    for at in order:
        middle, height = wanted[at]
        found[at] = max(middle, edge + height / 2)
        edge = found[at] + height / 2
    edge = high
    for at in reversed(order):
        height = wanted[at][1]
        found[at] = min(found[at], edge - height / 2)
        edge = found[at] - height / 2
    return found


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values from at or below `low` to at or above `high`, at most `most` steps between."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * by for by in (1, 2, 2.5, 5, 10, 20) if span / (power * by) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 10) for at in range(first, last + 1)]


def tick_words(value: float, unit: str) -> str:
    """1,000; 25%; £20; 2.5."""
    size = f"{abs(value):,.10f}".rstrip("0").rstrip(".")
    before, after = {"£": ("£", ""), "p": ("", "p"), "%": ("", "%")}.get(unit, ("", ""))
    return f"{'−' if value < 0 else ''}{before}{size}{after}"


def period_lines(cell: Cell, column: Column, width: float, font: float) -> list[str]:
    """A period in short lines below the ground: Sep / 2017; 8 Dec / 2026; Q3 / 2018/19."""
    if isinstance(cell, datetime | date):
        return [f"{cell:%b}" if column.unit == MONTH else f"{cell.day} {cell:%b}", f"{cell:%Y}"]
    return wrapped(column.said(cell), width, font)


def number(value: int | Decimal | float) -> float:
    """A number as Vega-Lite takes it."""
    return round(float(value), 6)


def foot_name(plot: Plot, words: str) -> Spec:
    """What the numbers below the ground count, under the last of them."""
    at = [{"x": plot.x[1], "y": plot.y[0], "text": words}]
    return plot.text(at, align="right", baseline="top", dy=9 + plot.frame.line, color=QUIET)


def grid(plot: Plot, values: Sequence[float], unit: str) -> list[Spec]:
    """Lines across at round values, each with its number at the left."""
    left, right = plot.x
    size = plot.frame.font
    return [
        plot.layer(
            {"type": "rule", "color": RULE, "strokeWidth": 1},
            [{"x": left, "to": right, "y": value} for value in values],
            x2={"field": "to"},
        ),
        plot.text(
            [{"x": left, "y": value, "text": tick_words(value, unit)} for value in values],
            align="right",
            dx=-8,
            color=QUIET,
            fontSize=size,
        ),
    ]


def foot(plot: Plot, labels: Sequence[tuple[float, list[str]]]) -> list[Spec]:
    """The line on which marks stand, with labels below at their places."""
    bottom = plot.y[0]
    return [
        plot.layer(
            {"type": "rule", "color": INK, "strokeWidth": 1},
            [{"x": plot.x[0], "to": plot.x[1], "y": bottom}],
            x2={"field": "to"},
        ),
        plot.layer(
            {"type": "tick", "orient": "vertical", "color": INK, "size": 6, "thickness": 1, "yOffset": 3},
            [{"x": x, "y": bottom} for x, _ in labels],
        ),
        plot.text(
            [{"x": x, "y": bottom, "text": lines} for x, lines in labels],
            align="center",
            baseline="top",
            dy=9,
            color=QUIET,
        ),
    ]


def head(plot: Plot, words: str) -> Spec:
    """What the axis counts, above the ground at its left."""
    x, y = plot.x[0], plot.y[1]
    lines = wrapped(words, plot.frame.width - 8, plot.frame.font)
    return plot.text(
        [{"x": x, "y": y, "text": lines}], dx=-plot.left + 2, dy=-plot.top + 2, baseline="top", color=QUIET
    )


def head_height(words: str, frame: Frame) -> float:
    return len(wrapped(words, frame.width - 8, frame.font)) * frame.line if words else 0
