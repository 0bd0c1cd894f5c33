"""One import of an outside diary against our copy: load, compare, decide whether a person must look, write.

What each row means is decided in `booking.merging`, purely. Statements do not grow with the rows but for batches of 2,000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max, Q

from onedoor.booking import merging, rules
from onedoor.booking.actions import outside, overtaking, places, refilling
from onedoor.booking.adapters.tasks import place_words
from onedoor.booking.kinds import DIARY_CONFLICT, DIARY_VANISHED
from onedoor.booking.merging import Place, Standing, Step
from onedoor.booking.models import (
    LIVE,
    Appointment,
    AppointmentType,
    Conflict,
    DiaryImport,
    DiaryRequest,
    Seat,
    Session,
)
from onedoor.booking.types import OCCUPIED, SYSTEMS, DiaryRow, RowRefused, Scope
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.codes import DID_NOT_ATTEND
from onedoor.messaging import api as messaging
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

_BATCH = 2_000
_LOCK_CLASS = 7_204
_UNSEEN = ("asked", "confirmed")
"""States of a booking made here that no import has shown yet; one that an import has shown is `ticked`. A cancellation taken
back is like a booking: the place may have been freed over there before the patient changed their mind."""

SlotKey = tuple[date, str, str, datetime]
"""Day, clinician, session name, start: what names a slot in an outside diary."""


@dataclass
class _Loaded:
    """Our copy of a scope as it stands, locked."""

    seats: dict[int, Seat] = field(default_factory=dict)
    slots: dict[SlotKey, list[Place]] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    """Those that have a place in the scope."""
    spans: dict[int, dict[int, tuple[datetime, datetime]]] = field(default_factory=dict)
    """All live appointments of every patient concerned, wherever they are: patient, then appointment."""

    @property
    def live(self) -> int:
        return sum(1 for a in self.appointments.values() if a.state in LIVE and a.state != "held")


@dataclass(frozen=True)
class _New:
    """A row's patient to be put on a seat."""

    slot: SlotKey
    index: int
    row: DiaryRow
    patient_id: int
    seat_id: int
    """0 for a seat that is to be made."""
    to: str


