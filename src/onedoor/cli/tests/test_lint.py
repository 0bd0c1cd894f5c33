"""A report cross-footed from the command line: no installation is needed for a text."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from onedoor.cli.errors import Refused
from onedoor.cli.reports.lint import lint

CALLS = "Site,Answered,Missed,All calls\nNorth,120,13,133\nSouth,98,11,109\nEvening,41,7,84\n"


def test_it_says_what_where_and_from_which_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "calls.csv"
    report.write_text(CALLS, encoding="utf-8")
    with pytest.raises(typer.Exit) as ended:
        lint(report)
    said = capsys.readouterr().out
    assert ended.value.exit_code == 1
    assert "calls.csv: 1 table with 9 figures" in said
    assert "Evening, All calls: row total" in said
    assert "Evening, All calls says 84; 41 + 7 is 48." in said
    assert "1 finding" in said


def test_a_sentence_is_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "asked.txt"
    report.write_text("Of 640 people asked in May 2026, 512 answered (85.0%).\n", encoding="utf-8")
    with pytest.raises(typer.Exit):
        lint(report)
    assert "“Of 640 people asked in May 2026, 512 answered (85.0%).”" in capsys.readouterr().out


def test_a_report_that_adds_up_ends_well_and_is_not_called_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "calls.csv"
    report.write_text(CALLS.replace("84", "48"), encoding="utf-8")
    lint(report)
    assert "does not prove them right" in capsys.readouterr().out


def test_what_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.7")
    with pytest.raises(Refused, match="copy its text"):
        lint(scan)
    with pytest.raises(Refused, match="cannot be read"):
        lint(tmp_path / "none.csv")
