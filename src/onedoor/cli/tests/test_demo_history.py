"""What the demonstration has behind it: written the same each time, whole, done once, and the month that ended last is left."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from onedoor.cli import demo_history
from onedoor.kernel import clock
from onedoor.reporting.models import Closing, PackSchedule
from onedoor.reporting.published.reading import read
from onedoor.ui.tests.world import make

DEMO: Path = settings.ROOT / "localities" / "demo"


def test_the_neighbours_are_written_the_same_each_time(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DEMO / "make_neighbours.py", "--out", tmp_path], check=True)
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert written == {file.name: file.read_bytes() for file in (DEMO / "neighbours").iterdir()}
    found = read(written["invented-smi.csv"])
    assert found.findings.counts["reject"] == 0
    # The last that was published of anybody real is Q4 2023/24; of England nothing is made up.
    assert (found.quarters[0].key, found.quarters[-1].key) == ("2024-25-Q1", "2026-27-Q2")
    assert len([one for one in found.missing if one[1] == "ENGLAND"]) == len(found.quarters)


@pytest.mark.django_db
def test_history_is_made_once_and_the_newest_month_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_history, "_ended", False)
    assert list(demo_history.steps()) == []
    make()
    closed = []

    def close(_: object, *, month: date) -> None:
        closed.append(month)
        Closing.objects.create(month=month, edition=1, known_at=clock.now(), closed_at=clock.now(), closed_by="test")

    monkeypatch.setattr("onedoor.reporting.api.close_month", close)
    for _ in range(100):
        if demo_history.go_on() == 0:
            break
    assert (closed[0], closed[-1], len(closed)) == (date(2026, 10, 1), date(2024, 11, 1), 24)
    scheduled = PackSchedule.objects.values_list("organisation__ods_code", flat=True)
    assert set(scheduled) == {"Y99930", "Y99002"}
    assert demo_history.go_on() == 0
