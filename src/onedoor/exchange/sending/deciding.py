"""What a person decides about a document: send it again, it was given by other means, it is not to be sent, look at it again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from onedoor.exchange.models import SentDocument
from onedoor.exchange.sending import hearing, kinds, moving, rules
from onedoor.kernel import audit
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.tasks.api import Task
from onedoor.tasks.events import TaskCompleted

CHOICES: dict[str, str] = {
    "look": "Look again whether it may go",
    "again": "Send again",
    "by_hand": "Given by other means",
    "stopped": "Not to be sent",
}
"""What a page offers; `may` says which of them a document has."""

_MAY: dict[str, tuple[str, ...]] = {
    "waiting": ("by_hand", "stopped"),
    "held": ("look", "by_hand", "stopped"),
    "sent": ("again", "by_hand"),
    "refused": ("again", "by_hand", "stopped"),
    "stopped": ("again", "by_hand"),
}


class CannotChoose(Exception):
    """The document has moved on meanwhile: nothing was changed."""


def may(state: str) -> tuple[str, ...]:
    """What somebody may decide about a document in this state, as keys of `CHOICES`."""
    return _MAY.get(state, ())


@transaction.atomic
def decide(*, access: Access, ref: UUID, choice: str, note: str = "") -> None:
    """Decide about one document of one's organisation; `note` says how it was given, or why it is not sent.

    Raises NotPermitted without Permission.CHECKS, SentDocument.DoesNotExist outside the access, CannotChoose.
    """
    access.require(Permission.CHECKS)
    found = SentDocument.objects.select_for_update(of=("self",)).select_related("practice", "message")
    document = found.get(ref=ref, organisation_id__in=access.organisations)
    if choice not in may(document.state) or not _do(document, choice, note, by=access.actor):
        raise CannotChoose(document.pk)


def lock_document(task: Task) -> None:
    """What work about a document locks first."""
    list(SentDocument.objects.select_for_update(of=("self",)).filter(pk=task.subject_id or 0))


def follow_work(event: TaskCompleted) -> None:
    """A document moves as whoever ended the work about it said; one that has moved on by then stays as it is."""
    if event.subject != kinds.SUBJECT or event.subject_id is None:
        return
    document = (
        SentDocument.objects.select_for_update(of=("self",))
        .select_related("practice", "message")
        .get(pk=event.subject_id)
    )
    if event.outcome == "has_it":
        if "by_hand" in may(document.state):
            _do(document, "by_hand", event.note or "the practice said that they have it", by=event.by)
    elif event.outcome == "again" and document.state == "held":
        # It goes when nothing stands against it; of what does somebody is asked again.
        _do(document, "look", event.note, by=event.by)
    elif event.outcome in may(document.state):
        _do(document, event.outcome, event.note, by=event.by)


def _do(document: SentDocument, choice: str, note: str, *, by: Actor) -> bool:
    note = " ".join(note.split())
    if choice == "look":
        done = moving.move(document, "waiting", by=by, reason=note or "looked at again", because="")
    elif choice == "again":
        done = hearing.again(document, by=by, reason=note or "sent again by a person", same=document.state == "sent")
    elif document.state == "waiting" and not moving.take_back(document, by=by) and choice == "stopped":
        # It is on the wire: nobody can say any more that it was not sent.
        return False
    else:
        done = moving.move(document, choice, by=by, reason=note or rules.STATES[choice][0].lower(), because=note[:200])
    if done:
        audit.record(by=by, line=moving.line(document, "decide_document", choice=choice))
    return done
