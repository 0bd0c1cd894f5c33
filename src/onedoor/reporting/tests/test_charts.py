"""Charts: what the Vega-Lite of each kind holds, what is said of it, and what kind of SVG comes of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.kernel import clock, jobs
from onedoor.reporting import charts
from onedoor.reporting.charts import NARROW, WIDE, Chart, Frame, Line, drawing
from onedoor.reporting.charts.frame import PENS, QUIET, Spec, apart, period_lines, ticks, width_of, wrapped
from onedoor.reporting.charts.line import FLAGS
from onedoor.reporting.models import ChartPicture
from onedoor.reporting.tables import HIDDEN, Cell, Column, Table
from onedoor.reporting.tests import examples

SVG = "{http://www.w3.org/2000/svg}"
EVERY = [
    pytest.param(chart, frame, id=f"{key}-{frame.name}")
    for key, chart in examples.ALL.items()
    for frame in (WIDE, NARROW)
]


def marks(spec: Spec, kind: str) -> list[Spec]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def values(layers: list[Spec], key: str = "y") -> list[object]:
    return [one[key] for layer in layers for one in layer["data"]["values"]]


def texts(spec: Spec) -> list[str]:
    told = values(marks(spec, "text"), "text")
    return [" ".join(one) if isinstance(one, list) else str(one) for one in told]


def line_of(*cells: Cell, **more: object) -> Line:
    table = Table(
        "A title", [Column("at", "When"), Column("n", "People")], [[f"M{at}", one] for at, one in enumerate(cells)]
    )
    return Line(table, "at", ("n",), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "runs", "said"),
    [
        ((3, 4, 5), [[3, 4, 5]], []),
        ((3, None, 5), [[3], [5]], ["no data"]),
        ((3, None, None, 5, 6), [[3], [5, 6]], ["no data"]),
        ((None, 4, HIDDEN), [[4]], ["no data", "too few to show"]),
        ((3, 0, 5), [[3, 0, 5]], []),  # a nought that was counted is no gap
        ((None, None), [], ["no data"]),
    ],
)
def test_what_is_missing_is_a_gap_with_words_and_never_nought(
    cells: tuple[Cell, ...], runs: list[list[int]], said: list[str]
) -> None:
    spec = charts.spec(line_of(*cells))
    drawn: dict[object, list[object]] = {}
    for layer in marks(spec, "line"):
        for one in layer["data"]["values"]:
            drawn.setdefault(one["run"], []).append(one["y"])
    assert list(drawn.values()) == runs
    assert [one for one in dict.fromkeys(texts(spec)) if one in ("no data", "too few to show")] == said


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ((None, None), "No data."),
        ((HIDDEN, HIDDEN), "Too few to show."),
        ((HIDDEN, None), "Too few to show."),
        ((HIDDEN, 0), ""),
    ],
)
def test_a_picture_of_nothing_is_a_sentence(cells: tuple[Cell, ...], says: str) -> None:
    assert charts.nothing(line_of(*cells)) == says


def test_one_missing_of_two_series_is_named() -> None:
    assert "no data: South East" in texts(charts.spec(examples.trend()))
    assert "South East: no data for Q4 2019/20." in charts.said(examples.trend())


def test_of_many_series_one_breaks_off_without_a_band_across_the_others() -> None:
    """And its name leads nowhere, since nothing of it is at the end."""
    keys = ("a", "b", "c")
    columns = [Column("at", "When"), *(Column(key, f"Series {key}") for key in keys)]
    table = Table("A title", columns, [["M0", 1, 9, 5], ["M1", 1, 9, HIDDEN], ["M2", 1, 1, HIDDEN]])
    spec = charts.spec(Line(table, "at", keys))
    assert "Where a line breaks off: too few to show" in texts(spec)
    assert not [one for one in texts(spec) if one.startswith("too few to show")]
    assert not marks(spec, "rect")


def test_limits_mean_and_aim_are_named_at_their_ends() -> None:
    assert {"upper limit 8,642", "mean 5,267", "lower limit 1,893", "5,229"} <= set(
        texts(charts.spec(examples.referrals()))
    )
    assert {"South East 59.4%", "England 68.5%", "aim 60%"} <= set(texts(charts.spec(examples.trend())))


def test_limits_worked_out_anew_are_steps() -> None:
    chart = examples.referrals()
    rows = [[*row[:2], Decimal(4000) if at < 3 else row[2], *row[3:]] for at, row in enumerate(chart.table.rows)]
    spec = charts.spec(replace(chart, table=replace(chart.table, rows=rows)))
    mean = [
        layer
        for layer in marks(spec, "rule")
        if layer["mark"]["color"] == QUIET and layer["mark"].get("strokeDash") == []
    ]
    steps = [one for layer in mean for one in layer["data"]["values"]]
    assert [(one["x"], one["to"], one["y"]) for one in steps] == [(-0.5, 2.5, 4000), (2.5, 6.5, 5267)]


def test_flagged_points_have_a_shape_of_their_own_and_words() -> None:
    chart = examples.flagged()
    spec = charts.spec(chart)
    shapes = {
        layer["mark"]["shape"]: len(layer["data"]["values"])
        for layer in marks(spec, "point")
        if layer["mark"].get("stroke") == "#ffffff"
    }
    assert shapes == {"diamond": 8, "square": 1}
    assert {"Concern: below the lower limit", "Improvement: 8 in a row above the mean"} <= set(texts(spec))
    assert "January 2025: Concern: below the lower limit; August 2025 to March 2026: Improvement" in charts.said(chart)
    assert "Concern: below the lower limit" in chart.table.cells("flag")


def test_a_flag_of_no_kind_is_refused() -> None:
    chart = examples.referrals()
    rows = [[*row[:5], "odd"] for row in chart.table.rows]
    with pytest.raises(ValueError, match="a flag begins with"):
        charts.spec(replace(chart, table=replace(chart.table, rows=rows)))


def test_hollow_points_lack_something_and_the_key_says_what() -> None:
    chart = examples.trend()
    (lacks,) = {row[3] for row in chart.table.rows if row[3] and row[1] is not None}
    spec = charts.spec(chart)
    assert hollow(spec) == [22.9]
    assert lacks in texts(spec)
    # England lacks nothing, unless it is not said.
    assert len(hollow(charts.spec(replace(chart, whole=())))) == 3
    # Of several the key says that there are some.
    other = [[*row[:3], "one sent nothing" if at == 0 else row[3]] for at, row in enumerate(chart.table.rows)]
    spec = charts.spec(replace(chart, table=replace(chart.table, rows=other)))
    assert ("some are missing" in texts(spec), lacks in texts(spec)) == (True, False)
    # Where what lacks something has no point either, the key has none to name.
    gap = [[*row[:3], row[3] if row[1] is None else ""] for row in chart.table.rows]
    assert any(row[3] for row in gap)
    assert hollow(charts.spec(replace(chart, table=replace(chart.table, rows=gap)))) == []


def hollow(spec: Spec) -> list[object]:
    """Values of the hollow points, but for the one that stands in the key."""
    drawn = [layer for layer in marks(spec, "point") if layer["data"]["values"] and "xOffset" not in layer["mark"]]
    return values([layer for layer in drawn if layer["mark"].get("fill") == "#ffffff"])


def test_bars_stand_in_order_and_what_sent_nothing_is_last() -> None:
    spec = charts.spec(examples.compared())
    told = [one for one in texts(spec) if " of " in one or one == "no data"]
    assert list(dict.fromkeys(told))[:2] == ["38.7% of 5,474", "35.8% of 3,557"]
    assert told[-1] == "no data"
    assert len(values([one for one in marks(spec, "rect") if one["mark"]["color"] != "#ffffff"])) == 11


def test_a_column_that_lacks_a_part_is_missing_as_a_whole() -> None:
    chart = examples.sources()
    rows = [[row[0], row[1], None if at == 2 else row[2], row[3]] for at, row in enumerate(chart.table.rows)]
    spec = charts.spec(replace(chart, table=replace(chart.table, rows=rows)))
    assert 1.64 not in values(marks(spec, "rect"), "x")
    assert any(one.startswith("no data") for one in texts(spec))
    assert "6,799" not in texts(spec)
    assert "Nurse: 0 throughout." in charts.said(chart)


def test_a_funnel_names_what_is_beyond_its_limits() -> None:
    spec = charts.spec(examples.variation())
    shapes = {
        layer["mark"]["shape"]: len(layer["data"]["values"])
        for layer in marks(spec, "point")
        if len(layer["data"]["values"])
    }
    assert shapes["circle"] == 2
    assert {"Frimley", "Berkshire West", "Kent and Medway"} <= set(texts(spec))
    assert {"99.8% limits", "95% limits", "South East 21.2%"} <= set(texts(spec))


def test_a_fan_goes_on_where_what_was_ends() -> None:
    spec = charts.spec(examples.ahead())
    assert len(marks(spec, "area")) == 2
    assert {"most likely 34.9%", "aim 40%", "no data"} <= set(texts(spec))
    assert "By March 2022: most likely 34.9%; 9 in 10 between" in charts.said(examples.ahead())


def test_a_bin_too_small_to_be_told_is_said_and_not_drawn() -> None:
    spec = charts.spec(examples.waits())
    assert 14 not in values(marks(spec, "rect"), "x")
    assert "too few to show" in texts(spec)
    assert "18+" in texts(spec)


def test_no_two_series_or_signals_differ_by_colour_alone() -> None:
    assert len({tuple(dash) for _, dash, _ in PENS}) == len({shape for _, _, shape in PENS}) == len(PENS)
    assert len({shape for _, shape in FLAGS.values()}) == len(FLAGS)


@pytest.mark.django_db
@pytest.mark.parametrize(("chart", "frame"), EVERY)
def test_every_picture(chart: Chart, frame: Frame) -> None:
    """One image with title and description, nothing that the content security policy forbids, letters large enough."""
    svg = charts.svg(chart, frame)
    root = ElementTree.fromstring(svg)
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    labels = (root.get("aria-labelledby") or "").split()
    assert root.get("role") == "img"
    assert [root.find(f"{SVG}{name}").get("id") for name in ("title", "desc")] == labels  # type: ignore[union-attr]
    assert root.find(f"{SVG}title").text == chart.table.title  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))
    assert not re.search(r"<script|<style|style=|\son\w+=|href=|NaN|undefined", svg)
    assert float(root.get("width") or 0) == frame.width
    # Shown from 272 pixels on, which leaves 24 of 320 each side, and wide from 560 on (charts.css, less its padding).
    smallest = min(float(one.get("font-size", "0px").removesuffix("px")) for one in root.iter(f"{SVG}text"))
    assert smallest * (560 / WIDE.width if frame is WIDE else 272 / NARROW.width) >= 12


@pytest.mark.django_db
def test_the_same_chart_is_the_same_bytes_in_another_process_and_order() -> None:
    code = (
        "import django; django.setup(); import hashlib\n"
        "from onedoor.reporting import charts; from onedoor.reporting.charts import drawing\n"
        "from onedoor.reporting.tests import examples\n"
        "for key in {order}: c = examples.ALL[key]; s = drawing.drawn(charts.spec(c), c.table.title, charts.said(c));"
        " print(key, hashlib.sha256(s.encode()).hexdigest())\n"
    )
    keys = ["waits", "trend", "ahead"]
    told = [
        sorted(
            subprocess.run(
                [sys.executable, "-c", code.format(order=order)], capture_output=True, text=True, check=True
            ).stdout.split("\n")
        )
        for order in (keys, keys[::-1])
    ]
    assert told[0] == told[1]


@pytest.mark.django_db
def test_a_page_of_charts_seen_before_is_one_statement() -> None:
    four = {key: examples.ALL[key] for key in ("trend", "compared", "variation", "ahead")}
    first = charts.shown(four)
    for wanted in (dict([*four.items()][:1]), four):
        with CaptureQueriesContext(connection) as asked:
            again = charts.shown(wanted)
        assert len(asked) == 1
        assert again == {key: first[key] for key in wanted}
    assert ChartPicture.objects.count() == 8


@pytest.mark.django_db
def test_another_number_is_another_picture_and_old_ones_are_let_go() -> None:
    one, other = line_of(3, 4), line_of(3, 5)
    assert charts.svg(one) != charts.svg(other)
    assert ChartPicture.objects.count() == 2
    for days, left in ((91, 2), (93, 0)):
        with clock.at(clock.now() + timedelta(days=days)):
            jobs.run_once("reporting.forget_pictures")
        assert ChartPicture.objects.count() == left


@pytest.mark.django_db
def test_a_picture_as_a_file_says_what_it_is_and_brings_its_letters() -> None:
    svg = charts.file(examples.trend())
    root = ElementTree.fromstring(svg)
    words = " ".join("".join(one.itertext()) for one in root.iter(f"{SVG}text"))
    assert "the South East stays below England" in words
    assert "Source: NHS England" in words
    assert svg.count("font-family:'Atkinson Hyperlegible'") == 2


def test_what_a_patient_could_write_is_no_markup() -> None:
    chart = line_of(1, 2)
    table = replace(chart.table, title="<script>&", columns=[Column("at", "When"), Column("n", "<b>&")])
    svg = drawing.drawn(charts.spec(replace(chart, table=table)), table.title, "a < b")
    assert "<script" not in svg
    assert "<b>" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (0, 68.5, 5, [0, 20, 40, 60, 80]),
        (0, 6799, 5, [0, 2000, 4000, 6000, 8000]),
        (0, 3, 5, [0, 1, 2, 3]),
        (-3, 5, 4, [-4, -2, 0, 2, 4, 6]),
        (0, 0, 5, [0]),
        (0, 0.9, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_round_values(low: float, high: float, most: int, found: list[float]) -> None:
    assert ticks(low, high, most) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], []),
        ([(50, 10)], [50]),
        ([(50, 10), (52, 10)], [50, 60]),
        ([(98, 10), (97, 10)], [95, 85]),
        ([(2, 10), (0, 10), (1, 10)], [25, 5, 15]),
    ],
)
def test_labels_stand_apart(wanted: list[tuple[float, float]], found: list[float]) -> None:
    assert apart(wanted, 0, 100) == found


def test_words_in_lines() -> None:
    assert wrapped("Hampshire, Southampton and Isle of Wight", 150, 15) == [
        "Hampshire,",
        "Southampton and",
        "Isle of Wight",
    ]
    assert wrapped("", 100, 15) == [""]
    assert width_of("mmm", 10) > width_of("iii", 10)
    assert period_lines("Q3 2018/19", Column("q", "Quarter"), 56, 13) == ["Q3", "2018/19"]


@pytest.mark.parametrize("key", examples.ALL)
def test_nothing_at_all_is_drawn_too(key: str) -> None:
    chart = examples.ALL[key]
    empty = replace(chart, table=replace(chart.table, rows=[]))
    assert json.dumps(charts.spec(empty))
    assert charts.said(empty) == "There is nothing to show."


@pytest.mark.parametrize("cells", [(0, 0, 0), (0, None, 0), (0,), (7, 7)])
@pytest.mark.parametrize("from_zero", [True, False])
def test_a_line_of_one_value_is_drawn(cells: tuple[Cell, ...], from_zero: bool) -> None:
    for frame in (WIDE, NARROW):
        assert charts.spec(line_of(*cells, from_zero=from_zero), frame)["layer"]
