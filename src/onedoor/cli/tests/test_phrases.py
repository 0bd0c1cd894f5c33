"""`onedoor phrases`, as whoever runs it sees it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from onedoor.cli.commands.phrases import phrases
from onedoor.cli.errors import Refused
from onedoor.messaging.models import AcceptedPhrase

pytestmark = pytest.mark.django_db


def test_what_was_accepted_is_written_as_training_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for context, text, intent in (
        ("offer", "oh go on, then", "accept"),
        ("appointment", 'she said "another day", please', "rebook"),
    ):
        AcceptedPhrase.objects.create(context=context, text=text, intent=intent, value="")
    phrases(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["context", "text", "intent", "value"],
            ["appointment", 'she said "another day", please', "rebook", ""],
            ["offer", "oh go on, then", "accept", ""],
        ]
    assert "2 phrases, written to" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        phrases(tmp_path / "nowhere" / "out.csv")
