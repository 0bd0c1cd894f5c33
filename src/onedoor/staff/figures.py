"""Pages of figures: the tables and charts of a page are shown, and are files by the page's own address.

`?as=csv&table=KEY`, `?as=xlsx&table=KEY` and `?as=svg&table=KEY` ask the same view with the same rights, so that a file holds
what the page holds; `?as=xlsx` alone is a workbook of all tables. What leaves is written down, and says so itself where it holds
small counts. Figures are of no single patient: lists of people are asked for by POST (`onedoor.staff.download`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from onedoor.accounts import api as accounts
from onedoor.kernel.access import Access
from onedoor.reporting import charts as drawing
from onedoor.reporting.charts import Chart, Picture
from onedoor.reporting.tables import MARKED, SMALL_COUNTS, Table, as_csv, as_xlsx
from onedoor.staff.download import note_download
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted

_NONE: Mapping[str, Table] = MappingProxyType({})
_NO_CHART: Mapping[str, Chart] = MappingProxyType({})
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True)
class Shown:
    """A table as the macros of onedoor/table.jinja and onedoor/chart.jinja take it: with its picture, if it has one, and the
    addresses of its files."""

    key: str
    table: Table
    csv: str
    xlsx: str
    svg: str = ""
    picture: Picture | None = None


def figures_page(
    request: HttpRequest,
    template: str,
    here: str,
    *,
    tables: Mapping[str, Table] = _NONE,
    charts: Mapping[str, Chart] = _NO_CHART,
    **context: Any,
) -> HttpResponse:
    """The page with `tables` and `charts` by key, each `Shown`; or the file that was asked for; one of no table is 404."""
    all_tables = {**tables, **{key: chart.table for key, chart in charts.items()}}
    if wanted := request.GET.get("as"):
        return _file(request, granted(request), wanted, all_tables, charts)
    pictures = drawing.shown(charts, keep=not granted(request).sees_small_counts)
    return staff_page(
        request,
        template,
        here,
        tables={key: _shown(request, key, table, None) for key, table in tables.items()},
        charts={key: _shown(request, key, chart.table, pictures[key]) for key, chart in charts.items()},
        workbook=_address(request, "xlsx", ""),
        **context,
    )


def _shown(request: HttpRequest, key: str, table: Table, picture: Picture | None) -> Shown:
    svg = _address(request, "svg", key) if picture else ""
    return Shown(key, table, _address(request, "csv", key), _address(request, "xlsx", key), svg, picture)


def _address(request: HttpRequest, kind: str, key: str) -> str:
    """The page as it stands, filters and all, as a file."""
    asked = request.GET.copy()
    asked["as"] = kind
    if key:
        asked["table"] = key
    else:
        asked.pop("table", None)
    return f"?{asked.urlencode()}"


def _file(
    request: HttpRequest, access: Access, kind: str, tables: Mapping[str, Table], charts: Mapping[str, Chart]
) -> HttpResponse:
    key = request.GET.get("table", "")
    found = [tables[key]] if key in tables else [*tables.values()] if kind == "xlsx" and not key else []
    if not found or kind not in _TYPES or (kind == "svg" and key not in charts):
        raise Http404
    small = access.sees_small_counts
    if small:
        found = [replace(one, warning=SMALL_COUNTS) for one in found]
    table = found[0]
    if kind == "svg":
        content: str | bytes = drawing.file(replace(charts[key], table=table), keep=not small)
    else:
        content = as_csv(table) if kind == "csv" else as_xlsx(*found)
    name = f"{table.file_name if len(found) == 1 else f'{MARKED if small else str()}figures'}.{kind}"
    note_download(access, name, sum(len(one.rows) for one in found))
    if small:
        accounts.note_small_counts(access=access, page=request.get_full_path(), file=name)
    answer = HttpResponse(content, content_type=_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
