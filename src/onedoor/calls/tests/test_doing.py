"""What is done for a caller while their handler sees them: referred, booked, moved, handed over; nothing once that is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Seat
from onedoor.booking.tests import factories as diary
from onedoor.calls import api as calls
from onedoor.directory import api as directory
from onedoor.directory.models import Gap
from onedoor.directory.tests.factories import services
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.records.api import Entry
from onedoor.referrals import api as referrals
from onedoor.referrals.models import Intake
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 1)


@dataclass(frozen=True)
class Line:
    """A handler with Sam on the line, who is seen; places on Wednesday; a directory."""

    handler: Access
    sam: Patient
    seats: list[Seat]
    ref: UUID
    slugs: dict[str, int]


@pytest.fixture
def line() -> Line:
    practice = diary.practice()
    handler = factories.person(practice.organisation, Role.CALL_HANDLER)[1]
    sam = factories.patient(practice.organisation, "Sam", "Hollis", mobile="+447700900111", born_on=BORN)
    seats = diary.own_seats(practice, 3)
    slugs = services()
    ref = calls.start(access=handler)
    calls.find_caller(access=handler, ref=ref, points=calls.Points(name="Sam Hollis", born_on=BORN))
    return Line(handler, sam, seats, ref, slugs)


def wanted(slug: str = "joints", source: str = "self", **more: object) -> referrals.NewReferral:
    new = referrals.NewReferral(
        service_slug=slug, patient_id=0, source=source, reason="My knee, for a year", form_key=uuid4()
    )
    return replace(new, **more)  # type: ignore[arg-type]


def deeds(line: Line) -> tuple[str, ...]:
    return calls.live(line.handler, line.ref).deeds


def lapse() -> None:
    calls.Contact.objects.update(sees_until=clock.real_now())


def test_a_patient_refers_themselves_by_telephone(line: Line) -> None:
    made = calls.refer(access=line.handler, ref=line.ref, new=wanted(), none_of_these=True)
    assert (made.patient_id, made.source, made.priority, made.state) == (
        line.sam.pk,
        "self",
        "routine",
        "AWAITING_TRIAGE",
    )
    intake = Intake.objects.get(referral=made)
    assert (intake.via, intake.made_by_label) == ("phone", line.handler.actor.label)
    entry = Entry.objects.get(kind="referral")
    assert (entry.text, entry.source) == ("Referred to MSK Community Service by the patient", "telephone")
    assert deeds(line) == ("refer",)


def test_red_flags_come_first_and_a_closed_switch_stays_closed(line: Line) -> None:
    with pytest.raises(referrals.NotDone):
        calls.refer(access=line.handler, ref=line.ref, new=wanted())
    with pytest.raises(referrals.NotDone):
        calls.refer(access=line.handler, ref=line.ref, new=wanted("pelvic"), none_of_these=True)
    assert not referrals.Referral.objects.exists()
    assert deeds(line) == ()


def test_a_professional_who_rings_is_named_with_the_referral(line: Line) -> None:
    new = wanted(source="nurse", priority="urgent", answers={"since": "A year"})
    with pytest.raises(referrals.NotDone):
        calls.refer(access=line.handler, ref=line.ref, new=new)
    made = calls.refer(access=line.handler, ref=line.ref, new=new, rung_by="Ann Field, nurse, Marfleet, 01632 960005")
    assert (made.source, made.priority) == ("nurse", "urgent")
    assert Intake.objects.get(referral=made).answers["Who rang"] == "Ann Field, nurse, Marfleet, 01632 960005"
    with pytest.raises(referrals.NotDone):
        calls.refer(
            access=line.handler, ref=line.ref, new=wanted(source="social_care"), rung_by="Jo Pike, social worker"
        )


def test_a_form_sent_twice_is_one_referral_and_one_open_is_said(line: Line) -> None:
    new = wanted()
    for _ in range(2):
        calls.refer(access=line.handler, ref=line.ref, new=new, none_of_these=True)
    assert referrals.Referral.objects.count() == 1
    assert deeds(line) == ("refer",)
    with pytest.raises(referrals.OpenAlready):
        calls.refer(access=line.handler, ref=line.ref, new=wanted(), none_of_these=True)


def test_a_visit_is_booked_moved_and_cancelled(line: Line) -> None:
    first, second, _ = line.seats
    made = calls.book(access=line.handler, ref=line.ref, seat_ref=first.ref)
    assert (made.state, made.booked_via, made.patient_id) == ("booked", "telephone", line.sam.pk)
    moved = calls.move(access=line.handler, ref=line.ref, appointment_ref=made.ref, seat_ref=second.ref)
    left = calls.cancel(access=line.handler, ref=line.ref, appointment_ref=moved.ref)
    assert (left.state, left.reason) == ("cancelled", "patient")
    assert deeds(line) == ("book", "move", "cancel")
    with pytest.raises(booking.BookingError):
        calls.move(access=line.handler, ref=line.ref, appointment_ref=moved.ref, seat_ref=first.ref)


def test_free_places_are_shown_and_nobody_in_them(line: Line) -> None:
    live = calls.live(line.handler, line.ref)
    assert live.view is not None
    (kind,) = calls.kinds(live, live.view)
    found = calls.places(live, live.view, type_id=kind.pk, day=None)
    assert [place.ref for place in found] == [seat.ref for seat in line.seats]
    calls.book(access=line.handler, ref=line.ref, seat_ref=line.seats[0].ref)
    assert len(calls.places(live, live.view, type_id=kind.pk, day=None)) == 2


def test_late_is_said_from_two_hours_before(line: Line) -> None:
    made = calls.book(access=line.handler, ref=line.ref, seat_ref=line.seats[0].ref)
    with pytest.raises(booking.TooLate):
        calls.say_late(access=line.handler, ref=line.ref, appointment_ref=made.ref, minutes=10)
    with clock.at(made.starts_at):
        (visit,) = calls.visits(calls.live(line.handler, line.ref), calls.live(line.handler, line.ref).view)  # type: ignore[arg-type]
        assert (visit.may_be_late, visit.may_change) == (True, False)
        calls.say_late(access=line.handler, ref=line.ref, appointment_ref=made.ref, minutes=10)
    assert Appointment.objects.get(pk=made.pk).late_minutes == 10


def test_another_patients_visit_and_another_lines_place_are_not_touched(line: Line) -> None:
    ada = factories.patient(diary.practice().organisation, "Ada", "Hollis", born_on=date(2019, 3, 4))
    theirs = booking.book(seat_ref=line.seats[0].ref, patient_id=ada.pk, by=factories.TEST)
    with pytest.raises(Appointment.DoesNotExist):
        calls.cancel(access=line.handler, ref=line.ref, appointment_ref=theirs.ref)
    with pytest.raises(Appointment.DoesNotExist):
        calls.move(access=line.handler, ref=line.ref, appointment_ref=theirs.ref, seat_ref=line.seats[1].ref)
    with pytest.raises(Appointment.DoesNotExist):
        calls.say_late(access=line.handler, ref=line.ref, appointment_ref=theirs.ref, minutes=None)


DONE_WHILE_SEEN: dict[str, Callable[[Line, Appointment], object]] = {
    "told": lambda line, _: calls.told(access=line.handler, ref=line.ref, referral_ref=uuid4()),
    "refer": lambda line, _: calls.refer(access=line.handler, ref=line.ref, new=wanted(), none_of_these=True),
    "book": lambda line, _: calls.book(access=line.handler, ref=line.ref, seat_ref=line.seats[1].ref),
    "book_visit": lambda line, _: calls.book_visit(
        access=line.handler, ref=line.ref, referral_ref=uuid4(), seat_ref=line.seats[1].ref
    ),
    "move": lambda line, mine: calls.move(
        access=line.handler, ref=line.ref, appointment_ref=mine.ref, seat_ref=line.seats[1].ref
    ),
    "cancel": lambda line, mine: calls.cancel(access=line.handler, ref=line.ref, appointment_ref=mine.ref),
    "say_late": lambda line, mine: calls.say_late(
        access=line.handler, ref=line.ref, appointment_ref=mine.ref, minutes=None
    ),
    "change_point": lambda line, _: calls.change_point(access=line.handler, ref=line.ref, kind="mobile", value=""),
    "change_home": lambda line, _: calls.change_home(
        access=line.handler, ref=line.ref, address="1 Hop Gardens", postcode="ZZ1 1AA"
    ),
    "change_language": lambda line, _: calls.change_language(access=line.handler, ref=line.ref, language="Polish"),
    "add_need": lambda line, _: calls.add_need(access=line.handler, ref=line.ref, key="letter"),
    "end_need": lambda line, _: calls.end_need(access=line.handler, ref=line.ref, need_id=1),
    "text_code": lambda line, _: calls.text_code(access=line.handler, ref=line.ref, number="07700 900155"),
    "confirm_code": lambda line, _: calls.confirm_code(access=line.handler, ref=line.ref, code="123456"),
}


@pytest.mark.parametrize("what", DONE_WHILE_SEEN)
def test_nothing_is_done_once_the_view_is_over(line: Line, what: str) -> None:
    mine = booking.book(seat_ref=line.seats[0].ref, patient_id=line.sam.pk, by=factories.TEST)
    lapse()
    with pytest.raises(calls.NotSeen):
        DONE_WHILE_SEEN[what](line, mine)
    assert Appointment.objects.get().state == "booked"
    assert not referrals.Referral.objects.exists()
    calls.end(access=line.handler, ref=line.ref, outcome="other")
    with pytest.raises(calls.Contact.DoesNotExist):
        DONE_WHILE_SEEN[what](line, mine)


@pytest.mark.parametrize("what", DONE_WHILE_SEEN)
def test_nobody_but_the_handler_does_it(line: Line, what: str) -> None:
    mine = booking.book(seat_ref=line.seats[0].ref, patient_id=line.sam.pk, by=factories.TEST)
    practice = diary.practice().organisation
    colleague = replace(line, handler=factories.person(practice, Role.CALL_HANDLER)[1])
    desk = replace(line, handler=factories.person(practice)[1])
    with pytest.raises(calls.Contact.DoesNotExist):
        DONE_WHILE_SEEN[what](colleague, mine)
    with pytest.raises(NotPermitted):
        DONE_WHILE_SEEN[what](desk, mine)


def test_second_best_is_taken_and_the_gap_is_kept(line: Line) -> None:
    """product-map.md J9: the service that would be right is full; the next is taken, with need and place and nobody's name."""
    directory.switch_taking(service_id=line.slugs["joints"], opens=False, reason="Full", by=factories.TEST)
    findings = directory.find("physiotherapy for my knee", place="ZZ1 1AA", age=46, by_patient=False)
    second = next(one.card for one in findings.found if one.card.slug != "joints")
    calls.end_search(access=line.handler, ref=line.ref, findings=findings, place="ZZ1 1AA", taken=second.slug)
    gap = Gap.objects.get()
    assert (gap.because, gap.wanted_id, gap.taken_id, gap.place) == (
        "second_best",
        line.slugs["joints"],
        second.id,
        "ZZ1",
    )
    assert deeds(line) == ("service",)


