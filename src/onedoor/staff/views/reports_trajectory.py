"""The trajectory of an organisation: what its targets ask of each month from today, and what may come."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.kernel.access import NotPermitted, Permission
from onedoor.reporting import api as reporting
from onedoor.reporting.models import Trajectory
from onedoor.reporting.trajectory import queries
from onedoor.reporting.trajectory.cases import came_table, cases, months_table, shares_table
from onedoor.staff.figures import figures_page
from onedoor.ui.access import granted, staff

_NOTHING: Mapping[str, str] = {}


@staff(Permission.REPORTS)
@require_http_methods(["GET", "POST"])
def trajectory(request: HttpRequest) -> HttpResponse:
    """`of`: the ODS code of an organisation. Posted: a target, in place of the one that the page showed."""
    code = request.GET.get("of", "").strip()
    return _set(request, code) if request.method == "POST" else _page(request, code, _NOTHING, _NOTHING)


def _page(
    request: HttpRequest, code: str, typed: Mapping[str, str], problems: Mapping[str, str], status: int = 200
) -> HttpResponse:
    view = queries.trajectory(granted(request), code)
    if view is None:
        raise Http404
    return figures_page(
        request,
        "staff/reports_trajectory.jinja",
        "reports",
        tables=view.tables,
        charts=view.charts,
        status=status,
        view=view,
        share=queries.share_words,
        typed=typed,
        problems=problems,
        case=cases()[0],
    )


def _set(request: HttpRequest, code: str) -> HttpResponse:
    access, said = granted(request), request.POST
    unit = next((one for one in queries.chosen_among(access) if one.ods_code == code), None)
    if unit is None:
        raise Http404
    typed = {name: said.get(name, "") for name in reporting.TARGET_FIELDS}
    try:
        found = reporting.set_target(
            access=access, organisation_id=unit.id, typed=typed, replaces=_ref(said.get("replaces", ""))
        )
    except NotPermitted as error:
        raise Http404 from error
    except reporting.TargetOvertaken:
        messages.error(request, "Somebody set a target meanwhile. Look at it; yours was not kept.")
        return _page(request, code, typed, _NOTHING, status=409)
    if found.problems:
        return _page(request, code, typed, found.problems, status=422)
    messages.success(request, "The target is set. What stood before is kept below.")
    return redirect(_address(code))


@staff(Permission.PLAN)
@require_POST
def end_target(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Aim at nothing any more."""
    try:
        ended = reporting.end_target(access=granted(request), ref=ref)
    except (NotPermitted, Trajectory.DoesNotExist) as error:
        raise Http404 from error
    messages.success(request, "The target is ended." if ended else "It had ended already.")
    return redirect(_address(request.POST.get("of", "").strip()))


@staff(Permission.REPORTS)
@require_GET
def case(request: HttpRequest, key: str) -> HttpResponse:
    """A plan that was, worked out again."""
    found = next((one for one in cases() if one.key == key), None)
    if found is None:
        raise Http404
    rate = found.targets.rate
    assert rate is not None
    assert found.targets.more is not None
    tables = {
        "came": came_table(found),
        "months": months_table(found),
        "parts": shares_table(
            found.targets.more, found.members, rate, due=found.due, source=found.source, period=found.baseline.words
        ),
    }
    return figures_page(request, "staff/reports_trajectory_case.jinja", "reports", tables=tables, case=found)


def _address(code: str) -> str:
    return f"{reverse('reports_trajectory')}?{urlencode({'of': code})}" if code else reverse("reports_trajectory")


def _ref(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
