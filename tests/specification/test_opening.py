"""Break-glass: who may, for whom, how often, for how long, what it gives and what it does not."""

from __future__ import annotations

import html
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from onedoor import factories
from onedoor.accounts.api import Organisation, User, access_at, access_of, grant_role
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients import api as patients
from onedoor.patients.models import BreakGlass, BreakGlassReview, Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db
WORDS = "Unconscious in the emergency department"


@pytest.fixture
def hospital() -> Organisation:
    """Cares for nobody here."""
    return factories.practice("Y99904", "Wexshire Hospital")


@pytest.fixture
def nurse(hospital: Organisation) -> Access:
    return factories.person(hospital, Role.HEALTH_CARE_ASSISTANT)[1]


@pytest.fixture
def sam() -> Patient:
    return factories.patient(factories.practice())


def opens(access: Access, patient: Patient, **other: Any) -> BreakGlass | patients.NotOpened:
    asked: dict[str, Any] = {
        "number": patient.nhs_number,
        "born_on": patient.born_on,
        "reason": "emergency",
        "words": WORDS,
    }
    return patients.break_glass(access=access, **(asked | other))


def made(access: Access, patient: Patient) -> BreakGlass:
    found = opens(access, patient)
    assert isinstance(found, BreakGlass)
    return found


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (Role.HEALTH_CARE_ASSISTANT, Role.TRIAGE_CLINICIAN)]
)
def test_who_gives_no_care_never_may(role: Role, hospital: Organisation, sam: Patient) -> None:
    _, access = factories.person(hospital, role)
    with pytest.raises(NotPermitted):
        opens(access, sam)
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "999 000 0000"},
        {"number": "999"},
        {"number": ""},
        {"born_on": date(1980, 5, 2)},
        {"born_on": None},
        {"reason": ""},
        {"reason": "curious"},
        {"words": "ok"},
        {"words": "          .          "},
    ],
)
def test_it_takes_the_whole_number_the_day_of_birth_a_reason_and_words(
    wrong: dict[str, Any], nurse: Access, sam: Patient
) -> None:
    assert isinstance(opens(nurse, sam, **wrong), patients.NotOpened)
    with pytest.raises(Patient.DoesNotExist):
        patients.by_ref(nurse, sam.ref)


def test_a_wrong_day_and_nobody_at_all_sound_alike(nurse: Access, sam: Patient) -> None:
    said = {str(opens(nurse, sam, born_on=date(1980, 5, 2))), str(opens(nurse, sam, number="9990000018"))}
    assert len(said) == 1


def test_it_opens_one_patient_to_one_person_to_read(hospital: Organisation, nurse: Access, sam: Patient) -> None:
    other = factories.patient(factories.practice(), "Maud")
    opening = made(nurse, sam)
    inside = patients.opened(nurse, opening.ref).access
    assert [one.pk for one in patients.visible(inside)] == [sam.pk]
    assert not inside.permissions
    for access in (nurse, factories.person(hospital, Role.HEALTH_CARE_ASSISTANT)[1]):
        with pytest.raises(Patient.DoesNotExist):
            patients.by_ref(access, sam.ref)
    with pytest.raises(BreakGlass.DoesNotExist):
        patients.opened(factories.person(hospital, Role.HEALTH_CARE_ASSISTANT)[1], opening.ref)
    with pytest.raises(Patient.DoesNotExist):
        patients.by_id(inside, other.pk)


def test_its_time_ends_by_itself_and_by_hand(nurse: Access, sam: Patient) -> None:
    opening = made(nurse, sam)
    assert patients.opened(nurse, opening.ref).left <= patients.LASTS
    assert made(nurse, sam).pk == opening.pk
    BreakGlass.objects.update(until_real=clock.real_now() - timedelta(seconds=1))
    with pytest.raises(BreakGlass.DoesNotExist):
        patients.opened(nurse, opening.ref)
    again = made(nurse, sam)
    patients.close_glass(access=nurse, ref=again.ref)
    with pytest.raises(BreakGlass.DoesNotExist):
        patients.opened(nurse, again.ref)
    assert patients.open_now(nurse) == []


def test_trying_numbers_ends_after_five(nurse: Access, sam: Patient) -> None:
    for _ in range(5):
        opens(nurse, sam, born_on=date(1980, 5, 2))
    refused = opens(nurse, sam)
    assert isinstance(refused, patients.NotOpened)
    assert "too often" in str(refused)


