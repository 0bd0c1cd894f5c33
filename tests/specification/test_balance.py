"""The balance of a day finds what is wrong with it, and finds nothing on a day on which all went well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, Offer, Release
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.messaging.models import Answer, Ask, Attempt, Inbound, Message, State
from onedoor.messaging.tests import asking_factories as asking
from onedoor.reporting.api import balance
from tests.specification.world import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, World, at, sweeps_and_provider

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def a_day() -> World:
    """A reminder, a cancellation by text, a released place, three offers, and one YES that chains."""
    world = World()
    sam = world.person("Sam")
    world.booked(sam, at(WEDNESDAY, 10, 20))
    waiting = [world.person(name) for name in ("Ann", "Bea", "Cal")]
    for n, who in enumerate(waiting):
        world.waits(who, world.booked(who, at(FRIDAY, 11, 10 * n)), days=9 - n)
    with clock.at(at(MONDAY, 10, 20)):
        sweeps_and_provider()
        world.says(sam, "CANCEL")
        sweeps_and_provider()
    with clock.at(at(MONDAY, 10, 30)):
        world.says(waiting[1], "YES")
        sweeps_and_provider()
    return world


def findings(world: World) -> list[str]:
    return balance(world.desk, MONDAY).findings


def test_a_day_on_which_all_went_well() -> None:
    world = a_day()
    found = balance(world.desk, MONDAY)
    assert (found.unexplained, found.findings) == (0, [])
    assert (found.reminded, found.answered, found.cancelled, found.released, found.refilled) == (1, 1, 2, 2, 1)
    assert all(account.total == sum(account.parts.values()) for account in found.accounts)
    assert {account.name for account in found.accounts if account.total == 0} == {"Asked of another diary"}


def test_the_headline_of_answers_is_a_part_of_its_account() -> None:
    """A reminder was answered and an offer was: the headline is of reminders, and the account has both by name."""
    world = a_day()
    found = balance(world.desk, MONDAY)
    (questions,) = (account for account in found.accounts if account.name == "Questions asked")
    assert questions.parts["reminders answered"] == found.answered == 1
    assert questions.parts["offers answered"] == 1
    other = world.person()
    world.booked(other, at(WEDNESDAY, 15))
    with clock.at(at(MONDAY, 15, 30)):
        sweeps_and_provider()
        world.says(other, "EARLY")
    after = balance(world.desk, MONDAY)
    (questions,) = (account for account in after.accounts if account.name == "Questions asked")
    assert questions.parts["reminders answered"] == after.answered == 2


def test_other_days_and_other_eyes_see_none_of_it() -> None:
    world = a_day()
    for day in (MONDAY - timedelta(days=1), THURSDAY):
        found = balance(world.desk, day)
        assert (found.cancelled, found.released, found.pence, found.unexplained) == (0, 0, Decimal(0), 0)
    elsewhere = World(ods_code="Y99003", name="Marsh Lane Practice")
    assert sum(account.total for account in balance(elsewhere.desk, MONDAY).accounts) == 0
    with pytest.raises(NotPermitted):
        balance(Access.nobody(), MONDAY)


# ---- faults, each planted behind the doors, because no door makes one


def accepted_twice(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Attempt.objects.create(message=text, n=2, run=1, outcome="accepted")


def wrong_price(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(pence=text.fragments * Decimal("2.400") + 1)


def no_price(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(pence=None)


def delivered_by_nobody(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(provider_id=None)


def sent_without_an_attempt(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(attempt=0)


def unsent_yet_the_provider_has_it(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(state=State.EXPIRED)


def suppressed_without_a_reason(world: World) -> None:
    text = Message.objects.filter(state=State.DELIVERED).latest("id")
    Message.objects.filter(pk=text.pk).update(state=State.SUPPRESSED, provider_id=None, because="")


def answered_by_nobody(world: World) -> None:
    ask = Ask.objects.filter(state="answered").latest("id")
    Answer.objects.filter(ask=ask).delete()


def open_question_never_put(world: World) -> None:
    ask = Ask.objects.filter(state="answered", message__isnull=False).latest("id")
    Ask.objects.filter(pk=ask.pk).update(state="open")
    Message.objects.filter(asks=ask).update(state=State.CLEARED, because="moved", provider_id=None)


def not_read(world: World) -> None:
    long_ago = clock.real_now() - timedelta(minutes=5)
    asking.arrive(world.practice, "+447700900199", "CANCEL", received_real=long_ago)


def read_and_forgotten(world: World) -> None:
    Inbound.objects.filter(pk=Inbound.objects.latest("id").pk).update(outcome="")


def acted_on_nothing(world: World) -> None:
    Inbound.objects.filter(pk=Inbound.objects.latest("id").pk).update(subject_id=None)


def cancelled_and_not_released(world: World) -> None:
    appointment = world.booked(world.person(), at(FRIDAY, 15))
    booking.cancel(appointment_id=appointment.pk, by=world.by, reason="patient", tell=False)
    Release.objects.filter(cancelled=appointment).delete()


def cancelled_not_released_and_booked_much_later(world: World) -> None:
    cancelled_and_not_released(world)
    appointment = Appointment.objects.latest("id")
    booking.book(seat_ref=appointment.seat.ref, patient_id=world.person().pk, by=world.by, tell=False)


def open_offer_of_a_filled_place(world: World) -> None:
    Offer.objects.filter(pk=Offer.objects.filter(state="gone").latest("id").pk).update(state="open")


def accepted_by_somebody_else(world: World) -> None:
    Offer.objects.filter(pk=Offer.objects.filter(state="gone").latest("id").pk).update(state="accepted")


def filled_by_nobody(world: World) -> None:
    Release.objects.filter(state="filled").update(filled_by=None)


def filled_in_another_seat(world: World) -> None:
    Release.objects.filter(state="filled").update(filled_by=world.booked(world.person(), at(FRIDAY, 16)))


def asked_elsewhere_for_nothing(world: World) -> None:
    emis = World(source="emis")
    who = emis.person()
    emis.import_diary([emis.row(who, at(FRIDAY, 9))])
    appointment = Appointment.objects.latest("id")
    booking.cancel(appointment_id=appointment.pk, by=world.by, reason="patient", tell=False)
    Appointment.objects.filter(pk=appointment.pk).update(state="booked")


FAULTS: list[tuple[Callable[[World], None], str]] = [
    (accepted_twice, "accepted more than once"),
    (wrong_price, "its price is not fragments by tariff"),
    (no_price, "sent without a price"),
    (delivered_by_nobody, "the provider never said that it has it"),
    (sent_without_an_attempt, "no attempt was written down before"),
    (unsent_yet_the_provider_has_it, "the provider has it, yet it is unsent"),
    (suppressed_without_a_reason, "never sent, without a reason"),
    (answered_by_nobody, "answered, yet there is no answer"),
    (open_question_never_put, "open, yet its text will never be sent"),
    (not_read, "not read two minutes after it came"),
    (read_and_forgotten, "nothing became of it"),
    (acted_on_nothing, "it does not say on what"),
    (cancelled_and_not_released, "its place was not released"),
    (cancelled_not_released_and_booked_much_later, "its place was not released"),
    (open_offer_of_a_filled_place, "open, yet its place is not"),
    (accepted_by_somebody_else, "somebody else has the place"),
    (filled_by_nobody, "filled by nobody"),
    (filled_in_another_seat, "somebody in another seat"),
    (asked_elsewhere_for_nothing, "open, yet nothing is being cancelled"),
]


@pytest.mark.parametrize(("plant", "said"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_is_found(plant: Callable[[World], None], said: str) -> None:
    world = a_day()
    assert findings(world) == []
    with clock.at(at(MONDAY, 12)):
        plant(world)
    assert any(said in finding for finding in findings(world)), findings(world)
    assert balance(world.desk, MONDAY).unexplained > 0


# ---- reasons not to release a place


def cancelled_parts(world: World) -> dict[str, int]:
    found = balance(world.desk, MONDAY)
    assert found.findings == []
    return next(account.parts for account in found.accounts if account.name == "Appointments cancelled")


def cancel(world: World, appointment: Appointment) -> None:
    booking.cancel(appointment_id=appointment.pk, by=world.by, reason="practice", tell=False)


def test_what_is_not_refilled_has_its_reason() -> None:
    world = World()
    for name in ("Book on the day", "Depot injection", "Something unheard of"):
        cancel(world, world.booked(world.person(), at(FRIDAY, 9), kind=world.type(name)))
    soon = world.booked(world.person(), at(MONDAY, 9, 30))
    cancel(world, soon)
    blocked = world.booked(world.person(), at(FRIDAY, 10))
    booking.block_seat(seat_id=blocked.seat_id, by=world.by)
    cancel(world, blocked)
    assert cancelled_parts(world) == {
        "not of a kind to be refilled": 3,
        "place withdrawn": 1,
        "too late to refill": 1,
    }


def test_a_switch_counts_as_it_was_then() -> None:
    world = World()
    early, off, late = (world.booked(world.person(), at(FRIDAY, 9 + n)) for n in range(3))
    cancel(world, early)
    with clock.at(at(MONDAY, 10)):
        booking.set_policy(organisation_id=world.practice.pk, on=False, by=world.by)
        cancel(world, off)
    with clock.at(at(MONDAY, 11)):
        booking.set_policy(organisation_id=world.practice.pk, on=True, by=world.by)
        cancel(world, late)
    assert cancelled_parts(world) == {"place released": 2, "refilling was off": 1}


def test_settings_count_as_they_were_then() -> None:
    """A kind that is no longer refilled, or a longer notice, explains nothing that happened before; nor do they hide it after."""
    world = World()
    near, kept = world.booked(world.person(), at(MONDAY, 10, 30)), world.booked(world.person(), at(FRIDAY, 9))
    depot = world.booked(world.person(), at(FRIDAY, 10), kind=world.type("Something unheard of"))
    booking.set_policy(organisation_id=world.practice.pk, notice_minutes=120, by=world.by)
    for appointment in (near, kept, depot):
        cancel(world, appointment)
    before = {"not of a kind to be refilled": 1, "place released": 1, "too late to refill": 1}
    assert cancelled_parts(world) == before
    booking.set_policy(organisation_id=world.practice.pk, notice_minutes=30, by=world.by)
    booking.set_type(organisation_id=world.practice.pk, name="Something unheard of", may_refill=True, by=world.by)
    assert cancelled_parts(world) == before
    booking.set_type(organisation_id=world.practice.pk, name="Blood test", may_refill=False, by=world.by)
    Release.objects.filter(cancelled=kept).delete()
    found = balance(world.desk, MONDAY)
    assert found.findings == [f"appointment {kept.pk}: its place was not released"]


def test_what_the_other_diary_did_is_no_fault_of_ours() -> None:
    world = World(source="emis")
    sam, ann, bea, cal = (world.person() for _ in range(4))
    rest = [world.row(world.person(), at(THURSDAY, 8, n)) for n in range(0, 60, 10)]
    rest += [world.row(world.person(), at(THURSDAY, hour, n)) for hour in range(9, 13) for n in range(0, 60, 10)]
    world.import_diary(
        [world.row(sam, at(FRIDAY, 9)), world.row(ann, at(FRIDAY, 10)), world.row(bea, at(FRIDAY, 11)), *rest]
    )
    for who in (ann, bea):
        cancel(world, Appointment.objects.get(patient=who))
    # Sam's vanished, Ann's was freed and given to Cal at once, Bea's was freed and blocked.
    world.import_diary([world.row(cal, at(FRIDAY, 10)), world.row(None, at(FRIDAY, 11), status="blocked"), *rest])
    assert cancelled_parts(world) == {
        "given away in the other diary": 1,
        "no longer in the other diary": 1,
        "place withdrawn": 1,
    }


def test_it_costs_the_same_however_much_happened() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    world, costs = World(), []
    for size in (3, 30):
        for n in range(size):
            visit = world.booked(world.person(), at(FRIDAY, 9) + timedelta(minutes=10 * n + size * 100))
            cancel(world, visit)
        sweeps_and_provider()
        with CaptureQueriesContext(connection) as statements:
            assert balance(world.desk, MONDAY).unexplained == 0
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_managers_see_it_and_the_administrator_does_not() -> None:
    from onedoor import factories

    world = World()
    assert balance(factories.person(world.practice, Role.PRACTICE_MANAGER)[1], MONDAY).unexplained == 0
    with pytest.raises(NotPermitted):
        balance(factories.person(world.practice, Role.ADMINISTRATOR)[1], MONDAY)
