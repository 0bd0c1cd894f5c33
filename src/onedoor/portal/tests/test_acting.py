"""Acting for a patient: what was given and no more, one patient at a time, until the day, and the patient can see it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from onedoor import factories
from onedoor.accounts.api import User
from onedoor.booking import api as booking
from onedoor.booking.models import AppointmentType
from onedoor.documents.models import Delivery
from onedoor.documents.tests.factories import letter
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Part
from onedoor.kernel.models import AuditEntry
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.patients.models import Carer, CareRelationship, Patient, PortalAccount, Proxy
from onedoor.records.models import Entry, Look
from onedoor.referrals.tests.waiting import MONDAY, refer, service
from onedoor.ui.tests.world import World, acts_for, addresses, make

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HERS = (
    *("my_home", "my_appointment", "my_cancel", "my_referrals", "my_letters", "my_letter", "my_letter_pdf"),
    *("my_course", "my_course_leave", "my_choose"),
)
"""What Irena was given: to see and change appointments, and to read letters."""


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


def browser(user: User, acting_for: Proxy | None = None) -> Client:
    """Signed in, and acting for somebody when that is said."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if acting_for is not None:
        assert client.post(reverse("my_acting"), {"for": acting_for.ref}).status_code == 302
    return client


def opens(client: Client, world: World, name: str) -> int:
    """The status of one of Sam's pages."""
    return client.get(reverse(name, kwargs=addresses(world)[name][0])).status_code


def test_nothing_is_seen_before_somebody_was_chosen(world: World) -> None:
    irena = browser(world.carer)
    assert irena.get("/").headers["Location"] == reverse("my_acting")
    chooser = irena.get(reverse("my_acting")).content.decode()
    assert "Sam Hollis" in chooser
    assert "Read texts" not in chooser
    assert {opens(irena, world, name) for name in HERS} == {404}