def test_told_where_it_is_counts_once_for_each_referral(line: Line) -> None:
    made = calls.refer(access=line.handler, ref=line.ref, new=wanted(), none_of_these=True)
    for _ in range(2):
        calls.told(access=line.handler, ref=line.ref, referral_ref=made.ref)
    assert deeds(line) == ("refer", "told")
    with pytest.raises(calls.NotDone):
        calls.told(access=line.handler, ref=line.ref, referral_ref=uuid4())


# Handing over to others


def provider(slug: str = "joints") -> int:
    card = directory.card(slug)
    assert card is not None
    return card.provider_id


def test_whoever_cares_for_them_finds_who_it_is_about(line: Line) -> None:
    triage = factories.person(Organisation.objects.get(pk=provider()), Role.TRIAGE_CLINICIAN)[1]
    CareRelationship.objects.create(
        patient=line.sam, organisation_id=provider(), kind="referred", starts_on=date(2026, 1, 1)
    )
    calls.hand_over(
        access=line.handler, ref=line.ref, team="service:joints", words="Is it the same knee?", told="Ask triage"
    )
    task = Task.objects.get()
    assert (task.organisation_id, task.team, task.patient_id) == (triage.actor.organisation_id, "triage", line.sam.pk)
    assert task.detail == "Is it the same knee? Told: Ask triage."
    assert task.title == "Call handed over by Wexcombe Road Surgery"
    assert deeds(line) == ("hand_over",)


