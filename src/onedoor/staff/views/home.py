"""Home: what needs me now, and what went on without me."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from onedoor.booking import api as booking
from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.recall import api as recall
from onedoor.reporting import api as reporting
from onedoor.staff import health
from onedoor.staff.frame import listens, organisation_of, staff_page
from onedoor.tasks import api as tasks
from onedoor.ui.access import acting, granted, signed_in, staff

_SEEN = "home_seen_at"
"""Session key: the domain moment of this person's last look at this page."""


@dataclass(frozen=True)
class Worklist:
    """One list that waits: how much, since when, and where."""

    label: str
    count: int
    oldest: datetime
    urgent: bool
    address: str


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    """Staff see their worklists, a call handler the telephone, a partner its lists, an analyst the reports, an administrator the
    system, a patient their own pages."""
    access = granted(request)
    if access.patient_id is not None:
        return redirect("my_home")
    if acting(request) is not None:
        return redirect("my_acting")
    if access.may(Permission.PARTNER) and not access.may(Permission.TASKS):
        return redirect("shared")
    if not access.may(Permission.TASKS):
        return redirect(_only(access))
    if not access.may(Permission.DIARY):
        return redirect("referrals")
    topic = listens(access, "tasks", *(("documents",) if access.may(Permission.DOCUMENTS) else ()))
    organisation = organisation_of(access)
    today = clock.today()
    since = _last_look(request)
    released = booking.releases(access, today, organisation_id=organisation.pk)
    return staff_page(
        request,
        "staff/home.jinja",
        "home",
        worklists=worklists(access),
        counts=booking.day_counts(access, organisation.pk, today),
        refills=booking.refill_numbers(access, today, organisation_id=organisation.pk),
        news=[(release, _filled_after(release, since)) for release in released if release.state == "filled"][:8],
        today=today,
        counters=access.may(Permission.COUNTERS),
        checks=access.may(Permission.CHECKS),
        in_a_building=recall.expected_today(access) if access.may(Permission.CHECKS) else 0,
        to_type=exchange.to_type_count(access),
        packs=reporting.packs_ready(access),
        policy=booking.policy_of(access, organisation.pk),
        stopped_here=messaging.stopped(organisation.pk),
        stopped_all=messaging.stopped(None),
        topic=topic,
    )


def _only(access: Access) -> str:
    """The one page of somebody who has no work of patients."""
    if access.may(Permission.CALLS):
        return "calls"
    return "health" if access.may(Permission.AUDIT) else "reports"


def worklists(access: Access) -> list[Worklist]:
    """Lists with something on them, the urgent first, then by the oldest thing waiting."""
    found = [
        Worklist(
            tasks.kind_of(count.kind).label,
            count.count,
            count.oldest,
            tasks.kind_of(count.kind).urgent,
            f"{reverse('tasks')}?kind={count.kind}",
        )
        for count in tasks.counts(access)
    ]
    if access.may(Permission.DOCUMENTS):
        found += _documents(access)
    return sorted(found, key=lambda worklist: (not worklist.urgent, worklist.oldest))


def _documents(access: Access) -> list[Worklist]:
    """Documents that came: those of which somebody must say whose they are make the list urgent, as in the menu."""
    waiting, unmatched = exchange.documents_waiting(access)
    oldest = exchange.documents_in(access, limit=1).oldest if waiting else None
    if oldest is None:
        return []
    label = "Document that came" if waiting == 1 else "Documents that came"
    return [Worklist(label, waiting, oldest, unmatched > 0, reverse("documents_in"))]


def _filled_after(release: booking.ReleaseView, moment: datetime) -> bool:
    return release.released_at + timedelta(minutes=(release.minutes_to_fill or 0) + 1) > moment


def _last_look(request: HttpRequest) -> datetime:
    """When this person looked last today; the start of the day for a first look, or when the clock was set back."""
    start, _ = clock.london_day(clock.today())
    now = clock.now()
    try:
        seen = datetime.fromisoformat(str(request.session.get(_SEEN)))
    except ValueError:
        seen = start
    request.session[_SEEN] = now.isoformat()
    return seen if start <= seen <= now else start


@staff(Permission.AUDIT)
@require_GET
def state(request: HttpRequest) -> HttpResponseBase:
    """The administrator's home: whether everything runs, and what is switched off. Nothing about a patient."""
    return staff_page(request, "staff/health.jinja", "home", health=health.read(), stopped_all=messaging.stopped(None))
