"""What was done elsewhere is seen at once and counts for nothing; what the practice accepted counts, in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, events
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.patients.models import Patient
from onedoor.records import api as records
from onedoor.records.events import CodedChanged
from onedoor.records.types import EntryRow, NewEntry

pytestmark = pytest.mark.django_db
SYSTOLIC = "271649006"
NOW = datetime(2026, 12, 9, 9, 0, tzinfo=clock.LONDON)


@pytest.fixture(autouse=True)
def wednesday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@dataclass(frozen=True)
class Scene:
    practice: Organisation
    trust: Organisation
    access: Access
    sam: Patient

    def said(
        self, key: str, value: float = 128, *, elsewhere: bool = False, place: Organisation | None = None
    ) -> NewEntry:
        return NewEntry(
            self.sam.pk, (place or self.trust).pk, "check", f"Systolic {value:g}", key, "check form",
            records.concept(SYSTOLIC), value=value, unit="mm[Hg]", elsewhere=elsewhere,
        )  # fmt: skip

    def write(self, *entries: NewEntry) -> int:
        with transaction.atomic():
            return records.record_entries(entries=entries, by=factories.TEST)

    def accept(self, *entries: NewEntry) -> int:
        with transaction.atomic():
            return records.accept_entries(entries=entries, by=Actor(kind="user", id=1, label="Robin Vale"))

    def wrong(self, intents: str) -> None:
        with transaction.atomic():
            records.in_error(patient_id=self.sam.pk, intents=intents)

    def file(self, organisation: str, value: str = "128") -> None:
        row = EntryRow(
            2, self.sam.nhs_number or "", SYSTOLIC, NOW.date(), "2026-12-09", value, "mm[Hg]", organisation, "", ""
        )
        records.take_entries(rows=[row], name="entries.csv", by=Actor.system("import"))

    def counted(self) -> list[float]:
        """Values that rule sets see."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value FROM records_coded_entries WHERE patient_id = %s ORDER BY value", [self.sam.pk]
            )
            return [value for (value,) in cursor.fetchall()]


@pytest.fixture
def scene() -> Scene:
    practice = factories.practice()
    trust = factories.practice("Y99902", "Wexcombe Mental Health")
    sam = factories.patient(practice)
    return Scene(practice, trust, Access.of_patient(sam.pk), sam)


def test_it_is_seen_at_once_and_counts_once_accepted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[CodedChanged] = []
    monkeypatch.setitem(events._handlers, CodedChanged, [told.append])
    scene.write(scene.said("visit:1", elsewhere=True))
    (line,), (fact,) = records.timeline(scene.access, scene.sam.pk), records.coded_of(scene.access, scene.sam.pk)
    assert (line.awaits, line.accepted_at, fact.elsewhere, scene.counted()) == (True, None, True, [])
    assert scene.accept(scene.said("document:1")) == 1
    (line,), (fact,) = records.timeline(scene.access, scene.sam.pk), records.coded_of(scene.access, scene.sam.pk)
    assert (line.awaits, line.accepted_at, line.accepted_by) == (False, NOW, "Robin Vale")
    assert (fact.elsewhere, scene.counted(), told) == (False, [128.0], [CodedChanged((scene.sam.pk,))] * 2)
    # A late duplicate changes nothing and tells nobody.
    assert scene.accept(scene.said("document:2")) == 0
    assert (len(records.timeline(scene.access, scene.sam.pk)), len(told)) == (1, 2)


def test_what_nobody_had_is_recorded_as_any_entry(scene: Scene) -> None:
    words = NewEntry(scene.sam.pk, scene.trust.pk, "check", "Smoking: declined", "document:2", "document")
    for expected in (2, 0):
        assert scene.accept(scene.said("document:1"), words) == expected
    assert (len(records.timeline(scene.access, scene.sam.pk)), scene.counted()) == (2, [128.0])
    # The trust's own line comes after: it neither takes anything away nor adds to what counts.
    scene.write(scene.said("visit:1", elsewhere=True))
    assert scene.counted() == [128.0]


def test_accepted_is_never_done_elsewhere(scene: Scene) -> None:
    with pytest.raises(ValueError, match="not done elsewhere"):
        scene.accept(scene.said("document:1", elsewhere=True))
    with pytest.raises(records.WrongValue):
        scene.accept(scene.said("document:1", value=1280))


