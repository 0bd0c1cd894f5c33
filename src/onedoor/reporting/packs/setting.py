"""A pack set as PDF and as a workbook: the same tables, the same numbers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from onedoor.reporting import charts
from onedoor.reporting.charts import Chart
from onedoor.reporting.tables import Table, as_xlsx

_TEMPLATE = Path(__file__).with_name("pack.typ")
_FONTS = ("Atkinson Hyperlegible", "Fira Sans")
_setting = threading.Lock()


class CannotBeSet(Exception):
    """The setter refused what was handed in; nothing of what it said is repeated, for it may name somebody."""


@dataclass(frozen=True)
class Headline:
    """A figure as it is said, and what it is."""

    figure: str
    words: str


@dataclass(frozen=True)
class Section:
    """One subject: pictures first, then tables. A picture's own table is among them, unless it has too many rows to be read."""

    title: str
    charts: Sequence[Chart]
    tables: Sequence[Table]


@dataclass(frozen=True)
class Content:
    """A pack before it is set. `about`: of whom, of when and as known when; `dated` the day that stands in the file."""

    title: str
    author: str
    about: str
    dated: date
    headlines: Sequence[Headline]
    sections: Sequence[Section]


@dataclass(frozen=True)
class Files:
    """Both files of a pack and the checksum of one after the other."""

    pdf: bytes
    xlsx: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.pdf + self.xlsx).hexdigest()


def files(content: Content) -> Files:
    """The pack, the same bytes for the same content. Raises CannotBeSet."""
    return Files(pdf(content), as_xlsx(*(table for section in content.sections for table in section.tables)))


def pdf(content: Content) -> bytes:
    """As PDF/UA-1. Raises CannotBeSet."""
    made = _compile(content, {"format": "pdf", "pdf_standards": ["ua-1"]})
    assert isinstance(made, bytes)
    return made


def pictures(content: Content, ppi: int = 80) -> list[bytes]:
    """The pages as PNG."""
    made = _compile(content, {"format": "png", "ppi": ppi})
    return made if isinstance(made, list) else [made]


def _compile(content: Content, options: dict[str, Any]) -> Any:
    data = json.dumps(_data(content), ensure_ascii=False)
    try:
        # One compiler keeps the fonts and the parsed template; it takes one pack at a time.
        with _setting:
            return _compiler().compile(sys_inputs={"pack": data}, **options)
    except RuntimeError as error:
        raise CannotBeSet("the pack cannot be set as a PDF") from error


@cache
def _compiler() -> Any:
    import fontpkg_atkinson_hyperlegible
    import fontpkg_fira_sans
    import typst

    fonts = [str(package.ROOT / "files") for package in (fontpkg_atkinson_hyperlegible, fontpkg_fira_sans)]
    return typst.Compiler(input=str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts, ignore_system_fonts=True)


def _data(content: Content) -> dict[str, Any]:
    return {
        "title": content.title,
        "author": content.author,
        "about": content.about,
        "footer": f"{content.title}. {content.author}",
        "fonts": list(_FONTS),
        "date": [content.dated.year, content.dated.month, content.dated.day],
        "headlines": [{"figure": one.figure, "words": one.words} for one in content.headlines],
        "sections": [
            {
                "title": section.title,
                "charts": [_chart(one) for one in section.charts],
                "tables": [_table(one) for one in section.tables],
            }
            for section in content.sections
        ],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": chart.table.title,
        "svg": charts.svg(chart),
        "said": charts.said(chart),
        "notes": _beneath(chart.table),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "headings": [column.heading for column in table.columns],
        "right": list(table.right),
        "rows": table.said,
        "notes": _beneath(table),
    }


def _beneath(table: Table) -> list[str]:
    """Of when and from where, as one line, then the notes."""
    source = ". ".join(f"{name}: {said}" for name, said in table.provenance)
    return [line for line in (source, *table.notes) if line]
