"""Threads: a person is asked to look, looks, writes back, and says that nothing more waits."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from onedoor.accounts.api import colleagues
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.messaging.actions.asking import opt_in, opt_out
from onedoor.messaging.actions.queueing import queue
from onedoor.messaging.kinds import DECEASED, REPLY, STAFF_REPLY, THREAD_KINDS, WRONG_NUMBER
from onedoor.messaging.models import Inbound, OptOut, Thread
from onedoor.messaging.queries.threads import by_ref
from onedoor.messaging.types import NewMessage
from onedoor.patients import api as patients
from onedoor.tasks import api as tasks
from onedoor.tasks.events import TaskCompleted
from onedoor.tasks.types import Kind, NewTask

BY = Actor.system("check numbers")
CHECK = "Check a number: somebody says that it is not the patient's"
LONGEST_REPLY = 918
"""Six fragments, the most that a text may have (messaging.md 1.2)."""


UNSEEN = timedelta(seconds=1)
"""Real time; a text that came later than this before its thread is settled is on nobody's screen yet. The rule for whoever
ends work without saying what their page showed, and for texts that were stored in another order than they were numbered."""
_THERE: ContextVar[tuple[int, frozenset[int]]] = ContextVar("there", default=(0, frozenset()))
"""The thread about which work is being ended here, and its texts that were before a person when that began."""


class MustDecide(Exception):
    """A piece of work in this thread asks for more than "answered"; its kind is the argument."""


class NothingToSay(Exception):
    """A reply with no words, or with more than a text holds."""


def thread_of(*, organisation_id: int, number: str, received_at: datetime | None = None) -> Thread:
    """The thread of a number, made if it is new, locked until the end of the transaction.

    `received_at`: when a text came that is dealt with now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO messaging_thread (ref, organisation_id, number, last_inbound_at, urgent)
               VALUES (%s, %s, %s, %s, false)
               ON CONFLICT (organisation_id, number) DO UPDATE
                   SET last_inbound_at = greatest(messaging_thread.last_inbound_at, EXCLUDED.last_inbound_at)
               RETURNING id, ref, last_inbound_at, needs_person_since, urgent, owner_id""",
            [uuid.uuid4(), organisation_id, number, received_at],
        )
        row = cursor.fetchone()
    return Thread(
        id=row[0],
        ref=row[1],
        organisation_id=organisation_id,
        number=number,
        last_inbound_at=row[2],
        needs_person_since=row[3],
        urgent=row[4],
        owner_id=row[5],
    )


def lock_threads(ids: Collection[int]) -> None:
    """Lock threads in order of key until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM messaging_thread WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(ids)])


def lock_for_work(task: tasks.Task) -> None:
    """Before work about a thread ends: lock it, and all threads of a number that is checked, about which others may be asked."""
    thread = Thread.objects.filter(pk=task.subject_id or 0).first()
    if thread is None:
        return
    # Before the lock is waited for: who holds it may be putting one more text before a person.
    _THERE.set((thread.pk, _before_a_person(thread)))
    both = Thread.objects.filter(number=thread.number) if task.kind == WRONG_NUMBER.name else None
    lock_threads([thread.pk] if both is None else list(both.values_list("pk", flat=True)))


def newer_waits(task: tasks.Task, seen: int) -> bool:
    """Whether a text waits for a person in the thread, locked, that this work is about, which came after the text `seen`."""
    thread = Thread.objects.filter(pk=task.subject_id or 0).first()
    return thread is not None and _for_a_person(thread).filter(pk__gt=seen).exists()


