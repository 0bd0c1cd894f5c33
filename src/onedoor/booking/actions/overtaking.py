"""Imports that wait for a person, and what was read of the same diary after them: the newer word stands.

A person's "take it" is about what no newer import speaks of. One of which nothing is left is overtaken; one of which a part
is left asks again and says so, so that nobody decides on what is no longer true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from onedoor.booking.kinds import DIARY_VANISHED
from onedoor.booking.models import DiaryImport, Session
from onedoor.booking.types import Scope
from onedoor.kernel import audit
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

PART_IS_NEWER = "Of part of this a later import has been read, which stands: only the rest would be taken."


def scope_of(taken: DiaryImport) -> Scope:
    """What an import speaks for."""
    return Scope(taken.first_day, taken.last_day, tuple(taken.sessions), tuple(taken.holders))


def newer_than(taken: DiaryImport) -> list[Scope]:
    """What imports of the same diary that came after this one and were applied speak for."""
    newer = DiaryImport.objects.filter(
        site_id=taken.site_id,
        source=taken.source,
        state="applied",
        pk__gt=taken.pk,
        first_day__lte=taken.last_day,
        last_day__gte=taken.first_day,
    )
    return [scope_of(one) for one in newer.defer("rows", "counts").order_by("pk")]


def overtake(*, by_import: DiaryImport, by: Actor) -> None:
    """An import was read, in its transaction: older ones that wait and say nothing beyond it are overtaken.

    One that waits itself overtakes those that it covers whole, and says nothing yet about the others.
    """
    scope = scope_of(by_import)
    older = DiaryImport.objects.filter(
        site_id=by_import.site_id,
        source=by_import.source,
        state="waiting",
        first_day__lte=by_import.last_day,
        last_day__gte=by_import.first_day,
    )
    if by_import.pk is not None:
        older = older.filter(pk__lt=by_import.pk)
    over: list[DiaryImport] = []
    part: list[DiaryImport] = []
    for one in older.order_by("pk"):
        if scope.covers(scope_of(one)):
            over.append(one)
        elif by_import.state == "applied":
            newer = newer_than(one)
            slots = _slots(one)
            beyond = [slot for slot in slots if not spoken_of(slot, newer)]
            if not beyond:
                over.append(one)
            elif len(beyond) < len(slots):
                part.append(one)
    _end(over, by)
    for one in part:
        _ask_again(one, by)


def spoken_of(session: tuple[date, str, str], newer: Iterable[Scope]) -> bool:
    """Whether one of these scopes speaks for a session: day, clinician, name."""
    return any(scope.speaks_of(*session) for scope in newer)


def vanished_key(taken: DiaryImport) -> str:
    """The key of the task to decide about an import."""
    return f"diary_vanished:{taken.ref}"


def _slots(waiting: DiaryImport) -> set[tuple[date, str, str]]:
    """Every session that taking this import could change: those that it names and those that we have."""
    scope = scope_of(waiting)
    named = {
        (
            datetime.fromisoformat(row["starts_at"]).astimezone(LONDON).date(),
            str(row["clinician"]),
            str(row["session_name"]),
        )
        for row in waiting.rows
    }
    ours = Session.objects.filter(
        site_id=waiting.site_id, source=waiting.source, day__gte=waiting.first_day, day__lte=waiting.last_day
    ).values_list("day", "clinician", "name")
    return {session for session in {*named, *ours} if scope.speaks_of(*session)}


def _end(over: Sequence[DiaryImport], by: Actor) -> None:
    if not over:
        return
    DiaryImport.objects.filter(pk__in=[one.pk for one in over]).update(state="overtaken", rows=[])
    audit.record_many(
        by=by,
        lines=[
            audit.Line("diary_import_overtaken", "diary_import", one.pk, organisation_id=one.organisation_id)
            for one in over
        ],
    )
    tasks.withdraw(keys=[vanished_key(one) for one in over], because="a later import", by=by)


def _ask_again(waiting: DiaryImport, by: Actor) -> None:
    """Whoever has the question before them is told that it has changed, and the question says how."""
    key = vanished_key(waiting)
    asked = tasks.Task.objects.filter(key=key, state__in=("open", "claimed")).first()
    if asked is None or PART_IS_NEWER in asked.detail:
        return
    tasks.withdraw(keys=[key], because="a later import of a part", by=by)
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=DIARY_VANISHED.name,
                organisation_id=waiting.organisation_id,
                key=key,
                title=asked.title,
                detail=f"{asked.detail} {PART_IS_NEWER}",
                subject="diary_import",
                subject_id=waiting.pk,
                due_at=asked.due_at,
            )
        ],
        by=by,
    )
