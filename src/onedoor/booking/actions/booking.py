"""Hold, book, move, cancel, arrive, seen, did not attend.

In our own diary each is done at once. In an outside diary a booking is `pending` and a cancellation `cancelling` until
that diary has confirmed it (`actions.outside`). STOP never comes here, and nothing here opts anybody out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from onedoor.booking import errors, rules, texts
from onedoor.booking.actions import fitting, outside, places, refilling, registers, telling
from onedoor.booking.models import LIVE, TAKEN, Appointment, AppointmentType, Seat, Session
from onedoor.booking.queries.needs import demands_of, unmet
from onedoor.booking.texts import About
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import LONDON
from onedoor.kernel.codes import CANCELLED_BY_PATIENT, DID_NOT_ATTEND
from onedoor.messaging import api as messaging
from onedoor.records import api as records

OWN = "own"
REASONS = ("patient", "practice", "moved")


@transaction.atomic
def hold(
    *, seat_ref: UUID, patient_id: int, by: Actor, minutes: int = rules.HOLD_MINUTES, despite: str = ""
) -> Appointment:
    """Keep a place for `minutes` of real time while somebody makes up their mind. Raises SeatTaken, PatientBusy, TooLate,
    NotYours; DoesNotFit as `book`."""
    places.lock_patients([patient_id])
    seat = places.lock_seat(seat_ref)
    places.check_theirs(by, patient_id, seat.session.organisation_id)
    places.check_bookable(seat)
    fitting.check(patient_id=patient_id, seat_id=seat.pk, by=by, despite=despite)
    key = places.take(seat=seat, patient_id=patient_id, state="held", via=_via(by), hold_minutes=minutes)
    places.first(ids=[key], state="held", by=by)
    appointment = places.get(key)
    places.write_down(appointments=[appointment], did="held", said="Place held", by=by)
    return appointment


@transaction.atomic
def book(
    *, seat_ref: UUID, patient_id: int, by: Actor, via: str = "desk", tell: bool = True, despite: str = ""
) -> Appointment:
    """Book a place: `booked` in our own diary, `pending` in an outside one, which is asked for it.

    `via` is desk, portal, offer, telephone or reply; `tell` queues the text that says so. A hold of the same patient on the
    place becomes the booking. Whoever needs an interpreter has one asked for in the same transaction. Raises SeatTaken,
    PatientBusy, TooLate, NotYours; DoesNotFit when the place does not meet a need of theirs, unless staff say `despite` what it
    is booked: that is kept (`breaches`).
    """
    places.lock_patients([patient_id])
    seat = places.lock_seat(seat_ref)
    places.check_theirs(by, patient_id, seat.session.organisation_id)
    places.check_bookable(seat)
    return _book(seat, patient_id, by=by, via=via, tell=tell, despite=despite)


@transaction.atomic
def book_any(
    *,
    type_id: int,
    patient_id: int,
    by: Actor,
    session_ids: Sequence[int] = (),
    day: date | None = None,
    via: str = "desk",
    tell: bool = True,
    despite: str = "",
) -> Appointment:
    """Book the earliest free place of a type, in these sessions or on this day, that fits the patient's needs.

    Places that others are just taking are passed over; when no other is left they are waited for, so that nobody is told
    "full" while a place is left (stack-spike.md 8). Raises Full, PatientBusy, NotYours; DoesNotFit when places are free and none
    fits, unless staff say `despite` what the earliest is booked.
    """
    organisation_id = AppointmentType.objects.values_list("organisation_id", flat=True).get(pk=type_id)
    places.check_theirs(by, patient_id, organisation_id)
    places.lock_patients([patient_id])
    wanted = _wanted(type_id, patient_id, session_ids, day)
    if not despite.strip():
        _only_fitting(wanted, patient_id)
    while True:
        try:
            # The savepoint gives a seat's lock back at once when the seat turns out to be taken.
            with transaction.atomic():
                ref = _free_seat(wanted, wait=False) or _free_seat(wanted, wait=True)
                if ref is not None:
                    return _book(places.lock_seat(ref), patient_id, by=by, via=via, tell=tell, despite=despite)
        except errors.SeatTaken:
            # Each such round means that a place was sold meanwhile: this ends.
            continue
        if not _any_free(wanted):
            raise errors.Full
        if _free_seat(wanted, wait=True) is None:
            raise errors.PatientBusy
        # One was given back a moment ago.


@transaction.atomic
def move(
    *, appointment_ref: UUID, seat_ref: UUID, by: Actor, via: str = "desk", tell: bool = True, despite: str = ""
) -> Appointment:
    """Give the patient another place instead of the one they have; returns the new appointment.

    Where the new place is in an outside diary the old one stays until that diary has confirmed the new one. Raises
    SeatTaken, PatientBusy, TooLate, NotYours; DoesNotFit as `book`.
    """
    old = _by_ref(appointment_ref)
    places.check_mine(by, old.patient_id, old.organisation_id)
    places.lock_patients([old.patient_id])
    seats = {seat.ref: seat for seat in places.lock_seats(refs=[seat_ref, old.seat.ref])}
    seat = seats.get(seat_ref)
    if seat is None or seat.pk == old.seat_id:
        raise errors.SeatTaken
    if seat.session.organisation_id != old.organisation_id:
        raise errors.NotYours
    places.check_bookable(seat)
    old.refresh_from_db(fields=["state", "reason"])
    if old.state != "booked" or old.starts_at <= clock.now():
        raise errors.TooLate
    own = seat.session.source == OWN
    if own:
        # First out, then in: the two places may overlap.
        _end(old, reason="moved", by=by)
    told: Callable[[About], str] = partial(texts.moved, was=old.starts_at)
    new = _book(
        seat,
        old.patient_id,
        by=by,
        via=via,
        tell=tell,
        instead_of=old.pk,
        said="Appointment moved to",
        text=told,
        despite=despite,
    )
    if own and old.state == "cancelled":
        refilling.release(appointment_ids=[old.pk], by=by)
    return new


@transaction.atomic
def cancel(*, appointment_id: int, by: Actor, reason: str = "patient", tell: bool = True) -> Appointment:
    """Cancel: at once in our own diary, and its place is released in the same transaction; in an outside diary the place is
    asked to be freed (`cancelling`).

    `reason` is patient, practice or moved. A patient may not cancel what no reply may cancel (MayNotCancelByMachine), nor
    what has begun (TooLate). Also raises NotYours; TooLate when it has ended otherwise.
    """
    if reason not in REASONS:
        raise ValueError(reason)
    appointment = places.get(appointment_id)
    places.check_mine(by, appointment.patient_id, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    places.lock_seats(ids=[appointment.seat_id])
    appointment.refresh_from_db(fields=["state", "reason"])
    kind = appointment.seat.type
    if by.kind != "user":
        if kind.never_by_machine or not kind.reply_may_cancel:
            raise errors.MayNotCancelByMachine
        if appointment.starts_at <= clock.now():
            raise errors.TooLate
    if appointment.state == "held":
        places.shift_one(appointment, "lapsed", by=by, reason="let go")
        places.write_down(appointments=[appointment], did="let_go", said="Place let go", by=by)
        return appointment
    _end(appointment, reason=reason, by=by)
    if appointment.state == "cancelled":
        refilling.release(appointment_ids=[appointment.pk], by=by)
    if tell and appointment.starts_at > clock.now() and reason != "moved":
        compose = texts.cancelled_by_practice if reason == "practice" else cancelled_text(appointment)
        telling.tell(
            appointments=[appointment],
            what=f"cancelled:{int(clock.now().timestamp())}",
            compose=compose,
            by=by,
        )
    return appointment


def cancelled_text(appointment: Appointment) -> Callable[[About], str]:
    """What a patient is told of their own cancellation, sure or still being done."""
    say = texts.cancelled if appointment.state == "cancelled" else texts.cancelling
    return partial(say, may_return=appointment.starts_at > clock.now() + rules.CONFIRM_AFTER_CANCEL)


@transaction.atomic
def confirm(*, appointment_id: int, by: Actor) -> Appointment:
    """The patient will come: kept with the appointment, and no reminder goes after it. Twice is once. Raises TooLate."""
    appointment = places.get(appointment_id)
    places.check_mine(by, appointment.patient_id, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    now = clock.now()
    if appointment.starts_at <= now:
        raise errors.TooLate
    changed = Appointment.objects.filter(pk=appointment_id, state="booked", confirmed_at=None).update(confirmed_at=now)
    appointment.refresh_from_db(fields=["state", "confirmed_at"])
    if appointment.state not in ("booked", "arrived"):
        raise errors.TooLate
    if changed:
        messaging.clear(
            subject="appointment",
            subject_ids=[appointment_id],
            because="already confirmed",
            by=by,
            purposes=[telling.REMINDER],
        )
        places.write_down(appointments=[appointment], did="kept", said="Patient will come", by=by)
    return appointment


@transaction.atomic
def come_back(*, appointment_id: int, by: Actor) -> Appointment:
    """Undo the patient's own cancellation within the hour: the outside diary need not free the place, or the place is booked
    again if it is still free. Whoever waited for something earlier waits on. Raises SeatTaken, PatientBusy, TooLate, NotYours."""
    appointment = places.get(appointment_id)
    places.check_mine(by, appointment.patient_id, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    places.lock_seats(ids=[appointment.seat_id])
    appointment.refresh_from_db(fields=["state", "reason"])
    if appointment.starts_at <= clock.now() or appointment.reason != "patient":
        raise errors.TooLate
    if appointment.state == "cancelling":
        outside.overtake(appointment_ids=[appointment.pk], kind="free", because="patient will come", by=by)
        places.shift_one(appointment, "booked", by=by, reason="patient will come", also={"reason": ""})
        places.write_down(appointments=[appointment], did="back", said="Cancellation taken back", by=by)
        return appointment
    if appointment.state != "cancelled":
        raise errors.TooLate
    seat = places.lock_seats(ids=[appointment.seat_id])[0]
    if seat.course_date_id is not None and not registers.has_place(seat, appointment.patient_id):
        raise errors.SeatTaken
    back = _book(seat, appointment.patient_id, by=by, via="reply", tell=False, theirs=True)
    gave_up = appointment.history.filter(to_state__in=("cancelling", "cancelled")).order_by("id").last()
    if gave_up is not None:
        refilling.wait_again(former=appointment, back=back, since=gave_up.at, by=by)
    return back


@transaction.atomic
def arrive(*, appointment_id: int, by: Actor) -> Appointment:
    """The patient is here. Raises TooLate when the appointment has ended, NotYours."""
    return _on(appointment_id, "arrived", "arrived", "Patient arrived", by=by)


@transaction.atomic
def fulfil(*, appointment_id: int, by: Actor) -> Appointment:
    """The patient was seen. Raises TooLate when the appointment has ended, NotYours."""
    return _on(appointment_id, "fulfilled", "seen", "Patient seen", by=by)


@transaction.atomic
def did_not_attend(*, appointment_id: int, by: Actor) -> Appointment:
    """The patient did not come. Raises TooEarly before the appointment began, TooLate when it has ended, NotYours.

    Whoever cancelled did not fail to come, though the outside diary has not freed the place yet: that is TooLate too.
    """
    appointment = places.get(appointment_id)
    places.check_staff(by, appointment.organisation_id)
    if appointment.starts_at > clock.now():
        raise errors.TooEarly
    places.lock_patients([appointment.patient_id])
    appointment.refresh_from_db(fields=["state"])
    if appointment.state == "cancelling":
        raise errors.TooLate
    places.shift_one(appointment, "noshow", by=by)
    places.write_down(appointments=[appointment], did="missed", said="Did not attend", by=by, concept=DID_NOT_ATTEND)
    registers.see_who_missed(appointment_ids=[appointment.pk], by=by)
    return appointment


@transaction.atomic
def unmark(*, appointment_id: int, by: Actor) -> Appointment:
    """Take the last mark back (arrived, seen, did not attend), the day it was made: the appointment is what it was before.

    Its entry on the timeline stays, as entered in error. Somebody who had cancelled in an outside diary and was marked as
    having come is being cancelled there again. Raises TooLate (another day, or nothing is marked), SeatTaken, PatientBusy when
    the place or the time is somebody else's or the patient's otherwise by now, NotYours.
    """
    appointment = places.get(appointment_id)
    places.check_staff(by, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    places.lock_seats(ids=[appointment.seat_id])
    appointment.refresh_from_db(fields=["state"])
    last = rules.standing(appointment.history.order_by("id"))
    was = appointment.state
    if was not in rules.UNMARKS or last is None or last.to_state != was or _day(last.at) != clock.today():
        raise errors.TooLate
    to = last.from_state
    places.check_may_stand_again(appointment, to)
    left = appointment.history.filter(to_state="cancelling").order_by("id").last() if to == "cancelling" else None
    places.shift_back(appointment, to, by=by, reason=left.reason if left else "")
    did, words = rules.MARKS[was]
    records.in_error(patient_id=appointment.patient_id, intents=f"appointment:{appointment.pk}:{did}:")
    places.write_down(appointments=[appointment], did="unmarked", said=f"Entered in error as {words}", by=by)
    registers.see_who_missed(appointment_ids=[appointment.pk], by=by)
    if to == "cancelling":
        outside.ask(appointments=[appointment], kind="free", by=by)
    elif to == "booked" and appointment.starts_at > clock.now():
        refilling.wait_again(former=appointment, back=appointment, since=last.at, by=by)
    return appointment


@transaction.atomic
def lapse_holds(*, limit: int = 1_000) -> int:
    """End holds whose real time is over; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM booking_appointment WHERE state = 'held' AND hold_until_real <= clock_timestamp()
               ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
            [limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return len(places.end_holds(ids=ids, by=Actor.system("booking: holds"), reason="hold ended")) if ids else 0


def leave_former(appointment: Appointment, *, by: Actor) -> None:
    """The new place of a move is sure: give up the one it replaces, if the patient still has it."""
    if appointment.instead_of_id is None:
        return
    former = places.get(appointment.instead_of_id)
    if former.state != "booked":
        return
    _end(former, reason="moved", by=by)
    if former.state == "cancelled":
        refilling.release(appointment_ids=[former.pk], by=by)


def _book(
    seat: Seat,
    patient_id: int,
    *,
    by: Actor,
    via: str,
    tell: bool,
    instead_of: int | None = None,
    said: str = "Appointment booked",
    text: Callable[[About], str] = texts.booked,
    despite: str = "",
    theirs: bool = False,
) -> Appointment:
    """Book the locked seat for the locked patient; `theirs` when they had it a moment ago and want it back."""
    if theirs:
        despite, lacks = "They had it before", unmet([patient_id], [seat.pk]).get((patient_id, seat.pk), ())
    else:
        lacks = fitting.check(patient_id=patient_id, seat_id=seat.pk, by=by, despite=despite)
    own = seat.session.source == OWN
    state = "booked" if own else "pending"
    # By the text below or by the answer that the caller sends: they are told when it is sure.
    key = places.take(seat=seat, patient_id=patient_id, state=state, via=via, instead_of=instead_of, told=own)
    places.first(ids=[key], state=state, by=by)
    appointment = places.get(key)
    fitting.write_down(appointment=appointment, lacks=lacks, despite=despite, by=by)
    if not own:
        said = f"{said} (being confirmed)"
    places.write_down(appointments=[appointment], did="booked", said=said, by=by)
    if not own:
        outside.ask(appointments=[appointment], kind="book", by=by)
    refilling.place_taken(appointment=appointment, by=by)
    if tell:
        what, compose = ("booked", text) if own else ("asked", texts.asked_for)
        telling.tell(appointments=[appointment], what=what, compose=compose, by=by)
    return appointment


def _end(appointment: Appointment, *, reason: str, by: Actor) -> None:
    """Cancel, or ask the outside diary to: the state says which. Texts that are no longer true are cleared."""
    own = appointment.seat.session.source == OWN
    pending = appointment.state == "pending"
    to = "cancelled" if own or pending else "cancelling"
    if appointment.state not in ("booked", "pending"):
        raise errors.TooLate
    places.shift_one(appointment, to, by=by, reason=reason, also={"reason": reason})
    said = {"patient": "Appointment cancelled by patient", "practice": "Appointment cancelled by practice"}
    places.write_down(
        appointments=[appointment],
        did="cancelled",
        said=said.get(reason, "Appointment given up for another"),
        by=by,
        concept=CANCELLED_BY_PATIENT if reason == "patient" else None,
    )
    messaging.clear(subject="appointment", subject_ids=[appointment.pk], because=reason, by=by)
    if pending:
        outside.overtake(appointment_ids=[appointment.pk], kind="book", because="cancelled", by=by)
    elif not own:
        outside.ask(appointments=[appointment], kind="free", by=by)


def _on(appointment_id: int, to: str, did: str, said: str, *, by: Actor) -> Appointment:
    appointment = places.get(appointment_id)
    places.check_staff(by, appointment.organisation_id)
    places.lock_patients([appointment.patient_id])
    appointment.refresh_from_db(fields=["state"])
    came_after_all = appointment.state == "cancelling"
    places.shift_one(appointment, to, by=by, also={"reason": ""} if came_after_all else None)
    if came_after_all:
        # Nobody is to free the place of somebody who sits in the waiting room.
        outside.overtake(appointment_ids=[appointment.pk], kind="free", because="the patient came", by=by)
    places.write_down(appointments=[appointment], did=did, said=said, by=by)
    registers.see_who_missed(appointment_ids=[appointment.pk], by=by)
    return appointment


def _free_seat(wanted: Mapping[str, Any], *, wait: bool) -> UUID | None:
    """Lock and return the earliest free seat at which the patient has time, or, with `wait`, any that another has locked.

    Somebody may have taken it between the reading and the lock: `places.take` decides. Those who wait spread over the
    seats, so that they do not all queue for one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.ref FROM booking_seat s
                WHERE {_FREE} AND NOT EXISTS (
                    SELECT 1 FROM booking_appointment b WHERE b.patient_id = %(patient)s AND b.state = ANY(%(live)s)
                    AND b.during && tstzrange(s.starts_at, s.starts_at + make_interval(mins => s.minutes)))
                ORDER BY {"random()" if wait else "s.starts_at, s.id"} LIMIT 1
                FOR NO KEY UPDATE OF s {"" if wait else "SKIP LOCKED"}""",
            wanted,
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _any_free(wanted: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM booking_seat s WHERE {_FREE} LIMIT 1", wanted)
        return cursor.fetchone() is not None


def _only_fitting(wanted: dict[str, Any], patient_id: int) -> None:
    """Narrow what is looked for to places that meet the patient's needs. Raises DoesNotFit when none of the free ones does."""
    if not demands_of([patient_id]):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT s.id FROM booking_seat s WHERE {_FREE} ORDER BY s.starts_at, s.id", wanted)
        free = [row[0] for row in cursor.fetchall()]
    lacks = unmet([patient_id], free)
    wanted["seats"] = [key for key in free if (patient_id, key) not in lacks]
    if free and not wanted["seats"]:
        raise errors.DoesNotFit(lacks[(patient_id, free[0])])


_FREE = """s.session_id = ANY(%(sessions)s) AND s.type_id = %(type)s AND s.state = 'open' AND s.starts_at > %(now)s
    AND (%(seats)s::bigint[] IS NULL OR s.id = ANY(%(seats)s::bigint[]))
    AND NOT EXISTS (SELECT 1 FROM booking_appointment a WHERE a.seat_id = s.id AND a.state = ANY(%(taken)s)
                    AND NOT (a.state = 'held' AND a.hold_until_real <= clock_timestamp()))"""


def _wanted(type_id: int, patient_id: int, session_ids: Sequence[int], day: date | None) -> dict[str, Any]:
    """What is looked for: in these sessions, and in those of the type's organisation on this day."""
    sessions = set(session_ids)
    if day is not None:
        organisation = AppointmentType.objects.filter(pk=type_id).values("organisation")
        sessions |= set(Session.objects.filter(organisation__in=organisation, day=day).values_list("id", flat=True))
    return {
        "sessions": sorted(sessions),
        "type": type_id,
        "seats": None,
        "patient": patient_id,
        "now": clock.now(),
        "taken": list(TAKEN),
        "live": list(LIVE),
    }


def _by_ref(ref: UUID) -> Appointment:
    return Appointment.objects.select_related("seat__session", "seat__type").get(ref=ref)


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _via(by: Actor) -> str:
    return "portal" if by.kind in ("patient", "proxy") else "desk"
