"""Check forms through the door: what is written, what counts, what follows, and that nothing is written twice or lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.tests.sharing import shares
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.patients.models import Patient
from onedoor.recall import api as recall
from onedoor.recall import check_fields as fields
from onedoor.recall.models import Invitation
from onedoor.recall.tests import run_factories as run
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 9, 9, 0, tzinfo=clock.LONDON)
ALL_SIX: Mapping[str, Mapping[str, str]] = {
    "bp": {"systolic": "128", "diastolic": "82"},
    "bmi": {"weight": "70", "height": "172"},
    "glucose": {"kind": "hba1c", "value": "40"},
    "lipid": {"cholesterol": "5", "hdl": "1.3", "triglycerides": "1.6"},
    "alcohol": {"units": "4"},
    "smoking": {"status": "never"},
}


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def practice() -> Organisation:
    return factories.practice()


@pytest.fixture
def access(practice: Organisation) -> Access:
    return factories.person(practice, Role.HEALTH_CARE_ASSISTANT)[1]


@pytest.fixture
def sam(practice: Organisation) -> Patient:
    """On the register since 2015."""
    made = factories.patient(practice)
    add(made, practice, "58214004", date(2015, 3, 1))
    return made


def add(patient: Patient, organisation: Organisation, code: str, day: date, value: float | None = None) -> None:
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient_id=patient.pk,
                    organisation_id=organisation.pk,
                    kind="import",
                    text="as it came",
                    intent_key=f"test:{patient.pk}:{code}:{day}:{organisation.pk}",
                    source="EMIS",
                    concept=records.concept(code),
                    effective_at=datetime.combine(day, datetime.min.time(), tzinfo=clock.LONDON),
                    value=value,
                )
            ],
            by=factories.TEST,
        )


def shown(access: Access, patient: Patient) -> recall.CheckPage:
    return recall.check_page(access, patient.pk)


class Said(TypedDict, total=False):
    """What a test says on a form besides what is typed of each check."""

    sure: Mapping[str, str]
    acts: Mapping[str, recall.CheckAct]
    next_month: str
    next_day: str
    close: bool
    missing_ok: bool


def form(
    page: recall.CheckPage, typed: Mapping[str, Mapping[str, str]] | None = None, **more: Unpack[Said]
) -> recall.CheckForm:
    """The form of a page as a browser sends it: every field, those of `typed` changed."""
    filled = {check.key: dict(check.typed) | dict((typed or {}).get(check.key, {})) for check in page.checks}
    made = recall.CheckForm(
        form_key=uuid4(), rule_set=page.rule_set, typed=filled, base={check.key: check.base for check in page.checks}
    )
    return replace(made, **more)


def send(
    access: Access, patient: Patient, typed: Mapping[str, Mapping[str, str]], **more: Unpack[Said]
) -> recall.ChecksSaved:
    return recall.save_checks(access=access, patient_id=patient.pk, form=form(shown(access, patient), typed, **more))


def written(access: Access, patient: Patient) -> list[tuple[str, float | None]]:
    """Coded facts that stand, without the diagnosis."""
    facts = [fact for fact in records.coded_of(access, patient.pk) if fact.in_error_at is None]
    return sorted((fact.code.code, fact.value) for fact in facts if fact.code.code != "58214004")


def check(access: Access, patient: Patient, key: str) -> recall.CheckView:
    return next(one for one in shown(access, patient).checks if one.key == key)


def waiting(access: Access, kind: str) -> list[str]:
    return [task.title for task in tasks.waiting(access, kind=kind)]


def test_six_checks_on_one_page_count_at_once(access: Access, sam: Patient) -> None:
    before = shown(access, sam)
    assert ([one.key for one in before.checks], before.done) == (
        ["bp", "bmi", "alcohol", "lipid", "glucose", "smoking"],
        0,
    )
    saved = send(access, sam, ALL_SIX)
    assert saved.sound
    assert set(saved.changed) == set(ALL_SIX)
    after = shown(access, sam)
    assert (after.done, {one.last.counts for one in after.checks if one.last}) == (6, {True})
    standing = next(one for one in recall.standings_of(access, sam.pk) if one.rule_set_key == "smi")
    assert (standing.in_numerator, standing.up_to_date) == (True, True)
    assert waiting(access, "check_results") == ["Read the results of a physical health check"]


def test_each_check_says_what_it_was_last_when_where_and_whether_it_counts(
    access: Access, practice: Organisation, sam: Patient
) -> None:
    trust = factories.practice("Y99100", "Wexcombe Mental Health Trust")
    shares(trust, practice, covers="coded")
    add(sam, trust, "271649006", date(2026, 3, 2), 131)
    add(sam, trust, "271650006", date(2026, 3, 2), 84)
    add(sam, practice, "8517006", date(2025, 12, 9))
    pressure, smoking = check(access, sam, "bp").last, check(access, sam, "smoking").last
    assert pressure is not None
    assert (pressure.words, pressure.on, pressure.organisation) == ("131/84 mmHg", date(2026, 3, 2), trust.name)
    assert (pressure.counts, pressure.until) == (True, date(2027, 3, 2))
    # A year ago to the day: over.
    assert smoking is not None
    assert (smoking.words, smoking.counts) == ("Ex-smoker", False)


def test_what_another_did_counts_and_is_not_shown_without_an_agreement(
    access: Access, practice: Organisation, sam: Patient
) -> None:
    trust = factories.practice("Y99100", "Wexcombe Mental Health Trust")
    add(sam, practice, "271649006", date(2024, 3, 2), 150)
    add(sam, practice, "271650006", date(2024, 3, 2), 90)
    add(sam, trust, "271649006", date(2026, 3, 2), 131)
    add(sam, trust, "271650006", date(2026, 3, 2), 84)
    found = check(access, sam, "bp")
    assert found.kept_until == date(2027, 3, 2)
    assert found.last is not None
    assert (found.last.words, found.last.organisation, found.last.counts) == ("150/90 mmHg", practice.name, False)
    assert shown(access, sam).done == 1
    why = recall.why(access, sam.pk, "smi")
    assert trust.name not in {part.organisation for part in why.parts} | {entry.organisation for entry in why.evidence}
    assert why.hidden >= 1
    shares(trust, practice, covers="coded")
    after = check(access, sam, "bp")
    assert after.kept_until is None
    assert after.last is not None
    assert (after.last.words, after.last.counts) == ("131/84 mmHg", True)


def test_what_is_wrong_comes_back_and_the_rest_is_saved(access: Access, sam: Patient) -> None:
    saved = send(access, sam, {**ALL_SIX, "bp": {"systolic": "1280", "diastolic": "82"}})
    assert not saved.sound
    assert (set(saved.changed), list(saved.readings)) == (set(ALL_SIX) - {"bp"}, ["bp"])
    assert "systolic" in saved.readings["bp"].problems
    assert shown(access, sam).done == 5


def test_the_same_form_sent_twice_is_taken_once(access: Access, sam: Patient) -> None:
    page = shown(access, sam)
    sent = form(page, ALL_SIX, close=True)
    first = recall.save_checks(access=access, patient_id=sam.pk, form=sent)
    facts = written(access, sam)
    second = recall.save_checks(access=access, patient_id=sam.pk, form=sent)
    assert (first.closed, second.closed, first.ref) == (True, True, second.ref)
    assert written(access, sam) == facts
    assert len(records.timeline(access, sam.pk, kind="check")) == len(facts)
    assert recall.CheckVisit.objects.count() == 1


def test_a_value_that_is_corrected_replaces_the_first(access: Access, sam: Patient) -> None:
    send(
        access,
        sam,
        {"bp": {"systolic": "182", "diastolic": "82"}},
        sure={"bp": sure("bp", systolic="182", diastolic="82")},
    )
    assert waiting(access, "check_danger") == ["Out of the usual: Systolic 182 mmHg is unusual"]
    send(access, sam, {"bp": {"systolic": "128", "diastolic": "82"}})
    assert written(access, sam) == [("271649006", 128.0), ("271650006", 82.0)]
    wrong = [entry.text for entry in records.timeline(access, sam.pk, kind="check") if entry.in_error_at]
    assert sorted(wrong) == ["Diastolic blood pressure 82 mmHg", "Systolic blood pressure 182 mmHg"]
    assert (waiting(access, "check_danger"), shown(access, sam).findings) == ([], ())


def test_a_weight_that_is_corrected_keeps_the_height_beside_it(access: Access, sam: Patient) -> None:
    send(access, sam, {"bmi": {"weight": "70", "height": "172"}})
    send(access, sam, {"bmi": {"weight": "71"}})
    assert written(access, sam) == [("1153637007", 172.0), ("27113001", 71.0), ("60621009", 24.0)]


def test_a_height_from_before_stands_filled_and_says_nothing_by_itself(
    access: Access, practice: Organisation, sam: Patient
) -> None:
    add(sam, practice, "50373000", date(2019, 5, 5), 158)
    view = check(access, sam, "bmi")
    assert (view.typed, view.hint) == ({"height": "158"}, "Height of 5 May 2019, unless measured today.")
    assert send(access, sam, {"smoking": {"status": "never"}}).changed == ("smoking",)
    send(access, sam, {"bmi": {"weight": "60"}})
    assert ("60621009", 24.0) in written(access, sam)
    assert "1153637007" not in dict(written(access, sam))


def test_a_value_that_is_emptied_is_taken_away(access: Access, sam: Patient) -> None:
    send(access, sam, {"smoking": {"status": "never"}})
    assert send(access, sam, {"smoking": {"status": "", "on": ""}}).changed == ("smoking",)
    assert (written(access, sam), check(access, sam, "smoking").last) == ([], None)


def sure(key: str, **typed: str) -> str:
    return recall.sure_mark(key, typed)


def test_what_is_unusual_is_asked_about_and_goes_to_the_duty_clinician(access: Access, sam: Patient) -> None:
    high = {"systolic": "192", "diastolic": "104"}
    asked = send(access, sam, {"bp": high})
    assert (asked.changed, asked.readings["bp"].asks) == ((), ("Systolic 192 mmHg is unusual",))
    assert (written(access, sam), waiting(access, "check_danger")) == ([], [])
    # Another value than the one that was confirmed is asked about again.
    assert send(access, sam, {"bp": {**high, "systolic": "193"}}, sure={"bp": sure("bp", **high)}).changed == ()
    assert send(access, sam, {"bp": high}, sure={"bp": sure("bp", **high)}).changed == ("bp",)
    (finding,) = shown(access, sam).findings
    assert (finding.urgent, finding.action, finding.invented) == (True, "The duty clinician was told", True)
    (task,) = tasks.waiting(access, kind="check_danger")
    assert (task.urgent, task.team) == (True, "duty")
    assert task.subject_id is not None
    assert recall.check_visit_patients(access, [task.subject_id]) == {task.subject_id: sam.ref}


@pytest.mark.parametrize("key", ["bp", "bmi", "glucose", "lipid", "alcohol", "smoking"])
@pytest.mark.parametrize("state", ["declined", "unsuitable", "awaited"])
def test_declined_unsuitable_and_awaited_are_never_done(access: Access, sam: Patient, key: str, state: str) -> None:
    """Hazard H5."""
    saved = send(access, sam, {key: {"state": state, "why": "not today"}})
    if state == "awaited" and key not in fields.BLOOD:
        assert "state" in saved.readings[key].problems
        return
    assert saved.changed == (key,)
    assert shown(access, sam).done == 0
    standing = next(one for one in recall.standings_of(access, sam.pk) if one.rule_set_key == "smi")
    assert key not in standing.done


def test_a_blood_test_that_was_taken_is_followed_until_its_result_is_in(access: Access, sam: Patient) -> None:
    send(access, sam, {"glucose": {"state": "awaited"}}, close=True, missing_ok=True)
    assert len(waiting(access, "check_awaited")) == 1
    with clock.at(NOW + timedelta(days=2)):
        assert check(access, sam, "glucose").awaited
        send(access, sam, {"glucose": {"kind": "hba1c", "value": "44", "on": "2026-12-09"}})
    assert (waiting(access, "check_awaited"), check(access, sam, "glucose").awaited) == ([], False)
    last = check(access, sam, "glucose").last
    assert last is not None
    assert last.on == date(2026, 12, 9)


def test_a_visit_is_not_finished_while_something_found_has_no_action(access: Access, sam: Patient) -> None:
    smokes = {**ALL_SIX, "smoking": {"status": "smoker", "perday": "12"}}
    first = send(access, sam, smokes, close=True)
    assert (first.closed, first.why_open) == (False, (recall.NOT_CLOSED_FOUND,))
    second = send(access, sam, {}, close=True, acts={"smoker": recall.CheckAct("refused", "not now")})
    assert (second.acted, second.closed) == (("smoker",), True)
    refused = [
        entry for entry in records.timeline(access, sam.pk, kind="check") if entry.code and "stop" in entry.code.term
    ]
    assert [entry.code.code for entry in refused if entry.code] == ["394873005"]  # clinical.md 2 #51


def test_a_visit_is_not_finished_unseen_while_checks_have_nothing(access: Access, sam: Patient) -> None:
    some = {"bp": ALL_SIX["bp"], "alcohol": {"state": "declined"}}
    assert send(access, sam, some, close=True).why_open == (recall.NOT_CLOSED_MISSING,)
    assert send(access, sam, {}, close=True, missing_ok=True).closed
    visit = recall.CheckVisit.objects.get()
    assert visit.missing.split() == ["bmi", "lipid", "glucose", "smoking"]


def test_an_action_that_is_work_has_a_task(access: Access, sam: Patient) -> None:
    heavy = {"bmi": {"weight": "100", "height": "172"}}
    send(access, sam, heavy)
    send(access, sam, {}, acts={"bmi_obese": recall.CheckAct("clinician", "on clozapine")})
    assert waiting(access, "check_look") == ["A clinician looks at what a check found: BMI 33.8: 30 or more"]
    (finding,) = shown(access, sam).findings
    assert (finding.action, finding.note) == ("A clinician looks at it", "on clozapine")


def test_what_cannot_be_done_about_a_finding_is_said(access: Access, sam: Patient) -> None:
    send(access, sam, {"smoking": {"status": "smoker"}})
    for act in (recall.CheckAct("refer"), recall.CheckAct("refer", service="no-such"), recall.CheckAct("duty")):
        saved = send(access, sam, {}, acts={"smoker": act})
        assert list(saved.act_problems) == ["smoker"]
    assert shown(access, sam).findings[0].action == ""


def test_what_another_saved_meanwhile_is_seen_before_it_is_replaced(
    access: Access, practice: Organisation, sam: Patient
) -> None:
    _, other = factories.person(practice, Role.PRACTICE_MANAGER)
    mine = shown(access, sam)
    send(other, sam, {"bp": {"systolic": "140", "diastolic": "88"}, "smoking": {"status": "never"}})
    typed = {"bp": {"systolic": "120", "diastolic": "80"}, "alcohol": {"units": "4"}}
    saved = recall.save_checks(access=access, patient_id=sam.pk, form=form(mine, typed))
    assert (saved.changed, list(saved.meanwhile)) == (("alcohol",), ["bp"])
    assert saved.meanwhile["bp"].words == "140/88 mmHg"
    # What I did not touch is theirs, and what I save knowing theirs is mine.
    assert check(access, sam, "smoking").last is not None
    assert check(access, sam, "bp").typed["systolic"] == "140"
    assert send(access, sam, {"bp": {"systolic": "120", "diastolic": "80"}}).changed == ("bp",)


def test_both_typed_the_same(access: Access, practice: Organisation, sam: Patient) -> None:
    _, other = factories.person(practice, Role.PRACTICE_MANAGER)
    mine = shown(access, sam)
    send(other, sam, {"bp": ALL_SIX["bp"]})
    saved = recall.save_checks(access=access, patient_id=sam.pk, form=form(mine, {"bp": ALL_SIX["bp"]}))
    assert (saved.sound, saved.changed) == (True, ())


def test_when_they_come_next_is_agreed_on_the_same_page(access: Access, sam: Patient) -> None:
    assert send(access, sam, {}, next_month="2027-12").agreed
    agreed = recall.AgreedDate.objects.get(patient=sam)
    assert (agreed.programme, agreed.on, agreed.whole_month) == ("smi", date(2027, 12, 1), True)
    assert send(access, sam, {}, next_month="2027-11", next_day="9").agreed
    agreed = recall.AgreedDate.objects.get(patient=sam)
    assert (agreed.on, agreed.whole_month) == (date(2027, 11, 9), False)
    assert not send(access, sam, {}, next_month="2027-11", next_day="9").agreed
    for month, day in (("2027-11", "31"), ("2026-12", "9"), ("2029-01", ""), ("", "4"), ("soon", "")):
        assert send(access, sam, {}, next_month=month, next_day=day).next_problem
    assert recall.AgreedDate.objects.get(patient=sam).on == date(2027, 11, 9)


def test_nine_checks_three_of_them_in_words_that_never_count(access: Access, sam: Patient) -> None:
    page = recall.check_page(access, sam.pk, "smi-nine")
    assert [one.key for one in page.checks if not one.known] == ["diet_activity", "substance_use", "medicines"]
    words = {"diet_activity": {"words": "Walks to work"}, "medicines": {"words": "Brought the list"}}
    saved = recall.save_checks(access=access, patient_id=sam.pk, form=form(page, {**ALL_SIX, **words}))
    assert saved.sound
    assert (shown(access, sam).rule_set, shown(access, sam).done) == ("smi-nine", 6)


def test_somebody_on_lithium_only_is_not_on_the_register_and_may_be_checked(
    access: Access, practice: Organisation
) -> None:
    lithium = factories.patient(practice, "Lee", "Marsh")
    assert shown(access, lithium).standing == "has no diagnosis of the register"
    send(access, lithium, ALL_SIX)
    assert shown(access, lithium).done == 6


def test_a_finished_visit_is_opened_again_on_its_day_only(access: Access, sam: Patient) -> None:
    ref = send(access, sam, ALL_SIX, close=True).ref
    assert ref is not None
    assert recall.open_checks_again(access=access, visit_ref=ref)
    assert not recall.open_checks_again(access=access, visit_ref=ref)
    send(access, sam, {"bp": {"systolic": "130", "diastolic": "82"}}, close=True)
    assert ("271649006", 130.0) in written(access, sam)
    assert len([one for one in written(access, sam) if one[0] == "271649006"]) == 1
    with clock.at(NOW + timedelta(days=1)):
        assert not recall.open_checks_again(access=access, visit_ref=ref)


def test_nobody_without_the_permission_or_the_patient(practice: Organisation, access: Access, sam: Patient) -> None:
    sent = form(shown(access, sam), ALL_SIX)
    _, desk = factories.person(practice, Role.RECEPTIONIST)
    _, elsewhere = factories.person(factories.practice("Y99003", "Elsewhere"), Role.HEALTH_CARE_ASSISTANT)
    with pytest.raises(NotPermitted):
        recall.save_checks(access=desk, patient_id=sam.pk, form=sent)
    with pytest.raises(NotPermitted):
        recall.check_page(desk, sam.pk)
    for reads in (
        lambda: recall.save_checks(access=elsewhere, patient_id=sam.pk, form=sent),
        lambda: recall.check_page(elsewhere, sam.pk),
    ):
        with pytest.raises(Patient.DoesNotExist):
            reads()
    ref = send(access, sam, ALL_SIX, close=True).ref
    assert ref is not None
    with pytest.raises(recall.CheckVisit.DoesNotExist):
        recall.open_checks_again(access=elsewhere, visit_ref=ref)


pressures = st.builds(
    lambda high, low: {"systolic": str(high), "diastolic": str(low)}, st.integers(100, 170), st.integers(60, 99)
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["page", "again", "old"]),
        st.one_of(
            st.builds(lambda one: {"bp": one}, pressures),
            st.just({"bp": {"state": "declined", "systolic": "", "diastolic": ""}}),
            st.just({"bp": {"state": "", "systolic": "", "diastolic": ""}}),
            st.just({"smoking": {"status": "never"}}),
            st.just({"smoking": {"status": "smoker"}}),
            st.just({}),
        ),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_is_sent_in_whatever_order_a_visit_says_what_the_record_says(
    practice: Organisation, access: Access, steps: list[tuple[str, dict[str, dict[str, str]], bool]]
) -> None:
    """New pages, retries of old forms and pages made before: one reading stands at most, and it is what the form shows."""
    patient = factories.patient(practice)
    page, sent = shown(access, patient), None
    for kind, typed, close in steps:
        if kind == "page":
            page = shown(access, patient)
        if kind != "again" or sent is None:
            sent = form(page, typed, close=close, missing_ok=True, acts={"smoker": recall.CheckAct("advice")})
        before = len(records.timeline(access, patient.pk, kind="check"))
        recall.save_checks(access=access, patient_id=patient.pk, form=sent)
        after = written(access, patient)
        recall.save_checks(access=access, patient_id=patient.pk, form=sent)
        assert written(access, patient) == after
        assert len(records.timeline(access, patient.pk, kind="check")) >= before
        stands = [value for code, value in after if code == "271649006"]
        item = check(access, patient, "bp").item
        if item is not None:
            shows = item.typed.get("systolic", "")
            assert stands[-1:] == ([float(shows)] if shows else []) or _another_visit(stands, shows)
    assert recall.CheckVisit.objects.filter(patient=patient, state="open").count() <= 1


def _another_visit(stands: list[float | None], shows: str) -> bool:
    """An earlier visit of the day has a reading of its own beside this one's."""
    return (float(shows) in stands) if shows else True


