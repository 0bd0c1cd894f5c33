"""The plan: initiatives of an organisation and those below, the menu they come from, and one with all that was said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting import api as reporting
from onedoor.reporting.improvement import forms, measuring, queries, reports, rules
from onedoor.reporting.improvement.menu import menu
from onedoor.reporting.improvement.queries import InitiativeView
from onedoor.reporting.levels import Level, Unit, reach
from onedoor.reporting.models import Initiative, Milestone, ProgressNote
from onedoor.reporting.tables import Table
from onedoor.reporting.trajectory.queries import chosen_among, trajectory
from onedoor.staff.addresses import typed_day
from onedoor.staff.figures import figures_page
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff

_NOTHING: Mapping[str, str] = {}
_ENDED = ("done", "stopped")
_WORDS: dict[str, Any] = {
    "areas": rules.AREAS,
    "levels": rules.LEVELS,
    "windows": rules.WINDOWS,
    "ratings": rules.RATINGS,
    "states": rules.STATES,
    "measures": measuring.MEASURES,
    "names": forms.WORDS,
}

_CHOICES: Mapping[str, Mapping[str, str]] = {
    "area": rules.AREAS,
    "level": rules.LEVELS,
    "window": rules.WINDOWS,
    "ease": rules.RATINGS,
    "impact": rules.RATINGS,
    "rating": rules.RATINGS,
    "measure": measuring.MEASURES,
}
"""Of fields that are chosen, the words of each choice."""


@staff(Permission.REPORTS)
@require_GET
def plan(request: HttpRequest) -> HttpResponse:
    """What needs a word first. `of`, `area`, `level` and `state` narrow it; the state "ended" is done or stopped."""
    access, asked = granted(request), request.GET
    unit = _unit(access, asked.get("of", ""))
    views = _views(access, unit, ended=asked.get("state") in (*_ENDED, "ended"))
    narrowed = [one for one in views if _fits(one, asked)]
    return figures_page(
        request,
        "staff/reports_plan.jinja",
        "reports",
        tables={"plan": reports.plan_table(_name(access, unit), narrowed)},
        views=narrowed,
        many=len(views),
        needing=sum(bool(one.exceptions) for one in narrowed),
        unit=unit,
        units=_units(access),
        **_WORDS,
    )


@staff(Permission.REPORTS)
@require_GET
def exceptions(request: HttpRequest) -> HttpResponse:
    """How it stands against its targets, and what is not as it was planned, to be sent or printed."""
    access = granted(request)
    unit = _unit(access, request.GET.get("of", ""))
    agenda = queries.agenda(access, unit.id) if unit else None
    tables = {
        **_targets(access, unit),
        **reports.exception_report(_name(access, unit), _views(access, unit), agenda),
    }
    return figures_page(
        request, "staff/reports_plan_report.jinja", "reports", tables=tables, unit=unit, kind="Exception report"
    )


@staff(Permission.REPORTS)
@require_GET
def highlights(request: HttpRequest) -> HttpResponse:
    """The month to today, to be sent or printed."""
    access = granted(request)
    unit = _unit(access, request.GET.get("of", ""))
    views, found = measuring.with_measured(access, queries.plan(access, unit.id if unit else None, ended=True))
    tables = {
        **_targets(access, unit),
        **reports.exception_report(_name(access, unit), views),
        **reports.highlight_report(access, _name(access, unit), views, found),
    }
    return figures_page(
        request, "staff/reports_plan_report.jinja", "reports", tables=tables, unit=unit, kind="Highlight report"
    )


@staff(Permission.PLAN)
@require_http_methods(["GET", "POST"])
def from_menu(request: HttpRequest) -> HttpResponse:
    """What others have done, to be taken into a plan; `of` is whose. Posted: `key`, the entry that is taken."""
    access = granted(request)
    unit = _unit(access, request.GET.get("of", "")) or _own(access)
    if request.method == "POST":
        try:
            made = reporting.take_from_menu(access=access, organisation_id=unit.id, key=request.POST.get("key", ""))
        except (NotPermitted, KeyError) as error:
            raise Http404 from error
        messages.success(request, f"“{made.title}” is in the plan. Say who owns it and when it starts.")
        return redirect("reports_initiative", ref=made.ref)
    there = {one.initiative.menu_key: one.initiative for one in queries.plan(access, unit.id)}
    by_window = [(words, [one for one in menu() if one.window == window]) for window, words in rules.WINDOWS.items()]
    return staff_page(
        request,
        "staff/reports_plan_menu.jinja",
        "reports",
        unit=unit,
        units=_units(access),
        by_window=by_window,
        there=there,
        **_WORDS,
    )


@staff(Permission.PLAN)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """An initiative that stands on no menu; `of` is whose plan it is of."""
    access = granted(request)
    unit = _unit(access, request.POST.get("of") or request.GET.get("of", "")) or _own(access)
    if request.method == "GET":
        return _form(request, None, unit, {"level": _level(unit)}, _NOTHING)
    typed = _typed(request)
    try:
        found = reporting.propose_initiative(
            access=access, organisation_id=unit.id, typed=typed, measures=measuring.MEASURES
        )
    except NotPermitted as error:
        raise Http404 from error
    if found.problems:
        return _form(request, None, unit, typed, found.problems, status=422)
    messages.success(request, "It is in the plan, as proposed.")
    return redirect("reports_initiative", ref=found.values["ref"])


@staff(Permission.REPORTS)
@require_GET
def initiative(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One initiative: what comes next in it, what it is known to have brought, and all that was said."""
    access = granted(request)
    view, notes = _one(access, ref)
    (told,), found = measuring.with_measured(access, [view])
    moves = [
        (to, rules.STATES[to], rules.cannot_move(to, queries.standing_of(view.initiative), "said"))
        for to in rules.STATES
        if to in rules.MOVES[view.initiative.state]
    ]
    return staff_page(
        request,
        "staff/reports_initiative.jinja",
        "reports",
        view=told,
        one=view.initiative,
        notes=notes,
        history=queries.moves_of(access, ref),
        measured=found[view.initiative.pk],
        cannot_tell=measuring.CANNOT_TELL,
        moves=moves,
        may_change=view.initiative.state in rules.OPEN,
        **_WORDS,
    )


