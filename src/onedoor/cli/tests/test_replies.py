"""`onedoor interpret`, as whoever runs it sees it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from onedoor.cli.commands.replies import interpret
from onedoor.cli.errors import Refused


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_each_text_is_read_in_the_order_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = written(
        tmp_path / "given.csv",
        '\ufeffcontext,text,label\nappointment,CANCEL,x\nbp,"142/91, pulse 72",x\nappointment,"cancel\nsent from my iphone",x\n'
        "horoscope,yes,x\nappointment,i want to kill myself,x\n",
    )
    interpret(given, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["intent"], row["value"], row["action"]) for row in rows] == [
        ("cancel", "", "act"),
        ("answer", "142/91", "act"),
        ("cancel", "", "act"),
        ("unclear", "", "person"),
        ("crisis", "", "person"),
    ]
    assert rows[2]["text"] == "cancel\nsent from my iphone"
    assert all(0.0 <= float(row["confidence"]) <= 1.0 for row in rows)
    said = capsys.readouterr().out
    assert "5 texts read" in said
    assert "row 5: 'horoscope'" in said


def test_a_file_without_its_columns_is_refused_by_their_names(tmp_path: Path) -> None:
    given = written(tmp_path / "given.csv", "question,answer\na,b\n")
    with pytest.raises(Refused, match="no column context and no column text"):
        interpret(given, tmp_path / "out.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"There is no file or folder .*nothing\.csv"):
        interpret(tmp_path / "nothing.csv", tmp_path / "out.csv")
