"""Interpreters that are booked with appointments and released with them.

One rule: while an appointment stands and is to come, its patient's interpreter is asked for, confirmed or known not to be had;
when it ends, the interpreter is released in the same transaction. A place that is only held or not yet sure asks for nobody.
Whoever calls has locked the patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from onedoor.booking import errors, needs, ports
from onedoor.booking.actions import fitting, places
from onedoor.booking.models import Appointment, InterpreterBooking, InterpreterHistory, OfferPolicy
from onedoor.booking.needs import Demand, Misfit
from onedoor.booking.ports import InterpreterAsked
from onedoor.booking.queries.needs import DAYS, LIVE_INTERPRETERS, demands_of
from onedoor.booking.types import capital
from onedoor.kernel import audit, calendar, clock, jobs
from onedoor.kernel.access import acts_for
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first, transition
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.records import api as records
from onedoor.records.types import NewEntry

MODES = ("in person", "telephone", "video")
MOVES = needs.INTERPRETER_MOVES
_NEEDS_ANYTHING = Exists(patients.Need.objects.filter(patient=OuterRef("patient_id"), until=None))
_PAGE = 200
_GRACE = timedelta(hours=1)
"""Working time before somebody is told that an interpreter asked for at short notice is not confirmed."""


def follow(*, appointment_ids: Sequence[int], by: Actor) -> None:
    """These appointments are booked and sure: ask for their interpreters; what an outside diary booked and does not fit is kept.

    In the caller's transaction. An appointment of somebody with no need costs one query.
    """
    concerned = _concerned(appointment_ids)
    found = _ahead_with_needs(Q(pk__in=concerned)) if concerned else []
    if not found:
        return
    demanded = demands_of(a.patient_id for a in found)
    _ask(found, demanded, by)
    theirs = [a for a in found if a.patient_id in demanded and a.booked_via == a.seat.session.source]
    fitting.note_outside(appointments=theirs, by=by)


def ask(*, appointment_ids: Sequence[int], by: Actor) -> int:
    """Ask for the interpreters that these appointments need and have not; returns how many. In the caller's transaction.

    Appointments that are not booked, or have begun, ask for none.
    """
    found = _ahead_with_needs(Q(pk__in=list(appointment_ids)))
    return _ask(found, demands_of(a.patient_id for a in found), by) if found else 0


def _ahead_with_needs(which: Q) -> list[Appointment]:
    """Booked appointments to come of people who need anything."""
    found = Appointment.objects.filter(which, _NEEDS_ANYTHING, state="booked", starts_at__gt=clock.now())
    return list(found.select_related("seat__session", "seat__type", "patient").order_by("id"))


def _ask(found: Sequence[Appointment], demanded: Mapping[int, tuple[Demand, ...]], by: Actor) -> int:
    known = set(
        InterpreterBooking.objects.filter(appointment__in=found, state__in=LIVE_INTERPRETERS).values_list(
            "appointment_id", "who"
        )
    )
    made = InterpreterBooking.objects.bulk_create(
        [
            InterpreterBooking(
                organisation_id=a.organisation_id,
                appointment=a,
                who=who[:60],
                mode="telephone" if a.seat.type.by_telephone else "in person",
                asked_at=clock.now(),
            )
            for a in found
            for who in needs.interpreters(demanded.get(a.patient_id, ()))
            if (a.pk, who[:60]) not in known
        ]
    )
    if made:
        record_first(history=InterpreterHistory, ids=[one.pk for one in made], state="asked", by=by)
        _written(made, "asked", "asked for", by)
        ports.interpreters().ask(_asked(made), by=by)
    return len(made)


def end(*, appointment_ids: Sequence[int], because: str, by: Actor) -> None:
    """These appointments ended: nobody is asked any more, and who was booked is told. In the caller's transaction. An appointment
    of somebody with no need costs one query."""
    concerned = _concerned(appointment_ids)
    if not concerned:
        return
    live = InterpreterBooking.objects.filter(appointment_id__in=concerned, state__in=LIVE_INTERPRETERS)
    _release(live, because, by)
    fitting.withdraw_work(appointment_ids=concerned, because=because)


def _concerned(appointment_ids: Sequence[int]) -> list[int]:
    """Those whose patient needs anything, or that have an interpreter. Every booking and every cancellation asks: by hand, since
    the mapper takes longer to say it than the database to answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id FROM booking_appointment a WHERE a.id = ANY(%s) AND (
                   EXISTS (SELECT 1 FROM patients_need n WHERE n.patient_id = a.patient_id AND n.until IS NULL)
                   OR EXISTS (SELECT 1 FROM booking_interpreter i WHERE i.appointment_id = a.id AND i.state = ANY(%s)))
               ORDER BY a.id""",
            [list(appointment_ids), list(LIVE_INTERPRETERS)],
        )
        return [row[0] for row in cursor.fetchall()]


def _release(live: QuerySet[InterpreterBooking], because: str, by: Actor) -> int:
    was = dict(live.values_list("id", "state"))
    if not was:
        return 0
    moved = _move(sorted(was), "released", by, reason=because, ended_at=clock.now(), because=because)
    gone = _rows(moved)
    _written(gone, "released", "released", by)
    asked = _asked(gone)
    ports.interpreters().withdraw(asked, because=because, by=by)
    ports.interpreters().release([one for one in asked if was[one.interpreter_id] == "confirmed"], by=by)
    return len(moved)


@transaction.atomic
def confirm_interpreter(*, interpreter_id: int, mode: str, by: Actor) -> None:
    """The interpreter is booked, `mode` in person, telephone or video. Raises NotYours, TooLate when the visit has ended, and
    InterpreterBooking.DoesNotExist."""
    if mode not in MODES:
        raise ValueError(mode)
    row = _locked(interpreter_id, by)
    if not _move([row.pk], "confirmed", by, mode=mode, confirmed_at=clock.now()):
        raise errors.TooLate
    rows = _rows([row.pk])
    _written(rows, "confirmed", "booked" if mode == "in person" else f"booked by {mode}", by)
    ports.interpreters().withdraw(_asked(rows), because="booked", by=by)


@transaction.atomic
def refuse_interpreter(*, interpreter_id: int, by: Actor) -> None:
    """None is to be had, or the one who was booked cannot come: a person finds another way. Raises NotYours, TooLate when the
    visit has ended, and InterpreterBooking.DoesNotExist."""
    row = _locked(interpreter_id, by)
    if not _move([row.pk], "refused", by, confirmed_at=None):
        raise errors.TooLate
    rows = _rows([row.pk])
    _written(rows, "refused", "was not to be had", by)
    ports.interpreters().withdraw(_asked(rows), because="none is to be had", by=by)
    ports.interpreters().find_another_way(_asked(rows), by=by)


@transaction.atomic
def go_without(*, interpreter_id: int, despite: str, by: Actor) -> None:
    """The visit goes ahead though no interpreter was to be had: kept as a need that was not met. Raises NotYours, TooLate."""
    row = _locked(interpreter_id, by)
    if row.state != "refused":
        raise errors.TooLate
    lacks = [Misfit(capital(row.who), "has no interpreter")]
    fitting.write_down(appointment=row.appointment, lacks=lacks, despite=despite.strip() or "None was to be had", by=by)


def bring_up_to_date(*, patient_ids: Iterable[int], by: Actor) -> None:
    """The needs of these locked patients changed: ask for what their visits to come need now, and release what they do not."""
    ids = list(patient_ids)
    release_unneeded(ids, by=by)
    ahead = _ahead_with_needs(Q(patient_id__in=ids))
    if ahead:
        _ask(ahead, demands_of(ids), by)
    fitting.look_again(patient_ids=ids, appointments=ahead, by=by)


def release_unneeded(patient_ids: Sequence[int], *, by: Actor) -> int:
    """Release what is live of visits to come of these patients and what their needs ask for no more."""
    live = InterpreterBooking.objects.filter(
        appointment__patient_id__in=patient_ids, appointment__starts_at__gt=clock.now(), state__in=LIVE_INTERPRETERS
    )
    rows = list(live.values_list("id", "who", "appointment__patient_id"))
    demanded = demands_of({row[2] for row in rows})
    wanted = {key: {who[:60] for who in needs.interpreters(theirs)} for key, theirs in demanded.items()}
    extra = [key for key, who, patient_id in rows if who not in wanted.get(patient_id, ())]
    return _release(live.filter(pk__in=extra), "not needed any more", by) if extra else 0


def escalate(*, by: Actor) -> int:
    """Tell somebody at once of interpreters that nobody has confirmed and whose visit is nearer than booking takes; returns how
    many."""
    now = clock.now()
    waiting = list(
        InterpreterBooking.objects.filter(state="asked", escalated_at=None, appointment__starts_at__gt=now)
        .order_by("id")
        .values_list("id", "organisation_id", "asked_at", "appointment__starts_at")
    )
    days = dict(OfferPolicy.objects.values_list("organisation_id", "interpreter_days"))
    late = [
        key
        for key, organisation_id, asked_at, starts_at in waiting
        if _late_from(starts_at, asked_at, days.get(organisation_id, DAYS)) <= now
    ][:_PAGE]
    locked = InterpreterBooking.objects.select_for_update(no_key=True, skip_locked=True).filter(
        pk__in=late, state="asked", escalated_at=None
    )
    rows = _rows([row.pk for row in locked.order_by("id")])
    InterpreterBooking.objects.filter(pk__in=[row.pk for row in rows]).update(escalated_at=now)
    if rows:
        _audited(rows, "interpreter_late", by)
        ports.interpreters().warn(_asked(rows), by=by)
    return len(rows)


def _late_from(starts_at: datetime, asked_at: datetime, days: int) -> datetime:
    return max(needs.latest_to_ask(starts_at, days), calendar.add_working_time(asked_at, _GRACE))


def end_passed(*, by: Actor) -> int:
    """End what was never confirmed of visits whose time has come: nothing is left to ask. Returns how many."""
    passed = InterpreterBooking.objects.filter(state__in=("asked", "refused"), appointment__starts_at__lte=clock.now())
    found = list(passed.order_by("id").values_list("id", "appointment__patient_id")[:_PAGE])
    if not found:
        return 0
    # As whoever ends their work does: the patient first.
    places.lock_patients(patient_id for _, patient_id in found)
    return _release(passed.filter(pk__in=[key for key, _ in found]), "its time came", by)


def _locked(interpreter_id: int, by: Actor) -> InterpreterBooking:
    """One of them, with its patient locked before it, as everybody locks."""
    row = InterpreterBooking.objects.select_related("appointment").get(pk=interpreter_id)
    if not acts_for(by, row.organisation_id):
        raise errors.NotYours
    places.lock_patients([row.appointment.patient_id])
    row.refresh_from_db(fields=["state"])
    return row


def _move(ids: Sequence[int], to: str, by: Actor, reason: str = "", **also: object) -> list[int]:
    return transition(
        model=InterpreterBooking,
        history=InterpreterHistory,
        moves=MOVES,
        ids=ids,
        to=to,
        by=by,
        reason=reason,
        also=also,
    )


def _rows(ids: Sequence[int]) -> list[InterpreterBooking]:
    return list(
        InterpreterBooking.objects.filter(pk__in=ids)
        .select_related("appointment__seat__session", "appointment__seat__type", "appointment__patient")
        .order_by("id")
    )


def _asked(rows: Sequence[InterpreterBooking]) -> list[InterpreterAsked]:
    days = dict(
        OfferPolicy.objects.filter(organisation_id__in={row.organisation_id for row in rows}).values_list(
            "organisation_id", "interpreter_days"
        )
    )
    found = []
    for row in rows:
        a, patient = row.appointment, row.appointment.patient
        found.append(
            InterpreterAsked(
                interpreter_id=row.pk,
                organisation_id=row.organisation_id,
                appointment_id=a.pk,
                patient_id=a.patient_id,
                who=row.who,
                mode=row.mode,
                starts_at=a.starts_at,
                minutes=a.seat.minutes,
                clinician=a.seat.session.clinician,
                type_name=a.seat.type.name,
                patient_name=patient.shown_name,
                born_on=patient.born_on,
                latest=needs.latest_to_ask(a.starts_at, days.get(row.organisation_id, DAYS)),
            )
        )
    return found


def _written(rows: Sequence[InterpreterBooking], did: str, said: str, by: Actor) -> None:
    """Audit rows, timeline entries, and a nudge to live diaries."""
    stamp = int(clock.now().timestamp())
    _audited(rows, f"interpreter_{did}", by)
    records.record_entries(
        entries=[
            NewEntry(
                patient_id=row.appointment.patient_id,
                organisation_id=row.organisation_id,
                kind="interpreter",
                text=f"{capital(row.who)} {said}: {_words(row.appointment)}",
                intent_key=f"interpreter:{row.pk}:{did}:{stamp}",
                source="front desk" if by.kind == "user" else "interpreters",
                subject="interpreter",
                subject_id=row.pk,
            )
            for row in rows
        ],
        by=by,
    )
    for organisation_id in {row.organisation_id for row in rows}:
        jobs.notify_live("diary", organisation_id)


def _words(appointment: Appointment) -> str:
    at = appointment.starts_at
    return f"{short_day(at)} {clock_time(at)}, {appointment.seat.session.clinician}"


def _audited(rows: Sequence[InterpreterBooking], action: str, by: Actor) -> None:
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                action,
                "interpreter",
                row.pk,
                patient_id=row.appointment.patient_id,
                organisation_id=row.organisation_id,
                detail={"state": row.state},
            )
            for row in rows
        ],
    )


_MAYBE = Exists(
    patients.Need.objects.filter(
        Q(text__iregex=r"interpreter|sign language|\mbsl\M|lipspeaker|speech[- ]to[- ]text|deafblind manual")
        | Q(code__in=needs.INTERPRETER_CODES),
        patient=OuterRef("patient_id"),
        until=None,
    )
)
"""Needs that may ask for somebody: `needs.demands` decides."""

_HAS = Exists(InterpreterBooking.objects.filter(appointment=OuterRef("pk"), state__in=LIVE_INTERPRETERS))


def missing(after: int) -> list[tuple[int, int]]:
    """The next booked visits to come that may need an interpreter and have none: (appointment, patient) keys."""
    found = (
        Appointment.objects.filter(_MAYBE, ~_HAS, state="booked", starts_at__gt=clock.now(), pk__gt=after)
        .order_by("id")
        .values_list("id", "patient_id")[:_PAGE]
    )
    return list(found)


def settle() -> int:
    """What is due now: ask where a need or a visit came by a file, release what is needed no more, warn, and end what has passed.

    Returns how much was done.
    """
    by, done, after = Actor.system("booking: interpreters"), 0, 0
    while pairs := missing(after):
        with transaction.atomic():
            places.lock_patients(patient for _, patient in pairs)
            done += ask(appointment_ids=[key for key, _ in pairs], by=by)
        after = pairs[-1][0]
    ahead = InterpreterBooking.objects.filter(appointment__starts_at__gt=clock.now(), state__in=LIVE_INTERPRETERS)
    people = sorted(set(ahead.values_list("appointment__patient_id", flat=True)))
    for start in range(0, len(people), _PAGE):
        with transaction.atomic():
            places.lock_patients(people[start : start + _PAGE])
            done += release_unneeded(people[start : start + _PAGE], by=by)
    with transaction.atomic():
        done += end_passed(by=by)
    with transaction.atomic():
        return done + escalate(by=by)
