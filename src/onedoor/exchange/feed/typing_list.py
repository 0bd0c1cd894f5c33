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

from onedoor.exchange.feed.setting import OFF, TYPED, route_of, system_of
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
_SEEN = "seen in a file of entries"
_SEEN_IN = "seen in files "
"""Before the keys of those that can be withdrawn, and `_WAS` with the state in which it was before them."""
_WAS = ": was "
_KEYS_KEPT = 5
"""Of so many files, the newest, it is known that they showed it. Were all of them withdrawn, it would be asked for again."""


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
    code, day and value, by that practice. Only rows of people with something open are looked at closely.

    What another practice has to type no file of this one shows, whatever its rows name: the other's system is another's."""

    def __init__(self, organisation_id: int | None = None) -> None:
        """`organisation_id`: from whose system the file is, where that is known before it is read."""
        self._open: dict[str, list[_Open]] = defaultdict(list)
        self._seen: dict[int, int] = {}
        open_ones = Q(state__in=("waiting", "sent")) | Q(state="typed", settled_at__gte=clock.now() - _SEEN_AFTER)
        recent = open_ones | Q(state="in_record", settled_by__startswith=_SEEN_IN)
        found = FeedItem.objects.filter(recent, kind="answer").exclude(code="").exclude(patient__nhs_number=None)
        if organisation_id is not None:
            found = found.filter(organisation_id=organisation_id)
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
                self._seen[item.pk] = item.organisation_id

    def settle(self, *, organisation_id: int | None, by: Actor, import_id: int = 0) -> tuple[int, int]:
        """Tick what was seen and waits at the organisation whose file it was, in the caller's transaction; returns how many, and
        how many were seen that wait at others, or at anybody where nobody knows whose file it was (None). `import_id` is the key
        of a file that can be withdrawn (`untick`)."""
        theirs = [key for key, whose in self._seen.items() if whose == organisation_id]
        seen = FeedItem.objects.select_for_update().filter(pk__in=theirs)
        ticked = []
        changed = []
        for item in seen.order_by("id"):
            files, before = _shown_by(item)
            if item.state in ("waiting", "sent", "typed"):
                files, before = (), item.state
                item.state, item.settled_at = "in_record", clock.now()
                ticked.append(item)
            elif not files:
                continue  # somebody was quicker
            files = (*files, import_id)[-_KEYS_KEPT:]
            item.settled_by = _said_by(files, before) if import_id else _SEEN
            changed.append(item)
        FeedItem.objects.bulk_update(changed, ["state", "settled_at", "settled_by"], batch_size=1_000)
        _note("seen_feed_item", ticked, by)
        return len(ticked), len(self._seen) - len(theirs)


def _shown_by(item: FeedItem) -> tuple[tuple[int, ...], str]:
    """(the files that showed it, as far as they can be withdrawn; its state before them)."""
    if not item.settled_by.startswith(_SEEN_IN):
        return (), ""
    keys, _, before = item.settled_by.removeprefix(_SEEN_IN).partition(_WAS)
    return tuple(int(key) for key in keys.split(",")), before


def _said_by(files: Sequence[int], before: str) -> str:
    return f"{_SEEN_IN}{','.join(map(str, files))}{_WAS}{before}"


def untick(*, organisation_id: int, import_id: int, by: Actor) -> int:
    """Take back what a file that is withdrawn had shown, in the caller's transaction: what no other file has shown since stands
    as it did before, to be typed, or as typed by somebody who said so. Returns how many."""
    ticked = FeedItem.objects.select_for_update(of=("self",)).select_related("document")
    ticked = ticked.filter(organisation_id=organisation_id, state="in_record", settled_by__startswith=_SEEN_IN)
    off = route_of(organisation_id) == OFF
    changed, back = [], []
    for item in ticked.order_by("id"):
        files, before = _shown_by(item)
        if import_id not in files:
            continue
        changed.append(item)
        others = [key for key in files if key != import_id]
        if others:
            item.settled_by = _said_by(others, before)
            continue
        back.append(item)
        if before == "sent" and (item.document is None or item.document.state == "replaced"):
            before = "waiting"
        item.state, item.settled_at, item.settled_by = before, clock.now(), "a file that showed it was withdrawn"
        if before == "waiting":
            item.document = None
            if off:
                item.state = "left"
            else:
                item.settled_at, item.settled_by = None, ""
    FeedItem.objects.bulk_update(changed, ["state", "settled_at", "settled_by", "document"], batch_size=1_000)
    _note("unseen_feed_item", back, by)
    return len(back)


def _note(action: str, items: Sequence[FeedItem], by: Actor) -> None:
    audit.record_many(
        by=by,
        lines=[
            audit.Line(action, "feed_item", one.pk, patient_id=one.patient_id, organisation_id=one.organisation_id)
            for one in items
        ],
    )
