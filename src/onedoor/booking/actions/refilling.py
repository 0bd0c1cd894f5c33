"""Refilling: people who wait for an earlier place, places that became free, and the answers to offers.

An offer holds nothing: the first to book has the place, whoever that is. What an ended offer still asks for (closing its
question, telling the others) is done by the sweep `booking.offer`, so that accepting locks one patient, two seats and one
release and nothing of anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q

from onedoor.booking import errors, offers
from onedoor.booking.actions import booking, places
from onedoor.booking.models import (
    TAKEN,
    Appointment,
    AppointmentType,
    Offer,
    OfferHistory,
    OfferPolicy,
    Release,
    WaitingEntry,
)
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.kernel.words import clock_time, short_day
from onedoor.records import api as records
from onedoor.records.types import NewEntry

OFFER_SWEEP = "booking.offer"
_MAY_ACCEPT = ("open", "declined")
_OPEN_OR_REFUSED = Q(state="open") | Q(state="filled", filled_by__state="lapsed")


@transaction.atomic
def join_waiting(
    *,
    patient_id: int,
    appointment_id: int | None,
    type_id: int,
    via: str,
    by: Actor,
    priority: int | None = None,
    not_before: date | None = None,
) -> WaitingEntry:
    """Put a patient on the list for an earlier place of a type, with the appointment to bring forward or with none yet.

    Joining again brings the same entry up to date and keeps its time of joining. `via` is reply, desk or portal; `priority` 0
    goes before 1 (the default). Raises NotOffered, NotYours, TooLate.
    """
    kind = AppointmentType.objects.get(pk=type_id)
    places.check_theirs(by, patient_id, kind.organisation_id)
    places.lock_patients([patient_id])
    if kind.never_by_machine or not kind.may_refill:
        raise errors.NotOffered
    if appointment_id is not None:
        own = places.get(appointment_id)
        if own.patient_id != patient_id or own.seat.type_id != type_id:
            raise errors.NotYours
        if own.state not in ("booked", "pending") or own.starts_at <= clock.now():
            raise errors.TooLate
    entry = WaitingEntry.objects.filter(patient_id=patient_id, type_id=type_id, state="waiting").first()
    if entry is None:
        entry = WaitingEntry(
            organisation_id=kind.organisation_id,
            patient_id=patient_id,
            type_id=type_id,
            joined_at=clock.now(),
            joined_via=via,
        )
        _entry_written(entry, "joined", "Waits for an earlier appointment", by=by, save=True)
    entry.appointment_id = appointment_id if appointment_id is not None else entry.appointment_id
    entry.priority = priority if priority is not None else entry.priority
    entry.not_before = not_before if not_before is not None else entry.not_before
    entry.save(update_fields=["appointment", "priority", "not_before"])
    jobs.wake(OFFER_SWEEP)
    return entry


@transaction.atomic
def leave_waiting(*, entry_ids: Sequence[int], by: Actor, because: str = "asked") -> int:
    """Take people off the list; what they were offered ends with it. Returns how many left. Raises NotYours."""
    found = list(WaitingEntry.objects.filter(pk__in=entry_ids).values_list("patient_id", "organisation_id"))
    for patient_id, organisation_id in found:
        places.check_mine(by, patient_id, organisation_id)
    places.lock_patients(patient_id for patient_id, _ in found)
    return len(end_entries(entry_ids=entry_ids, to="left", because=because, by=by))


def release(*, appointment_ids: Sequence[int], by: Actor) -> None:
    """These appointments gave up their places: offer those that may be refilled and are not too near.

    In the caller's transaction, with the seats locked. A place released already stays released once. Of each that is not
    released the reason is kept: what is set may be set otherwise before the day is counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO booking_release (ref, organisation_id, seat_id, cancelled_id, released_at, released_real, state)
               SELECT gen_random_uuid(), a.organisation_id, s.id, a.id, %(now)s, %(real)s, 'open'
               FROM booking_appointment a
               JOIN booking_seat s ON s.id = a.seat_id
               JOIN booking_appointment_type t ON t.id = s.type_id
               LEFT JOIN booking_offer_policy p ON p.organisation_id = a.organisation_id
               WHERE a.id = ANY(%(ids)s) AND s.state = 'open' AND t.may_refill AND NOT t.never_by_machine
                   AND coalesce(p."on", true)
                   AND s.starts_at - make_interval(mins => coalesce(p.notice_minutes, %(notice)s)) > %(now)s
                   AND NOT EXISTS (SELECT 1 FROM booking_appointment o WHERE o.seat_id = s.id AND o.state = ANY(%(taken)s))
               ORDER BY a.id
               ON CONFLICT DO NOTHING RETURNING id, organisation_id, seat_id, cancelled_id""",
            {
                "ids": list(appointment_ids),
                "now": clock.now(),
                "real": clock.real_now(),
                "notice": int(offers.Policy().notice.total_seconds() // 60),
                "taken": list(TAKEN),
            },
        )
        made = cursor.fetchall()
    _say_why_not(sorted(set(appointment_ids) - {row[3] for row in made}))
    if not made:
        return
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "release_place",
                "release",
                key,
                organisation_id=organisation,
                detail={"seat": seat, "gave_up": cancelled},
            )
            for key, organisation, seat, cancelled in made
        ],
    )
    _announce(organisation for _, organisation, _, _ in made)
    jobs.wake(OFFER_SWEEP)


def _say_why_not(appointment_ids: Sequence[int]) -> None:
    if not appointment_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE booking_appointment a SET not_released = CASE
                   WHEN s.course_date_id IS NOT NULL THEN 'course'
                   WHEN t.never_by_machine OR NOT t.may_refill THEN 'kind'
                   WHEN s.starts_at - make_interval(mins => coalesce(p.notice_minutes, %(notice)s)) <= %(now)s THEN 'too_late'
                   WHEN NOT coalesce(p."on", true) THEN 'off'
                   WHEN s.state <> 'open' THEN 'withdrawn'
                   ELSE '' END
               FROM booking_seat s
               JOIN booking_appointment_type t ON t.id = s.type_id
               JOIN booking_session n ON n.id = s.session_id
               LEFT JOIN booking_offer_policy p ON p.organisation_id = n.organisation_id
               WHERE a.id = ANY(%(ids)s) AND s.id = a.seat_id""",
            {
                "ids": list(appointment_ids),
                "now": clock.now(),
                "notice": int(offers.Policy().notice.total_seconds() // 60),
            },
        )


