"""What is still to be typed into the practice's own system: shown until somebody ticks it, or its next file brings it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from onedoor.exchange.feed.setting import TYPED, route_of, system_of
from onedoor.exchange.models import FeedItem
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.records.types import EntryRow

SHOWN = 100
_SEEN_AFTER = timedelta(days=60)
"""How long what somebody typed is still looked for in files. Ours."""


@dataclass(frozen=True)
class Line:
    """One thing to type: what, under which code, of which day."""

    id: int
    patient_id: int
    patient_ref: UUID
    patient: str
    nhs_number: str
    text: str
    code: str
    day: date
    since: datetime


@dataclass(frozen=True)
class ToType:
    """What is to be typed, the longest waiting first; `total` counts all of it."""

    system: str
    total: int
    lines: tuple[Line, ...]


def to_type(access: Access, *, patient_id: int | None = None, limit: int = SHOWN) -> ToType:
    """What is to be typed where this person works, of one patient or of all within the access; nothing while the practice has it
    otherwise. Raises NotPermitted without Permission.PATIENTS. Four queries."""
    access.require(Permission.PATIENTS)
    here = access.actor.organisation_id
    if here is None or route_of(here) != TYPED:
        return ToType("", 0, ())
    waiting = _waiting(here).filter(patient__in=patients.visible(access))
    if patient_id is not None:
        waiting = waiting.filter(patient_id=patient_id)
    found = list(waiting.order_by("at", "id")[: limit + 1])
    if not found:
        return ToType("", 0, ())
    people = patients.names(access, {one.patient_id for one in found})
    lines = [_line(one, people[one.patient_id]) for one in found[:limit] if one.patient_id in people]
    return ToType(system_of(here), waiting.count() if len(found) > limit else len(found), tuple(lines))


def to_type_count(access: Access) -> int:
    """How much is to be typed where this person works; 0 without Permission.PATIENTS. Two queries."""
    here = access.actor.organisation_id
    if here is None or not access.may(Permission.PATIENTS) or route_of(here) != TYPED:
        return 0
    return _waiting(here).filter(patient__in=patients.visible(access)).count()


def say_typed(*, access: Access, item_ids: Sequence[int], needed: bool = True) -> int:
    """Tick what was typed, or with `needed` False what need not be; returns how many had not been ticked.

    Raises NotPermitted without Permission.PATIENTS. What is another organisation's, or of somebody outside the access, stays.
    """
    access.require(Permission.PATIENTS)
    here = access.actor.organisation_id
    with transaction.atomic():
        items = list(_waiting(here or 0).filter(pk__in=list(item_ids)).select_for_update().order_by("id"))
        within = patients.names(access, {one.patient_id for one in items})
        items = [one for one in items if one.patient_id in within]
        FeedItem.objects.filter(pk__in=[one.pk for one in items]).update(
            state="typed" if needed else "left", settled_at=clock.now(), settled_by=access.actor.label[:80]
        )
        action = "typed_feed_item" if needed else "left_feed_item"
        audit.record_many(
            by=access.actor,
            lines=[
                audit.Line(action, "feed_item", one.pk, patient_id=one.patient_id, organisation_id=here)
                for one in items
            ],
        )
    return len(items)


def _waiting(organisation_id: int) -> QuerySet[FeedItem]:
    return FeedItem.objects.filter(organisation_id=organisation_id, kind="answer", state="waiting")


def _line(one: FeedItem, patient: patients.Patient) -> Line:
    return Line(
        id=one.pk,
        patient_id=one.patient_id,
        patient_ref=patient.ref,
        patient=patient.shown_name,
        nhs_number=patient.nhs_number or "",
        text=one.text,
        code=one.code,
        day=one.of_day or one.day,
        since=one.at,
    )


class _Open(NamedTuple):
    """Of an item, what a row of a file is held against: there may be many."""

    pk: int
    code: str
    of_day: date | None
    value: float | None
    organisation_id: int


class Ticks:
    """Watches the rows of a practice's file go by, and ticks what it shows to be in the practice's own system: the same person,
    code, day and value, by that practice. Only rows of people with something open are looked at closely."""

    def __init__(self) -> None:
        self._open: dict[str, list[_Open]] = defaultdict(list)
        self._seen: set[int] = set()
        recent = Q(state__in=("waiting", "sent")) | Q(state="typed", settled_at__gte=clock.now() - _SEEN_AFTER)
        found = FeedItem.objects.filter(recent, kind="answer").exclude(code="").exclude(patient__nhs_number=None)
        columns = ("patient__nhs_number", "pk", "code", "of_day", "value", "organisation_id")
        for number, *what in found.values_list(*columns).iterator(chunk_size=2_000):
            self._open[number or ""].append(_Open(*what))
        self._judge = records.judge() if self._open else None

    def watch(self, rows: Iterable[EntryRow]) -> Iterator[EntryRow]:
        """The rows as they are."""
        for row in rows:
            if row.nhs_number in self._open:
                self._look(row)
            yield row

    def _look(self, row: EntryRow) -> None:
        assert self._judge is not None
        facts = self._judge.judge(row)
        if not isinstance(facts, list):
            return
        for item in self._open[row.nhs_number]:
            code = self._judge.codes.get(item.code)
            if code is not None and any(
                (fact.code_id, fact.day, fact.value, fact.organisation_id)
                == (code.id, item.of_day, item.value, item.organisation_id)
                for fact in facts
            ):
                self._seen.add(item.pk)

    def settle(self, *, by: Actor) -> int:
        """Tick what was seen, in the caller's transaction; returns how many."""
        seen = FeedItem.objects.select_for_update().filter(pk__in=self._seen, state__in=("waiting", "sent", "typed"))
        keys = list(seen.order_by("id").values_list("pk", "patient_id", "organisation_id"))
        FeedItem.objects.filter(pk__in=[key for key, _, _ in keys]).update(
            state="in_record", settled_at=clock.now(), settled_by="seen in a file of entries"
        )
        audit.record_many(
            by=by,
            lines=[
                audit.Line("seen_feed_item", "feed_item", key, patient_id=patient_id, organisation_id=organisation_id)
                for key, patient_id, organisation_id in keys
            ],
        )
        return len(keys)
