"""From a task to the page of what it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from onedoor.booking import api as booking
from onedoor.exchange import api as exchange
from onedoor.kernel.access import Access, Permission
from onedoor.messaging import api as messaging
from onedoor.recall import api as recall
from onedoor.tasks import api as tasks


@dataclass(frozen=True)
class Link:
    """Where to go to do the work, and what that is called."""

    label: str
    address: str


NEWER = "A newer text has come that was not on your page: read it first. Nothing was changed."

_DIARY = {
    "appointment": "See it in the diary",
    "diary_request": "See it in the diary",
    "conflict": "See the place in the diary",
}


def seen(access: Access, waiting: Sequence[tasks.Task]) -> dict[int, int]:
    """For each task about a thread: the last text of its phone as the page is made, by the task's key.

    A list of work shows no texts. Whoever ends work from one is taken to know those that were there when it was made, since each
    has its link to read them; a text that came after it is refused (`tasks.complete`), as on the page of the thread itself.
    """
    about = {task.pk: task.subject_id for task in waiting if task.subject == "thread" and task.subject_id is not None}
    newest = messaging.newest_texts(access, list(about.values())) if about else {}
    return {task_id: newest.get(thread_id, 0) for task_id, thread_id in about.items()}


def seen_of(request: HttpRequest) -> int:
    """What a form says its page showed (`seen`); one that does not say, or says no number, showed nothing."""
    given = request.POST.get("seen", "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def links(access: Access, waiting: Sequence[tasks.Task]) -> dict[int, Link]:
    """For each task that has a page of its own to be done on: the link, by the task's key. A query for each subject."""
    about: dict[str, dict[int, int]] = defaultdict(dict)
    for task in waiting:
        if task.subject_id is not None:
            about[task.subject][task.pk] = task.subject_id
    found: dict[int, Link] = {}
    for subject, label in _DIARY.items():
        spots = booking.spots(access, subject, list(about[subject].values()))
        for task_id, key in about[subject].items():
            if key in spots:
                found[task_id] = Link(label, reverse("place", args=[spots[key].day, spots[key].seat_ref]))
    if access.may(Permission.MESSAGES):
        refs = messaging.thread_refs(access, list(about["thread"].values()))
        for task_id, key in about["thread"].items():
            if key in refs:
                found[task_id] = Link("Read and answer", reverse("thread", args=[refs[key]]))
    came = exchange.document_refs(access, about["received_document"].values()) if about["received_document"] else {}
    for task_id, key in about["received_document"].items():
        if key in came:
            found[task_id] = Link("See the document", reverse("document_in", args=[came[key]]))
    if access.may(Permission.SHARING):
        found |= dict.fromkeys(
            about["break_glass"], Link("See who opened it, and what they looked at", reverse("glass_reviews"))
        )
    checked = recall.check_visit_patients(access, list(about["check_visit"].values()))
    for task_id, key in about["check_visit"].items():
        if key in checked:
            found[task_id] = Link("See the checks", reverse("check_form", args=[checked[key]]))
    documents = exchange.sent_refs(access, list(about["sent_document"].values()))
    for task_id, key in about["sent_document"].items():
        if key in documents:
            found[task_id] = Link("See the document", reverse("exchange_document", args=[documents[key]]))
    for task_id in about["diary_import"] if access.may(Permission.IMPORT) else ():
        found[task_id] = Link("See the imports", reverse("imports"))
    for task_id in about["offer"]:
        found[task_id] = Link("See the offers", reverse("offers"))
    for task_id in about["heard_by"]:
        found[task_id] = Link("See who they are", reverse("not_heard"))
    for task_id in about["to_book"] if access.may(Permission.REFERRALS) else ():
        found[task_id] = Link("See the list", reverse("to_book"))
    return found
