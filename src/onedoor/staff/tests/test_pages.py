"""What the desk can do on its pages, through their forms."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, AppointmentType, OfferPolicy, WaitingEntry
from onedoor.factories import person, practice
from onedoor.kernel import clock
from onedoor.kernel.models import AuditEntry
from onedoor.kernel.nhs_number import shown
from onedoor.messaging.models import Inbound, Message, State, Stop
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import Patient
from onedoor.records.models import Look
from onedoor.staff.download import MOST, as_file
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task
from onedoor.ui.tests.world import LIST, PHONE, World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


@pytest.fixture
def desk(world: World) -> Client:
    """The receptionist's browser."""
    return signed_in(world.receptionist)


def signed_in(user: object) -> Client:
    """A browser of this user."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


def text_of(client: Client, address: str) -> str:
    """The page's HTML, which must be there."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def hidden(page: str, action: str) -> dict[str, str]:
    """What the first form of this address on a page sends with whichever button."""
    [form] = re.findall(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)[:1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


class TestTasks:
    """The worklist."""

    def test_a_row_has_the_form_that_ends_it(self, world: World, desk: Client) -> None:
        page = text_of(desk, reverse("tasks"))
        assert f'<form method="post" action="/tasks/{world.task.ref}/complete/" data-kind="reply"' in page
        assert '<button class="od-button" name="outcome" value="answered">' in page

    def test_work_about_a_child_says_whom_to_ask_for(self, world: World, desk: Client) -> None:
        """Whatever the work is: its row and the banner of its page."""
        for patient_id in (world.ada.pk, world.sam.pk):
            Task.objects.filter(pk=world.task.pk).update(patient_id=patient_id)
            for address in (reverse("tasks"), reverse("task", args=[world.task.ref])):
                said = "! Aged 7 years: ask for a parent or carer" in text_of(desk, address)
                assert said == (patient_id == world.ada.pk)

    def test_ending_one_moves_it_to_done_today(self, world: World, desk: Client) -> None:
        address = reverse("task_complete", args=[world.task.ref])
        sent = hidden(text_of(desk, reverse("tasks")), address)
        desk.post(address, {**sent, "outcome": "answered", "note": "rang her"})
        page = text_of(desk, reverse("tasks"))
        assert f"/tasks/{world.task.ref}/complete/" not in page
        assert "(rang her)" in page

    def test_two_people_one_decision(self, world: World, desk: Client) -> None:
        tasks.complete(access=world.access, ref=world.task.ref, outcome="nothing")
        answer = desk.post(reverse("task_complete", args=[world.task.ref]), {"outcome": "answered"}, follow=True)
        assert "already ended by" in answer.content.decode()
        world.task.refresh_from_db()
        assert world.task.outcome == "nothing"

    def test_an_outcome_that_is_not_offered_is_not_found(self, world: World, desk: Client) -> None:
        assert desk.post(reverse("task_complete", args=[world.task.ref]), {"outcome": "made up"}).status_code == 404

    def test_taking_and_giving_back(self, world: World, desk: Client) -> None:
        desk.post(reverse("task_claim", args=[world.task.ref]))
        assert "You have it" in text_of(desk, reverse("tasks"))
        desk.post(reverse("task_give_back", args=[world.task.ref]))
        assert "You have it" not in text_of(desk, reverse("tasks"))

    def test_no_address_of_somebody_else_is_returned_to(self, world: World, desk: Client) -> None:
        for wanted in ("https://elsewhere.example/", "//elsewhere.example/"):
            answer = desk.post(reverse("task_claim", args=[world.task.ref]), {"back": wanted})
            assert answer.headers["Location"] == reverse("tasks")

    def test_an_empty_list_says_what_that_means(self, world: World, desk: Client) -> None:
        for task in tasks.waiting(world.access):
            address = reverse("task_complete", args=[task.ref])
            sent = hidden(text_of(desk, reverse("tasks")), address)
            desk.post(address, {**sent, "outcome": tasks.kind_of(task.kind).outcomes[0].value})
        assert "Nothing waits for a person" in text_of(desk, reverse("tasks"))


class TestDiary:
    """The day and its places."""

    def test_a_place_says_who_has_it_in_words(self, world: World, desk: Client) -> None:
        page = text_of(desk, reverse("diary_day", args=[world.day]))
        assert "Sam Hollis" in page
        assert "Booked" in page
        assert "Offered" in page

    def test_booking_a_found_patient(self, world: World, desk: Client) -> None:
        place = reverse("place", args=[world.day, world.free.ref])
        assert str(world.sam.ref) in text_of(desk, f"{place}?q=hollis")
        desk.post(reverse("place_book", args=[world.day, world.free.ref]), {"patient": str(world.sam.ref)})
        assert Appointment.objects.get(seat=world.free).patient_id == world.sam.pk

    def test_a_refusal_is_said_and_changes_nothing(self, world: World, desk: Client) -> None:
        address = reverse("place_book", args=[world.day, world.booked.seat.ref])
        answer = desk.post(address, {"patient": str(world.ada.ref)}, follow=True)
        assert "Nothing was changed" in answer.content.decode()
        assert Appointment.objects.filter(seat=world.booked.seat).count() == 1

    def test_cancelling_asks_who_cancels(self, world: World, desk: Client) -> None:
        address = reverse("place_cancel", args=[world.day, world.booked.seat.ref])
        assert "Say who cancels" in desk.post(address, follow=True).content.decode()
        world.booked.refresh_from_db()
        assert world.booked.state == "booked"
        desk.post(address, {"reason": "practice"})
        world.booked.refresh_from_db()
        assert (world.booked.state, world.booked.reason) == ("cancelled", "practice")

    def test_moving_to_a_free_place(self, world: World, desk: Client) -> None:
        spot = [world.day, world.booked.seat.ref]
        page = text_of(desk, reverse("place_move_to", args=spot) + f"?day={world.day}")
        assert str(world.free.ref) in page
        desk.post(reverse("place_move", args=spot), {"day": world.day.isoformat(), "to": str(world.free.ref)})
        assert Appointment.objects.get(seat=world.free).patient_id == world.sam.pk

    def test_arrived_then_seen(self, world: World, desk: Client) -> None:
        for what, state in (("arrived", "arrived"), ("seen", "fulfilled")):
            desk.post(reverse("place_mark", args=[world.day, world.booked.seat.ref, what]))
            world.booked.refresh_from_db()
            assert world.booked.state == state

    def test_a_wrong_mark_is_taken_back(self, world: World, desk: Client) -> None:
        spot = [world.day, world.booked.seat.ref]
        with clock.at(world.booked.starts_at + timedelta(minutes=1)):
            for what in ("arrived", "seen", "missed"):
                desk.post(reverse("place_mark", args=[*spot, what]))
                assert "Undo: " in text_of(desk, reverse("place", args=spot))
                answer = desk.post(reverse("place_unmark", args=spot), follow=True).content.decode()
                assert "Taken back." in answer
                assert "Undo: " not in answer
                world.booked.refresh_from_db()
                assert world.booked.state == "booked"
            page = text_of(desk, reverse("patient", args=[world.sam.ref]))
        assert page.count("Entered in error:") == 3

    def test_a_wrong_mark_of_yesterdays_visit_is_taken_back_the_day_it_was_made(
        self, world: World, desk: Client
    ) -> None:
        spot = [world.day, world.booked.seat.ref]
        with clock.at(world.booked.starts_at + timedelta(days=1)):
            desk.post(reverse("place_mark", args=[*spot, "missed"]))
            assert "Undo: " in text_of(desk, reverse("place", args=spot))
        with clock.at(world.booked.starts_at + timedelta(days=2)):
            assert "Undo: " not in text_of(desk, reverse("place", args=spot))

    def test_wanting_an_earlier_one(self, world: World, desk: Client) -> None:
        desk.post(reverse("place_earlier", args=[world.day, world.booked.seat.ref]))
        assert WaitingEntry.objects.filter(patient=world.sam, state="waiting").exists()

    def test_a_day_that_does_not_exist_is_not_found(self, desk: Client, world: World) -> None:
        assert desk.get("/diary/2026-02-30/").status_code == 404
        assert desk.get("/diary/?day=nonsense").headers["Location"] == f"/diary/{clock.today().isoformat()}/"


class TestPatient:
    """One patient's page."""

    def test_opening_it_is_noted(self, world: World, desk: Client) -> None:
        page = text_of(desk, reverse("patient", args=[world.sam.ref]))
        assert Look.objects.filter(patient=world.sam, page="patient", actor_id=world.receptionist.pk).count() == 1
        assert "Shared phone" in page
        assert "Interpreter: Polish" in page

    def test_a_shared_phone_shows_no_text_of_the_other(self, world: World, desk: Client) -> None:
        page = text_of(desk, reverse("patient", args=[world.sam.ref]))
        assert "Sam: " in page
        assert "Ada: " not in page


class TestInbox:
    """Replies that need a person."""

    def test_nobodys_details_before_somebody_is_chosen(self, world: World, desk: Client) -> None:
        address = reverse("thread", args=[world.thread.ref])
        page = text_of(desk, address)
        assert "2 patients share this phone" in page
        assert shown(world.sam.nhs_number or "") not in page
        assert "Sam: " not in page
        assert not Look.objects.exclude(page="telephone contact").exists()
        chosen = text_of(desk, f"{address}?person={world.sam.ref}")
        assert "Sam: " in chosen
        assert "Ada: " not in chosen
        assert Look.objects.filter(patient=world.sam, page="inbox").exists()

    def test_writing_back_twice_is_one_text(self, world: World, desk: Client) -> None:
        key = str(uuid4())
        for _ in range(2):
            desk.post(reverse("thread_reply", args=[world.thread.ref]), {"text": "Yes, after 3pm.", "key": key})
        assert Message.objects.filter(number=PHONE, body="Yes, after 3pm.").count() == 1

    def test_an_empty_answer_is_not_sent(self, world: World, desk: Client) -> None:
        before = Message.objects.count()
        desk.post(reverse("thread_reply", args=[world.thread.ref]), {"text": "  ", "key": str(uuid4())})
        assert Message.objects.count() == before

    def test_settling_ends_its_task(self, world: World, desk: Client) -> None:
        desk.post(reverse("thread_settle", args=[world.thread.ref]), {"seen": world.inbound.pk})
        world.task.refresh_from_db()
        world.thread.refresh_from_db()
        assert (world.task.state, world.thread.needs_person_since) == ("done", None)

    def test_nothing_is_ended_over_a_text_that_came_after_the_page(self, world: World, desk: Client) -> None:
        """From whichever page its form was."""
        Task.objects.filter(pk=world.task.pk).update(patient_id=world.sam.pk)
        ending = reverse("task_complete", args=[world.task.ref])
        thread = reverse("thread", args=[world.thread.ref])
        pages = [
            reverse("tasks"),
            reverse("task", args=[world.task.ref]),
            reverse("patient", args=[world.sam.ref]),
            thread,
            f"{thread}?person={world.sam.ref}",
        ]
        before = [{**hidden(text_of(desk, page), ending), "outcome": "answered"} for page in pages]
        say(world.practice.organisation, PHONE, "and may her brother come with her?")
        Inbound.objects.update(received_real=clock.real_now() - timedelta(hours=1))
        settling = (reverse("thread_settle", args=[world.thread.ref]), {"seen": before[3]["seen"]})
        for address, form in [(ending, form) for form in before] + [settling, (ending, {"outcome": "answered"})]:
            page = desk.post(address, form, follow=True).content.decode()
            assert "A newer text has come that was not on your page: read it first. Nothing was changed." in page
            world.task.refresh_from_db()
            world.thread.refresh_from_db()
            assert (world.task.state, world.thread.needs_person_since is None) == ("open", False)
        for page, old in zip(pages, before, strict=True):
            assert int(hidden(text_of(desk, page), ending)["seen"]) > int(old["seen"]) == world.inbound.pk
        desk.post(ending, {**hidden(text_of(desk, thread), ending), "outcome": "answered"})
        world.task.refresh_from_db()
        world.thread.refresh_from_db()
        assert (world.task.state, world.thread.needs_person_since) == ("done", None)

    def test_a_thread_without_work_is_settled_from_its_own_form(self, world: World, desk: Client) -> None:
        tasks.withdraw(keys=[world.task.key], because="a test", by=world.access.actor)
        address = reverse("thread_settle", args=[world.thread.ref])
        assert desk.post(address).status_code == 302
        world.thread.refresh_from_db()
        assert world.thread.needs_person_since is not None
        desk.post(address, hidden(text_of(desk, reverse("thread", args=[world.thread.ref])), address))
        world.thread.refresh_from_db()
        assert world.thread.needs_person_since is None

    def test_a_text_is_unread_until_somebody_opens_it(self, world: World, desk: Client) -> None:
        inbox, thread = reverse("inbox"), reverse("thread", args=[world.thread.ref])
        assert "Unread" in text_of(desk, inbox)
        desk.get(thread)
        assert "Unread" not in text_of(desk, inbox)
        say(world.organisation, world.thread.number, "and is there parking?")
        assert "Unread" in text_of(desk, inbox)

    def test_the_visit_that_has_begun_stands_beside_the_text(self, world: World, desk: Client) -> None:
        thread = reverse("thread", args=[world.thread.ref]) + f"?person={world.sam.ref}"
        assert "of the last two days" not in text_of(desk, thread)
        with clock.at(world.booked.starts_at + timedelta(minutes=20)):
            page = text_of(desk, thread)
        assert "Appointments of the last two days" in page
        assert reverse("place", args=[world.day, world.booked.ref]) in page

    def test_doing_what_the_text_meant(self, world: World, desk: Client) -> None:
        said = {"person": str(world.sam.ref), "appointment": str(world.booked.ref), "intent": "confirm"}
        desk.post(reverse("thread_answer", args=[world.thread.ref]), said)
        world.booked.refresh_from_db()
        assert world.booked.confirmed_at is not None

    def test_wanting_another_time_is_answered_by_a_link_once(self, world: World, desk: Client) -> None:
        said = {
            "person": str(world.sam.ref), "appointment": str(world.booked.ref), "intent": "rebook", "key": str(uuid4()),
        }  # fmt: skip
        before = Message.objects.count()
        for _ in range(2):
            page = desk.post(reverse("thread_answer", args=[world.thread.ref]), said, follow=True).content.decode()
        assert "texted a link to other times" in page
        assert Message.objects.count() == before + 1
        assert "/c/" in Message.objects.order_by("-id")[0].body
        world.booked.refresh_from_db()
        assert world.booked.state == "booked"

    def test_not_what_it_meant_for_somebody_else(self, world: World, desk: Client) -> None:
        said = {"person": str(world.ada.ref), "appointment": str(world.booked.ref), "intent": "cancel"}
        assert desk.post(reverse("thread_answer", args=[world.thread.ref]), said).status_code == 404
        world.booked.refresh_from_db()
        assert world.booked.state == "booked"

    def test_handing_over(self, world: World, desk: Client) -> None:
        address = reverse("thread_assign", args=[world.thread.ref])
        desk.post(address, {"to": str(world.manager.pk)})
        world.thread.refresh_from_db()
        assert world.thread.owner_id == world.manager.pk
        assert desk.post(address, {"to": str(world.elsewhere.pk)}).status_code == 404


class TestSent:
    """Did we send this?"""

    def test_whether_and_when_and_no_more(self, world: World, desk: Client) -> None:
        text = Message.objects.filter(patient=world.sam).earliest("id")
        Message.objects.filter(pk=text.pk).update(state=State.ACCEPTED, accepted_at=clock.now(), provider_id="x")
        found = text_of(desk, reverse("sent") + "?number=07700-900111&day=2026-12-07")
        assert "1 text went to 07700-900111 on Monday 7 December 2026" in found
        assert "about an appointment that was booked, moved or cancelled" in found
        assert "not known yet" in found
        assert "Sam" not in found
        assert text.body not in found
        Message.objects.filter(pk=text.pk).update(state=State.UNKNOWN, accepted_at=None, provider_id=None)
        unsure = text_of(desk, reverse("sent") + "?number=07700900111&day=2026-12-07")
        assert "not known: the connection failed while it was sent" in unsure
        Message.objects.filter(pk=text.pk).update(state=State.ACCEPTED, accepted_at=clock.now(), provider_id="x")
        for other in ("number=07700900111&day=2026-12-08", "number=07700900999&day=2026-12-07"):
            assert "No text of ours went to" in text_of(desk, reverse("sent") + f"?{other}")

    def test_what_is_no_number_is_said_to_be_none(self, desk: Client) -> None:
        for typed in ("banana", "0770", "07700 900 one"):
            page = text_of(desk, reverse("sent") + f"?number={typed}&day=2026-12-07")
            assert f"“{typed}” is not a telephone number" in page
            assert "No text of ours" not in page

    def test_another_practice_does_not_learn_it(self, world: World) -> None:
        Message.objects.update(accepted_at=clock.now(), provider_id=None)
        page = text_of(signed_in(world.elsewhere), reverse("sent") + "?number=07700900111&day=2026-12-07")
        assert "No text of ours went to" in page


class TestOffers:
    """Released places."""

    def test_who_is_asked_and_taking_it_for_them(self, world: World, desk: Client) -> None:
        assert "Ada Hollis" in text_of(desk, reverse("offers"))
        desk.post(reverse("offer_answer", args=[world.offer.ref, "accept"]))
        world.release.refresh_from_db()
        assert world.release.state == "filled"

    def test_what_happens_next_is_said(self, world: World, desk: Client) -> None:
        """Ada is asked and nobody else is on the list; then Sam would like an earlier one too, and then time runs out."""
        page = text_of(desk, reverse("offers"))
        assert "Nobody else on the list can take it, so nobody else is asked" in page
        assert "Otherwise it is left empty when its time comes." in page
        booking.join_waiting(
            patient_id=world.sam.pk,
            appointment_id=None,
            type_id=world.kind_id,
            via="desk",
            by=world.access.actor,
        )
        assert "The next on the list are asked in 15 minutes" in text_of(desk, reverse("offers"))
        with clock.at(clock.now() + timedelta(minutes=16)):
            page = text_of(desk, reverse("offers"))
            assert "1 person asked, and their time is up" in page
            assert "The next on the list are asked within a minute" in page
        with clock.at(world.release.seat.starts_at - timedelta(minutes=20)):
            assert "It starts too soon to ask anybody else" in text_of(desk, reverse("offers"))

    def test_stopping_one_place(self, world: World, desk: Client) -> None:
        desk.post(reverse("offer_stop", args=[world.release.ref]))
        world.release.refresh_from_db()
        assert world.release.state == "withdrawn"

    def test_switching_off_is_said_on_every_list(self, world: World, desk: Client) -> None:
        signed_in(world.manager).post(reverse("offers_switch"), {"on": "0"})
        assert "Refilling is off" in text_of(desk, reverse("offers"))
        assert "Refilling is off" in text_of(desk, reverse("home"))

    def test_joining_and_leaving_the_list(self, world: World, desk: Client) -> None:
        desk.post(reverse("waiting_join"), {"patient": str(world.sam.ref), "type": str(world.kind_id)})
        entry = WaitingEntry.objects.get(patient=world.sam)
        desk.post(reverse("waiting_leave", args=[entry.ref]))
        entry.refresh_from_db()
        assert entry.state == "left"


class TestImports:
    """A file, from the form to the rows that stay out."""

    def test_preview_then_report_then_apply(self, world: World) -> None:
        client = signed_in(world.manager)
        upload = SimpleUploadedFile("list.csv", LIST.encode(), content_type="text/csv")
        answer = client.post(reverse("imports"), {"kind": "patients", "file": upload})
        address = answer.headers["Location"]
        page = text_of(client, address)
        assert "1 row can be taken, 1 cannot" in page
        assert "31-Feb-2002" in page
        assert not Patient.objects.filter(family_name="Achebe").exists()
        assert "31-Feb-2002" in client.get(f"{address}rejects.csv").content.decode()
        client.post(f"{address}apply/")
        assert Patient.objects.filter(family_name="Achebe").exists()
        assert "1 row taken, 1 not" in text_of(client, address)

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({}, "Say what is in the file"),
            ({"kind": "patients"}, "Choose a file"),
            ({"kind": "patients", "file": SimpleUploadedFile("x.csv", b"")}, "The file is empty"),
            ({"kind": "patients", "file": SimpleUploadedFile("x.csv", b"nonsense")}, "There is a problem"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, world: World, form: dict[str, object], said: str) -> None:
        answer = signed_in(world.manager).post(reverse("imports"), form)
        assert answer.status_code == 400
        assert said in answer.content.decode()

    def test_a_list_of_another_practice_is_refused(self, world: World) -> None:
        other = LIST.replace("Wexcombe Road Surgery (Y99002)", "Marfleet Lane Practice (Y99003)")
        upload = SimpleUploadedFile("list.csv", other.encode())
        answer = signed_in(world.manager).post(reverse("imports"), {"kind": "patients", "file": upload})
        assert "not a practice of yours" in answer.content.decode()


class TestSettings:
    """Switches and kinds of appointment."""

    def test_a_locked_kind_stays_locked(self, world: World) -> None:
        kind = AppointmentType.objects.create(
            organisation=world.organisation, name="Two week wait", never_by_machine=True, remind_hours=48
        )
        client = signed_in(world.manager)
        assert "Locked" in text_of(client, reverse("appointment_type", args=[kind.pk]))
        client.post(
            reverse("appointment_type", args=[kind.pk]),
            {"reply_may_cancel": "1", "said_as": "", "remind_hours": "48"},
        )
        kind.refresh_from_db()
        assert (kind.never_by_machine, kind.reply_may_cancel) == (True, False)

    def test_a_kind_without_reminder(self, world: World) -> None:
        kind = AppointmentType.objects.create(organisation=world.organisation, name="Drop in")
        client = signed_in(world.manager)
        address = reverse("appointment_type", args=[kind.pk])
        client.post(address, {"said_as": "", "remind_hours": "0"})
        kind.refresh_from_db()
        assert kind.remind_hours is None
        assert '<option value="0" selected>not at all</option>' in client.get(address).content.decode()

    def test_stopping_asks_first(self, world: World) -> None:
        client = signed_in(world.manager)
        address = reverse("sending", args=["ours", "stop"])
        assert "Stop sending for" in text_of(client, address)
        assert not Stop.objects.exists()
        client.post(address)
        assert Stop.objects.get().organisation_id == world.organisation.pk
        client.post(reverse("sending", args=["ours", "resume"]))
        assert not Stop.objects.filter(until=None).exists()

    def test_the_administrator_stops_all(self, world: World) -> None:
        signed_in(world.administrator).post(reverse("sending", args=["all", "stop"]))
        assert Stop.objects.get().organisation_id is None

    def test_the_policy_takes_only_what_is_offered(self, world: World) -> None:
        client = signed_in(world.manager)
        bad = {"wave_size": "999", "window_minutes": "15", "notice_minutes": "60"}
        assert client.post(reverse("offer_policy"), bad).status_code == 404
        client.post(reverse("offer_policy"), {**bad, "wave_size": "3"})
        assert OfferPolicy.objects.get(organisation=world.organisation).wave_size == 3


def test_the_menu_counts_the_truth(world: World, desk: Client) -> None:
    page = text_of(desk, reverse("home"))
    waiting = len(tasks.waiting(world.access))
    assert f'Tasks <span class="od-count">{waiting}<' in page


def test_home_tells_what_is_new_since_the_last_look(world: World, desk: Client) -> None:
    text_of(desk, reverse("home"))
    desk.post(reverse("offer_answer", args=[world.offer.ref, "accept"]))
    assert "✓ New" in text_of(desk, reverse("home"))


def test_a_shared_desk_keeps_no_page(desk: Client) -> None:
    assert desk.get(reverse("home")).headers["Cache-Control"] == "no-store"


def test_counters_balance(world: World, desk: Client) -> None:
    assert "nothing unexplained" in text_of(desk, reverse("counters"))


def test_what_is_not_found_says_so_and_leads_back(desk: Client) -> None:
    answer = desk.get("/nowhere/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_a_form_of_an_old_session_says_that_nothing_was_changed() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("signin"), {"username": "x"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_enter_in_a_note_ends_no_task(world: World, desk: Client) -> None:
    form = text_of(desk, reverse("tasks")).split('class="od-outcomes"')[1]
    assert form.split("<button")[1].startswith(" disabled")


class TestDownloads:
    """Every list as a file, for those who may see it."""

    def lines(self, client: Client, address: str, **data: str) -> list[list[str]]:
        answer = client.post(address, data)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))

    def test_each_has_what_its_page_has(self, world: World, desk: Client) -> None:
        found = {
            "tasks": self.lines(desk, reverse("tasks_download")),
            "of a kind": self.lines(desk, reverse("tasks_download"), kind="offer_call"),
            "inbox": self.lines(desk, reverse("inbox_download")),
            "released": self.lines(desk, reverse("offers_download", args=["2026-12-07"])),
            "waiting": self.lines(desk, reverse("waiting_download")),
        }
        assert [row[1] for row in found["tasks"][1:]] == list(
            Task.objects.filter(organisation=world.organisation)
            # Whoever reviews what was opened in need sees that work, and nobody else.
            .exclude(kind__startswith="break_glass")
            .order_by("due_at", "pk")
            .values_list("title", flat=True)
        )
        assert world.task.title in {row[1] for row in found["tasks"][1:]}
        assert found["of a kind"][1:] == []
        assert [row[3] for row in found["inbox"][1:]] == ["can Ada come after school, and is Sam still fine?"]
        assert [(row[0], row[4]) for row in found["released"][1:]] == [("2026-12-09 09:10", "open")]
        assert [(row[0], row[1]) for row in found["waiting"][1:]] == [("Ada Hollis", "Blood test")]

    def test_what_leaves_is_written_down(self, world: World, desk: Client) -> None:
        desk.post(reverse("waiting_download"))
        entry = AuditEntry.objects.get(action="download")
        assert (entry.actor_id, entry.organisation_id, entry.detail) == (
            world.receptionist.pk,
            world.organisation.pk,
            {"list": "waiting-list", "rows": 1},
        )

    def test_what_a_patient_writes_runs_no_formula(self, world: World, desk: Client) -> None:
        Inbound.objects.filter(pk=world.inbound.pk).update(text='=HYPERLINK("http://x.example")')
        assert self.lines(desk, reverse("inbox_download"))[1][3] == '\'=HYPERLINK("http://x.example")'

    def test_another_practice_downloads_its_own(self, world: World) -> None:
        client = signed_in(world.elsewhere)
        for name in ("tasks_download", "inbox_download", "waiting_download"):
            assert len(self.lines(client, reverse(name))) == 1
        assert len(self.lines(client, reverse("offers_download", args=["2026-12-07"]))) == 1

    def test_counters_leave_with_small_numbers_hidden(self, world: World, desk: Client) -> None:
        rows = self.lines(desk, reverse("counters_download", args=["2026-12-07"]))
        assert ["Appointments cancelled", "in all", "*"] in rows
        assert all(row[2] == "*" or int(row[2]) % 5 == 0 < int(row[2]) for row in rows[1:])


def test_a_file_that_is_cut_says_so() -> None:
    _, access = person(practice())
    whole = as_file(access, "tasks", ("What",), [["one"], ["two"]]).content.decode()
    assert whole.splitlines()[1:] == ["one", "two"]
    cut = as_file(access, "tasks", ("What",), [["one"]] * (MOST + 5)).content.decode().splitlines()
    assert len(cut) == MOST + 2
    assert "There may be more" in cut[-1]
