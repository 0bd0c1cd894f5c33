"""What stands around every staff page: where one is, who one is, and the menu with its counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.snapshots import Snapshot
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
    more: list[tuple[str, list[Item]]]
    """Behind "More": groups by what they are for, of somebody whose menu would otherwise be too long to be read at a glance."""
    elsewhere: list[accounts.Organisation]
    """The other organisations where this person has a role."""
    may: frozenset[Permission] = frozenset()
    """What this person may, for pages that show what others have written and hide the forms from whoever may not."""
    small_counts: int | None = None
    """For how many more minutes small counts are shown as they are; None where they are hidden."""
    may_show: Mapping[str, str] | None = None
    """The reasons for which this person may choose to see them on this page."""


@dataclass(frozen=True)
class Topic:
    """The worklists whose changes a page announces, and what it saw of them."""

    lists: str
    seen: Snapshot


def listens(access: Access, *names: str) -> Topic:
    """Of the worklists of the organisation where this person works. Asked before the page reads anything: what changes while it
    reads is announced, and perhaps once too often, but never missed."""
    here = organisation_of(access).pk
    return Topic(",".join(f"{name}:{here}" for name in names), Snapshot.now())


_AT_A_GLANCE = 12
"""Entries of a menu that stand in one row of a desk's screen. Whose menu has more keeps what belongs to the day, and the rest in
groups behind "More": one press away, without a new page. Ours."""
_PASSED_ON, _SHARED, _FIGURES, _SET_UP = "Sent and brought in", "Who reads records", "Figures", "Set up"

_MENU: tuple[tuple[str, str, Permission | tuple[Permission, ...] | None, str], ...] = (
    ("Home", "home", None, ""),
    ("Diary", "diary", Permission.DIARY, ""),
    ("Courses", "courses", (Permission.DIARY, Permission.REFERRALS), ""),
    ("Inbox", "inbox", Permission.MESSAGES, ""),
    ("Documents", "documents_in", Permission.DOCUMENTS, ""),
    ("Offers", "offers", Permission.DIARY, ""),
    ("Tasks", "tasks", Permission.TASKS, ""),
    ("Calls", "calls", Permission.CALLS, ""),
    ("Referrals", "referrals", Permission.REFERRALS, ""),
    ("To book", "to_book", Permission.REFERRALS, ""),
    ("Next actions", "next_actions", Permission.REFERRALS, ""),
    ("Recall", "recall", Permission.RECALL, ""),
    ("Checks", "finish_line", Permission.CHECKS, ""),
    ("Sent", "exchange", (Permission.CHECKS, Permission.SETTINGS), _PASSED_ON),
    ("Shared with you", "shared", Permission.PARTNER, ""),
    ("Patients", "patients", Permission.PATIENTS, ""),
    ("Open in need", "break_glass", Permission.BREAK_GLASS, ""),
    ("Referred", "referrals_sent", Permission.REFER, _PASSED_ON),
    ("Letters", "letters", Permission.REFERRALS, ""),
    ("Services", "services", None, ""),
    ("Sharing", "sharing", Permission.SHARING, _SHARED),
    ("Opened", "glass_reviews", (Permission.SHARING, Permission.AUDIT), _SHARED),
    ("Import", "imports", Permission.IMPORT, _PASSED_ON),
    ("Extracts", "extracts", Permission.IMPORT, _PASSED_ON),
    ("Reports", "reports", Permission.REPORTS, ""),
    ("Counters", "counters", Permission.COUNTERS, _FIGURES),
    ("Gaps", "gaps", Permission.COUNTERS, _FIGURES),
    ("Accuracy", "accuracy", Permission.ACCURACY, _FIGURES),
    ("Phrases", "phrases", Permission.PHRASES, _SET_UP),
    ("Settings", "settings", Permission.SETTINGS, _SET_UP),
)


def organisation_of(access: Access) -> accounts.Organisation:
    """The organisation whose day the pages show: the one where this person works now."""
    return accounts.organisations(access)[0]


def _may(access: Access, wanted: Permission | tuple[Permission, ...] | None) -> bool:
    """Whether the access has it, or any of several; everybody has none."""
    if wanted is None:
        return True
    return any(access.may(one) for one in (wanted if isinstance(wanted, tuple) else (wanted,)))


def _folded(entries: list[tuple[Item, str]]) -> tuple[list[Item], list[tuple[str, list[Item]]]]:
    """What stands in the menu, and what in groups behind "More". The entry where somebody is always stands in the menu."""
    if len(entries) <= _AT_A_GLANCE:
        return [item for item, _ in entries], []
    menu = [item for item, group in entries if not group or item.current]
    behind: dict[str, list[Item]] = {}
    for item, group in entries:
        if group and not item.current:
            behind.setdefault(group, []).append(item)
    return menu, list(behind.items())


def staff_page(request: HttpRequest, template: str, current: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a staff page inside its frame; `current` is the menu entry it belongs to.

    A page of figures that is shown with small counts is kept as a look before it is shown.
    """
    access = doors.granted(request)
    figures = current == "reports"
    if figures and access.sees_small_counts:
        accounts.note_small_counts(access=access, page=request.get_full_path())
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
    entries = [
        (Item(label, reverse(name), name == current, *counts.get(name, (None, False))), group)
        for label, name, permission, group in _MENU
        if _may(access, permission)
    ]
    menu, more = _folded(entries)
    here = organisation_of(access)
    elsewhere = [place for place in accounts.workplaces(access.actor.id or 0) if place.pk != here.pk]
    left = accounts.small_counts_left(access)
    frame = Frame(
        organisation=here.name,
        user=access.actor.label,
        menu=menu,
        more=more,
        elsewhere=elsewhere,
        may=access.permissions,
        small_counts=None if left is None else max(1, round(left.total_seconds() / 60)),
        may_show=accounts.SMALL_COUNTS_REASONS
        if figures and left is None and access.may(Permission.SMALL_COUNTS)
        else None,
    )
    return page(request, template, status=status, frame=frame, **context)