def place_taken(*, appointment: Appointment, by: Actor) -> None:
    """Somebody booked the place, by whatever way: it is filled, an offer of it to them is accepted, all others are gone.

    In the transaction of the booking, with patient and seat locked.
    """
    found = Release.objects.select_for_update(no_key=True).filter(seat_id=appointment.seat_id, state="open").first()
    if found is not None:
        _end_release(found, "filled", by=by, filled_by=appointment.pk)
        mine = Q(entry__patient_id=appointment.patient_id)
        asked = found.offers.filter(mine, state__in=_MAY_ACCEPT).values_list("id", flat=True)
        others = found.offers.filter(~mine, state="open").values_list("id", flat=True)
        end_offers(ids=list(others), to="gone", by=by, reason="somebody else was first")
        end_offers(ids=list(asked), to="accepted", by=by)
    _bring_entry_up_to_date(appointment, by=by)


def withdraw_release(*, seat_ids: Sequence[int], because: str, by: Actor) -> None:
    """These places are not free after all, or are no longer to be offered: in the caller's transaction.

    A place that counted as filled by a booking which an outside diary then refused is withdrawn too: that person waits on, with
    the place in the list that they had.
    """
    found = list(
        Release.objects.select_for_update(no_key=True, of=("self",))
        .filter(seat_id__in=seat_ids)
        .filter(_OPEN_OR_REFUSED)
        .order_by("id")
    )
    for one in found:
        if one.filled_by_id is not None:
            _wait_on(one, by=by)
        _end_release(one, "withdrawn", by=by, because=because)
    ended = [one.pk for one in found]
    open_ids = list(Offer.objects.filter(release_id__in=ended, state="open").values_list("id", flat=True))
    end_offers(ids=open_ids, to="withdrawn", by=by, reason=because)


