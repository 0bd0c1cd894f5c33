"""Choose a time for what one was invited to: the day, the time, and then sure. Only places that fit what the patient needs."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel.clock import LONDON
from onedoor.kernel.words import clock_time, long_day
from onedoor.recall import api as recall
from onedoor.ui.access import granted, patient
from onedoor.ui.pages import page

GONE = "That time has just gone. Nothing is booked. Choose another."
BUSY = "You have another appointment at that time. Nothing is booked. Choose another."
_DAYS = 10


@patient
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, ref: UUID) -> HttpResponse:
    """The free times by day; a posted one is booked, after it was asked whether it is the right one."""
    access = granted(request)
    try:
        invitation = recall.by_ref(access, ref)
    except recall.Invitation.DoesNotExist as error:
        raise Http404 from error
    wrong = ""
    seat = _seat(request)
    if seat is not None and request.method == "POST":
        try:
            made = recall.book_visit(access=access, ref=ref, seat_ref=seat)
        except recall.Invitation.DoesNotExist as error:
            raise Http404 from error
        except booking.PatientBusy:
            wrong = BUSY
        except booking.BookingError:
            wrong = GONE
        else:
            when = f"{long_day(made.starts_at)} at {clock_time(made.starts_at)}"
            sure = made.state == "booked"
            return _page(request, invitation, when=when, sure=sure, place=made.seat.session.site.name)
    free = recall.places(access, invitation)
    asked = next((one for one in free if one.ref == seat), None) if seat is not None and not wrong else None
    if seat is not None and asked is None and not wrong:
        wrong = GONE
    times = {one.starts_at: one for one in reversed(free)}
    days = groupby((times[at] for at in sorted(times)), key=lambda one: one.starts_at.astimezone(LONDON).date())
    by_day = [(day, list(places)) for day, places in days]
    more = "all" not in request.GET and len(by_day) > _DAYS
    return _page(
        request, invitation, days=by_day if not more else by_day[:_DAYS], more=more, asked=asked, wrong=wrong,
        at=f"{long_day(asked.starts_at)} at {clock_time(asked.starts_at)}" if asked else "",
    )  # fmt: skip


def _seat(request: HttpRequest) -> UUID | None:
    given = (request.POST if request.method == "POST" else request.GET).get("to", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        return None


def _page(request: HttpRequest, invitation: recall.Invitation, **context: Any) -> HttpResponse:
    _, phone = accounts.sender(invitation.organisation_id)
    known: dict[str, Any] = {
        "days": [],
        "more": False,
        "asked": None,
        "at": "",
        "wrong": "",
        "when": "",
        "sure": True,
        "place": "",
    }
    return page(request, "portal/invitation.jinja", one=invitation, ring=phone, **{**known, **context})
