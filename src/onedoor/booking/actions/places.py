"""What booking's actions share: locks in their order, taking a seat, and what is written down of each change.

Lock order: patient, session, seat, appointment. A seat is taken by one conditional insert under its lock; the two
constraints of the table stand behind it (stack-spike.md 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from onedoor.booking import errors
from onedoor.booking.events import AppointmentsChanged
from onedoor.booking.models import LIVE, TAKEN, Appointment, AppointmentHistory, Seat
from onedoor.booking.rules import MOVES, TAKEN_BACK, UNMARKS
from onedoor.booking.types import SYSTEMS
from onedoor.kernel import audit, clock, events, jobs
from onedoor.kernel.access import Access, acts_for
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.kernel.transitions import record_first, transition
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.records.types import NewEntry


def lock_patients(ids: Iterable[int]) -> None:
    """Lock patients in order of their keys, leaving foreign keys to them free."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM patients_patient WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(set(ids))]
        )


def lock_seats(*, refs: Sequence[UUID] = (), ids: Sequence[int] = ()) -> list[Seat]:
    """Lock seats in order of their keys, with session and type at hand."""
    found = Seat.objects.filter(ref__in=refs) if refs else Seat.objects.filter(pk__in=ids)
    return list(found.select_related("session", "type").order_by("id").select_for_update(no_key=True, of=("self",)))


def lock_seat(ref: UUID) -> Seat:
    """Lock one seat; a reference to none is as good as one that is gone."""
    seats = lock_seats(refs=[ref])
    if not seats:
        raise errors.SeatTaken
    return seats[0]


def check_mine(by: Actor, patient_id: int, organisation_id: int) -> None:
    """A patient acts for themselves only, a proxy for the patient whose appointments they may change, staff for appointments
    and places of their own organisation."""
    if not by.speaks_for(patient_id):
        check_staff(by, organisation_id)


def check_theirs(by: Actor, patient_id: int, organisation_id: int) -> None:
    """As `check_mine`; and staff give places only to patients whom their organisation cares for."""
    check_mine(by, patient_id, organisation_id)
    if by.kind == "user":
        here = Access(actor=by, organisation_ids=frozenset({organisation_id}))
        if not patients.visible(here).filter(pk=patient_id).exists():
            raise errors.NotYours


def check_staff(by: Actor, organisation_id: int) -> None:
    """What no patient does, nor anybody of another organisation."""
    if not acts_for(by, organisation_id):
        raise errors.NotYours


def check_bookable(seat: Seat) -> None:
    """The place is open and has not begun."""
    if seat.state != "open":
        raise errors.SeatTaken
    if seat.starts_at <= clock.now():
        raise errors.TooLate


def take(
    *,
    seat: Seat,
    patient_id: int,
    state: str,
    via: str,
    instead_of: int | None = None,
    hold_minutes: int | None = None,
    told: bool = False,
) -> int:
    """Put the patient on the locked seat; returns the appointment's key.

    A hold of this patient on this seat becomes the appointment; expired holds give way. `told` when a text or an answer says
    it in the same transaction. Raises SeatTaken or PatientBusy.
    """
    for _ in range(2):
        key = _insert(seat, patient_id, state, via, instead_of=instead_of, hold_minutes=hold_minutes, told=told)
        if key is not None:
            return key
        if not _lapse_holds_in_the_way(seat, patient_id):
            break
    if Appointment.objects.filter(seat=seat, state__in=TAKEN).exists():
        raise errors.SeatTaken
    raise errors.PatientBusy


def _insert(
    seat: Seat,
    patient_id: int,
    state: str,
    via: str,
    *,
    instead_of: int | None,
    hold_minutes: int | None,
    told: bool,
) -> int | None:
    # ON CONFLICT without a target yields to both guards: one person in a seat, one place at a time.
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO booking_appointment (ref, organisation_id, seat_id, patient_id, starts_at, during, state,
                   reason, booked_via, booked_at, hold_until_real, instead_of_id, told_at)
               SELECT gen_random_uuid(), %(organisation)s, s.id, %(patient)s, s.starts_at,
                   tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes)), %(state)s, '', %(via)s,
                   %(now)s, clock_timestamp() + make_interval(mins => %(hold)s), %(instead_of)s,
                   CASE WHEN %(told)s THEN %(now)s::timestamptz END
               FROM booking_seat s
               WHERE s.id = %(seat)s AND s.state IN ('open', 'course') AND NOT EXISTS (
                   SELECT 1 FROM booking_appointment a WHERE a.seat_id = s.id AND a.state = ANY(%(taken)s))
               ON CONFLICT DO NOTHING RETURNING id""",
            {
                "organisation": seat.session.organisation_id,
                "patient": patient_id,
                "state": state,
                "via": via,
                "now": clock.now(),
                "hold": hold_minutes,
                "instead_of": instead_of,
                "told": told,
                "seat": seat.pk,
                "taken": list(TAKEN),
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _lapse_holds_in_the_way(seat: Seat, patient_id: int) -> bool:
    """End expired holds on the seat, and all holds of this patient that overlap it: a second choice replaces the first."""
    end = seat.starts_at + timedelta(minutes=seat.minutes)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM booking_appointment WHERE state = 'held' AND (
                   (seat_id = %s AND hold_until_real <= clock_timestamp())
                   OR (patient_id = %s AND during && tstzrange(%s, %s)))""",
            [seat.pk, patient_id, seat.starts_at, end],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return bool(ids and end_holds(ids=ids, by=Actor.system("booking: holds"), reason="hold ended"))


