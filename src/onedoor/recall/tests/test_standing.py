"""Where people stand: kept exactly from night to night, explained to the entry, in as many statements for ten as for 1,000."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor.accounts.api import Organisation
from onedoor.factories import patient, person, practice
from onedoor.kernel import clock, events, jobs
from onedoor.kernel.access import Access
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall import api as recall
from onedoor.recall.models import Known, Stale, Standing
from onedoor.recall.models import RuleSet as Row
from onedoor.records import api as records
from onedoor.records.events import CodedChanged
from onedoor.records.models import Code, Coded, CodeSet, CodeSetMember, Unit
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db

ALL = Access.system("test of standings")
PSYCHOSIS, REMISSION = "69322001", "111483008"
SYSTOLIC, BMI, ALCOHOL, LIPIDS, GLUCOSE, SMOKER = (
    "271649006", "60621009", "105542008", "1005671000000105", "1010671000000102", "77176002",
)  # fmt: skip
SIX = (SYSTOLIC, BMI, ALCOHOL, LIPIDS, GLUCOSE, SMOKER)
INVITED, FLU, MEDICINES, DECLINED_BP = "1109921000000106", "822851000000102", "314530002", "413123006"
_names = count(1)


@contextmanager
def on(day: date) -> Iterator[None]:
    with clock.at(datetime.combine(day, time(3, 0), tzinfo=clock.LONDON)):
        yield


def write(who: Patient, code: str, day: date, value: float | None = None, unit: str = "") -> Coded:
    """A coded fact as a file brings it, told as its writer tells it."""
    organisation = CareRelationship.objects.filter(patient=who).latest("id").organisation
    with transaction.atomic():
        made, _ = Coded.objects.get_or_create(
            patient=who,
            code=Code.objects.get(code=code),
            day=day,
            value=value,
            organisation=organisation,
            defaults={
                "unit": Unit.objects.filter(ucum=unit).first(),
                "source": 2,
                "recorded_at": clock.now(),
            },
        )
        events.emit(CodedChanged([who.pk]))
    return made


def register(key: str) -> str:
    """A member for a set that the facts leave empty: an invented code."""
    code = Code.objects.create(code=f"99999{next(_names):05d}", term="Invented for a test", provenance="invented")
    CodeSetMember.objects.create(
        code_set=CodeSet.objects.get_or_create(
            key=key, defaults={"name": key, "origin": "local", "version_on": date(2026, 1, 1)}
        )[0],
        code=code,
        basis="file",
        provenance="invented",
        since=date(2026, 1, 1),
    )
    return code.code


def standing(who: Patient, key: str = "smi") -> Standing | None:
    recall.refresh(patient_ids=[who.pk])
    return Standing.objects.filter(patient=who, rule_set__key=key).first()


def stands(who: Patient, key: str = "smi") -> tuple[int, str] | None:
    found = standing(who, key)
    return (found.status, found.reason) if found else None


# Rules, by tables


def test_six_of_six_is_done_until_the_first_lapses() -> None:
    one = patient(practice(), born_on=date(1980, 1, 9))
    write(one, PSYCHOSIS, date(2019, 1, 1))
    assert stands(one) == (2, "due")
    for number, code in enumerate(SIX):
        write(one, code, date(2026, 5, 1) + timedelta(days=number))
    found = standing(one)
    assert found
    assert (found.status, found.reason, found.in_denominator, found.in_numerator) == (1, "done", True, True)
    assert (found.parts_done, found.expires_on, found.changes_on) == (63, date(2027, 5, 1), date(2027, 5, 1))
    # The birth month comes before anything lapses.
    assert found.due_on == date(2027, 1, 1)
    with on(date(2027, 5, 1)):
        found = standing(one)
        assert found
        assert (found.status, found.reason, found.parts_done) == (2, "due", 62)


@pytest.mark.parametrize(
    ("remission", "status"),
    [(date(2025, 3, 1), (0, "in_remission")), (date(2025, 2, 28), (2, "due")), (date(2025, 2, 27), (2, "due"))],
)
def test_in_remission_is_out_only_when_it_is_later_than_the_diagnosis(remission: date, status: tuple[int, str]) -> None:
    one = patient(practice())
    write(one, PSYCHOSIS, date(2025, 2, 28))
    write(one, REMISSION, remission)
    assert stands(one) == status


@pytest.mark.parametrize(
    ("days", "status"),
    [
        ((10, 20), (1, "two_invitations")),
        ((10,), (2, "due")),
        ((10, 16), (2, "due")),
        ((10, 17), (1, "two_invitations")),
        ((10, 16, 17), (1, "two_invitations")),
    ],
)
def test_two_invitations_at_least_seven_days_apart(days: Sequence[int], status: tuple[int, str]) -> None:
    """clinical.md 3.1."""
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    for day in days:
        write(one, INVITED, date(2026, 4, day))
    assert stands(one, "smi-contract-year") == status
    assert stands(one, "smi") == (2, "due")
    # Achieved counts whatever was asked before.
    for code in SIX:
        write(one, code, date(2026, 6, 1))
    found = standing(one, "smi-contract-year")
    assert found
    assert (found.reason, found.in_denominator, found.in_numerator) == ("done", True, True)


@pytest.mark.parametrize(
    ("smokes", "bmi", "lipids_done"),
    [(False, 22.9, True), (False, 23.0, False), (True, 22.0, False), (False, None, True)],
)
def test_lipids_have_two_contract_years_where_no_risk_stands(
    smokes: bool, bmi: float | None, lipids_done: bool
) -> None:
    """clinical.md 1.2, MH011. Nobody's ethnicity is known: 23 is a risk."""
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    write(one, LIPIDS, date(2025, 4, 1))
    write(one, "266919005", date(2026, 5, 1))
    if smokes:
        write(one, SMOKER, date(2026, 5, 2))
    if bmi is not None:
        write(one, BMI, date(2026, 5, 1), bmi, "kg/m2")
    parts = {part.key: part for part in recall.parts_of(ALL, one.pk, "smi-contract-year")}
    assert parts["lipid"].done is lipids_done
    assert parts["lipid"].expires_on == (date(2027, 4, 1) if lipids_done else date(2026, 4, 1))
    assert not {part.key: part for part in recall.parts_of(ALL, one.pk, "smi")}["lipid"].done