@staff(Permission.PLAN)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Change an initiative; nobody overwrites unseen."""
    access = granted(request)
    view, _ = _one(access, ref)
    one = view.initiative
    unit = reach(access)[one.organisation_id]
    if request.method == "GET":
        return _form(request, one, unit, _as_typed(one), _NOTHING)
    typed = _typed(request)
    version = request.POST.get("version", "")
    try:
        found = reporting.change_initiative(
            access=access, ref=ref, version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            typed=typed, measures=measuring.MEASURES,
        )  # fmt: skip
    except NotPermitted as error:
        raise Http404 from error
    except reporting.Overtaken as overtaken:
        messages.error(
            request, f"{overtaken.by} has saved it meanwhile. What differs is marked; save again to keep yours."
        )
        view, _ = _one(access, ref)
        return _form(request, view.initiative, unit, typed, _differs(view.initiative, typed), status=409)
    except reporting.Refused as why:
        messages.error(request, str(why))
        return redirect("reports_initiative", ref=ref)
    if found.problems:
        return _form(request, one, unit, typed, found.problems, status=422)
    messages.success(request, "It is changed.")
    return redirect("reports_initiative", ref=ref)


@staff(Permission.PLAN)
@require_POST
def move(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Bring it to another state."""
    said = request.POST

    def moved(access: Access) -> str:
        reporting.move_initiative(access=access, ref=ref, to=said.get("to", ""), why=said.get("why", ""))
        return f"It is {rules.STATES[said['to']].lower()}."

    return _done(request, ref, moved)


