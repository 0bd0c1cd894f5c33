"""Writes of tasks: ask for work, claim it, complete it with an outcome, withdraw it when it is no longer needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from onedoor.kernel import audit, calendar, clock, events, jobs
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import declare_moves, record_first, transition
from onedoor.tasks.events import TaskCompleted
from onedoor.tasks.kinds import kind_of
from onedoor.tasks.models import Task, TaskHistory
from onedoor.tasks.queries import by_ref
from onedoor.tasks.types import NewTask

MOVES = declare_moves(
    "Task",
    {
        "open": frozenset({"claimed", "done", "withdrawn"}),
        "claimed": frozenset({"open", "claimed", "done", "withdrawn"}),
        "done": frozenset(),
        "withdrawn": frozenset(),
    },
)

_locks: dict[str, Callable[[Task], None]] = {}
_newer: dict[str, Callable[[Task, int], bool]] = {}


class AlreadyDone(Exception):
    """Somebody else ended this task meanwhile; nothing was changed."""


class NewerCame(Exception):
    """More waits about the same subject than the page showed on which somebody ended its work; nothing was changed."""


class NoSuchOutcome(Exception):
    """The kind of task does not offer this outcome."""


def lock_first(subject: str, lock: Callable[[Task], None]) -> None:
    """Declare what is locked before work about such a subject ends; called once, when the application is ready.

    Whoever makes work about something has locked that thing already: work is locked last by everybody, or two would wait for
    each other.
    """
    _locks[subject] = lock


def ask_newer(subject: str, newer: Callable[[Task, int], bool]) -> None:
    """Declare who knows whether more waits about such a subject than a page showed; called once, when the application is ready.

    `newer` is given the work, with what it is about locked, and the `seen` of `complete`.
    """
    _newer[subject] = newer


def ask_for(*, tasks: Sequence[NewTask], by: Actor) -> list[int]:
    """Put work on the lists in the caller's transaction; work already waiting under its key is left as it is.

    Returns the keys of the tasks that are new.
    """
    now = clock.now()
    wanted = {task.key: task for task in tasks}
    waiting = set(Task.objects.filter(key__in=wanted, state__in=("open", "claimed")).values_list("key", flat=True))
    made = Task.objects.bulk_create(
        [_task(task, now) for key, task in wanted.items() if key not in waiting], ignore_conflicts=True
    )
    # ignore_conflicts gives no keys back: another transaction may have asked for the same work a moment ago.
    new = list(Task.objects.filter(ref__in=[task.ref for task in made]))
    record_first(history=TaskHistory, ids=[task.pk for task in new], state="open", by=by)
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "ask_for_work",
                "task",
                task.pk,
                patient_id=task.patient_id,
                organisation_id=task.organisation_id,
                detail={"kind": task.kind},
            )
            for task in new
        ],
    )
    for organisation_id in {task.organisation_id for task in new}:
        jobs.notify_live("tasks", organisation_id)
    return [task.pk for task in new]


def _task(task: NewTask, now: datetime) -> Task:
    kind = kind_of(task.kind)
    due = now if kind.urgent else calendar.add_working_time(now, kind.within)
    return Task(
        organisation_id=task.organisation_id,
        kind=task.kind,
        team=kind.team,
        key=task.key,
        title=task.title,
        detail=task.detail,
        patient_id=task.patient_id,
        subject=task.subject,
        subject_id=task.subject_id,
        urgent=kind.urgent,
        created_at=now,
        due_at=task.due_at or due,
    )


@transaction.atomic
def claim(*, access: Access, ref: UUID) -> None:
    """Take a task: it is mine until I give it back or end it. Raises AlreadyDone when it has ended."""
    access.require(Permission.TASKS)
    task = by_ref(access, ref)
    _move(task, "claimed", by=access.actor, also={"owner_id": access.actor.id})


@transaction.atomic
def give_back(*, access: Access, ref: UUID) -> None:
    """Put a claimed task back for the team."""
    access.require(Permission.TASKS)
    task = by_ref(access, ref)
    _move(task, "open", by=access.actor, also={"owner_id": None})


@transaction.atomic
def complete(*, access: Access, ref: UUID, outcome: str, note: str = "", seen: int | None = None) -> None:
    """End a task with one of its kind's outcomes; whoever declared the kind reacts in the same transaction.

    `seen`: how far what the work is about was known when its page was made, as that subject counts it (`ask_newer`); the
    last text of a thread. None from whoever ends it without a page.

    Raises NoSuchOutcome, or AlreadyDone when a colleague was quicker: one of two people decides, never both. Raises NewerCame
    when more waits than was `seen`.
    """
    access.require(Permission.TASKS)
    task = by_ref(access, ref)
    if outcome not in {choice.value for choice in kind_of(task.kind).outcomes}:
        raise NoSuchOutcome(outcome)
    if task.subject in _locks:
        _locks[task.subject](task)
    by = access.actor
    _move(task, "done", by=by, also={"outcome": outcome, "note": note, "ended_at": clock.now()})
    if seen is not None and task.subject in _newer and _newer[task.subject](task, seen):
        raise NewerCame(task.pk)
    events.emit(
        TaskCompleted(
            task_id=task.pk,
            kind=task.kind,
            organisation_id=task.organisation_id,
            patient_id=task.patient_id,
            subject=task.subject,
            subject_id=task.subject_id,
            outcome=outcome,
            note=note,
            by=by,
        )
    )


def withdraw(*, keys: Sequence[str], because: str, by: Actor) -> int:
    """Take waiting work off the lists in the caller's transaction, because it is no longer needed; returns how much."""
    ids = list(Task.objects.filter(key__in=keys, state__in=("open", "claimed")).values_list("id", flat=True))
    moved = transition(
        model=Task,
        history=TaskHistory,
        moves=MOVES,
        ids=ids,
        to="withdrawn",
        by=by,
        reason=because,
        also={"ended_at": clock.now(), "outcome": "withdrawn"},
    )
    gone = list(Task.objects.filter(pk__in=moved).order_by("id"))
    audit.record_many(by=by, lines=[_line(task, "task_withdrawn", because=because) for task in gone])
    for organisation_id in {task.organisation_id for task in gone}:
        jobs.notify_live("tasks", organisation_id)
    return len(moved)


@transaction.atomic
def say_more(*, key: str, detail: str, by: Actor) -> bool:
    """Put on waiting work what has become known about it; whoever claimed it keeps it. False when none waits under its key."""
    waiting = Task.objects.filter(key=key, state__in=("open", "claimed"))
    task = waiting.select_for_update(of=("self",)).first()
    if task is None:
        return False
    task.detail = detail
    task.save(update_fields=["detail"])
    audit.record(by=by, line=_line(task, "task_says_more"))
    jobs.notify_live("tasks", task.organisation_id)
    return True


def _move(task: Task, to: str, *, by: Actor, also: dict[str, object]) -> None:
    moved = transition(model=Task, history=TaskHistory, moves=MOVES, ids=[task.pk], to=to, by=by, also=also)
    if not moved:
        raise AlreadyDone(task.pk)
    audit.record(by=by, line=_line(task, f"task_{to}", outcome=str(also.get("outcome", ""))))
    jobs.notify_live("tasks", task.organisation_id)


def _line(task: Task, action: str, **detail: str) -> audit.Line:
    return audit.Line(
        action,
        "task",
        task.pk,
        patient_id=task.patient_id,
        organisation_id=task.organisation_id,
        detail={"kind": task.kind, **detail},
    )
