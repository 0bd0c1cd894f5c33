"""A pack of a closed month: made once, for those who may, by itself when it is scheduled, and with no number too small."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import openpyxl
import pypdfium2
import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import OrganisationRelation, Relation
from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted, Permission, Role
from onedoor.kernel.models import AuditEntry
from onedoor.reporting.jobs import make_packs
from onedoor.reporting.measures import versions
from onedoor.reporting.models import Closing, Pack, PackReader, Snapshot
from onedoor.reporting.packs.actions import due_packs, make_pack, open_pack, schedule, send_packs
from onedoor.reporting.packs.content import content, reader_of
from onedoor.reporting.packs.queries import months_of_packs, packs_ready
from onedoor.reporting.packs.setting import Content, Headline, Section, pdf
from onedoor.reporting.tables import HIDDEN, Column, Table

COUNTS = {"smi_all_six": 3, "smi_completed": 1, "smi_lapsed": 1, "smi_register": 40}


class Town:
    """A system with a practice of its own and one of another; November is closed."""

    def __init__(self) -> None:
        clock.set_clock(at=datetime(2026, 12, 7, 9, tzinfo=UTC), rate=0.0)
        self.system = factories.practice("Y99930", "Wexshire Integrated Care System")
        self.practice = factories.practice("Y99002", "Wexcombe Road Surgery")
        self.other = factories.practice("Y99003", "Millford Surgery")
        OrganisationRelation.objects.create(
            organisation=self.practice, other=self.system, kind=Relation.ICS, starts_on=date(2024, 4, 1)
        )
        _, self.analyst = factories.person(self.system, Role.ICS_ANALYST)
        _, self.manager = factories.person(self.practice, Role.PRACTICE_MANAGER)
        self.closing = closed(date(2026, 11, 1))
        self.figures(self.closing)

    def figures(self, closing: Closing) -> None:
        for version in versions.of_month(date(2026, 11, 30)):
            count = COUNTS.get(version.measure.key, 12)
            Snapshot.objects.create(
                closing=closing,
                measure_id=version.id,
                organisation=self.practice,
                numerator=count,
                denominator=40 if version.measure.unit == "%" else None,
            )


def closed(month: date, edition: int = 1) -> Closing:
    return Closing.objects.create(
        month=month, edition=edition, known_at=clock.now(), closed_at=clock.now(), closed_by="test", sha256="0" * 64
    )


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def words_of(content_of: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content_of))


def test_a_pack_is_made_once_and_says_whose_it_is(town: Town) -> None:
    pack = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=town.closing.pk)
    assert make_pack(access=town.manager, organisation_id=town.practice.pk, closing_id=town.closing.pk) == pack
    assert Pack.objects.count() == 1
    said = words_of(bytes(pack.pdf))
    assert "Figures of November 2026" in said
    assert "Wexcombe Road Surgery" in said
    book = openpyxl.load_workbook(BytesIO(bytes(pack.xlsx)))
    assert "About" in book.sheetnames


def test_a_pack_goes_round_so_that_it_has_no_small_number_whoever_made_it(town: Town) -> None:
    """The manager sees 3 of 40 on the page; in the pack neither number of it is told."""
    assert Permission.PATIENTS in town.manager.permissions
    reader = reader_of(town.manager, town.practice.pk)
    assert reader.permissions == {Permission.REPORTS}
    shown = content(town.manager, Organisation.objects.get(pk=town.practice.pk), town.closing)
    tables = [table for section in shown.sections for table in section.tables if "check" in table.title]
    six = [row for table in tables for row in table.rows if "3" in [str(cell) for cell in row]]
    assert six == []


def test_who_may_make_and_read_a_pack(town: Town) -> None:
    for access, organisation in ((town.manager, town.system), (town.manager, town.other), (town.analyst, town.other)):
        with pytest.raises(NotPermitted):
            make_pack(access=access, organisation_id=organisation.pk, closing_id=town.closing.pk)
        with pytest.raises(NotPermitted):
            schedule(access=access, organisation_id=organisation.pk, day=3, active=True)
    pack = make_pack(access=town.analyst, organisation_id=town.system.pk, closing_id=town.closing.pk)
    with pytest.raises(Pack.DoesNotExist):
        open_pack(access=town.manager, ref=pack.ref)


def test_the_first_to_fetch_it_of_those_it_is_for_is_noted(town: Town) -> None:
    pack = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=town.closing.pk)
    assert open_pack(access=town.analyst, ref=pack.ref).opened_at is None
    assert open_pack(access=town.manager, ref=pack.ref).opened_at == clock.now()
    open_pack(access=town.manager, ref=pack.ref)
    assert AuditEntry.objects.filter(action="open_pack").count() == 1


@pytest.mark.parametrize(
    ("today", "day", "comes"),
    [
        (date(2026, 12, 2), 3, False),
        (date(2026, 12, 3), 3, True),
        (date(2027, 1, 1), 28, True),
    ],
)
def test_a_pack_comes_by_itself_from_its_day_on(town: Town, today: date, day: int, comes: bool) -> None:
    schedule(access=town.analyst, organisation_id=town.practice.pk, day=day, active=True)
    with clock.at(datetime(today.year, today.month, today.day, 9, tzinfo=UTC)):
        assert make_packs() == int(comes)
        assert make_packs() == 0
    assert Pack.objects.exists() is comes


def test_a_month_closed_again_gives_another_pack_and_one_switched_off_none(town: Town) -> None:
    schedule(access=town.analyst, organisation_id=town.practice.pk, day=3, active=True)
    assert make_packs() == 1
    again = closed(date(2026, 11, 1), edition=2)
    assert due_packs() == [(town.practice.pk, again.pk)]
    schedule(access=town.analyst, organisation_id=town.practice.pk, day=3, active=False)
    assert due_packs() == []


def test_a_month_that_is_not_over_has_no_pack(town: Town) -> None:
    schedule(access=town.analyst, organisation_id=town.practice.pk, day=3, active=True)
    with clock.at(datetime(2026, 11, 20, 9, tzinfo=UTC)):
        assert due_packs() == []


def test_it_is_sent_to_whoever_reads_figures_there_and_waits_until_each_has_opened_it(town: Town) -> None:
    _, other = factories.person(town.practice, Role.PRACTICE_MANAGER)
    _, desk = factories.person(town.practice, Role.RECEPTIONIST)
    elsewhere = factories.person(town.other, Role.PRACTICE_MANAGER)[1]
    pack = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=town.closing.pk)
    assert [one.organisation for one in packs_ready(town.manager)] == ["Wexcombe Road Surgery"]
    assert packs_ready(desk) == packs_ready(elsewhere) == packs_ready(town.analyst) == []
    open_pack(access=town.manager, ref=pack.ref)
    assert packs_ready(town.manager) == []
    assert [one.pack for one in packs_ready(other)] == [pack]
    (line,) = [one for one in months_of_packs(town.analyst)[0].lines if one.unit.id == town.practice.pk]
    assert [one.opened_at is not None for one in line.readers] in ([True, False], [False, True])
    # Whoever has gone from there is shown nothing more.
    assert packs_ready(replace(other, organisation_ids=frozenset({town.other.pk}))) == []


def test_several_are_asked_for_at_once_and_each_is_made_once(town: Town) -> None:
    both = [town.system.pk, town.practice.pk]
    assert send_packs(access=town.analyst, organisation_ids=both, closing_id=town.closing.pk) == 2
    assert send_packs(access=town.analyst, organisation_ids=both, closing_id=town.closing.pk) == 0
    assert [one.asked_at is not None for one in months_of_packs(town.analyst)[0].lines] == [True, True]
    assert (make_packs(), make_packs()) == (2, 0)
    assert {one.organisation_id for one in Pack.objects.all()} == set(both)
    assert [one.user_id for one in PackReader.objects.filter(pack__organisation=town.system)] == [town.analyst.actor.id]
    with pytest.raises(NotPermitted):
        send_packs(access=town.manager, organisation_ids=both, closing_id=town.closing.pk)


def test_of_a_month_that_was_closed_again_meanwhile_the_newer_edition_is_made(town: Town) -> None:
    """Its figures are those of the newer one in any case: the page of packs was open when the month was closed again."""
    again = closed(date(2026, 11, 1), edition=2)
    town.figures(again)
    pack = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=town.closing.pk)
    assert pack.closing == again
    assert "edition 2 of the month, in place of edition 1" in " ".join(words_of(bytes(pack.pdf)).split())


def test_a_newer_edition_stands_in_place_of_the_older_and_says_so(town: Town) -> None:
    first = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=town.closing.pk)
    again = closed(date(2026, 11, 1), edition=2)
    town.figures(again)
    (line,) = [one for one in months_of_packs(town.analyst)[0].lines if one.unit.id == town.practice.pk]
    assert (line.pack, line.to_make) == (first, True)
    second = make_pack(access=town.analyst, organisation_id=town.practice.pk, closing_id=again.pk)
    (ready,) = packs_ready(town.manager)
    assert (ready.pack, ready.replaces) == (second, first.made_at)
    open_pack(access=town.manager, ref=second.ref)
    assert packs_ready(town.manager) == []
    # What was sent round stays as it was.
    assert open_pack(access=town.manager, ref=first.ref).sha256 == first.sha256


@pytest.mark.parametrize("day", [0, 29, -1])
def test_a_day_that_not_every_month_has_is_refused(town: Town, day: int) -> None:
    with pytest.raises(ValueError, match="1 to 28"):
        schedule(access=town.analyst, organisation_id=town.practice.pk, day=day, active=True)


def test_the_list_has_what_is_within_reach(town: Town) -> None:
    closed(date(2026, 10, 1))
    first, second = months_of_packs(town.analyst)
    assert (first.closing.month, second.closing.month) == (date(2026, 11, 1), date(2026, 10, 1))
    assert [line.unit.name for line in first.lines] == [town.system.name, town.practice.name]
    assert [line.unit.name for line in months_of_packs(town.manager)[0].lines] == [town.practice.name]


def test_the_same_content_is_the_same_bytes_and_no_words_become_source() -> None:
    table = Table(
        "Counts #text(1000pt)[x]",
        [Column("a", "*A*"), *(Column(f"c{n}", f"Column {n}") for n in range(12))],
        [["#set page(width: 1pt)", *[HIDDEN] * 11, None], ["$x$ _y_", *range(11), 12]],
        notes=["`raw` \\ "],
    )
    shown = Content(
        "Figures", "A #b", "About", date(2026, 12, 1), [Headline("5%", "of all")], [Section("One", [], [table, table])]
    )
    assert pdf(shown) == pdf(shown)
    said = words_of(pdf(shown))
    assert "#set page(width: 1pt)" in said
    assert "no data" in said