class Merge:
    """One import: load, compare, decide whether a person must look, write."""

    def __init__(
        self,
        taken: DiaryImport,
        scope: Scope,
        rows: Sequence[DiaryRow],
        by: Actor,
        *,
        unread: int = 0,
        decided: bool = False,
        slot: SlotKey | None = None,
        newer: Sequence[Scope] = (),
    ) -> None:
        """`slot` narrows the import to one slot; `newer` is what later imports said: there this one says nothing."""
        self.taken, self.scope, self.rows, self.by = taken, scope, rows, by
        self.newer = newer
        self.unread, self.decided, self.only = unread, decided, slot
        self.source_words = f"{SYSTEMS.get(taken.source, taken.source)} diary"
        self.refused: list[RowRefused] = []
        self.counts: dict[str, Any] = defaultdict(int)
        self.loaded = _Loaded()
        self.types: dict[str, int] = {}
        self.sessions: dict[tuple[date, str, str], int] = {}

    def run(self) -> None:
        """Apply the import, or let it wait for a person."""
        by_slot = self._by_slot()
        self._load(row.patient_id for row in self.rows if row.patient_id is not None)
        found = {
            slot: merging.steps(self.loaded.slots.get(slot, []), by_slot.get(slot, []))
            for slot in {**self.loaded.slots, **by_slot}
            if not overtaking.spoken_of(slot[:3], self.newer)
        }
        vanished = sum(1 for steps in found.values() for step in steps if step.act == "vanish")
        self.counts["rows"], self.counts["vanished"] = len(self.rows), vanished
        if vanished and not self.decided and rules.too_many_vanished(vanished, self.loaded.live):
            self._wait(vanished)
            return
        if vanished and self.unread and not self.decided:
            self.counts["unsure"] = vanished
            found = {slot: [_standing(step) for step in steps] for slot, steps in found.items()}
        if self.newer and not found:
            self.taken.state = "overtaken"
        self.taken.save()
        if self.only is None:
            overtaking.overtake(by_import=self.taken, by=self.by)
        self._apply(found, by_slot)
        self._finish()

    # Reading

    def _by_slot(self) -> dict[SlotKey, list[tuple[int, DiaryRow]]]:
        found: dict[SlotKey, list[tuple[int, DiaryRow]]] = defaultdict(list)
        for index, row in enumerate(self.rows):
            day = row.starts_at.astimezone(LONDON).date()
            slot = (day, row.clinician, row.session_name, row.starts_at)
            if not self.scope.speaks_of(*slot[:3]):
                self._refuse(index, "outside the days or sessions of this import")
            elif overtaking.spoken_of(slot[:3], self.newer):
                self.counts["overtaken"] += 1
            elif any(row == other for _, other in found[slot]):
                self._refuse(index, "the same line is in the import already")
            else:
                found[slot].append((index, row))
        return found

    def _load(self, patients: Iterable[int]) -> None:
        ids = set(patients)
        # Patients before seats: who has a place here is read first without a lock, and again with it.
        ids |= set(self._in_scope().values_list("patient_id", flat=True))
        places.lock_patients(ids)
        seats = Seat.objects.filter(**self._session_filter("session__")).select_related("session", "type")
        if self.only is not None:
            day, clinician, name, starts_at = self.only
            seats = seats.filter(
                session__day=day, session__clinician=clinician, session__name=name, starts_at=starts_at
            )
        locked = seats.order_by("id").select_for_update(no_key=True, of=("self",))
        self.loaded.seats = {seat.pk: seat for seat in locked.iterator(chunk_size=_BATCH)}
        self.loaded.appointments = {
            a.pk: a
            for a in self._in_scope()
            .filter(state__in=(*LIVE, "fulfilled", "noshow"), seat_id__in=self.loaded.seats)
            .select_related("seat__session", "seat__type")
        }
        self._load_slots()
        for key, patient_id, during in Appointment.objects.filter(patient_id__in=ids, state__in=LIVE).values_list(
            "id", "patient_id", "during"
        ):
            self.loaded.spans.setdefault(patient_id, {})[key] = (during.lower, during.upper)

    def _load_slots(self) -> None:
        unseen = set(
            DiaryRequest.objects.filter(
                Q(kind="book", state__in=_UNSEEN) | Q(kind="free", state="overtaken"),
                appointment_id__in=self.loaded.appointments,
            ).values_list("appointment_id", flat=True)
        )
        ended: dict[int, dict[int, date]] = defaultdict(dict)
        gone_here = DiaryRequest.objects.filter(
            Q(kind="free", state="confirmed") | Q(kind="book", state="overtaken"),
            appointment__seat_id__in=self.loaded.seats,
            appointment__state="cancelled",
        )
        for seat_id, patient_id, at in gone_here.values_list(
            "appointment__seat_id", "appointment__patient_id", "ended_at"
        ):
            ended[seat_id][patient_id] = (at or clock.now()).astimezone(LONDON).date()
        # Somebody live has the place before somebody who was there and left.
        who: dict[int, Appointment] = {}
        for a in sorted(self.loaded.appointments.values(), key=lambda a: (a.state in LIVE, a.pk)):
            who[a.seat_id] = a
        for seat in self.loaded.seats.values():
            there = who.get(seat.pk)
            standing = (
                Standing(there.pk, there.patient_id, there.state, there.pk in unseen) if there is not None else None
            )
            slot = (seat.session.day, seat.session.clinician, seat.session.name, seat.starts_at)
            self.loaded.slots.setdefault(slot, []).append(
                Place(seat.pk, seat.n, seat.state, standing, ended.get(seat.pk, {}))
            )

    def _session_filter(self, prefix: str) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "site_id": self.taken.site_id,
            "source": self.taken.source,
            "day__gte": self.scope.first_day,
            "day__lte": self.scope.last_day,
        }
        if self.scope.sessions:
            wanted["name__in"] = self.scope.sessions
        if self.scope.holders:
            wanted["clinician__in"] = self.scope.holders
        return {f"{prefix}{key}": value for key, value in wanted.items()}

    def _in_scope(self) -> Any:
        return Appointment.objects.filter(**self._session_filter("seat__session__"))

    # Writing

    def _apply(
        self, found: Mapping[SlotKey, list[Step]], by_slot: Mapping[SlotKey, list[tuple[int, DiaryRow]]]
    ) -> None:
        self._make_types()
        self._make_sessions(found)
        acts: dict[str, list[Step]] = defaultdict(list)
        for steps in found.values():
            for step in steps:
                acts[step.act].append(step)
        self._end_former(acts)
        news = self._accepted(found)
        self._write_seats(found, news)
        self._free_and_confirm(acts)
        self._advance(acts["advance"], acts["confirm"])
        self._insert(news)
        self._tick(found)
        self._raise_conflicts(acts["conflict"], by_slot, found)

    def _end_former(self, acts: Mapping[str, list[Step]]) -> None:
        lapsed = [_who(step).id for step in acts["lapse"]]
        if lapsed:
            places.end_holds(ids=lapsed, by=self.by, reason="taken outside")
        vanished = [_who(step).id for step in acts["vanish"]]
        if vanished:
            places.shift(ids=vanished, to="cancelled", by=self.by, reason="outside", also={"reason": "outside"})
            gone = [self.loaded.appointments[key] for key in vanished]
            for appointment in gone:
                appointment.state, appointment.reason = "cancelled", "outside"
            places.write_down(
                appointments=gone,
                did="cancelled",
                said=f"Appointment cancelled in {SYSTEMS.get(self.taken.source, self.taken.source)}",
                by=self.by,
                source=self.source_words,
            )
            messaging.clear(subject="appointment", subject_ids=vanished, because="outside", by=self.by)
            self.counts["cancelled_outside"] = len(vanished)
        for step in (*acts["lapse"], *acts["vanish"], *acts["freed"]):
            self.loaded.spans.get(_who(step).patient_id, {}).pop(_who(step).id, None)

    def _accepted(self, found: Mapping[SlotKey, list[Step]]) -> list[_New]:
        """Whom rows put on places, one patient at one time only; the others are refused by row, never the whole import."""
        news: list[_New] = []
        pairs = ((slot, step) for slot, steps in found.items() for step in steps if step.insert)
        for slot, step in sorted(pairs, key=lambda pair: (pair[0][3], pair[1].index or 0)):
            row, index = step.row, step.index
            assert row is not None
            assert index is not None
            assert row.patient_id is not None
            end = row.starts_at + timedelta(minutes=row.minutes)
            spans = self.loaded.spans.setdefault(row.patient_id, {})
            live = step.to in LIVE
            if live and rules.overlapping(spans.values(), row.starts_at, end):
                self._refuse(index, "this patient has another appointment at the same time")
                continue
            if live:
                spans[-index - 1] = (row.starts_at, end)
            news.append(_New(slot, index, row, row.patient_id, step.place.seat_id if step.place else 0, step.to))
        return news

    def _write_seats(self, found: Mapping[SlotKey, list[Step]], news: list[_New]) -> None:
        """Make seats that are new and change those that differ."""
        changed: list[Seat] = []
        made: list[Seat] = []
        homes: dict[int, Seat] = {}
        waiting = {new.index: position for position, new in enumerate(news)}
        for slot, steps in found.items():
            top = max((place.n for place in self.loaded.slots.get(slot, [])), default=0)
            for step in steps:
                row = step.row
                # A refused row's place is somebody's all the same: not for us to offer.
                state = "blocked" if step.insert and step.index not in waiting else step.seat
                if step.place is None:
                    assert row is not None
                    top += 1
                    seat = Seat(
                        session_id=self.sessions[slot[:3]],
                        type_id=self.types[rules.type_key(row.type_name)],
                        starts_at=row.starts_at,
                        minutes=row.minutes,
                        n=top,
                        state=state,
                    )
                    made.append(seat)
                    if step.index in waiting:
                        homes[waiting[step.index]] = seat
                    continue
                seat = self.loaded.seats[step.place.seat_id]
                type_id = self.types[rules.type_key(row.type_name)] if row else seat.type_id
                minutes = row.minutes if row and self._may_last(step, row.minutes) else seat.minutes
                if (seat.state, seat.type_id, seat.minutes) != (state, type_id, minutes):
                    seat.state, seat.type_id, seat.minutes = state, type_id, minutes
                    changed.append(seat)
        Seat.objects.bulk_create(made, batch_size=_BATCH)
        Seat.objects.bulk_update(changed, ["state", "type", "minutes"], batch_size=_BATCH)
        self._stretch([seat.pk for seat in changed])
        self.counts["places_new"], self.counts["places_changed"] = len(made), len(changed)
        closed = [seat.pk for seat in changed if seat.state != "open"]
        occupied = [new.seat_id for new in news if new.seat_id]
        if closed or occupied:
            refilling.withdraw_release(seat_ids=[*closed, *occupied], because="taken outside", by=self.by)
        for position, seat in homes.items():
            new = news[position]
            news[position] = replace(new, seat_id=seat.pk)

    def _may_last(self, step: Step, minutes: int) -> bool:
        """Whether whoever stands on the place has time for its new length."""
        who = step.place.who if step.place else None
        if who is None or who.state not in LIVE or step.act in ("vanish", "lapse", "freed"):
            return True
        spans = self.loaded.spans.get(who.patient_id, {})
        if who.id not in spans:
            return True
        start = spans[who.id][0]
        others = [span for key, span in spans.items() if key != who.id]
        if rules.overlapping(others, start, start + timedelta(minutes=minutes)):
            return False
        spans[who.id] = (start, start + timedelta(minutes=minutes))
        return True

    def _stretch(self, seat_ids: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE booking_appointment a
                   SET during = tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes))
                   FROM booking_seat s WHERE s.id = a.seat_id AND s.id = ANY(%s) AND a.state = ANY(%s)
                     AND a.during <> tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes))""",
                [seat_ids, list(LIVE)],
            )

    def _free_and_confirm(self, acts: Mapping[str, list[Step]]) -> None:
        freed = acts["freed"]
        if freed:
            # Only a place that is free now is offered to others.
            free = [_who(step).id for step in freed if step.seat == "open" and not step.insert]
            outside.confirm(
                appointment_ids=[_who(step).id for step in freed],
                kind="free",
                ended_by="import",
                by=self.by,
                release_ids=free,
            )
            self.counts["freed"] = len(freed)
        confirmed = [_who(step).id for step in acts["confirm"]]
        if confirmed:
            outside.confirm(appointment_ids=confirmed, kind="book", ended_by="import", by=self.by)
            self.counts["confirmed"] = len(confirmed)

    def _advance(self, advanced: list[Step], confirmed: list[Step]) -> None:
        for to, did, said in (
            ("arrived", "arrived", "Patient arrived"),
            ("fulfilled", "seen", "Patient seen"),
            ("noshow", "missed", "Did not attend"),
        ):
            ids = [_who(step).id for step in (*advanced, *confirmed) if step.to == to]
            if not ids:
                continue
            moved = places.shift(ids=ids, to=to, by=self.by)
            appointments = [self.loaded.appointments[key] for key in moved]
            for appointment in appointments:
                appointment.state = to
            places.write_down(
                appointments=appointments,
                did=did,
                said=said,
                by=self.by,
                source=self.source_words,
                concept=DID_NOT_ATTEND if to == "noshow" else None,
            )
            self.counts[did] = len(moved)

    def _insert(self, news: list[_New]) -> None:
        if not news:
            return
        now = clock.now()
        made = Appointment.objects.bulk_create(
            [
                Appointment(
                    organisation_id=self.taken.organisation_id,
                    seat_id=new.seat_id,
                    patient_id=new.patient_id,
                    starts_at=new.row.starts_at,
                    during=DateTimeTZRange(new.row.starts_at, new.row.starts_at + timedelta(minutes=new.row.minutes)),
                    state=new.to,
                    booked_via=self.taken.source,
                    booked_at=now,
                    booked_on=new.row.booked_on,
                )
                for new in news
            ],
            batch_size=_BATCH,
        )
        by_state: dict[str, list[int]] = defaultdict(list)
        for appointment in made:
            by_state[appointment.state].append(appointment.pk)
        for state, ids in by_state.items():
            places.first(ids=ids, state=state, by=self.by)
        written = list(
            Appointment.objects.filter(pk__in=[a.pk for a in made])
            .select_related("seat__session", "seat__type")
            .order_by("id")
        )
        places.write_down(
            appointments=written,
            did="booked",
            said=f"Appointment booked in {SYSTEMS.get(self.taken.source, self.taken.source)}",
            by=self.by,
            source=self.source_words,
            effective={a.pk: _morning(a.booked_on) for a in written if a.booked_on},
        )
        self.counts["booked"] = len(made)

    def _tick(self, found: Mapping[SlotKey, list[Step]]) -> None:
        """Requests that this import has shown: from now on the outside diary's word goes for these places."""
        shown: set[int] = set()
        gone: set[int] = set()
        for steps in found.values():
            for step in steps:
                if step.act == "conflict" or step.place is None:
                    continue
                who, row = step.place.who, step.row
                there = row.patient_id if row is not None and row.status in OCCUPIED else None
                if who is not None and there == who.patient_id:
                    shown.add(who.id)
                if step.insert or there not in step.place.ended_here:
                    gone.add(step.place.seat_id)
        DiaryRequest.objects.filter(
            Q(Q(kind="book", state="confirmed") | Q(kind="free", state="overtaken"), appointment_id__in=shown)
            | Q(
                Q(kind="free", state="confirmed") | Q(kind="book", state="overtaken"),
                appointment__seat_id__in=gone,
                appointment__state="cancelled",
            )
        ).update(state="ticked")

    def _raise_conflicts(
        self,
        conflicts: list[Step],
        by_slot: Mapping[SlotKey, list[tuple[int, DiaryRow]]],
        found: Mapping[SlotKey, list[Step]],
    ) -> None:
        self.counts["conflicts"] = len(conflicts)
        if not conflicts:
            return
        slots = {step.place.seat_id: slot for slot, steps in found.items() for step in steps if step.place}
        seats = [step.place.seat_id for step in conflicts if step.place]
        known = set(Conflict.objects.filter(seat_id__in=seats, state="open").values_list("seat_id", flat=True))
        ended = dict(
            Appointment.objects.filter(seat_id__in=seats, state="cancelled")
            .values_list("seat_id")
            .annotate(key=Max("id"))
        )
        new = [step for step in conflicts if step.place and step.place.seat_id not in known]
        made = Conflict.objects.bulk_create(
            [
                Conflict(
                    diary_import=self.taken,
                    seat_id=_place(step).seat_id,
                    appointment_id=standing.id if (standing := _place(step).who) else ended.get(_place(step).seat_id),
                    what=f"{SYSTEMS.get(self.taken.source, self.taken.source)} says: {step.said}",
                    row={"rows": [row_values(row) for _, row in by_slot.get(slots[_place(step).seat_id], [])]},
                )
                for step in new
            ]
        )
        people = dict(
            Appointment.objects.filter(pk__in=[c.appointment_id for c in made if c.appointment_id]).values_list(
                "id", "patient_id"
            )
        )
        tasks.ask_for(
            tasks=[
                NewTask(
                    kind=DIARY_CONFLICT.name,
                    organisation_id=self.taken.organisation_id,
                    key=conflict_key(conflict.seat_id),
                    title=f"{self._words(conflict.seat_id)}: {conflict.what}",
                    detail=(
                        "Nothing was changed. If ours is right, put the other diary right by hand; "
                        "if theirs is right, ours is changed to it."
                    ),
                    patient_id=people.get(conflict.appointment_id or 0),
                    subject="conflict",
                    subject_id=conflict.pk,
                )
                for conflict in made
            ],
            by=self.by,
        )

    def _make_types(self) -> None:
        organisation_id = self.taken.organisation_id
        self.types = _types(organisation_id)
        wanted = {rules.type_key(row.type_name): row.type_name.strip() for row in self.rows}
        new = {key: name for key, name in wanted.items() if key not in self.types}
        if new:
            AppointmentType.objects.bulk_create(
                [
                    AppointmentType(organisation_id=organisation_id, name=name[:80], **vars(rules.defaults_for(name)))
                    for name in new.values()
                ],
                ignore_conflicts=True,
            )
            self.types = _types(organisation_id)
            self.counts["new_types"] = sorted(new.values())

    def _make_sessions(self, found: Mapping[SlotKey, list[Step]]) -> None:
        wanted = {slot[:3] for slot in found}
        known = {
            (day, clinician, name): key
            for key, day, clinician, name in Session.objects.filter(**self._session_filter("")).values_list(
                "id", "day", "clinician", "name"
            )
        }
        made = Session.objects.bulk_create(
            [
                Session(
                    organisation_id=self.taken.organisation_id,
                    site_id=self.taken.site_id,
                    source=self.taken.source,
                    day=day,
                    clinician=clinician,
                    name=name,
                )
                for day, clinician, name in sorted(wanted - set(known))
            ],
            batch_size=_BATCH,
        )
        self.sessions = {**known, **{(s.day, s.clinician, s.name): s.pk for s in made}}
        self.counts["sessions_new"] = len(made)

    # Ending

    def _wait(self, vanished: int) -> None:
        self.taken.state = "waiting"
        self.taken.rows = [row_values(row) for row in self.rows]
        self.taken.counts = {**self.counts, "refused": [[r.index, r.why] for r in self.refused]}
        overtaking.overtake(by_import=self.taken, by=self.by)
        self.taken.save()
        audit_import(self.taken, self.by)
        holders = f", {', '.join(self.scope.holders)}" if self.scope.holders else ""
        tasks.ask_for(
            tasks=[
                NewTask(
                    kind=DIARY_VANISHED.name,
                    organisation_id=self.taken.organisation_id,
                    key=overtaking.vanished_key(self.taken),
                    title=f"{vanished} of {self.loaded.live} appointments are missing from the import of the "
                    f"{self.source_words}",
                    detail=(
                        f"{self.scope.first_day:%d/%m/%Y} to {self.scope.last_day:%d/%m/%Y}{holders}. Nothing was "
                        "changed. Was the export filtered, or were they cancelled there?"
                    ),
                    subject="diary_import",
                    subject_id=self.taken.pk,
                )
            ],
            by=self.by,
        )

    def _finish(self) -> None:
        self.taken.counts = {
            **{key: value for key, value in self.counts.items() if value},
            "refused": [[refused.index, refused.why] for refused in self.refused],
        }
        self.taken.save(update_fields=["state", "rows", "counts"])
        audit_import(self.taken, self.by)
        jobs.notify_live("diary", self.taken.organisation_id)

    def _refuse(self, index: int, why: str) -> None:
        self.refused.append(RowRefused(index, why))

    def _words(self, seat_id: int) -> str:
        seat = self.loaded.seats[seat_id]
        return place_words(seat.starts_at, seat.session.clinician)