def test_whoever_does_not_care_for_them_is_told_to_ask(line: Line) -> None:
    factories.person(Organisation.objects.get(pk=provider()), Role.TRIAGE_CLINICIAN)
    calls.hand_over(
        access=line.handler, ref=line.ref, team="service:joints", words="Wants to know more", number="07700 900111"
    )
    task = Task.objects.get()
    assert task.patient_id is None
    assert "ask who they are" in task.detail
    assert "Hollis" not in task.detail + task.title
    assert task.detail.endswith("Ring back on 07700 900111.")
    assert not CareRelationship.objects.filter(organisation_id=provider()).exists()


def test_the_line_is_handed_on_warm(line: Line) -> None:
    """product-map.md J9: a clinician rings for a colleague's advice and is connected, with what it is about on their list."""
    calls.end(access=line.handler, ref=line.ref, outcome="other")
    ref = calls.start(access=line.handler)
    factories.person(Organisation.objects.get(pk=provider()), Role.TRIAGE_CLINICIAN)
    calls.hand_over(
        access=line.handler, ref=ref, team="service:joints", words="A GP asks about a scan", on_the_line=True
    )
    task = Task.objects.get()
    assert task.due_at == task.created_at
    assert task.title == "On the line now, connected by Wexcombe Road Surgery"
    assert task.detail.startswith("The caller has not been identified.")
    assert calls.live(line.handler, ref).deeds == ("connected",)


