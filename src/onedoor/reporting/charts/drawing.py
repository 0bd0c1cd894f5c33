"""From Vega-Lite to an SVG that says what it shows, the same bytes for the same chart.

vl-convert is loaded where a picture is drawn and nowhere else: the web entry starts without it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from onedoor.reporting.charts.frame import FONT, INK, PAPER, QUIET, Spec, wrapped
from onedoor.reporting.tables import Table

_MAKER = "vl-convert 1.9.0, 1"
"""Goes into each picture's address: with another maker, or another way of ours to finish a picture, all are drawn anew."""
_VEGA_LITE = "5.21"
_drawing = threading.Lock()


def address(spec: Spec, title: str, said: str) -> str:
    """The SHA-256 of all that a picture depends on."""
    content = json.dumps([_MAKER, spec, title, said], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def drawn(spec: Spec, title: str, said: str) -> str:
    """The picture as SVG, role img with title and description, ids of its own, no script and no style."""
    with _drawing:
        raw = _maker().vegalite_to_svg(json.dumps(spec, sort_keys=True), vl_version=_VEGA_LITE)
    return _finished(raw, address(spec, title, said)[:12], title, said)


def standalone(svg: str, table: Table) -> str:
    """The picture as a file: with title, period and source written on it, and with its typeface, so that it says what it is and
    looks the same wherever it is opened."""
    faces = "".join(
        f"@font-face{{font-family:'{FONT}';font-weight:{weight};src:url(data:font/ttf;base64,{data})}}"
        for weight, data in _faces()
    )
    found = _SIZE.search(svg)
    assert found, "a picture of ours has a size"
    width, height = float(found[1]), float(found[2])
    title = [line for one in (table.warning, table.title) if one for line in wrapped(one, width - 8, _TITLE, bold=True)]
    told = [f"{name}: {words}" for name, words in table.provenance] + list(table.notes)
    below = [line for one in told for line in wrapped(one, width - 8, _BELOW)]
    top, bottom = len(title) * _TITLE * 1.25 + 10, len(below) * _BELOW * 1.25 + 12
    texts = [(line, (at + 0.85) * _TITLE * 1.25 - top, _TITLE, "bold", INK) for at, line in enumerate(title)]
    texts += [(line, height + (at + 1) * _BELOW * 1.25, _BELOW, "normal", QUIET) for at, line in enumerate(below)]
    written = "".join(
        f'<text x="2" y="{y:.1f}" font-family="{FONT}" font-size="{size}px" font-weight="{weight}" fill="{colour}">'
        f"{escape(line)}</text>"
        for line, y, size, weight, colour in texts
    )
    whole = (
        f'width="{width:g}" height="{height + top + bottom:g}" viewBox="0 {-top:g} {width:g} {height + top + bottom:g}"'
    )
    paper = f'<rect y="{-top:g}" width="{width:g}" height="{height + top + bottom:g}" fill="{PAPER}"/>'
    svg = _SIZE.sub(lambda _: whole, svg, count=1)
    svg = svg.replace("</desc>", f"</desc><style>{faces}</style>{paper}", 1)
    return svg.removesuffix("</svg>") + written + "</svg>"


_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"')
_TITLE, _BELOW = 19, 13
"""Letters of a file in pixels."""


@cache
def _maker() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(_fonts()))
    return vl_convert


def _fonts() -> Any:
    import fontpkg_atkinson_hyperlegible

    return fontpkg_atkinson_hyperlegible.ROOT / "files"


@cache
def _faces() -> tuple[tuple[int, str], ...]:
    return tuple(
        (weight, base64.b64encode((_fonts() / f"AtkinsonHyperlegible-{name}.ttf").read_bytes()).decode())
        for weight, name in ((400, "Regular"), (700, "Bold"))
    )


_INNER = re.compile(r' (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"')
_EMPTY = re.compile(r'<path (?:d="(?:M0,0h0v0h0Z)?"|d="" display="none")(?: display="none")?/>')
_OPEN = re.compile(r"<svg [^>]*>")


def _finished(raw: str, own: str, title: str, said: str) -> str:
    """Vega numbers its clips through the life of a process, and describes each mark; a picture is one thing to a reader."""
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', raw)
    assert size, "Vega writes the size of a picture first"
    body = _EMPTY.sub("", _INNER.sub("", raw))
    order: dict[str, str] = {}
    for name in re.findall(r'id="([^"]+)"', body):
        order[name] = f"c{own}-{len(order) + 1}"
    for name, given in order.items():
        body = body.replace(f'id="{name}"', f'id="{given}"').replace(f"url(#{name})", f"url(#{given})")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[1]}" height="{size[2]}" viewBox="0 0 {size[1]} {size[2]}" '
        f'role="img" aria-labelledby="c{own}-title c{own}-desc"><title id="c{own}-title">{escape(title)}</title>'
        f'<desc id="c{own}-desc">{escape(said)}</desc>'
    )
    return _OPEN.sub(lambda _: opening, body, count=1)
