"""The forum: its meetings, what each goes through, and who does what by when."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting import api as reporting
from onedoor.reporting.improvement import measuring, queries, rules
from onedoor.reporting.levels import Unit, reach
from onedoor.reporting.models import ForumAction, ForumMeeting, Initiative
from onedoor.reporting.trajectory.queries import chosen_among
from onedoor.staff.addresses import typed_day
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff
from onedoor.ui.pages import local


@staff(Permission.REPORTS)
@require_http_methods(["GET", "POST"])
def forum(request: HttpRequest) -> HttpResponse:
    """The forum of an organisation (`of`): what it would go through today. Posted: a meeting is called for the day `on`."""
    access = granted(request)
    unit = _unit(access, request.GET.get("of", ""))
    if request.method == "POST":
        return _call(request, access, unit)
    agenda = measuring.agenda_with_measured(access, queries.agenda(access, unit.id))
    meetings = queries.meetings(access, unit.id)
    today = clock.today()
    return staff_page(
        request,
        "staff/reports_forum.jinja",
        "reports",
        unit=unit,
        units=chosen_among(access),
        agenda=agenda,
        coming=[one for one in reversed(meetings) if one.held_at is None],
        held=[one for one in meetings if one.held_at is not None],
        today=today,
        states=rules.STATES,
        here=_address(unit),
    )


def _call(request: HttpRequest, access: Access, unit: Unit) -> HttpResponse:
    day = typed_day(request.POST.get("on", ""))
    if day is None:
        messages.error(request, "Choose the day of the meeting. Nothing was changed.")
        return redirect(_address(unit))
    try:
        made = reporting.call_forum(access=access, organisation_id=unit.id, on=day)
    except NotPermitted as error:
        raise Http404 from error
    return redirect("reports_forum_meeting", ref=made.ref)


@staff(Permission.REPORTS)
@require_safe
def meeting(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One meeting: its agenda and what it decided."""
    access = granted(request)
    held, unit = _meeting(access, ref)
    agenda = measuring.agenda_with_measured(access, queries.agenda(access, unit.id, ref))
    return staff_page(
        request,
        "staff/reports_forum_meeting.jinja",
        "reports",
        held=held,
        unit=unit,
        agenda=agenda,
        states=rules.STATES,
        today=clock.today(),
        here=reverse("reports_forum_meeting", args=[ref]),
        forum=_address(unit),
    )


@staff(Permission.PLAN)
@require_POST
def decide(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Write down who does what by when."""
    access, said = granted(request), request.POST
    _meeting(access, ref)
    due = typed_day(said.get("due_on", ""))
    try:
        if due is None:
            raise reporting.Refused("Choose the day by which it is to be done.")
        reporting.decide_at_forum(
            access=access, meeting=ref, text=said.get("text", ""), owner=said.get("owner", ""), due_on=due,
            initiative=_ref(said.get("initiative", "")),
        )  # fmt: skip
    except (NotPermitted, ForumMeeting.DoesNotExist, Initiative.DoesNotExist) as error:
        raise Http404 from error
    except reporting.Refused as why:
        messages.error(request, f"{why} Nothing was written down.")
    else:
        messages.success(request, "It is written down.")
    return redirect("reports_forum_meeting", ref=ref)


@staff(Permission.PLAN)
@require_POST
def minutes(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The minutes are finished: nothing is added any more."""
    access = granted(request)
    _meeting(access, ref)
    done = reporting.finish_minutes(access=access, meeting=ref)
    messages.success(request, "The minutes are finished." if done else "They were finished already.")
    return redirect("reports_forum_meeting", ref=ref)


@staff(Permission.PLAN)
@require_POST
def finish(request: HttpRequest, ref: UUID) -> HttpResponse:
    """What was decided is done."""
    try:
        done = reporting.finish_forum_action(access=granted(request), action=ref)
    except (NotPermitted, ForumAction.DoesNotExist) as error:
        raise Http404 from error
    messages.success(request, "It is done." if done else "It was done already.")
    return redirect(local(request.POST.get("back"), reverse("reports_forum")))


def _unit(access: Access, code: str) -> Unit:
    units = reach(access)
    if not code.strip():
        return units[organisation_of(access).pk]
    found = next((one for one in units.values() if one.ods_code == code.strip()), None)
    if found is None:
        raise Http404
    return found


def _meeting(access: Access, ref: UUID) -> tuple[ForumMeeting, Unit]:
    try:
        held = queries.meeting(access, ref)
    except ForumMeeting.DoesNotExist as error:
        raise Http404 from error
    return held, reach(access)[held.organisation_id]


def _address(unit: Unit) -> str:
    return f"{reverse('reports_forum')}?{urlencode({'of': unit.ods_code})}"


def _ref(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