def test_every_page_says_whose_it_is_and_shows_what_was_given_and_no_more(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    shut = {name for name in addresses(world) if name.startswith("my_")} - {"my_acting"}
    for name in shut:
        answer = irena.get(reverse(name, kwargs=addresses(world)[name][0]))
        if name in HERS:
            assert answer.status_code == 200, name
            if answer.headers["Content-Type"].startswith("text/html"):
                page = answer.content.decode()
                assert "You are looking at Sam Hollis’s pages" in page, name
                assert "<title>Sam Hollis: " in " ".join(page.split()).replace("<title> ", "<title>"), name
        else:
            assert answer.status_code in (404, 405), name
    assert irena.post(reverse("my_proxy_end", args=[world.proxy.ref])).status_code == 404


def test_a_proxy_is_no_member_of_staff(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    for name in ("home", "patients", "diary", "tasks", "patient"):
        assert irena.get(reverse(name, kwargs=addresses(world)[name][0])).status_code in (302, 404), name
    assert irena.get("/").headers["Location"] == reverse("my_home")


@pytest.mark.parametrize("part", list(Part))
def test_each_part_opens_its_own_pages_alone(world: World, part: Part) -> None:
    behind = {
        Part.CARE: {"my_home", "my_appointment", "my_referrals"},
        Part.CHANGES: set(),
        Part.LETTERS: {"my_home", "my_letters", "my_letter"},
        Part.MESSAGES: {"my_home", "my_messages"},
        Part.PRIVATE: set(),
    }
    Proxy.objects.filter(pk=world.proxy.pk).update(parts=[part])
    irena = browser(world.carer, world.proxy)
    pages = set().union(*behind.values())
    assert {name for name in pages if opens(irena, world, name) == 200} == behind[part]


def test_whoever_may_only_read_begins_at_what_there_is_to_read(world: World) -> None:
    Proxy.objects.filter(pk=world.proxy.pk).update(parts=["letters"])
    irena = browser(world.carer, world.proxy)
    page = irena.get("/", follow=True).content.decode()
    assert reverse("my_letters") in page
    for unsaid in ("appointment", "referral", reverse("my_messages")):
        assert unsaid not in page


def test_an_unknown_part_opens_nothing(world: World) -> None:
    Proxy.objects.filter(pk=world.proxy.pk).update(parts=["all", "everything"])
    irena = browser(world.carer, world.proxy)
    assert {opens(irena, world, name) for name in (*HERS, "my_messages", "my_looks", "my_proxies")} == {404}


def test_rights_end_on_their_date_by_themselves(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    last = datetime(2026, 12, 24, 23, 59, tzinfo=clock.LONDON)
    with clock.at(last):
        assert opens(irena, world, "my_home") == 200
        assert opens(irena, world, "my_letter") == 200
    with clock.at(last + timedelta(minutes=1)):
        assert {opens(irena, world, name) for name in HERS} == {404}
        assert irena.post(reverse("my_cancel", args=[world.booked.ref])).status_code == 404
        assert irena.post(reverse("my_acting"), {"for": world.proxy.ref}).status_code == 404
        chooser = irena.get(reverse("my_acting")).content.decode()
        assert "nobody for whom you may act now" in chooser
        assert "Hollis’s" not in chooser
        me = browser(world.portal).get(reverse("my_proxies")).content.decode()
        assert "its last day is past" in me
    world.booked.refresh_from_db()
    assert world.booked.state == "booked"


def test_a_right_begins_on_its_day(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    Proxy.objects.filter(pk=world.proxy.pk).update(starts_on=date(2026, 12, 8))
    assert opens(irena, world, "my_home") == 404


@pytest.mark.parametrize("change", [{"restricted": True}, {"deceased": True}])
def test_nobody_acts_for_whoever_must_not_be_found_or_has_died(world: World, change: dict[str, bool]) -> None:
    irena = browser(world.carer, world.proxy)
    Patient.objects.filter(pk=world.sam.pk).update(**change)
    assert opens(irena, world, "my_home") == 404
    with pytest.raises(patients.NotRecorded):
        acts_for(world.sam, world.access, "another")


def test_a_childs_age_ends_it_whatever_the_dates_say(world: World) -> None:
    mother, proxy = acts_for(world.ada, world.access, "mother", basis="parental", ends_on=date(2032, 3, 4))
    client = browser(mother, proxy)
    with clock.at(datetime(2032, 3, 3, 12, tzinfo=clock.LONDON)):
        assert client.get(reverse("my_home")).status_code == 200
    Patient.objects.filter(pk=world.ada.pk).update(born_on=date(2013, 3, 4))
    assert client.get(reverse("my_home")).status_code == 404, (
        "the date of birth was put right: Ada is 13 and was not asked"
    )


def test_what_is_private_is_as_if_it_were_not_there(world: World) -> None:
    AppointmentType.objects.filter(pk=world.kind_id).update(name="Sexual Health")
    refer(service("talk", "Talking Therapies"), MONDAY, patient=world.sam)
    told = letter(world.organisation, world.sam, subject_id=77, service="Pregnancy Advice")
    irena = browser(world.carer, world.proxy)
    assert "Sexual Health" not in irena.get(reverse("my_home")).content.decode()
    assert opens(irena, world, "my_appointment") == 404
    assert irena.post(reverse("my_cancel", args=[world.booked.ref])).status_code == 404
    assert "Talking" not in irena.get(reverse("my_referrals")).content.decode()
    assert "Talking" not in irena.get(reverse("my_home")).content.decode()
    assert str(told.ref) not in irena.get(reverse("my_letters")).content.decode()
    for name, more in (("my_letter", {}), ("my_letter_pdf", {"style": "standard"})):
        assert irena.get(reverse(name, kwargs={"ref": told.ref, **more})).status_code == 404
    Proxy.objects.filter(pk=world.proxy.pk).update(parts=["care", "letters", "private"])
    assert "Sexual Health" in irena.get(reverse("my_home")).content.decode()
    assert "Talking" in irena.get(reverse("my_referrals")).content.decode()
    assert irena.get(reverse("my_letter", args=[told.ref])).status_code == 200


def test_what_a_proxy_does_is_recorded_as_theirs_for_the_patient(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    irena.post(reverse("my_coming", args=[world.booked.ref]))
    irena.post(reverse("my_cancel", args=[world.booked.ref]))
    world.booked.refresh_from_db()
    assert (world.booked.state, world.booked.reason) == ("cancelled", "patient")
    done = AuditEntry.objects.filter(actor_kind="proxy", patient_id=world.sam.pk)
    assert set(done.values_list("actor_label", flat=True)) == {"Irena Hollis, carer"}
    assert set(done.values_list("actor_id", flat=True)) == {world.proxy.pk}
    entry = Entry.objects.filter(patient=world.sam, actor_kind="proxy").latest("pk")
    assert (entry.actor_label, entry.source) == ("Irena Hollis, carer", "somebody who acts for the patient")


def test_who_may_only_look_changes_nothing(world: World) -> None:
    Proxy.objects.filter(pk=world.proxy.pk).update(parts=["care"])
    irena = browser(world.carer, world.proxy)
    page = irena.get(reverse("my_appointment", args=[world.booked.ref])).content.decode()
    assert "You may see this appointment, and not change it." in page
    for name in ("my_coming", "my_cancel", "my_earlier"):
        assert irena.post(reverse(name, args=[world.booked.ref])).status_code == 404
    ward = patients.ward(world.carer.pk, str(world.proxy.ref))
    assert ward is not None
    with pytest.raises(NotPermitted):
        messaging.answer(
            access=ward.access,
            patient_id=world.sam.pk,
            kind="appointment",
            subject_id=world.booked.pk,
            intent="cancel",
            via="portal",
        )
    with pytest.raises(booking.NotYours):
        booking.cancel(appointment_id=world.booked.pk, by=ward.access.actor)
    world.booked.refresh_from_db()
    assert world.booked.state == "booked"


def test_the_patient_sees_what_was_looked_at_and_by_whom(world: World) -> None:
    irena = browser(world.carer, world.proxy)
    irena.get(reverse("my_letters"))
    irena.get(reverse("my_looks"))
    assert list(Look.objects.filter(actor_kind="proxy").values_list("page", "patient")) == [
        ("my_letters", world.sam.pk)
    ]
    page = browser(world.portal).get(reverse("my_looks")).content.decode()
    assert "Irena Hollis, carer" in page
    assert "acting for you" in page


def test_that_a_proxy_read_a_letter_is_no_receipt(world: World) -> None:
    made = letter(world.organisation, world.sam, subject_id=78, ways=("page",))
    browser(world.carer, world.proxy).get(reverse("my_letter", args=[made.ref]))
    assert Delivery.objects.get(recipient__document=made).state == "waiting"


def test_the_patient_sees_who_may_act_and_ends_it_at_once(world: World) -> None:
    irena, me = browser(world.carer, world.proxy), browser(world.portal)
    page = me.get(reverse("my_proxies")).content.decode()
    assert "Irena Hollis, carer" in page
    assert "Thursday 24 December 2026" in page
    me.post(reverse("my_proxy_end", args=[world.proxy.ref]))
    assert {opens(irena, world, name) for name in HERS} == {404}
    world.proxy.refresh_from_db()
    assert world.proxy.ended_because == "the patient ended it"
    assert AuditEntry.objects.filter(action="end_proxy", actor_kind="patient").count() == 1
    assert me.post(reverse("my_proxy_end", args=[world.proxy.ref])).status_code == 404, "it has ended"


def test_one_patient_at_a_time(world: World) -> None:
    maud = Patient.objects.get(given_name="Maud")
    patients.record_proxy(
        access=world.access,
        patient_id=maud.pk,
        who=patients.Who("", "", date(1971, 2, 3), known_by="demo-carer"),
        wish=patients.Wish(
            "consent", "carer", frozenset({Part.CARE}), clock.today(), None, "Maud", "", ("photo", "record")
        ),
    )
    second = Proxy.objects.get(patient=maud)
    assert second.user == world.carer
    irena = browser(world.carer, world.proxy)
    assert "Ellery" not in irena.get(reverse("my_home")).content.decode()
    irena.post(reverse("my_acting"), {"for": second.ref})
    page = irena.get(reverse("my_home")).content.decode()
    assert "You are looking at Maud Ellery’s pages" in page
    assert "Hollis" not in page
    assert opens(irena, world, "my_appointment") == 404, "Sam's page, left open in another window"
    assert irena.post(reverse("my_cancel", args=[world.booked.ref])).status_code == 404


def test_a_patient_with_an_own_sign_in_acts_for_another_and_returns_to_themselves(world: World) -> None:
    maud = Patient.objects.get(given_name="Maud")
    hers = User.objects.create_user(username="maud", first_name="Maud", last_name="Ellery")
    PortalAccount.objects.create(user=hers, patient=maud)
    first = patients.record_proxy(
        access=world.access,
        patient_id=world.sam.pk,
        who=patients.Who("", "", maud.born_on, known_by=maud.nhs_number or ""),
        wish=patients.Wish(
            "consent", "friend", frozenset({Part.CARE}), clock.today(), None, "Sam", "", ("photo", "record")
        ),
    )
    assert first is None, "she has a sign-in"
    client = browser(hers)
    assert "Maud Ellery" in client.get(reverse("my_home")).content.decode()
    right = Proxy.objects.get(user=hers)
    client.post(reverse("my_acting"), {"for": right.ref})
    assert "Sam Hollis’s pages" in client.get(reverse("my_home")).content.decode()
    Proxy.objects.filter(pk=right.pk).update(ended_at=clock.now())
    assert client.get(reverse("my_home")).status_code == 404, "not her own pages under another's name"
    client.post(reverse("my_acting"), {"for": "own"})
    assert "Maud Ellery" in client.get(reverse("my_home")).content.decode()


def test_somebody_elses_right_is_no_right(world: World) -> None:
    other, others = acts_for(Patient.objects.get(given_name="Maud"), world.access, "other-carer")
    irena = browser(world.carer, world.proxy)
    for wrong in (str(others.ref), "own", "", "1", "x" * 50):
        assert irena.post(reverse("my_acting"), {"for": wrong}).status_code == 404
    assert browser(other).post(reverse("my_acting"), {"for": world.proxy.ref}).status_code == 404
    assert browser(world.portal).post(reverse("my_acting"), {"for": world.proxy.ref}).status_code == 404


def test_staff_record_end_and_cannot_without_what_is_needed(world: World) -> None:
    desk = browser(world.receptionist)
    maud = Patient.objects.get(given_name="Maud")
    here = reverse("patient_proxies", args=[maud.ref])
    form = {
        "given": "Piotr",
        "family": "Ellery",
        "born_day": "3",
        "born_month": "4",
        "born_year": "1990",
        "relationship": "son or daughter",
        "basis": "lpa_health",
        "agreed_by": "The registered document, seen",
        "part": ["care", "letters"],
        "checked": ["photo"],
    }
    page = desk.post(here, form).content.decode()
    assert "Check two points" in page
    assert "Piotr" in page, "what was written stays"
    assert not Proxy.objects.filter(patient=maud).exists()
    assert not User.objects.filter(first_name="Piotr").exists()
    page = desk.post(here, {**form, "checked": ["photo", "address"]}).content.decode()
    made = Proxy.objects.get(patient=maud)
    assert made.user.username in page
    assert "Hand this over on paper" in page
    assert "Hand this over on paper" not in desk.get(here).content.decode()
    assert "Piotr Ellery" in desk.get(reverse("patient", args=[maud.ref])).content.decode()
    assert AuditEntry.objects.filter(action="record_proxy", patient_id=maud.pk).count() == 1
    end = reverse("patient_proxy_end", args=[maud.ref, made.ref])
    desk.post(end, {"because": " "})
    made.refresh_from_db()
    assert made.ended_at is None
    assert desk.post(reverse("patient_proxy_end", args=[world.sam.ref, made.ref]), {"because": "x"}).status_code == 404
    desk.post(end, {"because": "He moved away"})
    made.refresh_from_db()
    assert (made.ended_because, made.ended_by_label) == ("He moved away", "Robin Vale")


def test_only_those_who_care_for_the_patient_record_or_end(world: World) -> None:
    before = AuditEntry.objects.count()
    other = browser(world.elsewhere)
    for name in ("patient_proxies", "patient_proxy_end", "patient_proxy_code"):
        assert other.post(reverse(name, kwargs=addresses(world)[name][0]), {"because": "x"}).status_code == 404, name
    assert AuditEntry.objects.count() == before
    CareRelationship.objects.filter(patient=world.sam).update(ends_on=clock.today())
    with pytest.raises(patients.NoSuchProxy):
        patients.end_proxy(access=world.access, ref=world.proxy.ref, because="left")


def test_recorded_anew_once_it_has_ended_by_its_date(world: World) -> None:
    who = patients.Who("", "", date(1971, 2, 3), known_by="demo-carer")
    wish = patients.Wish(
        "consent", "carer", frozenset({Part.CARE}), clock.today(), None, "Sam", "", ("photo", "record")
    )
    with pytest.raises(patients.NotRecorded, match="already"):
        patients.record_proxy(access=world.access, patient_id=world.sam.pk, who=who, wish=wish)
    with clock.at(datetime(2027, 1, 4, 9, tzinfo=clock.LONDON)):
        patients.record_proxy(access=world.access, patient_id=world.sam.pk, who=who, wish=wish)
    assert Proxy.objects.get(pk=world.proxy.pk).ended_because == "its date came"


def test_a_carer_begins_with_the_code_from_the_paper_once(world: World) -> None:
    desk = browser(world.receptionist)
    page = desk.post(reverse("patient_proxy_code", args=[world.sam.ref, world.proxy.ref])).content.decode()
    code = page.split('Code: <strong class="od-nobreak">')[1].split("<")[0]
    paper = {"name": "demo-carer", "code": code.lower(), "day": "3", "month": "2", "year": "1971"}
    client = Client()
    weak = client.post(reverse("begin"), {**paper, "password": "short"})
    assert weak.status_code == 400
    assert "too short" in weak.content.decode()
    assert client.post(reverse("begin"), {**paper, "year": "1972", "password": "three odd words"}).status_code == 400
    for odd in ({"year": "9" * 30}, {"name": "a\0b"}):
        assert client.post(reverse("begin"), {**paper, **odd}).status_code == 400
    done = client.post(reverse("begin"), {**paper, "password": "kettle moss violin"})
    assert done.headers["Location"] == reverse("my_acting")
    assert "Sam Hollis" in client.get(reverse("my_acting")).content.decode()
    assert Client().post(reverse("begin"), {**paper, "password": "kettle moss violas"}).status_code == 400
    assert Client().login(username="demo-carer", password="kettle moss violin")


def test_five_wrong_tries_end_a_code_and_its_days_do(world: World) -> None:
    first = patients.new_code(access=world.access, ref=world.proxy.ref)
    born = date(1971, 2, 3)
    for _ in range(5):
        with pytest.raises(patients.WrongCode):
            patients.begin_to_sign_in(name=first.name, code="AAAAAAAAAA", born_on=born, password="kettle moss violin")
    with pytest.raises(patients.WrongCode):
        patients.begin_to_sign_in(name=first.name, code=first.code, born_on=born, password="kettle moss violin")
    again = patients.new_code(access=world.access, ref=world.proxy.ref)
    Carer.objects.update(code_until=clock.real_now() - timedelta(seconds=1))
    with pytest.raises(patients.WrongCode):
        patients.begin_to_sign_in(name=again.name, code=again.code, born_on=born, password="kettle moss violin")


def test_a_right_that_is_over_brings_no_new_code(world: World) -> None:
    last = world.proxy.ends_on
    assert last is not None
    with clock.at(clock.london_day(last)[0] + timedelta(hours=9)), pytest.raises(patients.NoSuchProxy):
        patients.new_code(access=world.access, ref=world.proxy.ref)


def test_a_code_opens_no_other_organisations_patients_until_they_were_seen_there(world: World) -> None:
    other = factories.practice("Y99009", "Moorside Surgery")
    access = factories.person(other)[1]
    theirs = factories.patient(other, "Hugh", "Winter")
    patients.record_proxy(
        access=access,
        patient_id=theirs.pk,
        who=patients.Who("", "", date(1971, 2, 3), known_by="demo-carer"),
        wish=patients.Wish(
            "consent", "friend", frozenset({Part.CARE}), clock.today(), None, "Hugh", "", ("photo", "record")
        ),
    )
    right = Proxy.objects.get(patient=theirs)
    carer = world.carer
    first = patients.new_code(access=access, ref=right.ref)
    told = AuditEntry.objects.get(action="new_carer_code_elsewhere")
    assert (told.organisation_id, told.patient_id) == (world.organisation.pk, world.sam.pk)
    assert {one.patient_id for one in patients.wards(carer.pk)} == {world.sam.pk, theirs.pk}, (
        "handing it changes nothing"
    )

    paper = {"name": first.name, "code": first.code, "day": "3", "month": "2", "year": "1971"}
    client = Client()
    client.post(reverse("begin"), {**paper, "password": "kettle moss violin"})
    assert [one.patient_id for one in patients.wards(carer.pk)] == [theirs.pk]
    page = client.get(reverse("my_acting")).content.decode()
    assert "Sam Hollis" not in page
    assert world.organisation.name in page
    assert client.post(reverse("my_acting"), {"for": world.proxy.ref}).status_code == 404
    with pytest.raises(patients.NoSuchProxy):
        patients.seen_again(access=access, ref=world.proxy.ref, checked=["photo", "record"])
    assert "They see and do nothing for you now" in browser(world.portal).get(reverse("my_proxies")).content.decode()

    desk = browser(world.receptionist)
    assert "Seen again" in desk.get(reverse("patient_proxies", args=[world.sam.ref])).content.decode()
    seen = reverse("patient_proxy_seen", args=[world.sam.ref, world.proxy.ref])
    desk.post(seen, {"checked": ["photo"]})
    assert [one.patient_id for one in patients.wards(carer.pk)] == [theirs.pk], "one point is not two"
    desk.post(seen, {"checked": ["photo", "address"]})
    assert {one.patient_id for one in patients.wards(carer.pk)} == {world.sam.pk, theirs.pk}
    assert desk.post(seen, {"checked": ["photo", "address"]}).status_code == 404

    # The practice's own code wakes what it recorded, and sends the other's to sleep in its turn.
    again = patients.new_code(access=world.access, ref=world.proxy.ref)
    patients.begin_to_sign_in(
        name=again.name, code=again.code, born_on=date(1971, 2, 3), password="kettle moss harbour"
    )
    assert [one.patient_id for one in patients.wards(carer.pk)] == [world.sam.pk]
    last = patients.new_code(access=access, ref=right.ref)
    patients.begin_to_sign_in(name=last.name, code=last.code, born_on=date(1971, 2, 3), password="kettle moss lantern")
    assert [one.patient_id for one in patients.wards(carer.pk)] == [theirs.pk]


def test_who_it_is_costs_one_statement_and_for_whom_one_more(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        patients.sign_in(world.receptionist.pk)
    with django_assert_num_queries(1):
        assert patients.ward(world.carer.pk, str(world.proxy.ref)) is not None
    for name in ("Ann", "Bea", "Cat"):
        one = factories.patient(world.organisation, name, "Ward")
        patients.record_proxy(
            access=world.access,
            patient_id=one.pk,
            who=patients.Who("", "", date(1971, 2, 3), known_by="demo-carer"),
            wish=patients.Wish(
                "consent", "carer", frozenset({Part.CARE}), clock.today(), None, name, "", ("photo", "record")
            ),
        )
    with django_assert_num_queries(1):
        assert [ward.name for ward in patients.wards(world.carer.pk)] == [
            "Sam Hollis",
            "Ann Ward",
            "Bea Ward",
            "Cat Ward",
        ]
    with django_assert_num_queries(1):
        patients.proxies_of(Access.of_patient(world.sam.pk), world.sam.pk)