def ask_person(
    *, thread: Thread, title: str, why: str, by: Actor, kind: Kind = REPLY, patient_id: int | None = None
) -> bool:
    """Put the thread before a person, in the caller's transaction; returns whether it was not waiting yet.

    One task of a kind for a thread: five texts are one piece of work.
    """
    newly = thread.needs_person_since is None
    thread.needs_person_since = thread.needs_person_since or clock.now()
    thread.urgent = thread.urgent or kind.urgent
    Thread.objects.filter(pk=thread.pk).update(needs_person_since=thread.needs_person_since, urgent=thread.urgent)
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=kind.name,
                organisation_id=thread.organisation_id,
                key=f"{kind.name}:thread:{thread.pk}",
                title=title,
                detail=why,
                patient_id=patient_id,
                subject="thread",
                subject_id=thread.pk,
            )
        ],
        by=by,
    )
    jobs.notify_live("inbox", thread.organisation_id)
    return newly


@transaction.atomic
def reply_to_thread(*, access: Access, thread_ref: uuid.UUID, text: str, key: uuid.UUID | None = None) -> None:
    """Staff write back; it goes in the first lane, at any hour. The same `key` twice is one text.

    Raises Thread.DoesNotExist outside the access and NothingToSay for an empty text or one that is too long.
    """
    access.require(Permission.MESSAGES)
    thread = by_ref(access, thread_ref)
    body = text.strip()
    if not body or len(body) > LONGEST_REPLY:
        raise NothingToSay
    now = clock.now()
    queue(
        messages=[
            NewMessage(
                intent_key=f"staff_reply:{key or uuid.uuid4()}",
                organisation_id=thread.organisation_id,
                purpose=STAFF_REPLY.name,
                body=body,
                not_after=now + timedelta(hours=24),
                number=thread.number,
                subject="thread",
                subject_id=thread.pk,
            )
        ],
        by=access.actor,
    )
    if thread.owner_id is None:
        Thread.objects.filter(pk=thread.pk, owner=None).update(owner_id=access.actor.id)
    _noted(access, thread, "reply_to_thread")


@transaction.atomic
def settle_thread(*, access: Access, thread_ref: uuid.UUID, seen: int) -> None:
    """Nothing here waits any more; its waiting tasks end with it. Raises Thread.DoesNotExist outside the access.

    `seen` is the key of the newest text of the phone that was on the page, 0 for none: raises tasks.NewerCame, and changes
    nothing, when one that came after it was left to a person.
    Raises MustDecide, and changes nothing, while a crisis or a number to check is open: what became of it must be said.
    """
    access.require(Permission.MESSAGES)
    thread = by_ref(access, thread_ref)
    there = _before_a_person(thread)
    lock_threads([thread.pk])
    if _for_a_person(thread).filter(pk__gt=seen).exists():
        raise tasks.NewerCame(thread.pk)
    for task in _waiting(thread).order_by("id"):
        if "answered" not in {outcome.value for outcome in tasks.kind_of(task.kind).outcomes}:
            raise MustDecide(task.kind)
        tasks.complete(access=access, ref=task.ref, outcome="answered")
    _settle(thread, there, by=access.actor)
    _noted(access, thread, "settle_thread")


@transaction.atomic
def assign_thread(*, access: Access, thread_ref: uuid.UUID, user_id: int | None) -> None:
    """Hand a thread to a colleague of this access, or back to the team (None). Raises Thread.DoesNotExist outside it."""
    access.require(Permission.MESSAGES)
    thread = by_ref(access, thread_ref)
    if user_id is not None and user_id not in {user.pk for user in colleagues(access)}:
        raise Thread.DoesNotExist
    Thread.objects.filter(pk=thread.pk).update(owner_id=user_id)
    _noted(access, thread, "assign_thread", to=user_id)


def opened(*, access: Access, thread_ref: uuid.UUID, to: int) -> None:
    """Somebody looks at a thread with its texts up to this key. Raises Thread.DoesNotExist outside the access."""
    access.require(Permission.MESSAGES)
    thread = by_ref(access, thread_ref)
    Thread.objects.filter(pk=thread.pk, opened_to__lt=to).update(opened_to=to)


