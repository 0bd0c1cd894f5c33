"""Months closed, against the plain reading; and a closed month that nothing written later changes.

Two dozen in the suite; `ONEDOOR_MEASURE_MONTHS=100` for as many as product-map.md K0 asks.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall.models import RuleSet
from onedoor.records.models import ELSEWHERE, IMPORTED, WRITTEN, Code, Coded, CodeSet, CodeSetMember
from onedoor.reporting.measures import canonical, closing
from onedoor.reporting.models import Snapshot, SnapshotPerson
from tests.specification.measures.plain import History, Recorded, figures
from tests.specification.recall import generated, golden, store
from tests.specification.recall.reading import Person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ACCESS = Access.system("specification")
MONTHS = int(os.environ.get("ONEDOOR_MEASURE_MONTHS", "24"))
PARTS = ("bp", "bmi", "alcohol", "lipid", "glucose", "smoking")


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Domain time for this process and for the database."""
    clock.set_clock(at=moment, rate=0)
    with clock.at(moment):
        yield


def people(number: int, seed: int, before: datetime | None = None) -> tuple[list[History], list[int]]:
    """So many people with a diagnosis of the register, and a few drawn as they come, each fact recorded at some time after it
    happened, some corrected or accepted later still; all of that before a moment, where one is given."""
    draw = random.Random(seed)
    register = golden.members()["MH_COD"]
    drawn = generated.people(20 * number, seed)
    chosen = [one for one in drawn if any(entry.code in register for entry in one.entries)][:number]
    chosen += list(generated.people(number // 4, seed + 1))
    keys = store.write_people(chosen)
    places = [place.ods_code for place in store.practices()]
    histories = []
    for person, key in zip(chosen, keys, strict=True):
        registrations = [
            (code, since, until) for code, (since, until) in zip(places, person.registrations, strict=False)
        ]
        one = History(person, registrations)
        rows = list(Coded.objects.filter(patient_id=key).order_by("pk"))
        for entry, row in zip(sorted(person.entries, key=lambda entry: entry.number), rows, strict=True):
            at = datetime(entry.day.year, entry.day.month, entry.day.day, 12, tzinfo=clock.LONDON)
            at += timedelta(days=draw.choice((0, 0, 0, 1, 20, 200)), minutes=draw.randrange(600))
            later = at + timedelta(days=draw.choice((1, 20, 200)))
            if before is not None:
                at, later = min(at, before - timedelta(days=2)), min(later, before - timedelta(days=1))
            wrong = later if entry.in_error else None
            accepted = at + timedelta(hours=5) if entry.elsewhere and draw.random() < 0.5 else None
            one.entries.append(Recorded(entry, at, wrong, accepted))
            _write(row, one.entries[-1])
        if draw.random() < 0.05:
            one.died_at = datetime(2024, draw.randrange(1, 12), 9, 9, tzinfo=clock.LONDON)
        person_alive = Patient.objects.filter(pk=key)
        person_alive.update(deceased=False)
        if one.died_at is not None:
            with standing_at(one.died_at):
                person_alive.update(deceased=True)
        histories.append(one)
    # Of one practice there is a list and no record.
    silent = Patient.objects.create(name_key="vale robin", born_on=date(1970, 1, 1))
    since = date(2015, 1, 1)
    CareRelationship.objects.create(
        patient=silent, organisation=store.practices()[8], kind="registered", starts_on=since
    )
    histories.append(History(Person(silent.born_on, [(since, None)], []), [(places[8], since, None)]))
    with connection.cursor() as cursor:
        # That they were written alive or dead at first is how the tables were filled, not what was known.
        cursor.execute("DELETE FROM patients_former_person WHERE deceased")
    return histories, keys


def _write(row: Coded, one: Recorded) -> None:
    """The fact as it came, then what became of it, each at its time."""
    same = Coded.objects.filter(pk=row.pk)
    same.update(recorded_at=one.at, in_error_at=None, source=ELSEWHERE if one.entry.elsewhere else IMPORTED)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_coded_former WHERE coded_id = %s", [row.pk])
    if one.accepted_at is not None:
        same.update(source=WRITTEN, accepted_at=one.accepted_at)
    if one.wrong_at is not None:
        same.update(in_error_at=one.wrong_at)


def test_months_agree_with_a_plain_reading() -> None:
    """K0: two independent computations."""
    store.load_reference_sets()
    histories, _ = people(60, 7)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    draw, closed, seen = random.Random(100), dict[date, int](), set[str]()
    for _ in range(MONTHS):
        month = date(draw.choice((2023, 2024, 2024, 2025)), draw.randrange(1, 13), 1)
        over = (month + timedelta(days=32)).replace(day=1)
        known = datetime(over.year, over.month, 1, 1, tzinfo=clock.LONDON)
        known += timedelta(days=draw.choice((0, 0, 3, 100, 400)), hours=draw.randrange(24))
        with standing_at(known):
            made = closing.close(ACCESS, month=month, why="another edition" if month in closed else "")
        closed[month] = closed.get(month, 0) + 1
        assert made.edition == closed[month]
        assert _kept(made.pk) == _plain(histories, month, known, seen), f"{month}, as known at {known}"
    # So that nothing agrees for want of cases.
    assert seen == {"complete", "new", "lapsed", "out", "silent"}


def _plain(histories: Sequence[History], month: date, known: datetime, seen: set[str]) -> dict[tuple[str, str], Any]:
    expected: dict[tuple[str, str], Any] = {}
    for code, sums in figures(histories, month, known).items():
        told = sums.heard
        shares = {"smi_all_six": sums.complete, **{f"smi_{part}": sums.parts.get(part, 0) for part in PARTS}}
        for key, many in shares.items():
            expected[key, code] = (many if told else None, sums.register if told else None, sums.out)
        expected["smi_register", code] = (sums.register if told else None, None, sums.out)
        expected["smi_completed", code] = (sums.new if told else None, None, 0)
        expected["smi_lapsed", code] = (sums.lapsed if told else None, None, 0)
        seen |= {name for name in ("complete", "new", "lapsed", "out") if getattr(sums, name)}
        seen |= set() if told else {"silent"}
    return expected


def _kept(closing_id: int) -> dict[tuple[str, str], Any]:
    rows = Snapshot.objects.filter(closing_id=closing_id, measure__key__startswith="smi_")
    return {
        (key, code): counts
        for key, code, *counts_ in rows.values_list(
            "measure__key", "organisation__ods_code", "numerator", "denominator", "excluded"
        )
        for counts in [tuple(counts_)]
    }


LATER = datetime(2025, 3, 3, 10, tzinfo=clock.LONDON)
_TURNS = itertools.count()
EVENTS = (
    "entry", "wrong", "right", "accepted", "unaccepted", "move", "left", "died", "born", "registered", "joined", "code",
    "no code", "rules", "renamed",
)  # fmt: skip


def _happen(event: str, draw: random.Random, keys: list[int]) -> None:
    """Something is written after the month was closed, of any day before."""
    key, places, now = draw.choice(keys), store.practices(), clock.now()
    facts, mine = Coded.objects.all(), CareRelationship.objects.filter(patient_id=key)
    some = [pk for pk in facts.values_list("pk", flat=True) if draw.random() < 0.2]
    match event:
        case "entry":
            sets = ("MH_COD", "MHREM_COD", "BP_COD", "ALC_COD", "SMOK_COD", "GLUC_COD", "CHOL2_COD", "BMIVAL_COD")
            for code in Code.objects.filter(code__in={sorted(golden.members()[key])[0] for key in sets}):
                Coded.objects.get_or_create(
                    patient_id=key, code=code, day=date(2025, 1, draw.randrange(1, 32)), organisation=places[8],
                    value=None, defaults={"source": IMPORTED, "recorded_at": now},
                )  # fmt: skip
        case "wrong":
            facts.filter(pk__in=some, in_error_at=None).update(in_error_at=now)
        case "right":
            facts.filter(pk__in=some, in_error_at__isnull=False).update(in_error_at=None, recorded_at=now)
        case "accepted":
            facts.filter(source=ELSEWHERE, in_error_at=None).update(source=WRITTEN, accepted_at=now)
        case "unaccepted":
            facts.filter(pk__in=some, source=WRITTEN, in_error_at=None).update(source=ELSEWHERE, accepted_at=None)
        case "move":
            mine.filter(ends_on=None).update(ends_on=date(2024, 12, 1))
            CareRelationship.objects.create(
                patient_id=key, organisation=places[7], kind="registered", starts_on=date(2024, 12, 1),
                ends_on=date(2025, 2, 20), recorded_at=now,
            )  # fmt: skip
        case "left":
            mine.update(ends_on=date(2025, 1, 31))
        case "died":
            Patient.objects.filter(pk=key).update(deceased=True)
        case "born":
            Patient.objects.filter(pk=key).update(born_on=date(1931, 2, 28))
        case "registered":
            mine.update(starts_on=date(2025, 2, 1))
        case "joined":
            (new,) = Patient.objects.bulk_create([Patient(name_key="vale robin", born_on=date(1970, 1, 1))])
            CareRelationship.objects.create(
                patient=new, organisation=places[0], kind="registered", starts_on=date(2020, 1, 1), recorded_at=now
            )
            keys.append(new.pk)
            Coded.objects.create(
                patient=new, code=Code.objects.get(code=sorted(golden.members()["MH_COD"])[0]), day=date(2024, 5, 1),
                organisation=places[0], source=IMPORTED, recorded_at=now,
            )  # fmt: skip
        case "code":
            register = CodeSet.objects.get(key="MH_COD")
            code = Code.objects.exclude(codesetmember__code_set=register).order_by("pk")[0]
            CodeSetMember.objects.create(
                code_set=register, code=code, basis="file", provenance="", since=date(2020, 1, 1)
            )
        case "no code":
            CodeSetMember.objects.filter(code_set__key="BP_COD").update(until=date(2024, 1, 1))
        case "rules":
            rules = RuleSet.objects.get(key="smi")
            rules.content = {**rules.content, "months": 24}
            rules.save()
        case "renamed":
            type(places[0]).objects.filter(pk=places[0].pk).update(name="Another name")


# What one example wrote the next still finds, so that a smaller one would say nothing of it.
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8), st.integers(0, 1_000))
def test_whatever_is_written_later_a_closed_month_is_built_again_to_the_byte(events: list[str], seed: int) -> None:
    """J12: a rebuild of any past month is byte-identical."""
    if not CodeSet.objects.filter(members__code__code__in=golden.invented().values()).exists():
        store.load_reference_sets()
    # What an example before wrote stands: time goes on, and never back.
    later = LATER + next(_TURNS) * timedelta(days=20)
    _, keys = people(8, seed, later)
    with standing_at(later):
        made = closing.close(ACCESS, month=date(2025, 1, 1), why=f"seed {seed}")
    figures_then = canonical.figures_csv(canonical.kept(made.pk))
    assert SnapshotPerson.objects.filter(closing=made).exists()
    draw = random.Random(seed)
    for number, event in enumerate([*events, *EVENTS]):
        with standing_at(later + timedelta(minutes=number + 1)):
            _happen(event, draw, keys)
    with standing_at(later + timedelta(days=9)):
        built = closing.rebuild(ACCESS, month=date(2025, 1, 1), edition=made.edition)
        assert built.same
        assert built.figures == figures_then
        # And it is not for want of events: closed again it is another month.
        assert closing.close(ACCESS, month=date(2025, 1, 1), why="all that came since").sha256 != made.sha256
