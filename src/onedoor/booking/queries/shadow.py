"""A past month of a diary as refilling would have met it: which places were given up in time, and who could have been asked.

Read only. Keys of patients leave here for reckoning (who took one place is not asked about the next) and are never shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from onedoor.booking.models import OfferPolicy
from onedoor.booking.offers import Policy
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import london_day


@dataclass(frozen=True)
class GivenUp:
    """An appointment that was cancelled, and what became of its place.

    `fate`: withdrawn, kind (not to be refilled), too_late, rebooked (given away without us), filled (refilled here), left
    (offered here and left empty), empty (offered to nobody).
    """

    appointment_id: int
    at: datetime
    starts_at: datetime
    minutes: int
    fate: str
    listed: tuple[int, ...] = ()
    """Keys of those who waited for something earlier of its kind at that moment, in the order in which they would be asked."""
    later: tuple[int, ...] = ()
    """Keys of those who had a later appointment of its kind, the latest first: they would gain most."""


@dataclass(frozen=True)
class Measured:
    """What offers of the organisation came to. `answers`: offers accepted, declined or not answered; who was beaten to the place
    shows neither and is left out."""

    answers: int
    accepted: int
    minutes: float | None
    """Mean time from offer to acceptance."""


def given_up(access: Access, organisation_id: int, first: date, last: date, *, most: int) -> list[GivenUp]:
    """Appointments cancelled on London days `first` to `last`, oldest first, with at most `most` of each kind of candidates;
    none outside the access. Needs REPORTS. One statement."""
    access.require(Permission.REPORTS)
    if not (access.everything or organisation_id in access.organisation_ids):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _GIVEN_UP,
            {
                "organisation": organisation_id,
                "from": london_day(first)[0],
                "to": london_day(last)[1],
                "most": most,
                "notice": Policy().notice.seconds // 60,
            },
        )
        return [
            GivenUp(key, at, starts_at, minutes, fate, tuple(listed or ()), tuple(later or ()))
            for key, at, starts_at, minutes, fate, listed, later in cursor.fetchall()
        ]


def measured(access: Access, organisation_id: int, first: date, last: date) -> Measured:
    """How people answered the offers of London days `first` to `last`. Needs REPORTS. One statement."""
    access.require(Permission.REPORTS)
    if not (access.everything or organisation_id in access.organisation_ids):
        return Measured(0, 0, None)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE o.state = 'accepted'),
                   avg(extract(epoch FROM o.ended_at - o.offered_at)::float8 / 60) FILTER (WHERE o.state = 'accepted')
               FROM booking_offer o JOIN booking_release r ON r.id = o.release_id
               WHERE r.organisation_id = %(organisation)s AND o.state IN ('accepted', 'declined', 'unanswered')
                   AND o.offered_at >= %(from)s AND o.offered_at < %(to)s""",
            {"organisation": organisation_id, "from": london_day(first)[0], "to": london_day(last)[1]},
        )
        answers, accepted, minutes = cursor.fetchone()
    return Measured(answers, accepted, minutes)


def wave_policy(access: Access, organisation_id: int) -> Policy:
    """How many are asked at once, how long they have, and how near a place may be. Needs REPORTS."""
    access.require(Permission.REPORTS)
    if not (access.everything or organisation_id in access.organisation_ids):
        raise OfferPolicy.DoesNotExist(organisation_id)
    kept = OfferPolicy.objects.filter(organisation_id=organisation_id).first()
    if kept is None:
        return Policy()
    window, notice = timedelta(minutes=kept.window_minutes), timedelta(minutes=kept.notice_minutes)
    return Policy(kept.on, kept.wave_size, window, notice, kept.interpreter_days)


_GIVEN_UP = """
    WITH gone AS (
        SELECT a.id, h.at, s.starts_at, s.minutes, s.type_id, a.patient_id, CASE
            WHEN r.state = 'filled' THEN 'filled'
            WHEN a.not_released IN ('course', 'withdrawn') OR s.state <> 'open' OR r.state = 'withdrawn' THEN 'withdrawn'
            WHEN NOT t.may_refill THEN 'kind'
            WHEN s.starts_at - make_interval(mins => coalesce(p.notice_minutes, %(notice)s)) <= h.at THEN 'too_late'
            WHEN r.id IS NOT NULL THEN 'left'
            WHEN EXISTS (SELECT 1 FROM booking_appointment b WHERE b.seat_id = a.seat_id AND b.id > a.id)
                THEN 'rebooked'
            ELSE 'empty' END AS fate
        FROM booking_appointment_history h
        JOIN booking_appointment a ON a.id = h.parent_id AND a.organisation_id = %(organisation)s
        JOIN booking_seat s ON s.id = a.seat_id
        JOIN booking_appointment_type t ON t.id = s.type_id
        LEFT JOIN booking_release r ON r.cancelled_id = a.id
        LEFT JOIN booking_offer_policy p ON p.organisation_id = a.organisation_id
        WHERE h.to_state = 'cancelled' AND h.at >= %(from)s AND h.at < %(to)s)
    SELECT g.id, g.at, g.starts_at, g.minutes, g.fate, w.listed, l.later
    FROM gone g
    LEFT JOIN LATERAL (SELECT array_agg(x.patient_id ORDER BY x.priority, x.joined_at, x.id) AS listed FROM (
        SELECT e.id, e.patient_id, e.priority, e.joined_at FROM booking_waiting_entry e
        LEFT JOIN booking_appointment own ON own.id = e.appointment_id
        WHERE e.type_id = g.type_id AND e.joined_at <= g.at AND (e.ended_at IS NULL OR e.ended_at > g.at)
            AND e.patient_id <> g.patient_id AND (own.id IS NULL OR own.starts_at > g.starts_at)
            AND (e.not_before IS NULL OR e.not_before <= (g.starts_at AT TIME ZONE 'Europe/London')::date)
        ORDER BY e.priority, e.joined_at, e.id LIMIT %(most)s) x) w ON g.fate IN ('filled', 'left', 'empty')
    LEFT JOIN LATERAL (SELECT array_agg(x.patient_id ORDER BY x.starts_at DESC, x.id) AS later FROM (
        SELECT b.id, b.patient_id, b.starts_at FROM booking_appointment b JOIN booking_seat bs ON bs.id = b.seat_id
        WHERE b.organisation_id = %(organisation)s AND bs.type_id = g.type_id AND b.starts_at > g.starts_at
            AND b.booked_at <= g.at AND b.patient_id <> g.patient_id AND NOT EXISTS (
                SELECT 1 FROM booking_appointment_history bh
                WHERE bh.parent_id = b.id AND bh.to_state IN ('cancelled', 'cancelling') AND bh.at <= g.at)
        ORDER BY b.starts_at DESC, b.id LIMIT %(most)s) x) l ON g.fate IN ('filled', 'left', 'empty')
    ORDER BY g.at, g.id"""