def test_a_value_in_another_unit_or_none_is_no_value() -> None:
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    write(one, LIPIDS, date(2025, 6, 1))
    write(one, BMI, date(2026, 5, 3), 40.0, "kg")
    write(one, BMI, date(2026, 5, 2))
    write(one, BMI, date(2026, 5, 1), 22.0, "kg/m2")
    found = recall.why(ALL, one.pk, "smi-contract-year")
    assert {part.key: part for part in found.parts}["lipid"].done
    assert [entry.value for entry in found.evidence if entry.about == "bmi"] == [22.0]


def test_lithium_alone_is_on_the_register_and_not_in_the_denominator() -> None:
    lithium, stopped = register("LIT_COD"), register("LITSTP_COD")
    one = patient(practice())
    write(one, lithium, date(2026, 10, 1))
    found = standing(one, "smi-contract-year")
    assert found
    assert (found.status, found.reason, found.in_denominator) == (0, "lithium_only", False)
    assert stands(one, "smi") is None
    write(one, stopped, date(2026, 10, 2))
    assert stands(one, "smi-contract-year") is None
    # With a diagnosis besides, the better cohort counts.
    write(one, lithium, date(2026, 11, 1))
    write(one, PSYCHOSIS, date(2019, 1, 1))
    assert stands(one, "smi-contract-year") == (2, "due")


def test_nine_are_never_complete_and_say_that_no_code_is_known() -> None:
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    for code in SIX:
        write(one, code, date(2026, 10, 1))
    found = standing(one, "smi-nine")
    assert found
    assert (found.status, found.reason, found.in_numerator, found.parts_done) == (1, "unknown", False, 63)
    view = next(view for view in recall.standings_of(ALL, one.pk) if view.rule_set_key == "smi-nine")
    assert view.unknown == ("diet_activity", "substance_use", "medicines")
    assert view.missing == ()


