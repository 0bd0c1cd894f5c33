"""Appointments of referrals: which are, and what becomes of a referral when one is booked, cancelled, missed or kept.

An appointment of a kind that serves a stream is a visit of the referral which the patient waits with, whichever way it was
booked: here, in the diary, by an offer of a place that was given up, in an outside diary. So no referral stands as if nobody had
booked it (hazard H10). Runs in the transaction of the appointment, with patient and seat locked; referrals are locked after them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

from onedoor.booking.events import AppointmentsChanged
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.referrals.models import History, Referral
from onedoor.referrals.rules import ASSESSED, BOOKED, MOVES
from onedoor.referrals.rules_booking import ACCEPTED, STANDS, TO_BOOK, moves_of

_meant: ContextVar[int | None] = ContextVar("referral that is being booked for", default=None)


@contextmanager
def booking_for(referral_id: int) -> Iterator[None]:
    """Within it, what is booked is a visit of this referral: somebody who waits with two knows which is meant."""
    token = _meant.set(referral_id)
    try:
        yield
    finally:
        _meant.reset(token)


def follow(event: AppointmentsChanged) -> None:
    """Appointments came to a state: join the new ones to their referrals, and move the referrals. A fixed number of statements
    for each state that referrals come to, however many."""
    ids = list(event.appointment_ids)
    if event.to in STANDS:
        _join(ids, event.by)
    _move(ids, event.to, event.by)


def give(*, appointment_ids: Sequence[int], by: Actor) -> None:
    """These stand, and were given to another referral: it is booked now. In the caller's transaction."""
    _move(list(appointment_ids), "booked", by)


# The successor of a visit is a visit of the same referral. Otherwise what is to be booked goes before what is booked or was
# seen already (a class of several dates, a second visit), and the oldest first.
_JOIN = """
    INSERT INTO referrals_visit (referral_id, appointment_id, joined_at)
    SELECT coalesce(f.referral_id, w.id), a.id, %(now)s
    FROM booking_appointment a
    JOIN booking_seat s ON s.id = a.seat_id
    LEFT JOIN referrals_visit f ON f.appointment_id = a.instead_of_id
    LEFT JOIN LATERAL (
        SELECT r.id FROM referrals_referral r JOIN directory_service v ON v.id = r.service_id
        JOIN referrals_stream_type k ON k.stream_id = r.stream_id AND k.type_id = s.type_id
        WHERE f.referral_id IS NULL AND r.patient_id = a.patient_id AND v.organisation_id = a.organisation_id
            AND r.closed_at IS NULL AND r.state = ANY(%(states)s)
            AND (r.outcome = ANY(%(accepted)s) OR r.outcome = '' AND r.source = 'inherited')
            AND (%(meant)s::bigint IS NULL OR r.id = %(meant)s)
        ORDER BY r.state = ANY(%(to_book)s) DESC, r.received_at, r.id LIMIT 1) w ON true
    WHERE a.id = ANY(%(ids)s) AND coalesce(f.referral_id, w.id) IS NOT NULL
    ORDER BY a.id ON CONFLICT (appointment_id) DO NOTHING RETURNING referral_id, appointment_id"""


def _join(ids: Sequence[int], by: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _JOIN,
            {
                "ids": list(ids),
                "now": clock.now(),
                "states": [*TO_BOOK, BOOKED, ASSESSED],
                "to_book": list(TO_BOOK),
                "accepted": list(ACCEPTED),
                "meant": _meant.get(),
            },
        )
        joined = cursor.fetchall()
    audit.record_many(
        by=by,
        lines=[
            audit.Line("visit_joined", "referral", referral_id, detail={"appointment": appointment_id})
            for referral_id, appointment_id in joined
        ],
    )


_OF = """
    SELECT r.id, r.state, a.reason, s.organisation_id, r.patient_id, EXISTS (
        SELECT 1 FROM referrals_visit o JOIN booking_appointment b ON b.id = o.appointment_id
        WHERE o.referral_id = r.id AND b.state = ANY(%(stands)s))
    FROM referrals_visit v JOIN referrals_referral r ON r.id = v.referral_id
    JOIN directory_service s ON s.id = r.service_id JOIN booking_appointment a ON a.id = v.appointment_id
    WHERE v.appointment_id = ANY(%(ids)s) AND r.closed_at IS NULL ORDER BY r.id, a.id FOR NO KEY UPDATE OF r"""


def _move(ids: Sequence[int], to: str, by: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OF, {"ids": list(ids), "stands": list(STANDS)})
        found = cursor.fetchall()
    groups: dict[tuple[tuple[str, ...], str], list[int]] = defaultdict(list)
    for key, state, reason, _, _, stands in found:
        groups[moves_of(to, reason=reason, stands=stands, state=state), reason].append(key)
    for (steps, reason), keys in sorted(groups.items()):
        for step in steps:
            transition(
                model=Referral,
                history=History,
                moves=MOVES,
                ids=sorted(set(keys)),
                to=step,
                by=by,
                reason=f"visit {to}" + (f", {reason}" if reason else ""),
                noted={"closes": False, "recorded_at": clock.now()},
            )
    if to in STANDS:
        new = [row[0] for row in found]
        Referral.objects.filter(pk__in=new, first_offered_on=None).update(first_offered_on=clock.today())
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "visit_changed",
                "referral",
                key,
                patient_id=patient_id,
                organisation_id=organisation_id,
                detail={"appointment": to, "reason": reason},
            )
            for key, _, reason, organisation_id, patient_id, _ in found
        ],
    )
    for organisation_id in {row[3] for row in found}:
        jobs.notify_live("referrals", organisation_id)
