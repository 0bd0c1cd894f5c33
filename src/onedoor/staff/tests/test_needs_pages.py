"""The pages of needs: written down on the patient's page, asked of places, told of in the diary, and what was not met."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from onedoor.booking import api as booking
from onedoor.booking.models import Appointment, InterpreterBooking, NeedBreach
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Need, Patient
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning; Sam Hollis needs a Polish interpreter."""
    return make()


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(world.receptionist, backend="django.contrib.auth.backends.ModelBackend")
    return client


def manager(world: World) -> Client:
    client = Client()
    client.force_login(world.manager, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_need_is_written_down_and_ended(world: World, desk: Client) -> None:
    address = reverse("patient_needs", args=[world.ada.ref])
    assert "No need is kept" in desk.get(address).content.decode()
    desk.post(address, {"need": "not_before", "hour": "14"})
    desk.post(address, {"need": "large24"})
    desk.post(address, {"need": "", "words": "Afraid of dogs"})
    assert "Nothing was kept" in desk.post(address, {"need": "interpreter"}, follow=True).content.decode()
    kept = Need.objects.filter(patient=world.ada)
    assert set(kept.values_list("text", "code")) == {
        ("Not before 14:00", ""),
        ("Large print, 24 point", "957351000000102"),
        ("Afraid of dogs", ""),
    }
    desk.post(address, {"what": "language", "language": "polski"})
    assert Patient.objects.get(pk=world.ada.pk).language == "Polish"
    page = desk.get(reverse("patient", args=[world.ada.ref])).content.decode()
    assert "Speaks Polish" in page
    assert "Not before 14:00" in page
    desk.post(address, {"end": str(kept.get(text="Afraid of dogs").pk)})
    assert kept.filter(until=None).count() == 2
    assert desk.post(address, {"end": "999999"}).status_code == 404


def test_a_place_that_does_not_fit_asks_why_and_keeps_it(world: World, desk: Client) -> None:
    Need.objects.create(patient=world.ada, organisation=world.practice.organisation, text="Step-free access")
    there = {"day": world.day, "ref": world.free.ref}
    page = desk.get(reverse("place", kwargs=there), {"q": "Ada Hollis"}).content.decode()
    assert "this place is not known to be step-free" in page
    book = reverse("place_book", kwargs=there)
    answer = desk.post(book, {"patient": str(world.ada.ref)}, follow=True).content.decode()
    assert "This place does not fit. Step-free access" in answer
    assert not Appointment.objects.filter(seat=world.free).exists()
    answer = desk.post(
        book, {"patient": str(world.ada.ref), "despite": "She is carried in"}, follow=True
    ).content.decode()
    assert "She is carried in" in answer
    page = desk.get(reverse("needs")).content.decode()
    assert "She is carried in" in page
    downloaded = desk.post(reverse("needs_download")).content.decode()
    assert "is not known to be step-free" in downloaded
    assert AuditEntry.objects.filter(action="download").count() == 1
    assert NeedBreach.objects.count() == 1


def test_the_diary_says_how_the_interpreter_stands(world: World, desk: Client) -> None:
    row = InterpreterBooking.objects.get()
    day = desk.get(reverse("diary_day", args=[world.day])).content.decode()
    assert "interpreter asked for" in day
    assert "Polish interpreter asked for, not confirmed" in desk.get(reverse("needs")).content.decode()
    desk.post(reverse("interpreter_answer", args=[row.ref, "video"]))
    assert "Polish interpreter booked by video" in desk.get(reverse("patient", args=[world.sam.ref])).content.decode()
    patient = Client()
    patient.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    assert "A Polish interpreter is booked by video." in patient.get(reverse("my_home")).content.decode()
    desk.post(reverse("interpreter_answer", args=[row.ref, "none"]))
    assert "We are still looking for a Polish interpreter." in patient.get(reverse("my_home")).content.decode()
    assert desk.post(reverse("interpreter_answer", args=[row.ref, "perhaps"])).status_code == 404


def test_a_clinic_is_described_for_all_its_sessions(world: World) -> None:
    client = manager(world)
    assert "Not said yet" in client.get(reverse("clinics")).content.decode()
    access = world.practice.access
    clinic = booking.clinics(access, world.practice.organisation.pk)[0]
    client.post(reverse("clinics"), {"clinic": "0", "named": clinic.named, "feature": ["quiet", "step_free"]})
    clinic = booking.clinics(access, world.practice.organisation.pk)[0]
    assert clinic.features == frozenset({"quiet", "step_free"})
    stale = client.post(reverse("clinics"), {"clinic": "0", "named": "another"}, follow=True).content.decode()
    assert "the diary has changed meanwhile" in stale
