"""What a trust enters: seen at once, counted once the practice has accepted it, and asked of nobody meanwhile (ADR 12, H2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts.models import Organisation, OrganisationRelation, RecordSharing, Relation
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.messaging.models import Message
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall import api as recall
from onedoor.recall import planning
from onedoor.recall.models import Invitation, RecallProgramme
from onedoor.recall.tests import run_factories as run
from onedoor.recall.tests.away import SMI, away
from onedoor.recall.tests.standings import stand
from onedoor.recall.tests.test_checks import ALL_SIX, NOW, add, send
from onedoor.records import api as records
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@dataclass(frozen=True)
class Scene:
    practice: Organisation
    trust: Organisation
    ward: Access
    """Of somebody at the trust."""
    surgery: Access
    sam: Patient

    def accept(self) -> int:
        """The practice accepts what the trust measured, as its document carries it."""
        visit = recall.CheckVisit.objects.latest("id")
        summary = recall.visit_summary(Access.system("a test"), visit.pk)
        with transaction.atomic():
            return records.accept_entries(
                entries=[
                    NewEntry(
                        self.sam.pk, self.trust.pk, "document", one.text, f"document:1:{item.key}:{n}", "document",
                        records.concept(one.code) if one.code else None,
                        datetime.combine(one.day, NOW.timetz()), value=one.value, unit=one.unit,
                    )
                    for item in summary.items
                    for n, one in enumerate(item.entries)
                ],
                by=self.surgery.actor,
            )  # fmt: skip

    def counts(self) -> tuple[str, ...]:
        """The checks that count, as the nightly run and the register have them."""
        recall.refresh(patient_ids=[self.sam.pk])
        found = [one for one in recall.standings_of(self.surgery, self.sam.pk) if one.rule_set_key == "smi"]
        return found[0].done


def scene_of(practice: Organisation) -> Scene:
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    OrganisationRelation.objects.create(
        organisation=practice, other=trust, kind=Relation.TRUST, starts_on=date(2020, 1, 1)
    )
    for giver, reader in ((trust, practice), (practice, trust)):
        RecordSharing.objects.create(
            organisation=giver, partner=reader, covers="coded", purpose="checks", basis="direct care", signed_by="both",
            signed_on=date(2026, 1, 1), starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1), made_at=NOW, made_by="test",
        )  # fmt: skip
    sam = factories.patient(practice)
    CareRelationship.objects.create(patient=sam, organisation=trust, kind="caseload", starts_on=date(2020, 1, 1))
    add(sam, practice, "58214004", date(2015, 3, 1))
    return Scene(
        practice,
        trust,
        factories.person(trust, Role.HEALTH_CARE_ASSISTANT)[1],
        factories.person(practice, Role.HEALTH_CARE_ASSISTANT)[1],
        sam,
    )


@pytest.fixture
def scene() -> Scene:
    return scene_of(factories.practice())


BP: Mapping[str, Mapping[str, str]] = {"bp": {"systolic": "128", "diastolic": "82"}}


def test_a_check_on_a_ward_is_seen_at_once_and_counts_once_it_is_accepted(scene: Scene) -> None:
    saved = send(scene.ward, scene.sam, ALL_SIX, close=True)
    assert (saved.closed, scene.counts()) == (True, ())
    page = recall.check_page(scene.surgery, scene.sam.pk)
    pressure = page.checks[0]
    assert (page.done, pressure.last) == (0, None)
    assert pressure.away is not None
    assert (pressure.away.words, pressure.away.organisation) == ("128/82 mmHg", scene.trust.name)
    lines = records.timeline(scene.surgery, scene.sam.pk, kind="check")
    assert {line.awaits for line in lines if line.code} == {True}
    assert scene.accept() > 0
    assert len(scene.counts()) == 6
    page = recall.check_page(scene.surgery, scene.sam.pk)
    assert (page.done, page.checks[0].away) == (6, None)
    after = records.timeline(scene.surgery, scene.sam.pk, kind="check")
    assert (len(after), {line.accepted_by for line in after if line.code}) == (len(lines), {scene.surgery.actor.label})
    # The same document once more.
    assert scene.accept() == 0


def test_what_a_trust_corrects_after_it_was_accepted_no_longer_counts(scene: Scene) -> None:
    send(scene.ward, scene.sam, BP)
    scene.accept()
    assert scene.counts() == ("bp",)
    send(scene.ward, scene.sam, {"bp": {"systolic": "138", "diastolic": "82"}})
    assert scene.counts() == ()
    scene.accept()
    assert scene.counts() == ("bp",)


def test_who_works_in_the_practices_own_record_counts_at_once(scene: Scene) -> None:
    network = factories.practice("U99001", "Wexcombe PCN")
    OrganisationRelation.objects.create(
        organisation=scene.practice, other=network, kind=Relation.PCN, starts_on=date(2020, 1, 1)
    )
    CareRelationship.objects.create(
        patient=scene.sam, organisation=network, kind="caseload", starts_on=date(2020, 1, 1)
    )
    send(factories.person(network, Role.HEALTH_CARE_ASSISTANT)[1], scene.sam, BP)
    assert scene.counts() == ("bp",)


def test_a_trust_that_no_longer_serves_anybody_writes_as_anybody_does(scene: Scene) -> None:
    OrganisationRelation.objects.update(ends_on=NOW.date())
    send(scene.ward, scene.sam, BP)
    assert scene.counts() == ("bp",)


# -- the nightly run ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "parts", "asked"),
    [
        (1, SMI, False),
        (planning.ON_ITS_WAY - 1, SMI, False),
        (planning.ON_ITS_WAY, SMI, True),
        (1, ("bp", "bmi", "alcohol", "lipid", "glucose"), True),
        (1, (), True),
    ],
)
def test_nobody_is_asked_for_what_is_on_its_way(days: int, parts: tuple[str, ...], asked: bool) -> None:
    here = run.practice("smi")
    [pat] = run.people(here, 1)
    run.due([pat], "smi", on=run.MONDAY.date())
    with clock.at(run.MONDAY):
        for part in parts:
            code, value = SMI[part]
            away(pat, code, run.MONDAY.date() - timedelta(days=days), value=value)
    run.night(run.MONDAY)
    assert Message.objects.exists() == asked
    with clock.at(run.MONDAY):
        left = recall.left_out(factories.person(here, Role.PRACTICE_MANAGER)[1], here.pk)
    assert [(one.patient_id, one.word) for one in left] == ([(pat.pk, "open")] if asked else [(pat.pk, "elsewhere")])


def test_what_counts_already_and_what_is_on_its_way_are_reckoned_together() -> None:
    here = run.practice("smi")
    [pat] = run.people(here, 1)
    with clock.at(run.MONDAY):
        stand([pat], lack=["bp"])
        away(pat, "271649006", run.MONDAY.date() - timedelta(days=2), value=128)
    run.night(run.MONDAY)
    assert not Invitation.objects.exists()


def test_the_next_wave_waits_too_and_goes_when_nothing_was_accepted() -> None:
    here = run.practice("smi")
    [pat] = run.people(here, 1)
    run.due([pat], "smi", on=run.MONDAY.date())
    run.night(run.MONDAY)
    run.went(run.MONDAY + timedelta(hours=8))
    done_on = run.MONDAY + 10 * run.DAY
    with clock.at(done_on):
        for code, value in SMI.values():
            away(pat, code, done_on.date(), value=value)
    waves = {}
    for day in range(1, 50):
        run.night(run.MONDAY + day * run.DAY)
        waves[day] = Invitation.objects.get().wave
    assert {waves[day] for day in range(21, 37)} == {1}
    assert waves[49] == 2


def test_as_many_statements_for_many_as_for_ten() -> None:
    here = run.practice("smi", weekly=0)
    access = factories.person(here, Role.PRACTICE_MANAGER)[1]
    seen = []
    with clock.at(run.MONDAY):
        for more in (10, 90):
            theirs = run.people(here, more)
            run.due(theirs, "smi", on=run.MONDAY.date())
            for one in theirs:
                away(one, "271649006", run.MONDAY.date(), value=128)
            with CaptureQueriesContext(connection) as queries:
                recall.preview_run(access, here.pk)
            seen.append(len(queries))
    assert seen[0] == seen[1]


# -- the finish line ------------------------------------------------------------------------------------------------------------


def test_the_finish_line_says_what_is_on_its_way_and_counts_as_before(scene: Scene) -> None:
    for part in ("bmi", "alcohol", "lipid", "glucose"):
        code, value = SMI[part]
        add(scene.sam, scene.practice, code, date(2026, 11, 2), value)
    recall.refresh(patient_ids=[scene.sam.pk])
    six = next(one for one in recall.check_sets() if one.key == "smi")
    before = recall.finish_line(scene.surgery, six, recall.FinishLineFilter())
    send(scene.ward, scene.sam, BP)
    line = recall.finish_line(scene.surgery, six, recall.FinishLineFilter())
    (row,) = line.rows
    assert (line.count, line.lacking) == (before.count, before.lacking)
    assert [(part.key, one.organisation, one.since) for part, one in row.on_its_way] == [
        ("bp", scene.trust.name, NOW.date())
    ]
    assert ([part.key for part in row.by_hand], [part.key for part in row.by_text]) == ([], ["smoking"])
    assert [part.key for part in row.missing] == ["bp", "smoking"]
    # Without an agreement nothing of what the trust wrote is read.
    RecordSharing.objects.all().delete()
    (row,) = recall.finish_line(scene.surgery, six, recall.FinishLineFilter()).rows
    assert row.on_its_way == ()


# -- a visit that is booked -----------------------------------------------------------------------------------------------------


def test_reception_is_told_once_of_a_visit_that_is_no_longer_needed() -> None:
    here = diary.practice()
    scene = scene_of(here.organisation)
    (seat,) = diary.own_seats(here, 1, first=(10, 0))
    booking.book(seat_ref=seat.ref, patient_id=scene.sam.pk, by=factories.TEST, tell=False)
    RecallProgramme.objects.create(organisation=here.organisation, key="smi").types.add(seat.type)
    send(scene.ward, scene.sam, BP, close=True, missing_ok=True)
    desk = factories.person(here.organisation, Role.RECEPTIONIST)[1]
    assert waiting(desk) == []
    send(scene.ward, scene.sam, ALL_SIX, close=True)
    (told,) = waiting(desk)
    assert "Wexcombe Mental Health" in told
    visit = recall.CheckVisit.objects.latest("id")
    assert recall.open_checks_again(access=scene.ward, visit_ref=visit.ref)
    send(scene.ward, scene.sam, {}, close=True)
    assert waiting(desk) == [told]


@pytest.mark.parametrize(
    ("registered", "agreed", "named"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_who_keeps_the_diary_is_told_where_only_as_the_practice_or_by_agreement(
    registered: bool, agreed: bool, named: bool
) -> None:
    here = diary.practice()
    scene = scene_of(here.organisation)
    if not registered:
        # Moved away; the old practice keeps a visit of theirs.
        moved = factories.practice("Y99003", "Harbour Surgery")
        CareRelationship.objects.create(
            patient=scene.sam, organisation=moved, kind="registered", starts_on=date(2026, 11, 1)
        )
    if not agreed:
        RecordSharing.objects.all().delete()
    (seat,) = diary.own_seats(here, 1, first=(10, 0))
    booking.book(seat_ref=seat.ref, patient_id=scene.sam.pk, by=factories.TEST, tell=False)
    RecallProgramme.objects.create(organisation=here.organisation, key="smi").types.add(seat.type)
    send(scene.ward, scene.sam, ALL_SIX, close=True)
    (told,) = waiting(factories.person(here.organisation, Role.RECEPTIONIST)[1])
    assert ("Wexcombe Mental Health" in told, "9 December" in told.split(". ")[1]) == (named, named)
    assert told.endswith("at another organisation.") != named


def test_a_visit_that_serves_something_else_too_is_left_alone() -> None:
    here = diary.practice()
    scene = scene_of(here.organisation)
    (seat,) = diary.own_seats(here, 1, first=(10, 0))
    booking.book(seat_ref=seat.ref, patient_id=scene.sam.pk, by=factories.TEST, tell=False)
    for key in ("smi", "asthma"):
        RecallProgramme.objects.create(organisation=here.organisation, key=key).types.add(seat.type)
    send(scene.ward, scene.sam, ALL_SIX, close=True)
    assert waiting(factories.person(here.organisation, Role.RECEPTIONIST)[1]) == []


def waiting(access: Access) -> list[str]:
    return [task.detail for task in tasks.waiting(access, kind="check_spared")]
