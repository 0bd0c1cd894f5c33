"""Reminders, and confirmations of what was booked on the day: what is due now, in slices.

Each slice locks its appointments, queues their texts and marks them in one transaction, so that a crash sends nothing
twice and loses nothing. Cost per slice does not depend on its size but for the rows themselves.
"""

from __future__ import annotations

from django.db import connection, transaction

from onedoor.booking import rules, texts
from onedoor.booking.actions import telling
from onedoor.booking.models import Appointment
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewAsk, NewMessage

SLICE = 1_000

_BOOKED_ON_THE_DAY = """coalesce(a.booked_on, (a.booked_at AT TIME ZONE 'Europe/London')::date)
    = (a.starts_at AT TIME ZONE 'Europe/London')::date"""


@transaction.atomic
def remind(*, limit: int = SLICE) -> int:
    """Queue the reminders that are due; returns how many appointments were dealt with.

    Only of appointments that stand, once, never after the patient has confirmed, and not where a text of the last days
    already said it: booked on the day, or booked here after the reminder would have gone.
    """
    by = Actor.system("booking: reminders")
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id, t.remind_hours FROM booking_appointment a
                JOIN booking_seat s ON s.id = a.seat_id JOIN booking_appointment_type t ON t.id = s.type_id
                WHERE a.state = 'booked' AND a.reminded_at IS NULL AND a.confirmed_at IS NULL
                  AND a.starts_at > %(soonest)s
                  AND a.starts_at <= %(reach)s + (SELECT make_interval(hours => max(remind_hours))
                                                  FROM booking_appointment_type)
                  AND a.starts_at <= %(reach)s + make_interval(hours => t.remind_hours)
                  AND (a.told_at IS NULL OR a.told_at < a.starts_at - make_interval(hours => t.remind_hours))
                  AND NOT ({_BOOKED_ON_THE_DAY})
                ORDER BY a.starts_at, a.id LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED""",
            {"soonest": now + rules.LATE_REMINDER, "reach": rules.reminders_reach(now), "limit": limit},
        )
        hours = dict(cursor.fetchall())
    if not hours:
        return 0
    said = telling.abouts(hours)
    appointments = list(Appointment.objects.filter(pk__in=hours).order_by("starts_at", "id"))
    messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"reminder:{a.pk}:{int(a.starts_at.timestamp())}:T-{hours[a.pk]}h:sms",
                organisation_id=a.organisation_id,
                purpose=telling.REMINDER,
                body=texts.reminder(said[a.pk]),
                not_after=a.starts_at - rules.REMINDER_USELESS,
                patient_id=a.patient_id,
                subject="appointment",
                subject_id=a.pk,
                ask=NewAsk(context="appointment", subject="appointment", subject_id=a.pk, expires_at=a.starts_at),
            )
            for a in appointments
        ],
        by=by,
    )
    Appointment.objects.filter(pk__in=hours).update(reminded_at=now)
    return len(hours)


@transaction.atomic
def confirm_same_day(*, limit: int = SLICE) -> int:
    """Tell patients of appointments booked for today, today, that no text has told them of yet (S0-09)."""
    by = Actor.system("booking: confirmations of the day")
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id FROM booking_appointment a
                JOIN booking_seat s ON s.id = a.seat_id JOIN booking_appointment_type t ON t.id = s.type_id
                WHERE a.state = 'booked' AND a.told_at IS NULL AND a.starts_at > %(now)s AND a.starts_at < %(tonight)s
                  AND t.confirm_same_day AND {_BOOKED_ON_THE_DAY}
                ORDER BY a.starts_at, a.id LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED""",
            {"now": now, "tonight": clock.london_day(clock.today())[1], "limit": limit},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return 0
    appointments = list(Appointment.objects.filter(pk__in=ids).order_by("starts_at", "id"))
    telling.tell(appointments=appointments, what="booked", compose=texts.booked, by=by, purpose=telling.SAME_DAY)
    Appointment.objects.filter(pk__in=ids).update(told_at=now)
    return len(ids)
