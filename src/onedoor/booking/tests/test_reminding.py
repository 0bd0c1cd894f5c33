"""Reminders and confirmations of the day: who gets one, who does not, and at what cost in statements."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking.actions.reminding import confirm_same_day, remind
from onedoor.booking.models import Appointment, AppointmentType
from onedoor.booking.tests.factories import DESK, WEDNESDAY, Practice, at, kind, own_seats, people, practice, row
from onedoor.booking.types import Scope
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Message
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 12, 7)
EMIS = Actor.system("import")


def imported(here: Practice, sam: Patient, when: datetime, booked_on: date = date(2026, 12, 1)) -> Appointment:
    local = when.astimezone(clock.LONDON)
    booking.take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(local.date(), local.date(), (f"at {local:%H%M}",)),
        rows=[
            row(
                sam,
                day=local.date(),
                time=(local.hour, local.minute),
                booked_on=booked_on,
                session_name=f"at {local:%H%M}",
            )
        ],
        by=EMIS,
    )
    return Appointment.objects.latest("id")


@pytest.mark.parametrize(
    ("now", "start", "due"),
    [
        (at(MONDAY, 9), at(WEDNESDAY, 9), True),
        (at(MONDAY, 8, 59), at(WEDNESDAY, 9), False),
        # A late import catches up while the appointment is more than three hours away.
        (at(WEDNESDAY, 5, 59), at(WEDNESDAY, 9), True),
        (at(WEDNESDAY, 6, 0), at(WEDNESDAY, 9), False),
        # Sunday's and Monday's early ones go on Friday before the texts stop.
        (at(date(2026, 12, 11), 17, 0), at(date(2026, 12, 14), 8, 40), True),
        (at(date(2026, 12, 11), 16, 59), at(date(2026, 12, 14), 8, 40), False),
    ],
)
def test_when_a_reminder_is_due(now: datetime, start: datetime, due: bool) -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = imported(here, sam, start)
    with clock.at(now):
        assert remind() == int(due)
        assert remind() == 0
    if due:
        message = Message.objects.get()
        assert message.intent_key == f"reminder:{appointment.pk}:{int(start.timestamp())}:T-48h:sms"
        assert message.not_after == start - timedelta(hours=2)
        assert (message.subject, message.subject_id) == ("appointment", appointment.pk)


@pytest.mark.parametrize("state", ["held", "pending", "arrived", "cancelling", "cancelled", "noshow", "fulfilled"])
def test_only_what_stands_is_reminded_of(state: str) -> None:
    here = practice()
    [sam] = people(here, 1)
    imported(here, sam, at(WEDNESDAY, 9))
    Appointment.objects.update(state=state)
    assert remind() == 0


def test_no_reminder_after_yes() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = imported(here, sam, at(WEDNESDAY, 9))
    booking.confirm(appointment_id=appointment.pk, by=DESK)
    assert remind() == 0


def test_yes_clears_a_reminder_that_has_not_gone() -> None:
    here = practice()
    [sam] = people(here, 1)
    appointment = imported(here, sam, at(WEDNESDAY, 9))
    remind()
    booking.confirm(appointment_id=appointment.pk, by=DESK)
    assert Message.objects.get().because == "already confirmed"


def test_a_moved_appointment_takes_its_reminder_along() -> None:
    here = practice()
    [sam] = people(here, 1)
    seat, other = own_seats(here, 2)
    with clock.at(at(date(2026, 12, 1), 9)):
        old = booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
    remind()
    booking.move(appointment_ref=old.ref, seat_ref=other.ref, by=DESK)
    reminder = Message.objects.get(intent_key__startswith="reminder:")
    assert reminder.because == "moved"
    # The text about the move has said it all.
    assert remind() == 0


def test_booked_here_after_its_reminder_was_due_needs_none() -> None:
    here = practice()
    sam, ella = people(here, 2)
    seat, other = own_seats(here, 2)
    with clock.at(at(MONDAY, 9, 30)):
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert remind() == 0
    with clock.at(at(MONDAY, 8, 0)):
        booking.book(seat_ref=other.ref, patient_id=ella.pk, by=DESK)
    with clock.at(at(MONDAY, 9, 30)):
        assert remind() == 1


def test_a_type_without_reminders() -> None:
    here = practice()
    [sam] = people(here, 1)
    imported(here, sam, at(WEDNESDAY, 9))
    made = kind(here, "Blood test")
    off = booking.set_type(organisation_id=here.organisation.pk, name=made.name, remind_hours=0, by=DESK)
    assert off.remind_hours is None
    # What is not said stays.
    booking.set_type(organisation_id=here.organisation.pk, name=made.name, may_refill=False, by=DESK)
    assert remind() == 0
    booking.set_type(organisation_id=here.organisation.pk, name=made.name, remind_hours=48, by=DESK)
    assert remind() == 1


def test_a_type_with_another_lead() -> None:
    here = practice()
    [sam] = people(here, 1)
    kind(here, "Blood test")
    AppointmentType.objects.update(remind_hours=24)
    imported(here, sam, at(WEDNESDAY, 9))
    assert remind() == 0
    with clock.at(at(WEDNESDAY, 9) - timedelta(hours=24)):
        assert remind() == 1
    assert ":T-24h:" in Message.objects.get().intent_key


class TestTheSameDay:
    def test_booked_elsewhere_today_is_confirmed_once_and_not_reminded(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        imported(here, sam, at(MONDAY, 14, 10), booked_on=MONDAY)
        assert remind() == 0
        assert confirm_same_day() == 1
        assert confirm_same_day() == 0
        assert Message.objects.get().body == (
            f"{sam.given_name}: your blood test is Mon 7 Dec at 2:10pm at Wexcombe Road Surgery. "
            "If you cannot come, reply CANCEL."
        )

    def test_booked_at_the_desk_today_was_told_already(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        [seat] = own_seats(here, 1, day=MONDAY, first=(14, 0))
        booking.book(seat_ref=seat.ref, patient_id=sam.pk, by=DESK)
        assert confirm_same_day() == 0
        assert Message.objects.count() == 1

    def test_not_what_was_booked_before_or_has_begun(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        imported(here, sam, at(MONDAY, 14, 10))
        imported(here, ella, at(MONDAY, 8, 30), booked_on=MONDAY)
        assert confirm_same_day() == 0


def test_statements_do_not_grow_with_the_slice() -> None:
    here = practice()
    counts = []
    for size, clinician in ((10, "Dr A"), (1_000, "Dr B")):
        rows = [
            row(patient, time=(9 + n // 240, n // 4 % 60), minutes=1, clinician=f"{clinician} {n % 4}")
            for n, patient in enumerate(people(here, size))
        ]
        booking.take_diary(
            organisation_id=here.organisation.pk,
            site_id=here.site.pk,
            source=clinician,
            scope=Scope(WEDNESDAY, WEDNESDAY),
            rows=rows,
            by=EMIS,
        )
        with clock.at(at(WEDNESDAY, 13) - timedelta(hours=24)), CaptureQueriesContext(connection) as captured:
            assert remind() == size
        counts.append(len(captured))
    assert counts[0] == counts[1]
