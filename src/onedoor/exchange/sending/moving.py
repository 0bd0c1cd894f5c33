"""Moves of a document, each with its history and audit row, and the one piece of work that there is about it."""

from __future__ import annotations

import structlog

from onedoor.exchange.mesh import actions as mesh
from onedoor.exchange.models import SentDocument, SentDocumentHistory
from onedoor.exchange.sending import kinds, rules
from onedoor.kernel import audit, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first, transition
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask

log = structlog.get_logger(__name__)


def line(document: SentDocument, action: str, **detail: object) -> audit.Line:
    """An audit row about a document."""
    return audit.Line(
        action,
        kinds.SUBJECT,
        document.pk,
        patient_id=document.patient_id,
        organisation_id=document.organisation_id,
        detail=dict(detail),
    )


def begin(document: SentDocument, *, by: Actor) -> None:
    """The first line of its history."""
    record_first(history=SentDocumentHistory, ids=[document.pk], state=document.state, by=by)


def move(document: SentDocument, to: str, *, by: Actor, reason: str = "", **also: object) -> bool:
    """Move one document, which the caller has locked, where the table allows it; work about it that waited is needed no more.

    The object is brought up to date.
    """
    moved = transition(
        model=SentDocument,
        history=SentDocumentHistory,
        moves=rules.MOVES,
        ids=[document.pk],
        to=to,
        by=by,
        reason=reason[:80],
        also=also,
    )
    if not moved:
        return False
    for name, value in {"state": to, **also}.items():
        setattr(document, name, value)
    audit.record(by=by, line=line(document, f"document_{to}"))
    end_work(document, because=reason or rules.STATES[to][0].lower(), by=by)
    jobs.notify_live("exchange", document.organisation_id)
    return True


def take_back(document: SentDocument, *, by: Actor) -> bool:
    """Take the message of a locked document out of the outbox, so that it does not go; False where it may have gone already."""
    if document.message_id is None:
        return True
    key = document.message_id
    # Before the message moves: the document does not follow it.
    SentDocument.objects.filter(pk=document.pk).update(message=None)
    if not mesh.take_back(key, by):
        SentDocument.objects.filter(pk=document.pk).update(message_id=key)
        return False
    document.message = None
    return True


def ask(document: SentDocument, kind: Kind, detail: str, *, by: Actor) -> None:
    """Ask a person about a document: one piece of work at a time, which says what is so now."""
    waiting = tasks.Task.objects.filter(key=kinds.key(document.pk), state__in=("open", "claimed")).first()
    if waiting is not None and waiting.kind == kind.name:
        if waiting.detail != detail:
            tasks.say_more(key=waiting.key, detail=detail, by=by)
        return
    end_work(document, because="something else is asked now", by=by)
    about = kinds.ABOUT[document.subject]
    where = document.practice.name if document.practice else "a practice not known"
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=kind.name,
                organisation_id=document.organisation_id,
                key=kinds.key(document.pk),
                title=f"{kind.label}: {about}, for {where}"[:200],
                detail=detail,
                patient_id=document.patient_id,
                subject=kinds.SUBJECT,
                subject_id=document.pk,
            )
        ],
        by=by,
    )


def ask_for_mailbox(organisation_id: int, detail: str, *, by: Actor) -> None:
    """Ask once for the mailbox without which nothing of an organisation goes, however many documents wait for it."""
    wanted = NewTask(
        kind=kinds.NO_MAILBOX.name,
        organisation_id=organisation_id,
        key=kinds.mailbox_key(organisation_id),
        title=kinds.NO_MAILBOX.label,
        detail=detail,
    )
    tasks.ask_for(tasks=[wanted], by=by)


def end_work(document: SentDocument, *, because: str, by: Actor) -> None:
    """Nobody is asked about it any more."""
    tasks.withdraw(keys=[kinds.key(document.pk)], because=because[:80], by=by)


def failed(what: str, key: int, error: Exception) -> None:
    """Note that one row failed, so that its neighbours go on. The class only: messages can carry values."""
    log.error(what, key=key, error=type(error).__name__)
