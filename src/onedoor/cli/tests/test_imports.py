"""What `onedoor import` prints and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from onedoor import factories
from onedoor.cli.commands.imports import show
from onedoor.exchange import api as exchange

GIVEN: Path = settings.ROOT / "tests" / "data" / "practice-export"


@pytest.mark.django_db
def test_a_receptionist_can_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(exchange.import_patients(file=GIVEN / "patients-emis.csv", by=factories.TEST), width=110)
    printed = capsys.readouterr().out
    for words in (
        "patients-emis.csv: patient list of Brambling Road Surgery (Y99001)",
        "This practice was not known: it was set up.",
        "1,500  rows read, and 1 empty",
        "1,494  new",
        "There is no such day.",
        "Ask the patient, and put the number alone into EMIS",
    ):
        assert words in printed
    assert max(map(len, printed.splitlines())) <= 110