def test_a_decline_an_unsuitability_and_an_invitation_complete_nothing() -> None:
    """Hazards H4 and H5."""
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    for code in (DECLINED_BP, "1046351000000106", "736013005", "116471000119100", INVITED):
        write(one, code, date(2026, 11, 1))
    found = standing(one)
    assert found
    assert (found.status, found.parts_done) == (2, 0)
    view = next(view for view in recall.standings_of(ALL, one.pk) if view.rule_set_key == "smi")
    assert set(view.declined) == {"bp", "bmi", "glucose"}
    write(one, SYSTOLIC, date(2026, 10, 1))
    found = standing(one)
    assert found
    assert (found.parts_done, found.parts_declined & 1) == (1, 0)


@pytest.mark.parametrize(
    ("code", "day", "status"),
    [
        (FLU, date(2026, 10, 3), (1, "done")),
        (FLU, date(2026, 8, 31), (2, "due")),
        (FLU, date(2026, 3, 31), (2, "due")),
        ("1240781000000106", date(2026, 10, 3), (2, "due")),
        ("1324721000000108", date(2026, 10, 3), (2, "due")),
        (INVITED, date(2026, 10, 3), (2, "due")),
    ],
)
def test_only_a_dose_of_this_season_is_one_given(code: str, day: date, status: tuple[int, str]) -> None:
    """The substring trap (clinical.md 2): a text "vaccination invitation SMS sent" is no dose, nor is another season's."""
    one = patient(practice(), born_on=date(1950, 1, 1))
    write(one, code, day)
    assert stands(one, "flu") == status


@pytest.mark.parametrize(
    ("day", "status", "due"),
    [
        (date(2026, 8, 31), (1, "out_of_season"), date(2026, 9, 1)),
        (date(2026, 9, 30), (1, "not_yet"), date(2026, 9, 1)),
        (date(2026, 10, 1), (2, "due"), date(2026, 9, 1)),
        (date(2027, 3, 31), (2, "due"), date(2026, 9, 1)),
        (date(2027, 4, 1), (1, "out_of_season"), date(2027, 9, 1)),
    ],
)
def test_outside_the_season_nobody_is_asked(day: date, status: tuple[int, str], due: date) -> None:
    one = patient(practice(), born_on=date(1950, 1, 1))
    with on(day):
        found = standing(one, "flu")
    assert found
    assert ((found.status, found.reason), found.due_on) == (status, due)


@pytest.mark.parametrize(
    ("born", "day", "inside"),
    [
        (date(1961, 12, 7), date(2026, 12, 7), True),
        (date(1961, 12, 8), date(2026, 12, 7), False),
        (date(1960, 2, 29), date(2025, 2, 28), False),
        (date(1960, 2, 29), date(2025, 3, 1), True),
    ],
)
def test_sixty_five_on_the_birthday(born: date, day: date, inside: bool) -> None:
    one = patient(practice(), born_on=born)
    with on(day):
        assert (stands(one, "flu") is not None) is inside


def test_a_register_without_members_is_empty_until_a_file_brings_them() -> None:
    one = patient(practice())
    assert stands(one, "asthma") is None
    write(one, register("AST_COD"), date(2020, 5, 1))
    assert stands(one, "asthma") == (2, "due")
    write(one, "394700004", date(2026, 1, 1))
    found = standing(one, "asthma")
    assert found
    assert (found.reason, found.expires_on) == ("done", date(2027, 1, 1))
    assert stands(one, "medication") == (2, "due")
    write(one, MEDICINES, date(2026, 1, 1))
    assert stands(one, "medication") == (1, "done")
    write(one, register("ASTRES_COD"), date(2026, 11, 1))
    assert stands(one, "asthma") == (0, "resolved")
    assert stands(one, "medication") is None


# Why


