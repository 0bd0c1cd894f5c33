"""Requests to an outside diary: asked, and then confirmed or refused by an adapter, a person or the next import.

A place in an outside diary is free, or booked, only when the request is confirmed; only then is it offered to others, and
only then is the patient told that it is sure: by text, or by a call where no text may go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from django.db import transaction

from onedoor.booking import ports, texts
from onedoor.booking.actions import booking, places, refilling, telling
from onedoor.booking.models import Appointment, DiaryRequest
from onedoor.booking.ports import PlaceAsked
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor


def ask(*, appointments: Sequence[Appointment], kind: Literal["free", "book"], by: Actor) -> None:
    """Ask the outside diaries of these appointments for their places, in the caller's transaction."""
    now = clock.now()
    made = DiaryRequest.objects.bulk_create(
        [DiaryRequest(appointment=appointment, kind=kind, asked_at=now) for appointment in appointments]
    )
    _sent(made, "diary_request_asked", by)
    for source, asked in _by_source(made).items():
        ports.diary_of(source).ask(asked, by=by)


def overtake(*, appointment_ids: Sequence[int], kind: Literal["free", "book"], because: str, by: Actor) -> None:
    """What was asked is no longer wanted: the patient changed their mind before it was done."""
    _end(_open(appointment_ids, kind), "overtaken", because, by)


@transaction.atomic
def confirm_request(*, request_id: int, ended_by: str, by: Actor) -> None:
    """The outside diary did it. A request that has ended already changes nothing. Raises NotYours."""
    request = DiaryRequest.objects.select_related("appointment").get(pk=request_id)
    places.check_staff(by, request.appointment.organisation_id)
    places.lock_patients([request.appointment.patient_id])
    confirm(appointment_ids=[request.appointment_id], kind=_kind(request), ended_by=ended_by, by=by)


@transaction.atomic
def refuse_request(*, request_id: int, ended_by: str, by: Actor) -> None:
    """The outside diary did not do it: a place not freed stays the patient's, and a person tells them; a place that had
    gone was never theirs, and a text tells them kindly. Raises NotYours."""
    request = DiaryRequest.objects.select_related("appointment").get(pk=request_id)
    places.check_staff(by, request.appointment.organisation_id)
    places.lock_patients([request.appointment.patient_id])
    ended = _end(_open([request.appointment_id], _kind(request)), "refused", ended_by, by)
    if not ended:
        return
    appointment = places.get(request.appointment_id)
    if appointment.state not in ("pending", "cancelling"):
        # The patient came meanwhile: what is known here stands.
        return
    if request.kind == "book":
        lapse_pending(appointment, by=by)
        return
    places.shift_one(appointment, "booked", by=by, reason="not freed", also={"reason": ""})
    places.write_down(appointments=[appointment], did="stands", said="Appointment still stands", by=by)
    about = "an appointment could not be cancelled and still stands"
    telling.ring(appointments=[appointment], what="stands", about=about, by=by)


def lapse_pending(appointment: Appointment, *, by: Actor) -> None:
    """A booking that the outside diary gave to somebody else: nobody offers the place again, and the patient is told."""
    places.shift_one(appointment, "lapsed", by=by, reason="taken")
    places.write_down(appointments=[appointment], did="lapsed", said="Place had gone, not booked", by=by)
    refilling.withdraw_release(seat_ids=[appointment.seat_id], because="taken", by=by)
    if telling.tell(appointments=[appointment], what="gone", compose=texts.place_gone, by=by):
        about = "a place had gone and could not be booked"
        telling.ring(appointments=[appointment], what="gone", about=about, by=by)


def refuse(*, appointment_ids: Sequence[int], kind: Literal["free", "book"], ended_by: str, by: Actor) -> None:
    """End what is asked of these appointments as not done; the caller says what becomes of them."""
    _end(_open(appointment_ids, kind), "refused", ended_by, by)


def confirm(
    *,
    appointment_ids: Sequence[int],
    kind: Literal["free", "book"],
    ended_by: str,
    by: Actor,
    release_ids: Sequence[int] | None = None,
) -> list[int]:
    """Many requests were done, in the caller's transaction with the patients locked; returns the appointments that moved.

    Of freed places only those of `release_ids` are offered to others, all when None.
    """
    ended = _end(_open(appointment_ids, kind), "confirmed", ended_by, by)
    ids = [request.appointment_id for request in ended]
    if not ids:
        return []
    moved = places.shift(ids=ids, to="cancelled" if kind == "free" else "booked", by=by, reason=ended_by)
    appointments = list(
        Appointment.objects.filter(pk__in=moved).select_related("seat__session", "seat__type").order_by("id")
    )
    if kind == "free":
        places.write_down(appointments=appointments, did="freed", said="Place freed", by=by)
        wanted = moved if release_ids is None else sorted(set(moved) & set(release_ids))
        refilling.release(appointment_ids=wanted, by=by)
    else:
        places.write_down(appointments=appointments, did="confirmed", said="Booking confirmed", by=by)
        unheard = telling.tell(appointments=appointments, what="booked", compose=texts.booked, by=by)
        silent = [appointment for appointment in appointments if appointment.pk in unheard]
        telling.ring(appointments=silent, what="booked", about="an appointment is booked and sure", by=by)
        Appointment.objects.filter(pk__in=moved).update(told_at=clock.now())
        for appointment in appointments:
            booking.leave_former(appointment, by=by)
    return moved


def _kind(request: DiaryRequest) -> Literal["free", "book"]:
    return cast(Literal["free", "book"], request.kind)


def _open(appointment_ids: Sequence[int], kind: str) -> list[DiaryRequest]:
    return list(
        DiaryRequest.objects.select_for_update(no_key=True, of=("self",))
        .filter(appointment_id__in=appointment_ids, kind=kind, state="asked")
        .order_by("id")
    )


def _end(requests: list[DiaryRequest], state: str, ended_by: str, by: Actor) -> list[DiaryRequest]:
    """End locked requests and take what waits for them off the lists."""
    if not requests:
        return []
    DiaryRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
        state=state, ended_at=clock.now(), ended_by=ended_by
    )
    _sent(requests, f"diary_request_{state}", by)
    for source, asked in _by_source(requests).items():
        ports.diary_of(source).withdraw(asked, because=ended_by, by=by)
    return requests


def _sent(requests: Sequence[DiaryRequest], action: str, by: Actor) -> None:
    audit.record_many(
        by=by,
        lines=[audit.Line(action, "diary_request", request.pk, detail={"kind": request.kind}) for request in requests],
    )


def _by_source(requests: Sequence[DiaryRequest]) -> dict[str, list[PlaceAsked]]:
    """Requests with what their adapters need to know, by source of diary."""
    found: dict[str, list[PlaceAsked]] = {}
    rows = (
        DiaryRequest.objects.filter(pk__in=[request.pk for request in requests])
        .select_related("appointment__seat__session", "appointment__seat__type", "appointment__patient")
        .order_by("id")
    )
    for request in rows:
        appointment = request.appointment
        seat, patient = appointment.seat, appointment.patient
        found.setdefault(seat.session.source, []).append(
            PlaceAsked(
                request_id=request.pk,
                kind=_kind(request),
                appointment_id=appointment.pk,
                organisation_id=appointment.organisation_id,
                patient_id=patient.pk,
                source=seat.session.source,
                starts_at=seat.starts_at,
                minutes=seat.minutes,
                clinician=seat.session.clinician,
                type_name=seat.type.name,
                patient_name=patient.shown_name,
                born_on=patient.born_on,
                nhs_number=patient.nhs_number,
            )
        )
    return found
