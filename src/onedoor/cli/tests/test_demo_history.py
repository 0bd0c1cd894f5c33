"""What the demonstration has behind it: written the same each time, whole, done once, and the month that ended last is left."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.booking.models import Release
from onedoor.cli import demo_history
from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Role
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Message
from onedoor.reporting import shadow
from onedoor.reporting.models import Closing, PackSchedule
from onedoor.reporting.published.reading import read
from onedoor.tasks.models import Task
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


DAYS = ("Appointment Date", "Booked On", "Given Up On")
BOOKINGS = [
    {"Appointment Date": f"{day}-Nov-2026", "Start Time": "09:00", "Session Holder": "Nurse", "Slot Status": status}
    | {"EMIS Number": who, "NHS Number": who, "Booked On": booked, "Given Up On": given_up}
    for day, status, who, booked, given_up in (
        ("10", "Cancelled", "1", "02-Nov-2026", "05-Nov-2026"),
        ("10", "DNA", "2", "05-Nov-2026", ""),
        ("11", "Left", "3", "09-Nov-2026", ""),
        ("12", "Available", "", "", ""),
    )
]


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        (2, ["Available ", "Available ", "Available "]),
        (3, ["Booked 1", "Available ", "Available "]),
        (5, ["Booked 1", "Available ", "Available "]),
        # Given up and taken on one day: the next morning shows both at once.
        (6, ["Booked 2", "Available ", "Available "]),
        (10, ["Booked 2", "Booked 3", "Available "]),
        (11, ["DNA 2", "Booked 3", "Available "]),
        (12, ["DNA 2", "Left 3", "Available "]),
    ],
)
def test_a_morning_shows_who_had_each_place_then(day: int, stands: list[str]) -> None:
    lines = demo_history.morning(BOOKINGS, date(2026, 11, day)).decode("utf-8-sig").splitlines()
    assert lines[2].startswith("Date range: 10-Nov-2026 to 12-Nov-2026;")
    rows = csv.DictReader(lines[4:])
    assert [f"{row['Slot Status']} {row['NHS Number']}" for row in rows] == stands


@pytest.mark.django_db
def test_a_month_of_mornings_texts_nobody_asks_nobody_and_shows_what_refilling_would_have_done() -> None:
    by = Actor.system("test")
    exchange.import_patients(file=DEMO / "patients.csv", by=by, practice="Y99002")
    practice = Organisation.objects.get(ods_code="Y99002")
    for step in demo_history.mornings():
        step()
    assert (Message.objects.count(), Task.objects.count(), Release.objects.count()) == (0, 0, 0)
    manager = factories.person(practice, Role.PRACTICE_MANAGER)[1]
    (unit,) = shadow.practices(manager)
    found = shadow.shadow(manager, unit, date(2026, 11, 1))
    with (DEMO / "november.csv").open() as file:
        days = [tuple(demo_history.read_day(row[name]) for name in DAYS) for row in csv.DictReader(file)]
    mornings = {day for day, _, _ in days if day}
    # Whoever booked on a Saturday and gave it up on the Sunday stood in no export; of the last day one tells in December.
    told = [
        any(booked < day <= given_up < max(mornings) for day in mornings)
        for _, booked, given_up in days
        if booked and given_up
    ]
    assert sum(found.fates.values()) == sum(told)
    assert {"rebooked", "too_late", "empty"} == set(found.fates)
    assert 10 < found.filled <= found.fates["empty"]
    assert list(demo_history.mornings()) == []


@pytest.mark.django_db
def test_history_is_made_once_and_the_newest_month_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_history, "_ended", False)
    assert list(demo_history.steps()) == []
    make()
    by_hand = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(10, 32)]
    Closing.objects.bulk_create(
        Closing(month=month, edition=1, known_at=clock.now(), closed_at=clock.now(), closed_by="test")
        for month in by_hand
    )
    for _ in range(100):
        if demo_history.go_on() == 0:
            break
    made = Closing.objects.exclude(closed_by="test").order_by("id").values_list("month", flat=True)
    # November is over too: it is left to be closed by hand, and what was closed before is not closed again.
    assert list(made) == [date(2026, 10, 1), date(2026, 9, 1)]
    assert Closing.objects.count() == 24
    scheduled = PackSchedule.objects.values_list("organisation__ods_code", flat=True)
    assert set(scheduled) == {"Y99930", "Y99002"}
    assert demo_history.go_on() == 0
