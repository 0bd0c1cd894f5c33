"""Reads of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Subquery

from onedoor.kernel.access import Access, Permission
from onedoor.tasks.kinds import kinds
from onedoor.tasks.models import Task, TaskHistory

WAITING = ("open", "claimed")


def visible(access: Access) -> QuerySet[Task]:
    """Tasks of the organisations of this access, but kinds of work that are only for others there."""
    if access.everything:
        return Task.objects.all()
    if not access.may(Permission.TASKS):
        return Task.objects.none()
    kept = [one.name for one in kinds() if one.permission is not None and not access.may(one.permission)]
    return Task.objects.filter(organisation_id__in=access.organisations).exclude(kind__in=kept)


def by_ref(access: Access, ref: UUID) -> Task:
    """One task; raises Task.DoesNotExist outside the access."""
    return visible(access).select_related("patient", "owner", "organisation").get(ref=ref)


def waiting(access: Access, *, kind: str = "", patient_id: int | None = None, limit: int = 200) -> list[Task]:
    """Work that waits: danger first, then what is urgent, then by the clock that runs out first.

    Danger is urgent work that allows no time at all; an urgent visit whose clock ran out before it still stands behind it.
    """
    at_once = [one.name for one in kinds() if one.urgent and not one.within]
    danger = ExpressionWrapper(Q(kind__in=at_once), output_field=BooleanField())
    found = visible(access).filter(state__in=WAITING).select_related("patient", "owner", "organisation")
    if kind:
        found = found.filter(kind=kind)
    if patient_id is not None:
        found = found.filter(patient_id=patient_id)
    return list(found.order_by(danger.desc(), "-urgent", "due_at", "id")[:limit])


@dataclass(frozen=True)
class KindCount:
    """How much of a kind waits, and since when the oldest does."""

    kind: str
    count: int
    oldest: datetime


def counts(access: Access) -> list[KindCount]:
    """Waiting work by kind."""
    rows = visible(access).filter(state__in=WAITING).values("kind").annotate(n=Count("id"), oldest=Min("created_at"))
    return [KindCount(row["kind"], row["n"], row["oldest"]) for row in rows.order_by("kind")]


def ended(access: Access, *, since: datetime, limit: int = 50) -> list[Task]:
    """Work that a person ended since a moment, the latest first; each with `ended_by`, the label of who did."""
    move = TaskHistory.objects.filter(parent=OuterRef("pk"), to_state="done").values("actor_label")[:1]
    found = visible(access).filter(state="done", ended_at__gte=since).select_related("patient", "organisation")
    found = found.annotate(ended_by=Subquery(move))
    return list(found.order_by("-ended_at", "-id")[:limit])