def test_opening_many_ends_after_ten(nurse: Access) -> None:
    practice = factories.practice()
    people = [factories.patient(practice, f"P{n}") for n in range(11)]
    outcomes = [isinstance(opens(nurse, one), BreakGlass) for one in people]
    assert outcomes == [True] * 10 + [False]


def test_the_patient_reads_who_and_why_and_each_look_is_marked(nurse: Access, sam: Patient) -> None:
    opening = made(nurse, sam)
    records.look(access=patients.opened(nurse, opening.ref).access, patient_id=sam.pk, page="opened record")
    own = Access.of_patient(sam.pk)
    (one,) = patients.openings_of(own, sam.pk)
    assert (one.organisation, one.reason, one.words) == (
        "Wexshire Hospital",
        patients.GLASS_REASONS["emergency"],
        WORDS,
    )
    (look,) = records.who_looked(own, sam.pk)
    assert look.purpose.startswith("break-glass")
    assert AuditEntry.objects.filter(action="break_glass", patient_id=sam.pk).count() == 1


def manager(organisation: Organisation) -> Access:
    return factories.person(organisation, Role.PRACTICE_MANAGER)[1]


def test_both_managers_review_and_only_the_practice_is_told_whose(
    hospital: Organisation, nurse: Access, sam: Patient
) -> None:
    made(nurse, sam)
    theirs, ours = manager(hospital), manager(factories.practice())
    (at_hospital,), (at_practice,) = tasks.waiting(theirs), tasks.waiting(ours)
    assert (at_hospital.patient_id, at_practice.patient_id) == (None, sam.pk)
    assert [one.patient_id for one in patients.openings_to_review(theirs)] == [None]
    assert [one.patient_id for one in patients.openings_to_review(ours)] == [sam.pk]
    # Reception is not told of it, and cannot end it.
    desk = factories.person(factories.practice())[1]
    assert tasks.waiting(desk) == []
    with pytest.raises(tasks.Task.DoesNotExist):
        tasks.complete(access=desk, ref=at_practice.ref, outcome="right")


@pytest.mark.parametrize(
    ("outcome", "then"), [("right", None), ("ask", "break_glass_ask"), ("report", "break_glass_report")]
)
def test_a_review_ends_only_by_a_person_and_leads_on(
    outcome: str, then: str | None, hospital: Organisation, nurse: Access, sam: Patient
) -> None:
    opening = made(nurse, sam)
    BreakGlass.objects.update(until_real=clock.real_now() - timedelta(days=1))
    ours = manager(factories.practice())
    (task,) = tasks.waiting(ours)
    tasks.complete(access=ours, ref=task.ref, outcome=outcome, note="She came by ambulance")
    review = BreakGlassReview.objects.get(opening=opening)
    assert (review.outcome, review.note) == (outcome, "She came by ambulance")
    asked = [one.kind for at in (ours, manager(hospital)) for one in tasks.waiting(at)]
    assert sorted(asked) == sorted(["break_glass_review", *([then] if then else [])])


def test_nobody_reviews_themselves(hospital: Organisation, sam: Patient) -> None:
    user, _ = factories.person(hospital, Role.HEALTH_CARE_ASSISTANT)
    grant_role(user_id=user.pk, organisation_id=hospital.pk, role=Role.PRACTICE_MANAGER, by=factories.TEST)
    both = access_of(user)
    made(both, sam)
    (task,) = tasks.waiting(both)
    with pytest.raises(NotPermitted), transaction.atomic():
        tasks.complete(access=both, ref=task.ref, outcome="right")
    assert tasks.waiting(both) == [task]


def test_what_is_not_shared_is_read_by_break_glass(hospital: Organisation, nurse: Access, sam: Patient) -> None:
    with transaction.atomic():
        records.record_entries(
            entries=[NewEntry(sam.pk, factories.practice().pk, "check", "Allergic to penicillin", "allergy", "EMIS")],
            by=factories.TEST,
        )
    inside = patients.opened(nurse, made(nurse, sam).ref).access
    assert [one.text for one in records.timeline(inside, sam.pk)] == ["Allergic to penicillin"]


