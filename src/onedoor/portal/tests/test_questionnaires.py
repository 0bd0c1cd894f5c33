"""Questionnaires on pages: signed in, by the link of a text, and on the practice's tablet."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Message
from onedoor.messaging.tests.asking_factories import account
from onedoor.patients.models import Patient, PortalAccount
from onedoor.questionnaires import api
from onedoor.questionnaires.definitions import shipped
from onedoor.questionnaires.licensed import definition_of
from onedoor.questionnaires.models import Response
from onedoor.questionnaires.tests.walks import some_words
from onedoor.records.models import Entry
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+447700900111"


def practice() -> Organisation:
    organisation = factories.practice()
    account(organisation)
    return organisation


def begin(key: str, via: str, *, patient: Patient | None = None) -> Response:
    organisation = practice()
    who = patient or factories.patient(organisation, mobile=PHONE)
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    return api.start(patient_id=who.pk, organisation_id=organisation.pk, key=key, via=via, by=desk)


def signed_in(patient: Patient) -> Client:
    user, _ = factories.person(Organisation.objects.get(), Role.RECEPTIONIST)
    user.memberships.all().delete()
    PortalAccount.objects.create(user=user, patient=patient)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, address: str, question: str, *value: str, **also: str) -> str:
    answer = client.post(address, {"question": question, "value": list(value), **also}, follow=True)
    return says(answer)


def says(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def said(patient: Patient) -> list[str]:
    rows = Entry.objects.filter(patient=patient, kind="said").order_by("id").select_related("code")
    return [row.code.code if row.code else "" for row in rows]


def test_one_question_a_page_back_and_sent_at_the_end() -> None:
    response = begin("audit-c", "portal")
    client, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    assert "Go on" in says(client.get(reverse("my_home"))) or "Answer" in says(client.get(reverse("my_home")))
    post(client, here, "often", "2-3-week")
    assert "how many units" in says(client.get(here))
    assert "Choose one answer" in post(client, here, "typical", "lots")
    # Back, and another answer that leaves the rest unasked.
    assert "How often do you have a drink" in says(client.get(f"{here}?at=often"))
    assert "Check your answers" in post(client, here, "often", "never")
    assert not said(response.patient)
    assert "Thank you" in says(client.post(here, {"send": "1"}))
    response.refresh_from_db()
    assert (response.state, response.score, response.visit) == ("completed", 0, "none")
    assert said(response.patient) == ["763256006", "105542008"]
    assert "have been answered" in says(client.get(here))


def test_another_patients_questions_are_nobodys() -> None:
    response = begin("smoking", "portal")
    ada = factories.patient(Organisation.objects.get(), "Ada")
    here = reverse("my_questionnaire", args=[response.ref])
    assert signed_in(ada).get(here).status_code == 404
    assert Client().get(here).status_code == 302


def test_by_link_after_the_date_of_birth_and_again_after_days() -> None:
    response = begin("weight-height", "link")
    found = re.search(rf"{re.escape(settings.PUBLIC_ADDRESS)}(/q/\S+)", Message.objects.get().body)
    assert found is not None
    client, here = Client(), found[1]
    assert "weigh" not in says(client.get(here))
    born = response.patient.born_on
    day = {"day": str(born.day), "month": str(born.month), "year": str(born.year)}
    assert "What do you weigh?" in says(client.post(here, day))
    assert "How tall" in post(client, here, "weight", "12st 4")
    with clock.at(clock.now() + timedelta(days=3)):
        later = Client()
        assert "How tall" in says(later.post(here, day))
        assert "form that the hint shows" in post(later, here, "height", "tall")
        post(later, here, "height", "172")
        later.post(here, {"send": "1"})
    response.refresh_from_db()
    assert response.state == "completed"
    assert said(response.patient) == ["27113001", "1153637007", "60621009"]


def test_three_wrong_dates_close_the_link() -> None:
    begin("smoking", "link")
    found = re.search(r"/q/\S+", Message.objects.get().body)
    assert found is not None
    for _ in range(3):
        answer = Client().post(found[0], {"day": "1", "month": "1", "year": "1901"})
    assert answer.status_code == 404
    assert Client().get(found[0]).status_code == 404


def test_an_answer_that_cannot_wait_calls_a_person_and_says_so() -> None:
    response = begin("rcp", "portal")
    client, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    assert "999" in post(client, here, "danger-now", "yes")
    response.refresh_from_db()
    assert (response.state, response.visit) == ("handed_over", "today")
    assert Task.objects.filter(kind="red_flag", urgent=True, patient=response.patient).count() == 1


def test_words_of_danger_on_a_page_reach_a_person_at_once() -> None:
    response = begin("flu-had", "portal")
    client, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    post(client, here, "had", "yes")
    assert "999" in post(client, here, "where", "I want to end my life")
    assert Task.objects.filter(kind="danger_written", urgent=True).count() == 1


def test_other_words_of_danger_in_the_same_minute_are_read_too() -> None:
    response = begin("flu-had", "portal")
    client, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    post(client, here, "had", "yes")
    with clock.at(clock.now()):
        for words in ("I want to end my life", "I have taken an overdose", "I have taken an overdose"):
            post(client, here, "where", words)
    read = Task.objects.filter(kind="danger_written").order_by("id").values_list("detail", flat=True)
    assert list(read) == ["They wrote: “I want to end my life”", "They wrote: “I have taken an overdose”"]


def test_words_of_danger_reach_a_person_though_nothing_is_asked_any_more() -> None:
    """H9: an old page, whose questions were withdrawn or answered elsewhere."""
    response = begin("flu-had", "portal")
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=response.organisation_id)
    api.withdraw_response(response_id=response.pk, by=desk)
    client, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    assert "999" in post(client, here, "where", "I want to kill myself")
    assert Task.objects.filter(kind="danger_written").count() == 1


def test_words_of_danger_reach_a_person_though_the_link_asks_for_the_date_of_birth_again() -> None:
    """H9: the page was open for longer than the date of birth is remembered."""
    response = begin("flu-had", "link")
    found = re.search(rf"{re.escape(settings.PUBLIC_ADDRESS)}(/q/\S+)", Message.objects.get().body)
    assert found is not None
    here = found[1]
    assert "999" in post(Client(), here, "where", "I want to kill myself")
    assert Task.objects.filter(kind="danger_written").count() == 1
    assert "date of birth" in post(Client(), here, "where", "Wexcombe pharmacy")
    response.refresh_from_db()
    assert (response.state, response.wrong_tries) == ("asked", 0)


@pytest.mark.parametrize("ended", ["withdrawn", "expired", "three wrong dates"])
def test_words_of_danger_reach_a_person_though_the_link_has_closed(ended: str) -> None:
    """H9: the page was open before."""
    response = begin("flu-had", "link")
    found = re.search(rf"{re.escape(settings.PUBLIC_ADDRESS)}(/q/\S+)", Message.objects.get().body)
    assert found is not None
    here, client, born = found[1], Client(), response.patient.born_on
    client.post(here, {"day": str(born.day), "month": str(born.month), "year": str(born.year)})
    if ended == "withdrawn":
        desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=response.organisation_id)
        api.withdraw_response(response_id=response.pk, by=desk)
    for _ in range(3 if ended == "three wrong dates" else 0):
        Client().post(here, {"day": "1", "month": "1", "year": "1901"})
    with clock.at(response.ends_at if ended == "expired" else clock.now()):
        assert "This link is over" in post(client, here, "where", "Wexcombe pharmacy")
        assert "999" in post(client, here, "where", "I want to kill myself")
    task = Task.objects.get(kind="danger_written")
    assert (task.patient_id, task.urgent) == (response.patient_id, True)
    assert client.post("/q/nobodys", {"value": "I want to kill myself"}).status_code == 404


def test_what_the_record_has_is_confirmed_by_a_press() -> None:
    with clock.at(clock.now() - timedelta(days=200)):
        first = begin("weight-height", "portal")
        client, here = signed_in(first.patient), reverse("my_questionnaire", args=[first.ref])
        post(client, here, "weight", "82")
        post(client, here, "height", "172")
        client.post(here, {"send": "1"})
    again = begin("weight-height", "portal", patient=first.patient)
    here = reverse("my_questionnaire", args=[again.ref])
    assert "We have 82 kg, from" in says(client.get(here))
    post(client, here, "weight", same="1")
    assert dict(again.given.values_list("value", "confirmed")) == {"82": True}


def test_a_number_far_from_the_record_is_looked_at_twice() -> None:
    with clock.at(clock.now() - timedelta(days=200)):
        first = begin("weight-height", "portal")
        client, here = signed_in(first.patient), reverse("my_questionnaire", args=[first.ref])
        post(client, here, "weight", "68")
        post(client, here, "height", "172")
        client.post(here, {"send": "1"})
    again = begin("weight-height", "portal", patient=first.patient)
    here = reverse("my_questionnaire", args=[again.ref])
    assert "far from what we have" in post(client, here, "weight", "150")
    assert not again.given.exists()
    assert "How tall" in post(client, here, "weight", "150")


@pytest.mark.parametrize("via", ["kiosk", "link"])
def test_whoever_else_may_see_the_page_learns_nothing_of_the_record_by_trying_numbers(via: str) -> None:
    with clock.at(clock.now() - timedelta(days=200)):
        first = begin("weight-height", "portal")
        client, here = signed_in(first.patient), reverse("my_questionnaire", args=[first.ref])
        post(client, here, "weight", "68")
        post(client, here, "height", "172")
        client.post(here, {"send": "1"})
    factories.patient(first.organisation, "Ada", mobile=PHONE)
    client = tablet() if via == "kiosk" else Client()
    again = begin("weight-height", via, patient=first.patient)
    if via == "kiosk":
        here = reverse("kiosk")
        client.post(here, {"code": again.code})
    else:
        found = re.search(rf"{re.escape(settings.PUBLIC_ADDRESS)}(/q/\S+)", Message.objects.get().body)
        assert found is not None
        here, born = found[1], first.patient.born_on
        client.post(here, {"day": str(born.day), "month": str(born.month), "year": str(born.year)})
    assert "form that the hint shows" in post(client, here, "weight", "900")
    assert "How tall" in post(client, here, "weight", "150")
    assert again.given.get().value == "150"


# ---- the tablet


def tablet() -> Client:
    user, _ = factories.person(practice(), Role.RECEPTIONIST)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("kiosk_begin")).status_code == 302
    return client


def test_only_a_tablet_that_staff_began_is_one() -> None:
    assert Client().get(reverse("kiosk")).status_code == 404
    client = tablet()
    assert client.get(reverse("kiosk")).status_code == 200
    # Nobody is signed in on it any more.
    assert client.get(reverse("patients")).status_code == 302


@pytest.mark.parametrize(
    ("letters", "found"), [("hol", True), ("Hollis", True), ("h", False), ("mor", False), ("", False)]
)
def test_one_finds_oneself_by_date_of_birth_and_letters(letters: str, found: bool) -> None:
    client = tablet()
    sam = factories.patient(Organisation.objects.get())
    born = {"day": str(sam.born_on.day), "month": str(sam.born_on.month), "year": str(sam.born_on.year)}
    page = says(client.post(reverse("kiosk"), {**born, "letters": letters}, follow=True))
    assert ("Question 1" in page) is found
    assert "Sam" not in page
    assert "Hollis" not in page


def first_question(key: str) -> str:
    return definition_of(key).items[0].text


@pytest.mark.parametrize(
    ("waits", "shown"),
    [
        (("phq-9", "audit-c"), "about-you"),
        (("audit-c", "weight-height"), "weight-height"),
        (("about-you", "gad-7"), "about-you"),
    ],
)
def test_what_is_private_opens_only_with_the_desks_code(waits: tuple[str, ...], shown: str) -> None:
    client, here = tablet(), reverse("kiosk")
    sam = factories.patient(Organisation.objects.get())
    for key, shell in shipped().items():
        if shell.licence and key in waits:
            api.load_words(key=key, words=some_words(shell), licence="a test", watched_by="a test", by=factories.TEST)
    asked = [begin(key, "kiosk", patient=sam) for key in waits]
    born = {"day": str(sam.born_on.day), "month": str(sam.born_on.month), "year": str(sam.born_on.year)}
    assert first_question(shown) in says(client.post(here, {**born, "letters": "hol"}, follow=True))
    client.post(here, {"leave": "1"})
    for response in asked:
        assert first_question(response.key) in says(client.post(here, {"code": response.code}, follow=True))
        client.post(here, {"leave": "1"})


def test_two_who_fit_are_not_told_apart() -> None:
    client = tablet()
    sam = factories.patient(Organisation.objects.get())
    factories.patient(Organisation.objects.get(), "Ada")
    born = {"day": str(sam.born_on.day), "month": str(sam.born_on.month), "year": str(sam.born_on.year)}
    assert "ask at the desk" in says(client.post(reverse("kiosk"), {**born, "letters": "hol"}))


def test_by_the_desks_code_one_questionnaire_and_then_nothing() -> None:
    client = tablet()
    response = begin("smoking", "kiosk")
    here = reverse("kiosk")
    assert "ask at the desk" in says(client.post(here, {"code": "000"}))
    client.post(here, {"code": response.code}, follow=True)
    post(client, here, "smoking", "never")
    assert "Finish" in says(client.post(here, {"send": "1"}))
    assert "The screen is clear" in says(client.get(reverse("kiosk_over")))
    assert "Six figures" in says(client.get(here))
    response.refresh_from_db()
    assert response.state == "completed"


def test_the_tablet_forgets_whoever_leaves() -> None:
    client = tablet()
    response = begin("smoking", "kiosk")
    client.post(reverse("kiosk"), {"code": response.code})
    assert "Do you smoke" in says(client.get(reverse("kiosk")))
    client.post(reverse("kiosk"), {"leave": "1"})
    assert "Do you smoke" not in says(client.get(reverse("kiosk")))


def test_words_of_danger_reach_a_person_though_the_tablet_has_forgotten() -> None:
    """H9: whoever stood and wrote for longer than its three minutes."""
    client, here = tablet(), reverse("kiosk")
    response = begin("flu-had", "kiosk")
    for words, count in (("Wexcombe pharmacy", 0), ("I want to kill myself", 1)):
        client.post(here, {"code": response.code})
        session = client.session
        was = session["kiosk_response"]
        session["kiosk_response"] = [was[0], (clock.real_now() - timedelta(minutes=1)).isoformat(), was[2]]
        session.save()
        assert ("999" in post(client, here, "where", words)) is bool(count)
        assert Task.objects.filter(kind="danger_written", patient=response.patient).count() == count
        assert "Six figures" in says(client.get(here))
    assert not response.given.exists()


def test_what_was_answered_elsewhere_is_not_shown_on_the_tablet() -> None:
    client = tablet()
    response = begin("audit-c", "kiosk")
    own, here = signed_in(response.patient), reverse("my_questionnaire", args=[response.ref])
    post(own, here, "often", "4-week")
    with clock.at(clock.now() + timedelta(hours=1)):
        client.post(reverse("kiosk"), {"code": response.code})
        for address in (reverse("kiosk"), reverse("kiosk") + "?at=often"):
            page = says(client.get(address))
            assert "how many units do you have" in page
            assert "How often do you have a drink" not in page
        for question, value in (("typical", "10"), ("binge", "daily"), ("units", "60")):
            post(client, reverse("kiosk"), question, value)
        assert "4 times a week" not in says(client.get(reverse("kiosk")))


def test_after_five_wrong_tries_it_says_to_ask() -> None:
    client = tablet()
    response = begin("smoking", "kiosk")
    for _ in range(5):
        client.post(reverse("kiosk"), {"code": "000"})
    assert "Please ask at the desk" in says(client.post(reverse("kiosk"), {"code": response.code}))