def test_two_pages_have_two_keys(access: Access, sam: Patient) -> None:
    """What was typed after a send that was lost is another form, under whatever key it comes."""
    page = shown(access, sam)
    first = form(page, {"bp": ALL_SIX["bp"]})
    recall.save_checks(access=access, patient_id=sam.pk, form=first)
    more = replace(first, typed={**first.typed, "smoking": {"status": "never"}})
    assert isinstance(first.form_key, UUID)
    assert recall.save_checks(access=access, patient_id=sam.pk, form=more).changed == ("smoking",)


def test_who_agreed_a_day_is_invited_for_it_and_not_before() -> None:
    here = run.practice("asthma")
    early, late, short = run.people(here, 3)
    on = run.MONDAY.date()
    with clock.at(run.MONDAY - timedelta(days=300)):
        for patient, day in ((early, on), (late, on + timedelta(days=40)), (short, on + timedelta(days=40))):
            recall.AgreedDate.objects.create(
                patient=patient, programme="asthma", on=day, agreed_at=clock.now(), agreed_by="Sunita Rowe"
            )
    # Both were complete then; it lapsed a week ago for one, and lapses in a month for the other. The third lacked something then.
    run.due([late], "asthma", on=on - timedelta(days=7))
    run.due([early], "asthma", on=on + timedelta(days=30), status=1, reason="done", expires_on=on + timedelta(days=30))
    run.due([short], "asthma", on=on - timedelta(days=301))
    run.night(run.MONDAY)
    assert set(Invitation.objects.values_list("patient_id", flat=True)) == {early.pk, short.pk}
