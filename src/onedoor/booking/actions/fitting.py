"""Whether a place fits whoever is booked into it, and what is written down when it does not and is booked all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from onedoor.booking import errors
from onedoor.booking.actions import places
from onedoor.booking.adapters.tasks import place_words
from onedoor.booking.kinds import DOES_NOT_FIT
from onedoor.booking.models import Appointment, NeedBreach
from onedoor.booking.needs import Misfit, said
from onedoor.booking.queries.needs import unmet, unmet_of
from onedoor.booking.types import SYSTEMS
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

MOST = 200
"""Letters of a reason."""


def check(*, patient_id: int, seat_id: int, by: Actor, despite: str = "") -> tuple[Misfit, ...]:
    """What the place lacks for the locked patient; raises DoesNotFit unless a member of staff says why it is booked `despite`.

    Somebody who demands nothing of a place costs one query.
    """
    return check_all(patient_id=patient_id, seat_ids=[seat_id], by=by, despite=despite).get(seat_id, ())


def check_all(
    *, patient_id: int, seat_ids: Collection[int], by: Actor, despite: str = ""
) -> dict[int, tuple[Misfit, ...]]:
    """As `check`, of places that somebody has all of or none: what each lacks, by seat."""
    lacks = {seat_id: reasons for (_, seat_id), reasons in unmet([patient_id], seat_ids).items()}
    if lacks and not (despite.strip() and by.kind in ("user", "system")):
        raise errors.DoesNotFit(list(dict.fromkeys(one for reasons in lacks.values() for one in reasons)))
    return lacks


def write_down(*, appointment: Appointment, lacks: Sequence[Misfit], despite: str, by: Actor) -> None:
    """Keep what was not met and why, for whoever answers for it, in the transaction of the booking."""
    _keep([(appointment, one, despite) for one in lacks], by)


def write_down_all(
    *, appointments: Sequence[Appointment], lacks: Mapping[int, Sequence[Misfit]], despite: str, by: Actor
) -> None:
    """As `write_down`, of places that somebody has all of; `lacks` by seat."""
    _keep([(a, one, despite) for a in appointments for one in lacks.get(a.seat_id, ())], by)


def _keep(rows: Sequence[tuple[Appointment, Misfit, str]], by: Actor) -> None:
    if not rows:
        return
    made = NeedBreach.objects.bulk_create(
        [
            NeedBreach(
                organisation_id=appointment.organisation_id,
                appointment=appointment,
                patient_id=appointment.patient_id,
                need=lack.need,
                why=lack.why[:160],
                despite=" ".join(despite.split())[:MOST],
                at=clock.now(),
                by_label=by.label,
            )
            for appointment, lack, despite in rows
        ]
    )
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "need_not_met",
                "appointment",
                one.appointment_id,
                patient_id=one.patient_id,
                organisation_id=one.organisation_id,
                detail={"breach": one.pk},
            )
            for one in made
        ],
    )


def note_outside(*, appointments: Sequence[Appointment], by: Actor) -> None:
    """An outside diary booked these: what does not fit is kept as it is found. In the caller's transaction, for many at once."""
    lacks = unmet_of({a.pk: (a.patient_id, a.seat_id) for a in appointments})
    _keep([(a, lack, f"Booked in {_system(a)}") for a in appointments for lack in lacks.get(a.pk, ())], by)


def _system(appointment: Appointment) -> str:
    source = appointment.seat.session.source
    return SYSTEMS.get(source, source)


def look_again(*, patient_ids: Sequence[int], appointments: Sequence[Appointment], by: Actor) -> None:
    """What these patients need has changed: whichever of their booked visits to come fits no more is a person's work, and what
    was so and fits now is not."""
    lacks = unmet_of({a.pk: (a.patient_id, a.seat_id) for a in appointments})
    kept = set(NeedBreach.objects.filter(appointment__in=lacks).values_list("appointment_id", "need"))
    wrong = [a for a in appointments if any((a.pk, one.need) not in kept for one in lacks.get(a.pk, ()))]
    ahead = Appointment.objects.filter(patient_id__in=patient_ids, starts_at__gt=clock.now())
    right = sorted(set(ahead.values_list("id", flat=True)) - {a.pk for a in wrong})
    withdraw_work(appointment_ids=right, because="it fits")
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=DOES_NOT_FIT.name,
                organisation_id=a.organisation_id,
                key=f"{DOES_NOT_FIT.name}:{a.pk}",
                title=f"A visit does not fit a need: {place_words(a.starts_at, a.seat.session.clinician)}",
                detail=f"{said(lacks[a.pk])} Move it, or say that it goes ahead.",
                patient_id=a.patient_id,
                subject="appointment",
                subject_id=a.pk,
            )
            for a in wrong
        ],
        by=by,
    )


def goes_ahead(*, appointment_id: int, despite: str, by: Actor) -> None:
    """A person let a visit stand that does not fit: kept with their note. In the caller's transaction, the patient locked."""
    appointment = places.get(appointment_id)
    lacks = unmet_of({appointment.pk: (appointment.patient_id, appointment.seat_id)}).get(appointment.pk, ())
    write_down(appointment=appointment, lacks=lacks, despite=despite.strip() or "It goes ahead as booked", by=by)


def withdraw_work(*, appointment_ids: Sequence[int], because: str) -> None:
    """Nobody need find another place for these visits. In the caller's transaction."""
    if appointment_ids:
        keys = [f"{DOES_NOT_FIT.name}:{key}" for key in appointment_ids]
        tasks.withdraw(keys=keys, because=because, by=Actor.system("booking: needs"))