def test_why_names_the_entries_that_decided_on_any_day() -> None:
    place = practice()
    one = patient(place)
    write(one, PSYCHOSIS, date(2019, 1, 1))
    reading = write(one, SYSTOLIC, date(2026, 5, 1), 138.0, "mm[Hg]")
    write(one, SYSTOLIC, date(2025, 1, 1), 150.0, "mm[Hg]")
    gone = write(one, REMISSION, date(2026, 11, 1))
    now = recall.why(ALL, one.pk, "smi")
    assert (now.status, now.reason, now.in_denominator) == (0, "in_remission", False)
    assert now.text == "in remission: recorded after the latest diagnosis"
    assert {(entry.about, entry.code, entry.day) for entry in now.evidence} >= {
        ("remission", REMISSION, date(2026, 11, 1)),
        ("diagnosis", PSYCHOSIS, date(2019, 1, 1)),
    }
    assert gone.pk in {entry.id for entry in now.evidence}
    before = recall.why(ALL, one.pk, "smi", date(2026, 10, 31))
    assert (before.status, before.reason) == (2, "due")
    assert before.cohorts == ("is on the register of people with severe mental illness",)
    pressure = before.parts[0]
    assert (pressure.key, pressure.done, pressure.done_on, pressure.value, pressure.unit, pressure.organisation) == (
        "bp", True, date(2026, 5, 1), 138.0, "mm[Hg]", place.name,
    )  # fmt: skip
    assert reading.pk in {entry.id for entry in before.evidence}
    assert recall.why(ALL, one.pk, "smi", date(2026, 4, 30)).parts[0].done_on == date(2025, 1, 1)
    assert recall.why(ALL, one.pk, "smi", date(2019, 12, 31)).reason == "not_registered"
    assert recall.why(ALL, one.pk, "asthma").reason == "not_in_cohort"
    with pytest.raises(LookupError):
        recall.why(ALL, one.pk, "smi", date(2018, 1, 1))


def test_the_day_of_an_entry_is_right_to_the_last_key_that_there_can_be() -> None:
    """A key beyond it would be read as part of the day."""
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    reading = write(one, SYSTOLIC, date(2026, 5, 1), 138.0, "mm[Hg]")
    Coded.objects.filter(pk=reading.pk).update(id=2**40 - 1)
    part = recall.why(ALL, one.pk, "smi").parts[0]
    assert (part.done_on, part.value) == (date(2026, 5, 1), 138.0)
    with pytest.raises(IntegrityError, match="coded_id_bits"), transaction.atomic():
        Coded.objects.filter(pk=2**40 - 1).update(id=2**40)


def test_a_stranger_is_told_nothing() -> None:
    one = patient(practice())
    _, stranger = person(practice("Y99003", "Another"))
    for ask in (recall.standings_of, lambda access, key: recall.why(access, key, "smi")):
        with pytest.raises(Patient.DoesNotExist):
            ask(stranger, one.pk)
    _, ours = person(practice())
    assert recall.standings_of(ours, one.pk) == []


def test_what_is_written_through_the_door_is_worked_out_at_the_next_sweep() -> None:
    place = practice()
    one = patient(place)
    _, access = person(place)
    recall.bring_up_to_date()
    entry = NewEntry(
        one.pk, place.pk, "diagnosis", "Psychotic disorder", "test:1", "front desk", records.concept(PSYCHOSIS)
    )
    with transaction.atomic():
        records.record_entries(entries=[entry], by=access.actor)
    assert Stale.objects.filter(patient_id=one.pk).exists()
    assert jobs.run_once("recall.refresh") == 1
    found = Standing.objects.get(patient=one, rule_set__key="smi")
    assert found.reason == "due"
    why = recall.why(access, one.pk, "smi")
    assert records.Entry.objects.get(intent_key="test:1").pk == why.evidence[0].entry_id
    assert not Stale.objects.exists()


# Night after night