@transaction.atomic
def accept_offer(*, offer_id: int, by: Actor, despite: str = "") -> Appointment:
    """Book the offered place for whoever was asked, and give up the appointment that it replaces; returns the new one.

    In an outside diary the new appointment is `pending`, and the old one stays until the new one is confirmed. An offer whose
    window has passed is still good while the place is free, so is one that was declined, and accepting twice is once. Raises
    SeatTaken (gone), BeingBooked (held just now), OfferEnded, PatientBusy, TooLate, NotYours; DoesNotFit when a need was written
    down since it was offered, as `book`.
    """
    offer = _get(offer_id)
    entry = offer.entry
    places.check_mine(by, entry.patient_id, offer.release.organisation_id)
    places.lock_patients([entry.patient_id])
    offer.refresh_from_db(fields=["state"])
    if offer.state == "accepted":
        return places.get(_filled_by(offer))
    if offer.state in ("gone", "withdrawn"):
        raise errors.SeatTaken
    entry.refresh_from_db(fields=["appointment", "state"])
    # Whoever has another place by now, or left the list, has not this one beside it.
    if offer.state not in _MAY_ACCEPT or entry.state != "waiting":
        raise errors.OfferEnded
    seat = offer.release.seat
    own = entry.appointment
    try:
        if own is not None and own.state == "booked" and own.starts_at > clock.now():
            new = booking.move(
                appointment_ref=own.ref, seat_ref=seat.ref, by=by, via="offer", tell=False, despite=despite
            )
        else:
            new = booking.book(
                seat_ref=seat.ref, patient_id=entry.patient_id, by=by, via="offer", tell=False, despite=despite
            )
    except errors.SeatTaken:
        if Appointment.objects.filter(seat=seat, state="held").exists():
            raise errors.BeingBooked from None
        raise
    offer.refresh_from_db(fields=["state"])
    if offer.state != "accepted":
        # The release was withdrawn while we waited for the seat: the booking goes back with the transaction.
        raise errors.SeatTaken
    return new


@transaction.atomic
def decline_offer(*, offer_id: int, by: Actor) -> Offer:
    """They say no to this place and stay on the list. An offer that has ended stays as it is. Raises NotYours."""
    offer = _get(offer_id)
    places.check_mine(by, offer.entry.patient_id, offer.release.organisation_id)
    places.lock_patients([offer.entry.patient_id])
    end_offers(ids=[offer_id], to="declined", by=by)
    return _get(offer_id)


@transaction.atomic
def stop_offering(*, release_id: int, by: Actor) -> None:
    """Staff want this one place for something else: nobody is offered it any more. Raises NotYours, and Release.DoesNotExist
    when it has ended."""
    organisation_id, seat_id = Release.objects.values_list("organisation_id", "seat_id").get(
        pk=release_id, state="open"
    )
    places.check_staff(by, organisation_id)
    withdraw_release(seat_ids=[seat_id], because="stopped by staff", by=by)