def _standing(step: Step) -> Step:
    """Rows could not be read, and one of them may be this appointment's: it stands, and whoever else has its place by the
    import gets a place beside it."""
    if step.act != "vanish":
        return step
    if step.insert:
        return Step(None, step.row, step.index, "none", "open", insert=True, to=step.to)
    return Step(step.place, step.row, step.index, "none", _place(step).state)


def _place(step: Step) -> Place:
    assert step.place is not None
    return step.place


def _who(step: Step) -> Standing:
    who = _place(step).who
    assert who is not None
    return who


def _types(organisation_id: int) -> dict[str, int]:
    rows = AppointmentType.objects.filter(organisation_id=organisation_id).order_by("id").values_list("name", "id")
    return {rules.type_key(name): key for name, key in rows}


def _morning(day: date) -> datetime:
    return clock.london_day(day)[0]


def row_values(row: DiaryRow) -> dict[str, Any]:
    return {
        **vars(row),
        "starts_at": row.starts_at.isoformat(),
        "booked_on": row.booked_on.isoformat() if row.booked_on else None,
    }


def row_from(values: Mapping[str, Any]) -> DiaryRow:
    booked_on = values["booked_on"]
    return DiaryRow(
        **{
            **values,
            "starts_at": datetime.fromisoformat(values["starts_at"]),
            "booked_on": date.fromisoformat(booked_on) if booked_on else None,
        }
    )


def one_at_a_time(site_id: int, source: str) -> None:
    """Two imports of one diary follow each other; until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, f"{site_id}:{source}"])


def audit_import(taken: DiaryImport, by: Actor) -> None:
    audit.record(
        by=by,
        line=audit.Line(
            f"diary_import_{taken.state}",
            "diary_import",
            taken.pk,
            organisation_id=taken.organisation_id,
            detail={key: value for key, value in taken.counts.items() if isinstance(value, int)},
        ),
    )


def conflict_key(seat_id: int) -> str:
    return f"diary_conflict:{seat_id}"