def kept() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All that is kept, but for the day on which it came to say so."""
    columns = [field.attname for field in Standing._meta.concrete_fields if field.attname != "computed_on"]
    return (
        sorted(Standing.objects.values_list(*columns), key=repr),
        sorted(Known.objects.values_list(*[field.attname for field in Known._meta.concrete_fields]), key=repr),
    )


def _something_happens(
    draw: random.Random, people: list[Patient], places: list[Organisation], codes: list[str]
) -> None:
    one, today = draw.choice(people), clock.today()
    match draw.randrange(12):
        case 0:
            relation = CareRelationship.objects.filter(patient=one, ends_on=None).first()
            if relation:
                relation.ends_on = today + timedelta(days=draw.choice((0, 1, 40)))
                relation.save()
        case 1:
            place = draw.choice(places)
            if not CareRelationship.objects.filter(patient=one, ends_on=None).exists():
                starts = today + timedelta(days=draw.choice((-40, 0, 3)))
                CareRelationship.objects.create(patient=one, organisation=place, kind="registered", starts_on=starts)
        case 2:
            Patient.objects.filter(pk=one.pk).update(
                deceased=draw.random() < 0.3, born_on=date(1961, 1, 1) + timedelta(days=draw.randrange(700))
            )
        case 3:
            wrong = Coded.objects.filter(patient=one, in_error_at=None).order_by("?").first()
            if wrong:
                with transaction.atomic():
                    Coded.objects.filter(pk=wrong.pk).update(in_error_at=clock.now())
                    events.emit(CodedChanged([one.pk]))
        case _:
            ahead = draw.random() < 0.1
            day = today + timedelta(days=draw.randrange(1, 60) if ahead else -draw.randrange(0, 500))
            value, unit = (draw.choice((22.0, 24.0, 31.0)), "kg/m2") if draw.random() < 0.3 else (None, "")
            write(one, draw.choice(codes), day, value, unit)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_nightly_increment_is_the_whole_computation(seed: int) -> None:
    """H6. Entries, errors, moves, deaths and days in any order: what was kept by night is what everybody worked out anew
    would be.
    """
    draw = random.Random(seed)
    places = [practice(), practice("Y99003", "Another")]
    codes = [
        *SIX,
        PSYCHOSIS,
        PSYCHOSIS,
        REMISSION,
        INVITED,
        INVITED,
        FLU,
        MEDICINES,
        DECLINED_BP,
        "266919005",
        "717051000000101",
    ]
    codes += [
        register(key)
        for key in ("AST_COD", "DM_COD", "HYP_COD", "LIT_COD", "LITSTP_COD", "ANTIPSYDRUG_COD", "ASTRES_COD")
    ]
    people = [
        patient(draw.choice(places), born_on=date(1961, 1, 1) + timedelta(days=draw.randrange(700))) for _ in range(25)
    ]
    day = date(2025, 11, 1) + timedelta(days=draw.randrange(400))
    with on(day):
        for one in people:
            for _ in range(8):
                write(one, draw.choice(codes), day - timedelta(days=draw.randrange(700)))
        recall.compute()
    for _ in range(14):
        day += timedelta(days=draw.choice((0, 1, 1, 3, 28, 31, 90)))
        with on(day):
            for _ in range(draw.randrange(6)):
                _something_happens(draw, people, places, codes)
            recall.bring_up_to_date()
            increment = kept()
            Standing.objects.all().delete()
            Known.objects.all().delete()
            recall.compute()
            assert increment == kept(), day


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_nothing_changes_before_the_day_that_is_named(seed: int) -> None:
    """Without a word written, the day on which a standing may first differ is never too late."""
    draw = random.Random(seed)
    codes = [*SIX, PSYCHOSIS, REMISSION, INVITED, FLU, MEDICINES, "266919005"]
    day = date(2026, 1, 15) + timedelta(days=draw.randrange(300))
    people = [patient(practice(), born_on=date(1961, 6, 1) + timedelta(days=draw.randrange(400))) for _ in range(20)]
    with on(day):
        for one in people:
            write(one, PSYCHOSIS, day - timedelta(days=draw.randrange(120)))
            for _ in range(7):
                write(one, draw.choice(codes), day - timedelta(days=draw.randrange(420)))
        recall.compute()
    for _ in range(60):
        before = {row.pk: row for row in Standing.objects.all()}
        due = dict(Known.objects.values_list("patient_id", "changes_on"))
        day += timedelta(days=draw.choice((1, 2, 5)))
        with on(day):
            recall.compute()
        for row in Standing.objects.all():
            old = before.get(row.pk)
            if old is None or (old.status, old.reason, old.parts_done, old.due_on) != (
                row.status, row.reason, row.parts_done, row.due_on,
            ):  # fmt: skip
                changes = due[row.patient_id]
                assert changes is not None
                assert changes <= day
                if old is not None:
                    assert old.changes_on is not None
                    assert old.changes_on <= day


def test_when_the_rules_or_a_code_set_change_everybody_is_worked_out_anew() -> None:
    one = patient(practice())
    strange = Code.objects.create(code="9999988888", term="Invented for a test", provenance="invented")
    Coded.objects.create(
        patient=one, code=strange, day=date(2026, 1, 1), organisation=practice(), source=2, recorded_at=clock.now()
    )
    recall.bring_up_to_date()
    assert not Standing.objects.filter(patient=one).exists()
    CodeSetMember.objects.create(
        code_set=CodeSet.objects.get(key="MH_COD"),
        code=strange,
        basis="file",
        provenance="invented",
        since=date(2026, 1, 1),
    )
    jobs.run_once("recall.refresh")
    assert Standing.objects.filter(patient=one, rule_set__key="smi").exists()
    old = Row.objects.get(key="smi")
    Row.objects.create(
        programme="smi", key="smi", version="2", active_from=date(2026, 12, 1), content=old.content, sha256="2" * 64
    )
    jobs.run_once("recall.refresh")
    assert {row.rule_set.version for row in Standing.objects.filter(patient=one, rule_set__key="smi")} == {"2"}


def test_a_clock_that_is_set_back_takes_the_standings_with_it() -> None:
    one = patient(practice())
    write(one, PSYCHOSIS, date(2026, 12, 20))
    with on(date(2026, 12, 20)):
        recall.bring_up_to_date()
        assert Standing.objects.filter(patient=one, rule_set__key="smi").exists()
    recall.bring_up_to_date()
    assert not Standing.objects.filter(patient=one, rule_set__key="smi").exists()


@pytest.mark.parametrize("crowd", [1, 1_000])
def test_a_crowd_is_worked_out_by_ranges_and_comes_out_the_same(crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onedoor.recall.actions.standing.CROWD", crowd)
    monkeypatch.setattr("onedoor.recall.actions.standing.RANGE", 3)
    people = [patient(practice(), born_on=date(1950, 1, 1)) for _ in range(7)]
    for one in people[::2]:
        write(one, PSYCHOSIS, date(2024, 5, 1))
    recall.bring_up_to_date()
    increment = kept()
    assert len(increment[1]) == 7
    assert not Stale.objects.exists()
    recall.compute()
    assert kept() == increment


def test_a_row_that_says_the_same_is_not_written_again() -> None:
    one = patient(practice())
    write(one, PSYCHOSIS, date(2019, 1, 1))
    recall.compute()
    with on(date(2026, 12, 9)):
        recall.compute()
    assert {row.computed_on for row in Standing.objects.filter(patient=one, rule_set__key="smi")} == {date(2026, 12, 7)}


def test_as_many_statements_for_ten_as_for_a_thousand() -> None:
    place = practice()
    numbers = []
    for more in (10, 990):
        made = Patient.objects.bulk_create(
            Patient(given_name="Sam", family_name="Hollis", name_key="hollis sam", born_on=date(1950, 1, 1))
            for _ in range(more)
        )
        CareRelationship.objects.bulk_create(
            CareRelationship(patient=one, organisation=place, kind="registered", starts_on=date(2020, 1, 1))
            for one in made
        )
        code = Code.objects.get(code=PSYCHOSIS)
        Coded.objects.bulk_create(
            Coded(patient=one, code=code, day=date(2024, 1, 1), organisation=place, source=2, recorded_at=clock.now())
            for one in made
        )
        with transaction.atomic():
            events.emit(CodedChanged([one.pk for one in made]))
        with CaptureQueriesContext(connection) as statements:
            recall.bring_up_to_date()
        numbers.append(len(statements))
        with CaptureQueriesContext(connection) as statements:
            recall.compute()
        numbers.append(len(statements))
        with CaptureQueriesContext(connection) as statements:
            recall.why(ALL, made[0].pk, "smi")
            recall.standings_of(ALL, made[0].pk)
        numbers.append(len(statements))
    assert numbers[:3] == numbers[3:]
    assert numbers[2] <= 12
    assert Standing.objects.filter(rule_set__key="smi").count() == 1_000
