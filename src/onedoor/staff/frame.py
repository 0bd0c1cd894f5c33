"""What stands around every staff page: where one is, who one is, and the menu with its counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.referrals import api as referrals
from onedoor.tasks import api as tasks
from onedoor.ui import access as doors
from onedoor.ui.pages import page


@dataclass(frozen=True)
class Item:
    """One entry of the menu; `count` is what waits there, None where nothing is counted."""

    label: str
    address: str
    current: bool
    count: int | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Frame:
    """The frame of a staff page."""

    organisation: str
    user: str
    menu: list[Item]
    elsewhere: list[accounts.Organisation]
    """The other organisations where this person has a role."""


_MENU: tuple[tuple[str, str, Permission | tuple[Permission, ...] | None], ...] = (
    ("Home", "home", None),
    ("Diary", "diary", Permission.DIARY),
    ("Courses", "courses", (Permission.DIARY, Permission.REFERRALS)),
    ("Inbox", "inbox", Permission.MESSAGES),
    ("Documents", "documents_in", Permission.DOCUMENTS),
    ("Offers", "offers", Permission.DIARY),
    ("Tasks", "tasks", Permission.TASKS),
    ("Calls", "calls", Permission.CALLS),
    ("Referrals", "referrals", Permission.REFERRALS),
    ("To book", "to_book", Permission.REFERRALS),
    ("Next actions", "next_actions", Permission.REFERRALS),
    ("Recall", "recall", Permission.RECALL),
    ("Checks", "finish_line", Permission.CHECKS),
    ("Sent", "exchange", (Permission.CHECKS, Permission.SETTINGS)),
    ("Shared with you", "shared", Permission.PARTNER),
    ("Patients", "patients", Permission.PATIENTS),
    ("Open in need", "break_glass", Permission.BREAK_GLASS),
    ("Referred", "referrals_sent", Permission.REFER),
    ("Letters", "letters", Permission.REFERRALS),
    ("Services", "services", None),
    ("Sharing", "sharing", Permission.SHARING),
    ("Opened", "glass_reviews", Permission.SHARING),
    ("Import", "imports", Permission.IMPORT),
    ("Extracts", "extracts", Permission.IMPORT),
    ("Counters", "counters", Permission.COUNTERS),
    ("Gaps", "gaps", Permission.COUNTERS),
    ("Accuracy", "accuracy", Permission.ACCURACY),
    ("Phrases", "phrases", Permission.PHRASES),
    ("Settings", "settings", Permission.SETTINGS),
)


def organisation_of(access: Access) -> accounts.Organisation:
    """The organisation whose day the pages show: the one where this person works now."""
    return accounts.organisations(access)[0]


def _may(access: Access, wanted: Permission | tuple[Permission, ...] | None) -> bool:
    """Whether the access has it, or any of several; everybody has none."""
    if wanted is None:
        return True
    return any(access.may(one) for one in (wanted if isinstance(wanted, tuple) else (wanted,)))


def staff_page(request: HttpRequest, template: str, current: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a staff page inside its frame; `current` is the menu entry it belongs to."""
    access = doors.granted(request)
    waiting = {count.kind: count.count for count in tasks.counts(access)}
    urgent = sum(n for kind, n in waiting.items() if tasks.kind_of(kind).urgent)
    counts: dict[str, tuple[int, bool]] = {"tasks": (sum(waiting.values()), urgent > 0)}
    if access.may(Permission.MESSAGES):
        inbox = messaging.inbox_count(access)
        counts["inbox"] = (inbox.waiting, inbox.urgent > 0)
    if access.may(Permission.DOCUMENTS):
        to_do, unmatched = exchange.documents_waiting(access)
        counts["documents_in"] = (to_do, unmatched > 0)
    if access.may(Permission.REFERRALS):
        counts["to_book"] = (referrals.to_book_count(access), False)
        counts["next_actions"] = (referrals.overdue(access), False)
    menu = [
        Item(label, reverse(name), name == current, *counts.get(name, (None, False)))
        for label, name, permission in _MENU
        if _may(access, permission)
    ]
    here = organisation_of(access)
    elsewhere = [place for place in accounts.workplaces(access.actor.id or 0) if place.pk != here.pk]
    frame = Frame(organisation=here.name, user=access.actor.label, menu=menu, elsewhere=elsewhere)
    return page(request, template, status=status, frame=frame, **context)
