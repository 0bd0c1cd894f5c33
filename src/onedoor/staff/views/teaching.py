"""Phrases that wait for somebody to look at them, how replies were read, and the replies that a practice keeps ready."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.staff.addresses import chosen_day
from onedoor.staff.download import as_file
from onedoor.staff.frame import organisation_of, staff_page
from onedoor.ui.access import granted, staff

DAYS = 28
"""Of the period that is shown when none was chosen."""


@staff(Permission.PHRASES)
@require_GET
def phrases(request: HttpRequest) -> HttpResponse:
    """Each proposed phrase with its label: a person takes out what the rule could not know, and lets it go or not."""
    found, count = messaging.phrases_to_check(granted(request))
    rows = [(phrase, messaging.verdicts.meanings(phrase.context)) for phrase in found]
    return staff_page(request, "staff/phrases.jinja", "phrases", rows=rows, count=count)


@staff(Permission.PHRASES)
@require_POST
def phrase(request: HttpRequest, ref: UUID) -> HttpResponse:
    """Let one phrase go, as it was left by whoever looked, or delete it."""
    access = granted(request)
    accept = request.POST.get("do") == "accept"
    try:
        if accept:
            said, intent = request.POST.get("text", ""), request.POST.get("intent", "")
            messaging.accept_phrase(access=access, ref=ref, text=said, intent=intent)
        else:
            messaging.refuse_phrase(access=access, ref=ref)
    except messaging.ProposedPhrase.DoesNotExist as error:
        raise Http404 from error
    except messaging.NotAMeaning:
        messages.error(request, "Not accepted: a phrase needs words, and one of the meanings.")
    else:
        messages.success(
            request, "Accepted. Nothing leads back from it any more." if accept else "Refused and deleted."
        )
    return redirect("phrases")


@staff(Permission.ACCURACY)
@require_GET
def accuracy(request: HttpRequest) -> HttpResponse:
    """How replies were read in a period, at one practice or at all that may be seen."""
    access = granted(request)
    first, last, at = _chosen(access, request.GET.get("first"), request.GET.get("last"), request.GET.get("practice"))
    found = messaging.accuracy(access, first=first, last=last, organisation_id=at)
    return staff_page(
        request, "staff/accuracy.jinja", "accuracy", found=found, at=at, practices=messaging.practices(access)
    )


@staff(Permission.ACCURACY)
@require_POST
def accuracy_download(request: HttpRequest) -> HttpResponse:
    """The same figures as a file; what is hidden on the page is hidden here."""
    access = granted(request)
    first, last, at = _chosen(access, request.POST.get("first"), request.POST.get("last"), request.POST.get("practice"))
    found = messaging.accuracy(access, first=first, last=last, organisation_id=at)
    rows: list[tuple[str, ...]] = []
    for title, lines in [("All texts", (found.whole,)), *((table.name, table.lines) for table in found.tables)]:
        for line in lines:
            cells = (line.acted, line.asked, line.person, line.corrected)
            rows.append((title, line.name, _said(line.read.count), *(part for cell in cells for part in _parts(cell))))
    header = ["Parted", "Group", "Read"]
    for name in ("Acted", "Asked back", "Given to a person", "Corrected"):
        header += [name, f"{name}, share", f"{name}, from", f"{name}, to"]
    return as_file(access, f"how-replies-were-read-{first}-{last}", header, rows)


@staff(Permission.PHRASES)
@require_POST
def ready_replies(request: HttpRequest) -> HttpResponse:
    """The replies kept ready, one a line."""
    access = granted(request)
    try:
        texts = request.POST.get("texts", "").splitlines()
        here = organisation_of(access).pk
        count = messaging.set_ready_replies(access=access, organisation_id=here, texts=texts)
    except messaging.NamesSomebody as error:
        messages.error(request, f"Not saved: “{error}” holds a date or a number as patients have them.")
    else:
        messages.success(request, f"Saved: {count} ready {'reply' if count == 1 else 'replies'}.")
    return redirect("settings")


def _chosen(access: Access, first: str | None, last: str | None, practice: str | None) -> tuple[date, date, int | None]:
    """The period, in its order, and the practice, None for all; one that may not be chosen is 404."""
    until = chosen_day(last, clock.today())
    since = chosen_day(first, until - timedelta(days=DAYS - 1))
    known = {str(key): key for key, _ in messaging.practices(access)}
    if practice and practice not in known:
        raise Http404
    return min(since, until), max(since, until), known[practice] if practice else None


def _said(count: int | None) -> str:
    return "hidden" if count is None else str(count)


def _parts(cell: messaging.Cell) -> tuple[str, str, str, str]:
    share, low, high = (f"{one:.4f}" if one is not None else "" for one in (cell.share, cell.low, cell.high))
    return (_said(cell.count), share, low, high) if cell.share is not None else (_said(cell.count), "", "", "")


__all__ = ["accuracy", "accuracy_download", "phrase", "phrases", "ready_replies"]
