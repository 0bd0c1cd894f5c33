"""`./run report activity`, `msk`, `loop` and `shadow` print what the pages show, `./run import areas` what it took; each says
what is wrong with what was typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from onedoor.booking.tests import factories as diary
from onedoor.cli.areas import areas
from onedoor.cli.commands.report import activity
from onedoor.cli.errors import Refused
from onedoor.cli.reports import months
from onedoor.cli.reports.loop import loop, shadow
from onedoor.cli.reports.msk import msk
from onedoor.kernel.clock import LONDON
from onedoor.kernel.models import AuditEntry
from onedoor.referrals.tests import factories as triage
from onedoor.reporting.tables import SMALL_COUNTS
from onedoor.reporting.tests.test_areas import lookup
from onedoor.reporting.tests.test_loop_dashboard import played
from onedoor.reporting.tests.test_msk_dashboard import MONTHS, PRINTED, seed
from onedoor.staff.tests.test_reports_smi import close as closed
from onedoor.staff.tests.test_reports_smi import locality

pytestmark = pytest.mark.django_db
FIRST, LAST = (datetime(one.year, one.month, 1, tzinfo=LONDON) for one in (MONTHS[0], MONTHS[-1]))
RELEASED = datetime(2019, 9, 26, tzinfo=LONDON)
NOVEMBER = datetime(2026, 11, 1, tzinfo=LONDON)


def test_the_service_as_text_and_csv_with_what_was_printed(capsys: pytest.CaptureFixture[str]) -> None:
    seed(triage.place().service)
    activity(FIRST, LAST, published=PRINTED)
    printed = capsys.readouterr().out
    assert "36,019" in printed
    assert (
        "  ! March 2018, accepted: printed 5,209, the events give 5,208.\n    5,229 received less 21 inappropriate"
        in printed
    )
    msk(FIRST, LAST, table="referrals", form="csv", published=PRINTED)
    rows = {row[0]: row for row in csv.reader(io.StringIO(capsys.readouterr().out.lstrip("\ufeff")))}
    assert rows["Total accepted"][1:9] == ["3970", "6384", "6399", "3868", "5243", "4947", "5208", "36019"]
    msk(FIRST, LAST)
    text = capsys.readouterr().out
    assert "36,870" in text
    assert "0 unexplained" in text


def test_the_loop_and_a_month_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    of = diary.practice()
    played(of, NOVEMBER.date().replace(day=10), cancelled=4, filled=3, missed=1, seen=3)
    loop(NOVEMBER, NOVEMBER, small_counts="wrong")
    told = capsys.readouterr().out
    assert told.startswith("Holds small counts, which may lead to a person")
    assert "25.0%" in told
    shadow(NOVEMBER, practice="y99002", value="£36.50", small_counts="wrong")
    told = capsys.readouterr().out
    assert "No place was given up that you would have refilled." in told
    assert "Nothing was sent and nothing was changed" in told
    assert list(AuditEntry.objects.filter(subject="small_counts").values_list("action", "detail")) == [
        ("print_small_counts", {"reason": "wrong", "page": f"report {command}"}) for command in ("loop", "shadow")
    ]


def test_what_a_command_prints_may_be_passed_on_unless_a_reason_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    of = diary.practice()
    played(of, NOVEMBER.date().replace(day=10), cancelled=4, filled=3, missed=1, seen=3)
    loop(NOVEMBER, NOVEMBER, form="csv")
    rows = {row[0]: row for row in csv.reader(io.StringIO(capsys.readouterr().out.lstrip("\ufeff"))) if row}
    assert set(rows[of.organisation.name][1:8]) <= {"*", "10"}
    shadow(NOVEMBER, practice="y99002")
    told = capsys.readouterr().out
    assert told.startswith("You would have refilled too few places to tell.")
    assert "Too few places to tell would have been offered" in told
    loop(NOVEMBER, NOVEMBER, form="csv", small_counts="wrong")
    first, header, *_ = csv.reader(io.StringIO(capsys.readouterr().out.lstrip("\ufeff")))
    assert (first, header[0]) == ([SMALL_COUNTS], "Practice")
    with pytest.raises(Refused, match="No reason is called 'because'; there are: wrong, harm"):
        loop(NOVEMBER, NOVEMBER, small_counts="because")


def test_a_month_is_closed_built_again_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By whoever runs the system; what is printed of a practice may be passed on, unless a reason is given."""
    practices, october = locality(2), datetime(2026, 10, 1, tzinfo=LONDON)
    months.close(october)
    assert "October 2026 is closed" in capsys.readouterr().out
    with pytest.raises(Refused, match="say why it is closed again"):
        months.close(october)
    file = tmp_path / "figures.csv"
    months.rebuild(october, out=file)
    said = capsys.readouterr().out
    assert "October 2026, edition 1: the same to the byte." in said
    assert f"{file}: {SMALL_COUNTS}" in said
    assert file.exists()
    with pytest.raises(Refused, match="Close it with"):
        months.rebuild(datetime(2026, 9, 1, tzinfo=LONDON))
    closed(NOVEMBER.date(), {practices[0]: (2, 30), practices[1]: (20, 40)})
    for reason, numbers in (("", ["*", "30", "*"]), ("practice", ["2", "30", "6.7%"])):
        months.explain("smi_all_six", NOVEMBER, practices[0].ods_code, small_counts=reason)
        told = capsys.readouterr().out
        assert told.startswith(SMALL_COUNTS) == bool(reason)
        (row,) = (line.split() for line in told.splitlines() if line.strip().startswith("Practice 0"))
        assert row[-3:] == numbers


def test_areas_are_read_and_the_command_names_the_rows_that_are_not_and_writes_them_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rejects = tmp_path / "lookup.csv", tmp_path / "rejects.csv"
    file.write_bytes(lookup(("ZZ1 1AA", 1), ("nowhere", 2)))
    areas(file, RELEASED, rejects=rejects)
    said = capsys.readouterr().out
    assert "1  postcodes new" in said
    assert "Not taken" in said
    assert "whole" in said
    assert "nowhere" in rejects.read_text(encoding="utf-8")
    areas(file, RELEASED)
    assert "nothing was changed" in capsys.readouterr().out
    with pytest.raises(Refused, match="cannot be opened"):
        areas(tmp_path / "none.csv", RELEASED)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: msk(FIRST, LAST, form="pdf"), "No format"),
        (lambda: msk(FIRST, LAST, table="nothing"), "No table"),
        (lambda: loop(NOVEMBER, NOVEMBER, practice="Y99999"), "No practice"),
        (lambda: shadow(NOVEMBER, practice="Y99999"), "Say whose"),
        (lambda: shadow(NOVEMBER, practice="Y99002", value="much"), "no sum of money"),
    ],
)
def test_what_was_typed_wrongly_is_said(asked: Callable[[], None], words: str) -> None:
    triage.referral(triage.place())
    with pytest.raises(Refused, match=words):
        asked()
