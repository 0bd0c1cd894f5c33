"""The dashboard of physical health checks: our record and what was published, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from onedoor.kernel.access import Access, Permission
from onedoor.reporting.dashboards import smi, smi_published, smi_record
from onedoor.reporting.dashboards.smi_record import MEASURES
from onedoor.reporting.levels import Level
from onedoor.reporting.measures.closing import may_close
from onedoor.reporting.published import ALL_SIX, WORDS, Quarter, standing
from onedoor.staff.figures import figures_page
from onedoor.ui.access import granted, staff


@staff(Permission.REPORTS)
@require_GET
def reports_smi(request: HttpRequest) -> HttpResponse:
    """`at` and `quarter`: a place and a quarter as published; `of` and `month`: an organisation and a month of our record."""
    access = granted(request)
    asked = request.GET
    theirs = smi.published_side(access, code=_code(asked.get("at", "")), quarter=Quarter.read(asked.get("quarter", "")))
    ours = smi.record_side(access, code=_code(asked.get("of", "")), month=asked.get("month", ""))
    tables = {**(ours.tables if ours else {}), **(theirs.tables if theirs else {})}
    drawn = {**(ours.charts if ours else {}), **(theirs.charts if theirs else {})}

    def address(**other: str) -> str:
        """The page with some of what it shows put otherwise."""
        said = {key: value for key in ("at", "quarter", "of", "month") if (value := asked.get(key))} | other
        return f"{reverse('reports_smi')}?{urlencode(said)}"

    return figures_page(
        request,
        "staff/reports_smi.jinja",
        "reports",
        tables=tables,
        charts=drawn,
        ours=ours,
        closed=bool(ours or smi_record.months(access)),
        theirs=theirs,
        places=_places(access, theirs),
        address=address,
        people=_people(access, ours),
        nearest=_nearest(access, ours),
        months=reverse("reports_closings") if may_close(access) else "",
        explain=lambda item: _explain(item, ours),
        ALL_SIX=ALL_SIX,
        share=smi.said_share,
    )


def _code(typed: str) -> str:
    """An ODS code as typed, or one that nobody has."""
    code = typed.strip()
    return code if not code or code.isalnum() else "-"


def _places(access: Access, theirs: smi.PublishedSide | None) -> list[tuple[str, str]]:
    """England, the regions and their systems: what may be chosen at once; groups are reached from their system."""
    if theirs is None:
        return []
    found = [(smi_published.ENGLAND.code, smi_published.ENGLAND.name)]
    stand = standing()
    for level, before in ((Level.REGION, ""), (Level.ICS, "– ")):
        found += [
            (one.code, f"{before}{one.name}")
            for one in smi_published.of_quarter(access, level, theirs.quarter, stand=stand)
        ]
    if theirs.place.code not in {code for code, _ in found}:
        found.append((theirs.place.code, theirs.place.name))
    return found


@dataclass(frozen=True)
class People:
    """Where the people of the shown figure are listed: who had all six, and by check who lacks it."""

    counted: str
    lacking: Sequence[tuple[str, str]]


def _people(access: Access, ours: smi.RecordSide | None) -> People | None:
    """For whoever may see them."""
    if ours is None or not smi_record.sees_people(access, ours.unit):
        return None
    lacking = [
        (WORDS[item] if item != ALL_SIX else "Any check", f"{_explain(item, ours)}&who=not_counted#people")
        for item in smi_record.SHARES
    ]
    return People(f"{_explain(ALL_SIX, ours)}&who=counted#people", lacking)


def _nearest(access: Access, ours: smi.RecordSide | None) -> str:
    """The practice's people who today are near the end of their checks, for whoever sees to them."""
    if ours is None or not smi_record.sees_people(access, ours.unit) or not access.may(Permission.CHECKS):
        return ""
    return f"{reverse('finish_line')}?{urlencode({'group': f'practice:{ours.unit.id}'})}"


def _explain(item: str, ours: smi.RecordSide | None) -> str:
    """The page that explains a figure of our record."""
    if ours is None:
        return ""
    query = urlencode({"month": ours.month.key, "organisation": ours.unit.ods_code})
    return f"{reverse('reports_measure', args=[MEASURES[item]])}?{query}"