@staff(Permission.PLAN)
@require_POST
def note(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Say something of it."""

    def noted(access: Access) -> str:
        reporting.note_initiative(access=access, ref=ref, text=request.POST.get("text", ""))
        return "It is written down."

    return _done(request, ref, noted)


@staff(Permission.PLAN)
@require_POST
def add_milestone(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What is to be there by a day."""

    def added(access: Access) -> str:
        due = typed_day(request.POST.get("due_on", ""))
        if due is None:
            raise reporting.Refused("Choose the day by which the milestone is to be there.")
        reporting.add_milestone(access=access, ref=ref, title=request.POST.get("title", ""), due_on=due)
        return "The milestone is added."

    return _done(request, ref, added)


@staff(Permission.PLAN)
@require_POST
def end_milestone(request: HttpRequest, ref: UUID, milestone: UUID) -> HttpResponse:
    """It is there, or is dropped for a reason."""
    dropping = request.POST.get("how") == "drop"
    why = request.POST.get("why", "").strip()

    def ended(access: Access) -> str:
        if dropping and not why:
            raise reporting.Refused("Say why the milestone is dropped.")
        done = reporting.end_milestone(
            access=access, ref=ref, milestone=milestone, dropped_because=why if dropping else ""
        )
        return ("The milestone is dropped." if dropping else "The milestone is reached.") if done else "It had ended."

    return _done(request, ref, ended)


def _done(request: HttpRequest, ref: UUID, act: Callable[[Access], str]) -> HttpResponse:
    access = granted(request)
    _one(access, ref)
    try:
        messages.success(request, act(access))
    except (NotPermitted, Initiative.DoesNotExist, Milestone.DoesNotExist) as error:
        raise Http404 from error
    except reporting.Refused as why:
        messages.error(request, f"{why} Nothing was changed.")
    return redirect("reports_initiative", ref=ref)


def _form(
    request: HttpRequest,
    one: Initiative | None,
    unit: Unit,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    status: int = 200,
) -> HttpResponse:
    return staff_page(
        request,
        "staff/reports_initiative_form.jinja",
        "reports",
        status=status,
        one=one,
        unit=unit,
        units=_units(granted(request)),
        typed=typed,
        problems=problems,
        **_WORDS,
    )


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in forms.WORDS}


def _as_typed(one: Initiative) -> dict[str, str]:
    found = {}
    for name in forms.WORDS:
        value = getattr(one, name)
        found[name] = "" if value is None else f"{value.normalize():f}" if name.startswith("expected") else str(value)
    return found


def _differs(one: Initiative, typed: Mapping[str, str]) -> dict[str, str]:
    """By field, what stands where something else was typed."""
    stands = _as_typed(one)
    return {
        name: f"now {_CHOICES.get(name, _NOTHING).get(stands[name], stands[name]) or 'empty'}"
        for name, words in typed.items()
        if words.strip() != stands[name]
    }


def _one(access: Access, ref: UUID) -> tuple[InitiativeView, Sequence[ProgressNote]]:
    try:
        return queries.initiative(access, ref)
    except Initiative.DoesNotExist as error:
        raise Http404 from error


def _views(access: Access, unit: Unit | None, *, ended: bool = False) -> list[InitiativeView]:
    views, _ = measuring.with_measured(access, queries.plan(access, unit.id if unit else None, ended=ended))
    return views


def _targets(access: Access, unit: Unit | None) -> dict[str, Table]:
    """What each target asks, beside where it should stand; nothing without a target."""
    aimed = trajectory(access, (unit or _own(access)).ods_code)
    return {"asks": aimed.tables["asks"]} if aimed and "asks" in aimed.tables else {}


def _fits(view: InitiativeView, asked: Mapping[str, str]) -> bool:
    one, state = view.initiative, asked.get("state", "")
    if state == "exceptions":
        fitting = bool(view.exceptions)
    elif state == "ended":
        fitting = one.state in _ENDED
    else:
        fitting = one.state == state if state in rules.STATES else True
    return fitting and asked.get("area", "") in ("", one.area) and asked.get("level", "") in ("", one.level)


def _unit(access: Access, code: str) -> Unit | None:
    """The organisation that was asked for, None where none was; 404 outside of what this person sees."""
    if not code.strip():
        return None
    found = next((one for one in reach(access).values() if one.ods_code == code.strip()), None)
    if found is None:
        raise Http404
    return found


def _own(access: Access) -> Unit:
    return reach(access)[organisation_of(access).pk]


def _units(access: Access) -> list[Unit]:
    return sorted(chosen_among(access), key=lambda one: (list(Level).index(one.level), one.name))


def _name(access: Access, unit: Unit | None) -> str:
    return unit.name if unit else f"{_own(access).name} and all below"


def _level(unit: Unit) -> str:
    return unit.level.value if unit.level.value in rules.LEVELS else ""