def test_what_the_trust_takes_back_is_taken_back_whether_it_was_accepted_or_not(scene: Scene) -> None:
    scene.write(scene.said("visit:1", elsewhere=True), scene.said("visit:2", 140, elsewhere=True))
    scene.accept(scene.said("document:1"))
    scene.wrong("visit:")
    assert scene.counted() == []
    # The document with the wrong value comes late: it stays in error, since whoever measured it said so.
    assert scene.accept(scene.said("document:1", 140)) == 0
    assert scene.counted() == []
    scene.write(scene.said("visit:1", elsewhere=True))
    assert scene.counted() == []
    assert scene.accept(scene.said("document:3")) == 1
    assert scene.counted() == [128.0]


def test_what_a_place_says_itself_counts_for_as_long_as_it_says_it(scene: Scene) -> None:
    scene.write(scene.said("visit:1", elsewhere=True))
    scene.write(scene.said("typed:1"))
    assert scene.counted() == [128.0]
    scene.wrong("typed:")
    (fact,) = records.coded_of(scene.access, scene.sam.pk)
    assert (fact.elsewhere, fact.in_error_at, scene.counted()) == (True, None, [])


@pytest.mark.parametrize(("organisation", "expected"), [("Y99902", [128.0]), ("Y99002", [128.0, 128.0])])
def test_it_counts_when_it_comes_back_in_the_practices_file(
    scene: Scene, organisation: str, expected: list[float]
) -> None:
    scene.write(scene.said("visit:1", elsewhere=True))
    scene.file(organisation)
    assert scene.counted() == expected
    (line, *_rest) = [one for one in records.timeline(scene.access, scene.sam.pk) if one.kind == "check"]
    assert (line.awaits, line.accepted_by) == (False, "a file of entries")


def test_anothers_file_and_another_value_say_nothing_of_it(scene: Scene) -> None:
    factories.practice("Y99003", "Harbour Surgery")
    scene.write(scene.said("visit:1", elsewhere=True))
    scene.file("Y99003")
    scene.file("Y99002", "130")
    assert records.timeline(scene.access, scene.sam.pk, kind="check")[0].awaits


def test_a_thousand_are_accepted_in_as_many_statements_as_ten(scene: Scene, django_assert_max_num_queries: Any) -> None:
    for start, n in ((0, 10), (10, 1_000)):
        people = [factories.patient(scene.practice, mobile="") for _ in range(n)]
        away = [replace(scene.said(f"v:{one.pk}", elsewhere=True), patient_id=one.pk) for one in people]
        scene.write(*away)
        accepted = [replace(one, intent_key=f"d:{one.patient_id}", elsewhere=False) for one in away]
        with django_assert_max_num_queries(8), transaction.atomic():
            assert records.accept_entries(entries=accepted, by=factories.TEST) == n, start


# -- in whatever order ----------------------------------------------------------------------------------------------------------

VALUES = (128.0, 140.0)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("trust", "accept", "here", "trust_wrong", "here_wrong", "file")), st.sampled_from(VALUES)
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_elsewhere_never_counts_and_accepted_always_does(scene: Scene, steps: list[tuple[str, float]]) -> None:
    with transaction.atomic():
        for value in VALUES:
            _play(scene, [what for what, of in steps if of == value], value)
        transaction.set_rollback(True)


def _play(scene: Scene, steps: list[str], value: float) -> None:
    """The plain reading: who says it now, and whether the practice took it."""
    trust = here = taken = False
    for step in steps:
        if step == "trust":
            scene.write(scene.said(f"visit:{value:g}:", value, elsewhere=True))
            trust = True
        elif step == "here":
            scene.write(scene.said(f"typed:{value:g}:", value))
            here = True
        elif step == "trust_wrong":
            scene.wrong(f"visit:{value:g}:")
            trust = False
            taken = taken and here
        elif step == "here_wrong":
            scene.wrong(f"typed:{value:g}:")
            here = False
            taken = taken and trust
        elif trust or here:
            if step == "accept":
                scene.accept(scene.said(f"document:{value:g}", value))
            else:
                scene.file(scene.trust.ods_code, f"{value:g}")
            # What this place says itself counts already: nothing is there to be taken.
            taken = taken or not here
        assert (value in scene.counted()) == (here or taken), (step, steps)