def shift(
    *, ids: Sequence[int], to: str, by: Actor, reason: str = "", also: dict[str, object] | None = None
) -> list[int]:
    """Move appointments to a state where the table of moves allows it, and tell of it; returns the keys that moved."""
    moved = transition(
        model=Appointment,
        history=AppointmentHistory,
        moves=MOVES,
        ids=ids,
        to=to,
        by=by,
        reason=reason,
        also=also,
    )
    _tell(moved, to, by)
    return moved


def _tell(ids: Sequence[int], to: str, by: Actor) -> None:
    if ids and to != "held":
        events.emit(AppointmentsChanged(tuple(ids), to, by))


def end_holds(*, ids: Sequence[int], by: Actor, reason: str) -> list[int]:
    """End holds, with an audit row for each and a nudge to live diaries; returns the keys that ended."""
    ended = shift(ids=ids, to="lapsed", by=by, reason=reason)
    rows = list(
        Appointment.objects.filter(pk__in=ended).order_by("id").values_list("id", "patient_id", "organisation_id")
    )
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "appointment_hold_ended",
                "appointment",
                key,
                patient_id=patient_id,
                organisation_id=organisation_id,
                detail={"reason": reason},
            )
            for key, patient_id, organisation_id in rows
        ],
    )
    for organisation_id in {row[2] for row in rows}:
        jobs.notify_live("diary", organisation_id)
    return ended


def shift_one(
    appointment: Appointment, to: str, *, by: Actor, reason: str = "", also: dict[str, object] | None = None
) -> None:
    """Move one appointment; TooLate when it is in no state from which it may."""
    if not shift(ids=[appointment.pk], to=to, by=by, reason=reason, also=also):
        raise errors.TooLate
    # By name: reading all of it again would forget seat, session and type.
    appointment.refresh_from_db(fields=["state", *(also or {})])


def shift_back(appointment: Appointment, to: str, *, by: Actor, reason: str) -> None:
    """Move one appointment back to what it was before a mark; TooLate when it is not marked any more."""
    moved = transition(
        model=Appointment,
        history=AppointmentHistory,
        moves=UNMARKS,
        ids=[appointment.pk],
        to=to,
        by=by,
        reason=TAKEN_BACK,
        also={"reason": reason},
    )
    if not moved:
        raise errors.TooLate
    appointment.refresh_from_db(fields=["state", "reason"])
    _tell(moved, to, by)


def check_may_stand_again(appointment: Appointment, state: str) -> None:
    """Nobody else has its place and the patient nothing else at its time, with both locked; before the table's guards say so."""
    others = Appointment.objects.exclude(pk=appointment.pk)
    if state in TAKEN and others.filter(seat_id=appointment.seat_id, state__in=TAKEN).exists():
        raise errors.SeatTaken
    same_time = others.filter(patient_id=appointment.patient_id, during__overlap=appointment.during, state__in=LIVE)
    if state in LIVE and same_time.exists():
        raise errors.PatientBusy


def first(*, ids: Sequence[int], state: str, by: Actor) -> None:
    """History of appointments just made; and told of, unless they are only held."""
    record_first(history=AppointmentHistory, ids=ids, state=state, by=by)
    _tell(ids, state, by)


def get(appointment_id: int) -> Appointment:
    """One appointment with seat, session and type."""
    return Appointment.objects.select_related("seat__session", "seat__type").get(pk=appointment_id)


def write_down(
    *,
    appointments: Sequence[Appointment],
    did: str,
    said: str,
    by: Actor,
    concept: Concept | None = None,
    source: str = "",
    effective: Mapping[int, datetime] | None = None,
) -> None:
    """Audit rows, timeline entries ("Appointment booked: Tue 8 Dec 10:20am, ...") and a nudge to live diaries.

    `effective` says when it happened where that was not now, by appointment.
    """
    if not appointments:
        return
    stamp = int(clock.now().timestamp())
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                f"appointment_{did}",
                "appointment",
                a.pk,
                patient_id=a.patient_id,
                organisation_id=a.organisation_id,
                detail={"state": a.state, "reason": a.reason},
            )
            for a in appointments
        ],
    )
    records.record_entries(
        entries=[
            NewEntry(
                patient_id=a.patient_id,
                organisation_id=a.organisation_id,
                kind="appointment",
                text=f"{said}: {words(a)}",
                intent_key=f"appointment:{a.pk}:{did}:{stamp}",
                source=source or source_of(a, by),
                concept=concept,
                effective_at=effective.get(a.pk) if effective else None,
                subject="appointment",
                subject_id=a.pk,
            )
            for a in appointments
        ],
        by=by,
    )
    for organisation_id in {a.organisation_id for a in appointments}:
        jobs.notify_live("diary", organisation_id)


def words(appointment: Appointment) -> str:
    """Tue 8 Dec 10:20am, Nurse B Adeyemi, Smear: for the record, which staff and the patient read."""
    seat = appointment.seat
    return f"{short_day(seat.starts_at)} {clock_time(seat.starts_at)}, {seat.session.clinician}, {seat.type.name}"


def source_of(appointment: Appointment, by: Actor) -> str:
    """Where an entry came from, in words."""
    if by.kind == "user":
        return "front desk"
    if by.kind == "patient":
        return "the patient"
    if by.kind == "proxy":
        return "somebody who acts for the patient"
    return f"{SYSTEMS.get(appointment.seat.session.source, appointment.seat.session.source)} diary"