def test_where_nobody_works_with_onedoor_only_the_line_is_handed_on(line: Line) -> None:
    with pytest.raises(calls.NotDone, match="01632 960104"):
        calls.hand_over(access=line.handler, ref=line.ref, team="service:smoking", words="Patches")
    calls.hand_over(access=line.handler, ref=line.ref, team="service:smoking", words="Patches", on_the_line=True)
    assert not Task.objects.exists()
    assert deeds(line) == ("connected",)


# The number that rings


@pytest.mark.parametrize(
    ("number", "rang", "sharers"),
    [
        ("07700 900111", "number", 2),
        ("07700 900199", "number", 0),
        ("01632 960777", "number", 0),
        ("", "withheld", None),
    ],
)
def test_the_number_that_rings_says_how_many_and_opens_nobody(
    line: Line, number: str, rang: str, sharers: int | None
) -> None:
    here = diary.practice().organisation
    factories.patient(here, "Ada", "Hollis", mobile="+447700900111", born_on=date(2019, 3, 4))
    factories.patient(here, "Nan", "Hollis", mobile="+447700900111", deceased=True)
    calls.end(access=line.handler, ref=line.ref, outcome="other")
    ref = calls.start(access=line.handler)
    calls.note_number(access=line.handler, ref=ref, number=number)
    live = calls.live(line.handler, ref)
    assert (live.rang, live.sharers, live.view) == (rang, sharers, None)
    calls.end(access=line.handler, ref=ref, outcome="other")
    assert list(calls.Contact.objects.values_list("rang_from", flat=True)) == ["", ""], "it is forgotten"


def test_what_is_no_number_is_not_noted(line: Line) -> None:
    with pytest.raises(calls.NotDone):
        calls.note_number(access=line.handler, ref=line.ref, number="Sam's phone")