def test_what_is_open_at_one_place_keeps_nobody_from_opening_it_at_another(
    hospital: Organisation, sam: Patient
) -> None:
    user, _ = factories.person(hospital, Role.HEALTH_CARE_ASSISTANT)
    clinic = factories.practice("Y99905", "Wexshire Clinic")
    grant_role(user_id=user.pk, organisation_id=clinic.pk, role=Role.HEALTH_CARE_ASSISTANT, by=factories.TEST)
    places = [access_at(user, place.pk) for place in (hospital, clinic)]
    refs = [made(access, sam).ref for access in places]
    assert len(set(refs)) == 2
    for access, ref in zip(places, refs, strict=True):
        assert patients.opened(access, ref).row.organisation_id == access.actor.organisation_id
        assert made(access, sam).ref == ref


def test_an_old_opening_that_waits_is_still_to_be_reviewed(hospital: Organisation, nurse: Access, sam: Patient) -> None:
    first = made(nurse, sam)
    patients.close_glass(access=nurse, ref=first.ref)
    second = made(nurse, sam)
    theirs, stranger = manager(hospital), manager(factories.practice("Y99906", "Marfleet Lane Practice"))
    assert [one.id for one in patients.openings_to_review(theirs, limit=1)] == [second.pk]
    assert [one.id for one in patients.openings_to_review(theirs, besides={first.pk}, limit=1)] == [second.pk, first.pk]
    assert patients.openings_to_review(stranger, besides={first.pk}) == []


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("view", ["opened", "opened_timeline"])
@pytest.mark.parametrize("asked", [{}, {"from": "Y99907"}, {"all": "1"}])
def test_a_restricted_record_does_not_tell_where_somebody_is(
    asked: dict[str, str], view: str, restricted: bool, nurse: Access, sam: Patient
) -> None:
    own, place = factories.practice(), factories.practice("Y99907", "Vale Road Surgery")
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(sam.pk, at.pk, "check", text, text, f"{at.name} system")
                for at, text in ((own, "Allergic to penicillin"), (place, "Has asthma"))
            ],
            by=factories.TEST,
        )
    Patient.objects.filter(pk=sam.pk).update(restricted=restricted)
    opening = made(nurse, sam)
    client = Client()
    client.force_login(User.objects.get(pk=nurse.actor.id or 0), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse(view, args=[opening.ref]), asked).content.decode()
    assert "Has asthma" in page
    assert (place.name in page, place.ods_code in page) == (not restricted, not restricted)
    assert ("Allergic to penicillin" in page) == (restricted or "from" not in asked)
    if restricted:
        assert own.name not in page
        assert own.ods_code not in page


@pytest.mark.parametrize(
    ("kind", "text", "code", "shown"),
    [
        ("check", "Allergic to penicillin", "", "Allergic to penicillin"),
        ("said", "Said by the patient by text: smokes", "77176002", "Said by the patient by text: smokes"),
        ("check", "Seen at Vale Road Surgery, stable", "", ""),
        ("check", "Seen at VALE ROAD SURGERY", "271649006", "Systolic blood pressure"),
        ("appointment", "Booked for Tuesday, ground floor, near the station", "", ""),
        ("appointment", "Did not attend the branch by the station", "281399006", "Did not attend"),
        ("referral", "Referred to the clinic in Harbour Lane", "", ""),
        ("reply", "Answered by text: I am at my sister's in Harbour Lane", "", ""),
    ],
)
@pytest.mark.parametrize("restricted", [True, False])
def test_the_words_of_a_restricted_record_do_not_tell_where_somebody_is(
    restricted: bool, kind: str, text: str, code: str, shown: str, nurse: Access, sam: Patient
) -> None:
    place = factories.practice("Y99907", "Vale Road Surgery")
    with transaction.atomic():
        concept = records.concept(code) if code else None
        records.record_entries(
            entries=[NewEntry(sam.pk, place.pk, kind, text, "one", "a system", concept)], by=factories.TEST
        )
    Patient.objects.filter(pk=sam.pk).update(restricted=restricted)
    opening = made(nurse, sam)
    client = Client()
    client.force_login(User.objects.get(pk=nurse.actor.id or 0), backend="django.contrib.auth.backends.ModelBackend")
    page = html.unescape(client.get(reverse("opened_timeline", args=[opening.ref])).content.decode())
    if restricted:
        assert (shown or "Words not shown") in page
        assert (text in page) == (text == shown)
    else:
        assert text in page