@transaction.atomic
def set_policy(
    *,
    organisation_id: int,
    by: Actor,
    on: bool | None = None,
    wave_size: int | None = None,
    window_minutes: int | None = None,
    notice_minutes: int | None = None,
    interpreter_days: int | None = None,
) -> OfferPolicy:
    """Change how an organisation refills its places; what is None stays. Switched off, open releases are withdrawn.
    Raises NotYours."""
    places.check_staff(by, organisation_id)
    wanted = {
        "on": on,
        "wave_size": wave_size,
        "window_minutes": window_minutes,
        "notice_minutes": notice_minutes,
        "interpreter_days": interpreter_days,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    policy, _ = OfferPolicy.objects.update_or_create(organisation_id=organisation_id, defaults=changes)
    audit.record(
        by=by,
        line=audit.Line(
            "set_offer_policy", "organisation", organisation_id, organisation_id=organisation_id, detail=changes
        ),
    )
    if not policy.on:
        still = Release.objects.filter(organisation_id=organisation_id, state="open").values_list("seat_id", flat=True)
        withdraw_release(seat_ids=list(still), because="switched off", by=by)
    jobs.wake(OFFER_SWEEP)
    return policy


def end_offers(*, ids: Sequence[int], to: str, by: Actor, reason: str = "") -> list[int]:
    """End those of the offers that may move to `to`, in the caller's transaction; returns which did."""
    if not ids:
        return []
    moved = transition(
        model=Offer,
        history=OfferHistory,
        moves=offers.MOVES,
        ids=ids,
        to=to,
        by=by,
        reason=reason,
        also={"ended_at": clock.now()},
    )
    write_down(offer_ids=moved, did=to, by=by)
    jobs.wake(OFFER_SWEEP)
    return moved


def end_entries(*, entry_ids: Sequence[int], to: str, because: str, by: Actor) -> list[int]:
    """Take entries off the list in the caller's transaction, with what is open of their offers; returns which."""
    ended = []
    found = WaitingEntry.objects.select_for_update(no_key=True).filter(pk__in=entry_ids, state="waiting")
    for entry in found.order_by("pk"):
        entry.state, entry.ended_at = to, clock.now()
        entry.save(update_fields=["state", "ended_at"])
        said = "No longer waits for an earlier appointment"
        _entry_written(entry, to, said if to == "left" else "Has an earlier appointment", by=by, because=because)
        ended.append(entry.pk)
    still = list(Offer.objects.filter(entry_id__in=ended, state="open").values_list("id", flat=True))
    end_offers(ids=still, to="withdrawn", by=by, reason=because)
    return ended


SAID = {
    "open": "Offered",
    "unheard": "Offer by text did not arrive, made by telephone",
    "accepted": "Offer accepted",
    "declined": "Offer declined",
    "gone": "Offered place went to somebody else",
    "withdrawn": "Offer withdrawn",
    "unanswered": "Offer not answered",
}


def write_down(*, offer_ids: Sequence[int], did: str, by: Actor) -> None:
    """Audit rows and timeline entries of what happened to offers (a state, or "unheard"), and a nudge to live screens."""
    rows = list(
        Offer.objects.filter(pk__in=offer_ids).select_related(
            "entry", "release__seat__session", "release__seat__type", "release"
        )
    )
    if not rows:
        return
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                f"offer_{did}",
                "offer",
                row.pk,
                patient_id=row.entry.patient_id,
                organisation_id=row.release.organisation_id,
                detail={"release": row.release_id, "by_phone": row.by_phone},
            )
            for row in rows
        ],
    )
    records.record_entries(
        entries=[
            NewEntry(
                patient_id=row.entry.patient_id,
                organisation_id=row.release.organisation_id,
                kind="offer",
                text=f"{SAID[did]}{_how(row, did)}: {_place_words(row)}",
                intent_key=f"offer:{row.pk}:{did}",
                source=_source(by),
                subject="offer",
                subject_id=row.pk,
            )
            for row in rows
        ],
        by=by,
    )
    _announce(row.release.organisation_id for row in rows)


def _how(offer: Offer, did: str) -> str:
    if did != "open":
        return ""
    return " by telephone" if offer.by_phone else " by text"


def _place_words(offer: Offer) -> str:
    seat = offer.release.seat
    return f"{short_day(seat.starts_at)} {clock_time(seat.starts_at)}, {seat.session.clinician}, {seat.type.name}"


def _source(by: Actor) -> str:
    return {"user": "front desk", "patient": "the patient"}.get(by.kind, "refilling")


def _announce(organisation_ids: Iterable[int]) -> None:
    for organisation_id in set(organisation_ids):
        jobs.notify_live("offers", organisation_id)


def _get(offer_id: int) -> Offer:
    return Offer.objects.select_related("entry__appointment", "release__seat__session", "release__seat__type").get(
        pk=offer_id
    )


def _filled_by(offer: Offer) -> int:
    key = Release.objects.values_list("filled_by_id", flat=True).get(pk=offer.release_id)
    if key is None:
        raise errors.OfferEnded
    return key


