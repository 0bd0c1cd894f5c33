"""Find a service for somebody who asks, see what it is, and see what was looked for in vain.

A search is posted, so that it is counted once: what it ends in is kept then, and the page that it leads to can be read again
and passed on without being counted.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onedoor.directory import api as directory
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.messaging.ports import interpret
from onedoor.reporting import api as reporting
from onedoor.staff.addresses import typed_day
from onedoor.staff.download import as_file
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

_SPAN_DAYS = 30
_CELLS = 100


@staff()
@require_http_methods(["GET", "POST"])
def services(request: HttpRequest) -> HttpResponseBase:
    """Search, or say that nothing of what was found will do."""
    access = granted(request)
    if request.method == "POST":
        return _ended(request, access)
    asked = directory.read_asked(request.GET)
    findings = directory.find(asked.words, **asked.how, by_patient=False) if asked.words else None
    return staff_page(
        request,
        "staff/services.jinja",
        "services",
        asked=asked,
        findings=findings,
        danger=danger(asked.words, findings),
        everything=directory.cards() if not asked.words else [],
        misses=directory.MISSES,
        kept=request.GET.get("kept", ""),
    )


def danger(words: str, findings: directory.Findings | None) -> bool:
    """Whether 999 stands above whatever was found: the vocabulary names danger, or these words may speak of it and fit no
    service. Replies are read with more fear than a search for a service needs, hence the second half."""
    if findings is None:
        return False
    return findings.danger or (not findings.sure and interpret("appointment", words).intent == "crisis")


def _ended(request: HttpRequest, access: Access) -> HttpResponseBase:
    asked = directory.read_asked(request.POST)
    here = reverse("services")
    if not asked.words:
        return redirect(here)
    findings = directory.find(asked.words, **asked.how, by_patient=False)
    kept = directory.end_search(
        findings=findings,
        place=asked.place,
        via="staff",
        refused="none" in request.POST,
        after=asked.after,
        by=access.actor,
    )
    if "none" in request.POST:
        messages.success(request, "Kept: nothing that was found would do. Thank you, this is how gaps are seen.")
        return redirect(here)
    return redirect(f"{here}?{asked.query}" + (f"&kept={kept}" if kept else ""))


@staff()
@require_GET
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """A service: what it does, for whom, how to get there, and who may turn its switches."""
    access, card, asked = granted(request), card_of(slug), directory.read_asked(request.GET)
    return staff_page(
        request,
        "staff/service.jinja",
        "services",
        s=directory.seen_from(card, asked.place),
        criteria=directory.criteria_at(card.id, clock.now()),
        asked=asked,
        referrers=directory.REFERRERS,
        may_switch=may_edit(access, card),
        today=clock.today(),
    )


@staff()
@require_POST
def take(request: HttpRequest, slug: str) -> HttpResponse:
    """This one was taken, or its wait is too long: what the search ended in is kept where that is a gap."""
    access, card = granted(request), card_of(slug)
    asked = directory.read_asked(request.POST)
    if not asked.words:
        return redirect("service", slug=slug)
    findings = directory.find(asked.words, **asked.how, by_patient=False)
    too_long = "too_long" in request.POST
    kept = directory.end_search(
        findings=findings,
        place=asked.place,
        via="staff",
        taken=slug,
        too_long=too_long,
        after=asked.after,
        by=access.actor,
    )
    if too_long:
        messages.success(request, f"Kept: the wait for {card.name} is too long.")
        return redirect(f"{reverse('services')}?{asked.query}")
    if kept:
        messages.success(request, f"{card.name} was taken as second best; that is kept as a gap.")
    return redirect(f"{reverse('service', args=[slug])}?{asked.query}")


@staff(Permission.SWITCHES)
@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Open or close self-referral, or say that the service is full or takes people again."""
    access, card = granted(request), card_of(slug)
    opens = request.POST.get("opens") == "yes"
    reason = request.POST.get("reason", "")
    try:
        if request.POST.get("kind") == "self_referral":
            directory.switch_self_referral(
                service_id=card.id,
                opens=opens,
                reason=reason,
                agreement_on=typed_day(request.POST.get("agreement", "")),
                by=access.actor,
            )
        else:
            until = typed_day(request.POST.get("until", ""))
            directory.switch_taking(
                service_id=card.id,
                opens=opens,
                reason=reason,
                until=clock.london_day(until)[0] if until else None,
                by=access.actor,
            )
    except directory.NoReason:
        messages.error(request, "Nothing was changed: say why, in a few words.")
    except directory.NoAgreement:
        messages.error(request, "Nothing was changed: give the date of the sharing agreement, no later than today.")
    except NotPermitted as error:
        raise Http404 from error
    else:
        messages.success(request, "Changed.")
    return redirect("service", slug=slug)


@staff(Permission.COUNTERS)
@require_GET
def gaps(request: HttpRequest) -> HttpResponse:
    """What was looked for in vain in some days: by need, by place and by both. Small numbers are hidden."""
    access = granted(request)
    first, last = _span(request)
    return staff_page(
        request,
        "staff/gaps.jinja",
        "gaps",
        first=first,
        last=last,
        today=clock.today(),
        shown=_shown(directory.gaps(access, first, last)),
    )


@staff(Permission.COUNTERS)
@require_POST
def gaps_download(request: HttpRequest) -> HttpResponse:
    """The gaps by need and place as a file, small numbers hidden."""
    access = granted(request)
    first, last = _span(request)
    shown = _shown(directory.gaps(access, first, last))
    rows = [("need", row.name, "", row.count) for row in shown.by_need]
    rows += [("place", "", row.name, row.count) for row in shown.by_place]
    rows += [("need and place", cell.need, cell.place, cell.count) for cell in shown.cells]
    return as_file(access, f"gaps-{first}-{last}", ("Counted by", "Need", "Place", "How many"), rows)


def _shown(found: directory.Gaps) -> reporting.GapsShown:
    return reporting.gaps_shown(found, most=_CELLS)


def _span(request: HttpRequest) -> tuple[date, date]:
    given = request.GET if request.method == "GET" else request.POST
    today = clock.today()
    last = min(typed_day(given.get("last", "")) or today, today)
    first = min(typed_day(given.get("first", "")) or last - timedelta(days=_SPAN_DAYS), last)
    return first, last


def card_of(slug: str) -> directory.Card:
    found = directory.card(slug)
    if found is None:
        raise Http404
    return found


def may_edit(access: Access, card: directory.Card) -> bool:
    return access.may(Permission.SWITCHES) and directory.may_switch(access, card)
