"""What is to be done next with those past triage: the overdue first, said to be done or put off, for one or for many."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Permission
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.referrals import api as referrals
from onedoor.staff.addresses import typed_day
from onedoor.staff.download import MOST, as_file
from onedoor.staff.frame import listens, staff_page
from onedoor.staff.views.triage import STATES
from onedoor.ui.access import granted, staff

_SHOWN = 25
_WHICH = (referrals.OVERDUE, referrals.TO_COME, referrals.UNDATED)
_SOON = timedelta(days=7)


@staff(Permission.REFERRALS)
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """A service's next actions, the longest overdue first, all or of one action or stream."""
    access = granted(request)
    topic = listens(access, "referrals")
    services = referrals.services_of(access)
    service, which, action, stream = _asked(request.GET, services)
    if service is None:
        return staff_page(request, "staff/referrals_none.jinja", "next_actions")
    after = request.GET.get("after", "")
    page = referrals.next_actions(access, service, which, action=action, stream_id=stream, after=after, limit=_SHOWN)
    counts = referrals.next_counts(access, service)
    streams = {one.pk: one.name for one in service.streams.all()}
    return staff_page(
        request,
        "staff/next_actions.jinja",
        "next_actions",
        services=services,
        service=service,
        which=which,
        action=action,
        stream=stream,
        counts=counts,
        actions=sorted({key for kept, key in counts.by_action if counts.by_action[kept, key] and kept == which}),
        streams=[(key, name) for key, name in streams.items() if counts.by_stream[which, key]],
        rows=page.rows,
        after=page.after,
        begun=bool(after),
        here=f"{reverse('next_actions')}?{urlencode({'service': service.slug, 'which': which})}",
        choices=referrals.NEXT_ACTIONS,
        soon=clock.today() + _SOON,
        today=clock.today(),
        topic=topic,
    )


@staff(Permission.REFERRALS)
@require_GET
def one(request: HttpRequest, ref: UUID) -> HttpResponse:
    """One referral: what is to be done next, and what was done and put off before; opening it is noted."""
    access = granted(request)
    try:
        referral, steps = referrals.next_steps(access, ref)
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error
    card = None
    if referral.patient_id is not None and patients.names(access, [referral.patient_id]):
        card = patients.card(access, referral.patient_id)
        records.look(access=access, patient_id=card.id, page="next action")
    return staff_page(
        request,
        "staff/next_action.jinja",
        "next_actions",
        one=referral,
        card=card,
        steps=steps,
        choices=referrals.NEXT_ACTIONS,
        state_words=STATES,
        weeks=max((clock.today() - referral.clock_start).days, 0) // 7,
        may_set=referral.closed_at is None and referral.state != "AWAITING_TRIAGE",
        soon=clock.today() + _SOON,
        today=clock.today(),
    )


@staff(Permission.REFERRALS)
@require_POST
def set_next(request: HttpRequest) -> HttpResponse:
    """Say for those ticked what was done or why it waits, what is next and by when."""
    said = request.POST
    seen = dict(_seen(value) for value in said.getlist("one"))
    address = said.get("back", "")
    here = address if address.startswith(reverse("next_actions")) else reverse("next_actions")
    if not seen:
        messages.error(request, "Tick whom it is about. Nothing was changed.")
        return redirect(here)
    try:
        number = referrals.set_next(
            access=granted(request),
            seen=seen,
            done=said.get("done") == "yes",
            action=said.get("action", ""),
            due=typed_day(said.get("due", "")) or date.min,
            reason=said.get("reason", ""),
        )
    except referrals.Referral.DoesNotExist as error:
        raise Http404 from error
    except referrals.NotDone as why:
        messages.error(request, str(why))
        return redirect(here)
    left = len(seen) - number
    changed = f" {left} had been changed meanwhile and stay as they are." if left else ""
    messages.success(request, f"Kept for {number}.{changed}")
    return redirect(here)


@staff(Permission.REFERRALS)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The list on the page, all its pages, as a file."""
    access = granted(request)
    service, which, action, stream = _asked(request.POST, referrals.services_of(access))
    if service is None:
        raise Http404
    rows: list[tuple[str | int, ...]] = []
    for row in referrals.all_next_actions(access, service, which, action=action, stream_id=stream):
        rows.append(
            (
                row.action,
                row.due.isoformat() if row.due else "",
                row.name,
                row.nhs_number,
                row.from_provider,
                row.clock_start.isoformat(),
                row.weeks,
                f"over {row.over} weeks" if row.over else "",
                row.stream,
                STATES.get(row.state, row.state),
            )
        )
        if len(rows) >= MOST:
            break
    return as_file(
        access,
        "next-actions",
        (
            "Next action",
            "Due",
            "Who",
            "NHS number",
            "Taken over from",
            "Original clock start",
            "Weeks since",
            "Mark",
            "For",
            "State",
        ),
        rows,
    )


def _asked(given: QueryDict, services: list[Service]) -> tuple[Service | None, str, str, int | None]:
    """Service, list, action and stream that were asked for; 404 for a service that is not among these."""
    slug = given.get("service", "")
    service = next((found for found in services if slug in ("", found.slug)), None)
    if service is None and slug:
        raise Http404
    which, stream = given.get("which", ""), given.get("stream", "")
    return (
        service,
        which if which in _WHICH else referrals.OVERDUE,
        given.get("action", ""),
        int(stream) if stream.isdecimal() and len(stream) < 18 else None,
    )


def _seen(value: str) -> tuple[UUID, date | None]:
    ref, _, due = value.partition("|")
    try:
        return UUID(ref), typed_day(due)
    except ValueError as error:
        raise Http404 from error