def _end_release(found: Release, to: str, *, by: Actor, filled_by: int | None = None, because: str = "") -> None:
    found.state, found.ended_at, found.filled_by_id = to, clock.now(), filled_by
    found.save(update_fields=["state", "ended_at", "filled_by"])
    audit.record(
        by=by,
        line=audit.Line(
            f"release_{to}",
            "release",
            found.pk,
            organisation_id=found.organisation_id,
            detail={"filled_by": filled_by, "because": because},
        ),
    )
    _announce([found.organisation_id])


def _bring_entry_up_to_date(appointment: Appointment, *, by: Actor) -> None:
    """The patient has a new place: earlier than what they had, they wait no more; a move to a later one, they wait on."""
    entry = (
        WaitingEntry.objects.filter(
            patient_id=appointment.patient_id, type_id=appointment.seat.type_id, state="waiting"
        )
        .select_related("appointment")
        .first()
    )
    if entry is None:
        return
    own = entry.appointment
    if own is None or appointment.starts_at < own.starts_at:
        end_entries(entry_ids=[entry.pk], to="placed", because="has an earlier appointment", by=by)
    elif appointment.instead_of_id == own.pk:
        WaitingEntry.objects.filter(pk=entry.pk).update(appointment_id=appointment.pk)


def _wait_on(refused: Release, *, by: Actor) -> None:
    """The booking that filled this release was refused: the offer is gone, and the person is on the list as before."""
    accepted = Offer.objects.filter(release=refused, state="accepted").select_related("entry").first()
    if accepted is None:
        return
    end_offers(ids=[accepted.pk], to="gone", by=by, reason="the other diary had given it away")
    # A text of booking's own says so.
    Offer.objects.filter(pk=accepted.pk).update(told_gone=True)
    entry = accepted.entry
    elsewhere = WaitingEntry.objects.filter(patient_id=entry.patient_id, type_id=entry.type_id, state="waiting")
    if entry.state == "placed" and not elsewhere.exists():
        WaitingEntry.objects.filter(pk=entry.pk).update(state="waiting", ended_at=None)
        _entry_written(entry, "waits_on", "Waits on for an earlier appointment", by=by)
        jobs.wake(OFFER_SWEEP)


def wait_again(*, former: Appointment, back: Appointment, since: datetime, by: Actor) -> None:
    """An end of the appointment was taken back: the patient is on the list as before, with what they have now.

    Not if they left the list before that end, `since`. In the transaction of the coming back, with the patient locked.
    """
    entry = WaitingEntry.objects.filter(appointment=former, state__in=("waiting", "left")).order_by("-id").first()
    if entry is None:
        return
    if entry.state == "left":
        before = entry.ended_at is None or entry.ended_at < since
        waits = WaitingEntry.objects.filter(patient_id=entry.patient_id, type_id=entry.type_id, state="waiting")
        if before or waits.exists():
            return
        _entry_written(entry, "waits_on", "Waits on for an earlier appointment", by=by)
    WaitingEntry.objects.filter(pk=entry.pk).update(state="waiting", ended_at=None, appointment=back)
    jobs.wake(OFFER_SWEEP)


def _entry_written(
    entry: WaitingEntry, did: str, said: str, *, by: Actor, because: str = "", save: bool = False
) -> None:
    if save:
        entry.save()
    audit.record(
        by=by,
        line=audit.Line(
            f"waiting_{did}",
            "waiting_entry",
            entry.pk,
            patient_id=entry.patient_id,
            organisation_id=entry.organisation_id,
            detail={"because": because},
        ),
    )
    records.record_entries(
        entries=[
            NewEntry(
                patient_id=entry.patient_id,
                organisation_id=entry.organisation_id,
                kind="waiting",
                text=said,
                intent_key=f"waiting:{entry.pk}:{did}:{int(clock.now().timestamp())}",
                source=_source(by),
                subject="waiting_entry",
                subject_id=entry.pk,
            )
        ],
        by=by,
    )
    _announce([entry.organisation_id])