def on_task_completed(event: TaskCompleted) -> None:
    """Somebody ended a task about a thread: the thread waits no more, and a number that was checked is dealt with."""
    if event.subject != "thread" or event.kind not in THREAD_KINDS or event.subject_id is None:
        return
    thread = Thread.objects.get(pk=event.subject_id)
    if event.kind == "wrong_number":
        asked_at = tasks.Task.objects.values_list("created_at", flat=True).get(pk=event.task_id)
        _number_checked(thread, wrong=event.outcome == "wrong", asked_at=asked_at, by=event.by)
    if event.kind == DECEASED.name and event.outcome == "nothing":
        opt_in(organisation_id=thread.organisation_id, number=thread.number, by=event.by, because="bereaved")
    if not _waiting(thread).exists():
        # A STOP among other wishes was read by a person, who has stopped the texts if that was meant.
        opt_in(organisation_id=thread.organisation_id, number=thread.number, by=event.by, because="undecided")
        key, there = _THERE.get()
        _settle(thread, there if key == thread.pk else _before_a_person(thread), by=event.by)


def _number_checked(thread: Thread, *, wrong: bool, asked_at: datetime, by: Actor) -> None:
    """An organisation decides for its own patients, and the number rests no more: whoever has it next may be texted.

    Others who care for somebody of this number decide for theirs; with them it rests until they have (clinical.md 6.2).
    """
    rests = OptOut.objects.filter(organisation_id=thread.organisation_id, number=thread.number, until=None).first()
    doubted = rests.since if rests is not None else clock.now()
    if wrong and rests is not None and rests.because != "wrong_number":
        doubted = max(doubted, asked_at)  # it rested for another reason before anybody said that it is wrong
    if wrong:
        change = patients.end_number(
            organisation_id=thread.organisation_id, number=thread.number, held_by=doubted, by=by
        )
        why = "another practice found that this number is not their patient's; it rests until you have checked it too"
    else:
        change = patients.restore_number(
            organisation_id=thread.organisation_id, number=thread.number, ended_since=doubted, by=by
        )
        why = "another practice found that this number is right after all; it rests until you have checked it too"
        opt_in(organisation_id=thread.organisation_id, number=thread.number, by=by, because="unreachable")
    opt_in(organisation_id=thread.organisation_id, number=thread.number, by=by, because="wrong_number")
    for organisation_id in change.others:
        opt_out(organisation_id=organisation_id, number=thread.number, by=BY, because="wrong_number", since=doubted)
        theirs = thread_of(organisation_id=organisation_id, number=thread.number)
        ask_person(thread=theirs, title=CHECK, why=why, by=BY, kind=WRONG_NUMBER)


def _waiting(thread: Thread) -> QuerySet[tasks.Task]:
    return tasks.Task.objects.filter(
        subject="thread", subject_id=thread.pk, kind__in=THREAD_KINDS, state__in=("open", "claimed")
    )


def _for_a_person(thread: Thread) -> QuerySet[Inbound]:
    return Inbound.objects.filter(
        organisation_id=thread.organisation_id, number=thread.number, outcome__in=("person", "crisis")
    )


def _before_a_person(thread: Thread) -> frozenset[int]:
    return frozenset(_for_a_person(thread).values_list("pk", flat=True))


def _settle(thread: Thread, there: Collection[int], *, by: Actor) -> None:
    """The thread, locked, waits no more; unless it has texts for a person that were not `there` to be read."""
    unseen = _for_a_person(thread).filter(~Q(pk__in=there) | Q(received_real__gt=clock.real_now() - UNSEEN))
    if unseen.exists():
        ask_person(thread=thread, title="Read a text and answer it", why="came while the last was being settled", by=by)
        return
    Thread.objects.filter(pk=thread.pk).update(needs_person_since=None, urgent=False)
    jobs.notify_live("inbox", thread.organisation_id)


def _noted(access: Access, thread: Thread, action: str, **detail: object) -> None:
    audit.record(
        by=access.actor,
        line=audit.Line(action, "thread", thread.pk, organisation_id=thread.organisation_id, detail=dict(detail)),
    )
    jobs.notify_live("inbox", thread.organisation_id)
