"""What became of a day's cancellations, requests to other diaries, released places and offers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel.access import Access
from onedoor.kernel.clock import london_day
from onedoor.kernel.ledger import Account


def accounts_of_day(access: Access, day: date) -> list[Account]:
    """The accounts of booking for a London day."""
    start, end = london_day(day)
    parameters = {"all": access.everything, "organisations": access.organisations, "from": start, "to": end}
    return [_cancelled(parameters), _asked_elsewhere(parameters), _released(parameters), _offers(parameters)]


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _account(name: str, rows: list[tuple[Any, ...]], broken: list[tuple[Any, ...]], thing: str) -> Account:
    return Account(
        name=name,
        total=sum(count for _, count in rows),
        parts=dict(rows),
        unexplained=[f"{thing} {key}: {rule}" for key, rule in broken if rule],
    )


def _cancelled(parameters: dict[str, Any]) -> Account:
    """Each appointment cancelled on the day: its place was released, or there is a reason why not."""
    classified = """
        SELECT a.id, CASE
            WHEN r.id IS NOT NULL THEN 'place released'
            -- By what was set when it was cancelled, not by what is set now.
            WHEN a.not_released = 'course' THEN 'kept for those on the course'
            WHEN a.not_released = 'kind' THEN 'not of a kind to be refilled'
            WHEN a.not_released = 'too_late' THEN 'too late to refill'
            WHEN a.not_released = 'off' THEN 'refilling was off'
            WHEN a.reason = 'outside' THEN 'no longer in the other diary'
            WHEN a.not_released = 'withdrawn' OR s.state <> 'open' THEN 'place withdrawn'
            -- Our own diary cannot have given it to anybody before it was released.
            WHEN n.source <> 'own' AND EXISTS (
                SELECT 1 FROM booking_appointment b WHERE b.seat_id = a.seat_id AND b.id <> a.id
                AND b.booked_via = n.source AND b.booked_at >= h.at) THEN 'given away in the other diary'
            ELSE 'unexplained' END AS what
        FROM booking_appointment_history h
        JOIN booking_appointment a ON a.id = h.parent_id
        JOIN booking_seat s ON s.id = a.seat_id
        JOIN booking_session n ON n.id = s.session_id
        LEFT JOIN booking_release r ON r.cancelled_id = a.id
        WHERE h.to_state = 'cancelled' AND h.at >= %(from)s AND h.at < %(to)s
        AND (%(all)s OR a.organisation_id = ANY(%(organisations)s))"""
    rows = _rows(f"SELECT what, count(*) FROM ({classified}) c GROUP BY what ORDER BY what", parameters)
    broken = _rows(
        f"SELECT id, 'its place was not released' FROM ({classified}) c WHERE what = 'unexplained'", parameters
    )
    return _account("Appointments cancelled", rows, broken, "appointment")


def _asked_elsewhere(parameters: dict[str, Any]) -> Account:
    rows = _rows(
        """SELECT q.kind || ' ' || q.state, count(*) FROM booking_diary_request q
           JOIN booking_appointment a ON a.id = q.appointment_id
           WHERE q.asked_at >= %(from)s AND q.asked_at < %(to)s AND (%(all)s OR a.organisation_id = ANY(%(organisations)s))
           GROUP BY 1 ORDER BY 1""",
        parameters,
    )
    broken = _rows(
        """SELECT q.id, CASE
               WHEN q.state = 'asked' AND q.kind = 'free' AND a.state <> 'cancelling' THEN 'open, yet nothing is being cancelled'
               -- Somebody who came without being in that diary yet is still to be entered there.
               WHEN q.state = 'asked' AND q.kind = 'book' AND a.state NOT IN ('pending', 'arrived', 'fulfilled', 'noshow')
                   THEN 'open, yet nothing is being booked'
               WHEN q.state <> 'asked' AND q.ended_at IS NULL THEN 'ended without a time'
           END FROM booking_diary_request q JOIN booking_appointment a ON a.id = q.appointment_id
           WHERE q.asked_at >= %(from)s AND q.asked_at < %(to)s
           AND (%(all)s OR a.organisation_id = ANY(%(organisations)s))""",
        parameters,
    )
    return _account("Asked of another diary", rows, broken, "request")


def _released(parameters: dict[str, Any]) -> Account:
    where = "r.released_at >= %(from)s AND r.released_at < %(to)s AND (%(all)s OR r.organisation_id = ANY(%(organisations)s))"
    rows = _rows(
        f"SELECT state, count(*) FROM booking_release r WHERE {where} GROUP BY state ORDER BY state", parameters
    )
    broken = _rows(
        f"""SELECT r.id, CASE
                WHEN r.state = 'filled' AND f.id IS NULL THEN 'filled by nobody'
                WHEN r.state = 'filled' AND f.seat_id <> r.seat_id THEN 'filled by somebody in another seat'
                WHEN r.state <> 'open' AND r.ended_at IS NULL THEN 'ended without a time'
            END FROM booking_release r LEFT JOIN booking_appointment f ON f.id = r.filled_by_id WHERE {where}""",
        parameters,
    )
    return _account("Places released", rows, broken, "release")


def _offers(parameters: dict[str, Any]) -> Account:
    where = (
        "o.offered_at >= %(from)s AND o.offered_at < %(to)s AND (%(all)s OR r.organisation_id = ANY(%(organisations)s))"
    )
    rows = _rows(
        f"""SELECT o.state, count(*) FROM booking_offer o JOIN booking_release r ON r.id = o.release_id
            WHERE {where} GROUP BY 1 ORDER BY 1""",
        parameters,
    )
    broken = _rows(
        f"""SELECT o.id, CASE
                WHEN o.state = 'open' AND r.state <> 'open' THEN 'open, yet its place is not'
                WHEN o.state = 'accepted' AND r.state = 'open' THEN 'accepted, yet its place is still open'
                WHEN o.state = 'accepted' AND f.patient_id <> e.patient_id THEN 'accepted, yet somebody else has the place'
                WHEN o.state <> 'open' AND o.ended_at IS NULL THEN 'ended without a time'
            END FROM booking_offer o JOIN booking_release r ON r.id = o.release_id
            JOIN booking_waiting_entry e ON e.id = o.entry_id
            LEFT JOIN booking_appointment f ON f.id = r.filled_by_id WHERE {where}""",
        parameters,
    )
    return _account("Offers made", rows, broken, "offer")
