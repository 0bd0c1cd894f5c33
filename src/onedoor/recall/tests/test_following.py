"""What an invitation does with its visit and with reception's work, from booking's and the tasks' doors (hazards H4, H5, H6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from onedoor import factories
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, DiaryRequest, Seat, Session
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Access, Role
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import Need, Patient
from onedoor.recall import api, codes
from onedoor.recall.models import Invitation, InvitationProgramme, RecallPolicy, RecallProgramme, Wave
from onedoor.recall.tests.run_factories import DAY, MONDAY, done, due, night, people, went
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

ON = MONDAY.date()
NINE = timedelta(hours=8)
VISIT = ON + 9 * DAY
"""A Wednesday."""
REVIEW = "Asthma review"


class World:
    """A practice whose asthma reviews are of a kind of its own diary, one person invited by text, and a receptionist."""

    def __init__(self, *needs: str) -> None:
        self.diary = diary.practice()
        here = self.diary.organisation
        RecallPolicy.objects.create(organisation=here, weekly=100)
        programme = RecallProgramme.objects.create(organisation=here, key="asthma", enabled=True)
        programme.types.add(diary.kind(self.diary, REVIEW))
        self.desk = factories.person(here, Role.RECEPTIONIST)[1]
        [self.patient] = people(here, 1)
        for text in needs:
            Need.objects.create(patient=self.patient, organisation=here, text=text)
        due([self.patient], "asthma", on=ON)
        night(MONDAY)
        went(MONDAY + NINE)
        night(MONDAY + NINE)

    @property
    def invitation(self) -> Invitation:
        """The first, as it is now."""
        return Invitation.objects.order_by("id")[0]

    def seat(self, hour: int = 9, *, kind: str = REVIEW) -> Seat:
        """A free place on the day of the visit."""
        return diary.own_seats(self.diary, 1, type_name=kind, day=VISIT, first=(hour, 0))[0]

    def book(self, hour: int = 9, *, kind: str = REVIEW, by: Actor | None = None) -> Appointment:
        """Book at the desk, the day after the text."""
        seat = self.seat(hour, kind=kind)
        with clock.at(MONDAY + DAY + NINE):
            return booking.book(seat_ref=seat.ref, patient_id=self.patient.pk, by=by or self.desk.actor, tell=False)

    def complete(self, kind: str, outcome: str, at: datetime = MONDAY + 10 * DAY) -> None:
        """End the open work of a kind."""
        with clock.at(at):
            tasks.complete(access=self.desk, ref=Task.objects.get(kind=kind, state="open").ref, outcome=outcome)


def open_work() -> list[str]:
    return list(Task.objects.filter(state="open", subject="invitation").order_by("kind").values_list("kind", flat=True))


def at_the_end(moment: datetime) -> None:
    with clock.at(moment):
        jobs.run_once("recall.expire")


def nothing_refused(patient: Patient) -> bool:
    """Nobody opted out, and no entry reads as a refusal."""
    return (
        not Entry.objects.filter(patient=patient, code__code=codes.REFUSED.code).exists()
        and not patient.contact_points.exclude(until=None).exists()
        and not Invitation.objects.filter(history__to_state="declined").exists()
    )


def as_patient(patient: Patient) -> Access:
    return Access.of_patient(patient.pk)


# -- booked ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["desk", "patient"])
def test_a_visit_of_the_kind_stops_the_waves_whoever_books_it(who: str) -> None:
    world = World()
    by = world.desk.actor if who == "desk" else Actor.patient(world.patient.pk)
    made = world.book(by=by)
    one = world.invitation
    assert (one.state, one.appointment_id, one.next_at) == ("booked", made.pk, None)
    for day in range(2, 60):
        night(MONDAY + day * DAY)
    assert Wave.objects.count() == 1
    assert Invitation.objects.count() == 1
    assert not open_work()


def test_the_patient_chooses_a_place_of_their_invitation() -> None:
    world = World()
    seat = world.seat()
    with clock.at(MONDAY + DAY):
        made = api.book_visit(access=as_patient(world.patient), ref=world.invitation.ref, seat_ref=seat.ref)
    assert (made.state, made.seat_id) == ("booked", seat.pk)
    assert world.invitation.appointment_id == made.pk


def test_no_place_of_another_kind_and_of_nobody_elses_invitation() -> None:
    world = World()
    other, right = world.seat(kind="Blood test"), world.seat(11)
    [stranger] = people(world.diary.organisation, 1)
    with clock.at(MONDAY + DAY):
        with pytest.raises(booking.SeatTaken):
            api.book_visit(access=as_patient(world.patient), ref=world.invitation.ref, seat_ref=other.ref)
        with pytest.raises(Invitation.DoesNotExist):
            api.book_visit(access=as_patient(stranger), ref=world.invitation.ref, seat_ref=right.ref)
        with pytest.raises(booking.SeatTaken):
            api.book_visit(access=as_patient(world.patient), ref=world.invitation.ref, seat_ref=uuid4())
    assert not Appointment.objects.exists()


def test_a_visit_of_another_kind_changes_nothing() -> None:
    world = World()
    world.book(kind="Blood test")
    assert world.invitation.state == "invited"


def test_a_yes_is_no_work_any_more_once_it_is_booked() -> None:
    world = World()
    with clock.at(MONDAY + NINE + timedelta(minutes=1)):
        say(world.diary.organisation, "+447700900000", "YES")
    assert open_work() == ["invitation_book"]
    world.book()
    assert not open_work()
    assert world.invitation.state == "booked"


# -- given up -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["patient", "practice"])
def test_cancelled_it_is_open_again_and_nothing_is_refused(reason: str) -> None:
    """H5: who cancels a visit has not declined what it was for."""
    world = World()
    made = world.book()
    again_on = InvitationProgramme.objects.get().again_on
    by = Actor.patient(world.patient.pk) if reason == "patient" else world.desk.actor
    with clock.at(MONDAY + 3 * DAY):
        booking.cancel(appointment_id=made.pk, by=by, reason=reason)
    one = world.invitation
    assert (one.state, one.appointment_id) == ("accepted", None)
    assert Task.objects.get(state="open").title == "Book a visit: the visit was cancelled"
    assert InvitationProgramme.objects.get().again_on == again_on
    assert nothing_refused(world.patient)


def test_cancelled_and_never_reached_they_are_asked_by_a_later_wave() -> None:
    """H6."""
    world = World()
    made = world.book()
    with clock.at(MONDAY + 3 * DAY):
        booking.cancel(appointment_id=made.pk, by=world.desk.actor)
    world.complete("invitation_book", "not_reached", MONDAY + 4 * DAY)
    for day in range(5, 40):
        night(MONDAY + day * DAY)
    assert list(Invitation.objects.order_by("id").values_list("state", flat=True)) == ["expired", "invited"]
    assert nothing_refused(world.patient)


def test_cancelled_the_patient_may_choose_another_time() -> None:
    world = World()
    made = world.book()
    seat = world.seat(14)
    with clock.at(MONDAY + 3 * DAY):
        booking.cancel(appointment_id=made.pk, by=world.desk.actor)
        again = api.book_visit(access=as_patient(world.patient), ref=world.invitation.ref, seat_ref=seat.ref)
    assert (world.invitation.state, world.invitation.appointment_id) == ("booked", again.pk)
    assert not open_work()


def test_of_two_visits_the_other_still_stands() -> None:
    world = World()
    first, second = world.book(9), world.book(11)
    with clock.at(MONDAY + 3 * DAY):
        booking.cancel(appointment_id=second.pk, by=world.desk.actor)
    assert (world.invitation.state, world.invitation.appointment_id) == ("booked", first.pk)
    assert not open_work()


def test_moved_it_stays_booked() -> None:
    world = World()
    made, seat = world.book(), world.seat(14)
    with clock.at(MONDAY + 3 * DAY):
        new = booking.move(appointment_ref=made.ref, seat_ref=seat.ref, by=world.desk.actor, tell=False)
    assert (world.invitation.state, world.invitation.appointment_id) == ("booked", new.pk)
    assert not open_work()
    assert nothing_refused(world.patient)


def test_who_did_not_attend_is_receptions_and_who_came_after_all_is_not() -> None:
    world = World()
    made = world.book()
    with clock.at(diary.at(VISIT, 10)):
        booking.did_not_attend(appointment_id=made.pk, by=world.desk.actor)
        assert world.invitation.state == "accepted"
        assert Task.objects.get(state="open").title == "Book a visit: they did not come"
        assert nothing_refused(world.patient)
        booking.fulfil(appointment_id=made.pk, by=world.desk.actor)
    assert (world.invitation.state, world.invitation.appointment_id) == ("booked", made.pk)
    assert not open_work()


def test_a_mark_taken_back_leaves_it_booked() -> None:
    world = World()
    made = world.book()
    with clock.at(diary.at(VISIT, 10)):
        booking.did_not_attend(appointment_id=made.pk, by=world.desk.actor)
        booking.unmark(appointment_id=made.pk, by=world.desk.actor)
    assert world.invitation.state == "booked"
    assert not open_work()


@pytest.mark.parametrize("has_another", [False, True])
def test_a_place_that_another_diary_had_given_away_is_no_visit(has_another: bool) -> None:
    world = World()
    first = world.book() if has_another else None
    seat = world.seat(11)
    Session.objects.filter(pk=seat.session_id).update(source="emis")
    with clock.at(MONDAY + 2 * DAY):
        made = booking.book(seat_ref=seat.ref, patient_id=world.patient.pk, by=world.desk.actor, tell=False)
        assert (made.state, world.invitation.appointment_id) == ("pending", made.pk)
        request = DiaryRequest.objects.get()
        booking.refuse_request(request_id=request.pk, ended_by="desk", by=world.desk.actor)
    one = world.invitation
    if first is not None:
        assert (one.state, one.appointment_id) == ("booked", first.pk)
    else:
        assert (one.state, one.appointment_id) == ("accepted", None)
    assert ("invitation_book" in open_work()) == (not has_another)


# -- done elsewhere, and came without an entry ----------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["stays", "cancelled before the night", "cancelled after"])
def test_done_elsewhere_while_a_visit_is_booked_asks_nobody_any_more(then: str) -> None:
    """H4."""
    world = World()
    made = world.book()
    done([world.patient], "asthma", on=ON + 2 * DAY)
    if then == "cancelled before the night":
        with clock.at(MONDAY + 2 * DAY):
            booking.cancel(appointment_id=made.pk, by=world.desk.actor)
    night(MONDAY + 3 * DAY)
    if then == "cancelled after":
        with clock.at(MONDAY + 4 * DAY):
            booking.cancel(appointment_id=made.pk, by=world.desk.actor)
    for day in (10, 60, 90):
        night(MONDAY + day * DAY)
        at_the_end(MONDAY + day * DAY)
    assert world.invitation.state == "done"
    assert Wave.objects.count() == 1
    assert not open_work()


@pytest.mark.parametrize("mark", ["", "arrived", "fulfilled"])
def test_who_was_booked_and_has_nothing_on_the_record_comes_before_a_person(mark: str) -> None:
    """H6: it neither ends unseen nor is taken for done."""
    world = World()
    made = world.book()
    with clock.at(diary.at(VISIT, 9)):
        if mark:
            booking.arrive(appointment_id=made.pk, by=world.desk.actor)
        if mark == "fulfilled":
            booking.fulfil(appointment_id=made.pk, by=world.desk.actor)
    at_the_end(diary.at(VISIT + 27 * DAY, 9))
    assert not open_work()
    for day in (29, 30, 60):
        at_the_end(diary.at(VISIT + day * DAY, 9))
    assert world.invitation.state == "booked"
    assert open_work() == ["invitation_came"]
    assert "nothing is on the record" in Task.objects.get(state="open").title
    night(MONDAY + 80 * DAY)
    assert Invitation.objects.count() == 1


def came() -> World:
    world = World()
    world.book()
    at_the_end(MONDAY + 40 * DAY)
    return world


def test_it_was_not_done_so_they_are_invited_again() -> None:
    world = came()
    world.complete("invitation_came", "not_done", MONDAY + 41 * DAY)
    assert world.invitation.state == "expired"
    night(MONDAY + 68 * DAY)
    assert Invitation.objects.count() == 1
    night(MONDAY + 70 * DAY)
    assert Invitation.objects.count() == 2
    assert nothing_refused(world.patient)


def test_entered_it_ends_by_the_record_and_not_by_what_somebody_said() -> None:
    """H4."""
    world = came()
    world.complete("invitation_came", "entered", MONDAY + 41 * DAY)
    night(MONDAY + 42 * DAY)
    assert world.invitation.state == "booked"
    at_the_end(MONDAY + 70 * DAY)
    assert open_work() == ["invitation_came"]
    done([world.patient], "asthma", on=ON + 71 * DAY)
    night(MONDAY + 71 * DAY)
    assert world.invitation.state == "done"
    assert not open_work()


def test_still_to_come_it_is_looked_at_again() -> None:
    world = came()
    world.complete("invitation_came", "to_come", MONDAY + 41 * DAY)
    at_the_end(MONDAY + 50 * DAY)
    assert not open_work()
    at_the_end(MONDAY + 69 * DAY)
    assert open_work() == ["invitation_came"]


def test_a_new_visit_ends_the_question_about_the_old_one() -> None:
    world = came()
    [seat] = diary.own_seats(world.diary, 1, type_name=REVIEW, day=ON + 51 * DAY)
    with clock.at(MONDAY + 41 * DAY):
        booking.book(seat_ref=seat.ref, patient_id=world.patient.pk, by=world.desk.actor, tell=False)
    assert not open_work()
    at_the_end(MONDAY + 75 * DAY)
    assert not open_work()


# -- reception's calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "state", "wave", "work", "invited", "refused"),
    [
        ("booked", "booked", "sent", [], True, False),
        ("wants", "accepted", "sent", ["invitation_book"], True, False),
        ("declines", "declined", "sent", [], True, True),
        ("reached", "invited", "sent", [], True, False),
        ("not_reached", "invited", "failed", [], False, False),
    ],
)
def test_what_a_call_brings(outcome: str, state: str, wave: str, work: list[str], invited: bool, refused: bool) -> None:
    """H5: only a no is a refusal; an invitation is on the record when somebody was reached and not before."""
    world = World("Contact by telephone")
    assert open_work() == ["invitation_ring"]
    assert not Entry.objects.filter(text__startswith="Invited").exists()
    world.complete("invitation_ring", outcome, MONDAY + DAY)
    assert world.invitation.state == state
    assert Wave.objects.get().state == wave
    assert open_work() == work
    assert Entry.objects.filter(text__startswith="Invited to a visit, first time").exists() == invited
    assert Entry.objects.filter(code__code=codes.REFUSED.code).exists() == refused
    night(MONDAY + 22 * DAY)
    assert Wave.objects.count() == (2 if state == "invited" else 1)


def test_booked_by_a_call_in_no_diary_of_ours_comes_before_a_person_too() -> None:
    world = World("Contact by telephone")
    world.complete("invitation_ring", "booked", MONDAY + DAY)
    at_the_end(MONDAY + 90 * DAY)
    assert open_work() == ["invitation_came"]


# -- said no, and has a visit ---------------------------------------------------------------------------------------------------


def said_no(by: str) -> tuple[World, Appointment]:
    """Booked, and then a no: the visit stands."""
    world = World()
    made = world.book()
    with clock.at(MONDAY + 2 * DAY + NINE):
        for _ in range(2):
            if by == "text":
                say(world.diary.organisation, "+447700900000", "NO")
            else:
                messaging.answer(
                    access=as_patient(world.patient), patient_id=world.patient.pk, kind="invitation",
                    subject_id=world.invitation.pk, intent="decline", via="portal",
                )  # fmt: skip
    made.refresh_from_db()
    assert (world.invitation.state, made.state) == ("declined", "booked")
    return world, made


@pytest.mark.parametrize("by", ["text", "page"])
def test_a_no_beside_a_booked_visit_is_a_persons_and_cancels_nothing(by: str) -> None:
    """H5."""
    said_no(by)
    assert open_work() == ["invitation_not_wanted"]
    assert Task.objects.filter(kind="invitation_not_wanted").count() == 1
    title = Task.objects.get(kind="invitation_not_wanted").title
    assert title == "Declined, and has a visit on Wed 14 Oct: ask whether they keep it"


def test_who_keeps_the_visit_is_booked_for_it() -> None:
    world, made = said_no("text")
    world.complete("invitation_not_wanted", "keeps", MONDAY + 3 * DAY)
    assert (world.invitation.state, world.invitation.appointment_id) == ("booked", made.pk)
    at_the_end(diary.at(VISIT + 29 * DAY, 9))
    assert open_work() == ["invitation_came"]


@pytest.mark.parametrize("then", ["cancelled", "yes"])
def test_nobody_is_asked_about_a_visit_that_is_cancelled_or_wanted_after_all(then: str) -> None:
    world, made = said_no("text")
    with clock.at(MONDAY + 3 * DAY):
        if then == "cancelled":
            booking.cancel(appointment_id=made.pk, by=world.desk.actor)
        else:
            say(world.diary.organisation, "+447700900000", "YES")
    assert "invitation_not_wanted" not in open_work()
    assert world.invitation.state == ("declined" if then == "cancelled" else "accepted")


# -- said to be done ------------------------------------------------------------------------------------------------------------


def said_done() -> World:
    world = World()
    with clock.at(MONDAY + NINE + timedelta(minutes=1)):
        say(world.diary.organisation, "+447700900000", "DONE")
    return world


def test_nobody_stays_being_checked_when_nobody_can_be_certain() -> None:
    """H6: asked anew by the run 28 days after somebody looked, not after a year."""
    world = said_done()
    assert open_work() == ["said_done"]
    world.complete("said_done", "not_certain", MONDAY + 10 * DAY)
    night(MONDAY + 36 * DAY)
    assert Invitation.objects.count() == 1
    night(MONDAY + 38 * DAY)
    night(MONDAY + 39 * DAY)
    assert list(Invitation.objects.order_by("id").values_list("state", flat=True)) == ["already_done", "invited"]


def test_what_is_on_the_record_is_checked_by_nobody_any_more() -> None:
    world = said_done()
    done([world.patient], "asthma", on=ON + 2 * DAY)
    night(MONDAY + 3 * DAY)
    assert world.invitation.state == "done"
    assert not open_work()
