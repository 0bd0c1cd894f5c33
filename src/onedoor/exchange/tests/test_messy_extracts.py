"""Every spreadsheet of the blind set through the door: what it must come to is on the record, and the rest is told row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from onedoor import factories
from onedoor.accounts.models import Organisation
from onedoor.exchange.extracts import actions
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.models import Extract
from onedoor.exchange.tests.messy import make
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.patients.models import Patient
from onedoor.records import api as records

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LABELS: dict[str, Any] = json.loads((Path(make.__file__).parent / "labels.json").read_text())
FILES = {one.name: one.data for one in make.files()}
CODES = {
    "systolic": "271649006",
    "diastolic": "271650006",
    "bmi": "60621009",
    "hba1c": "999791000000106",
}
SMOKING = {"ex-smoker": "8517006", "smoker": "77176002", "never": "266919005", "never smoked": "266919005"}
DECLINED = {"413123006", "736013005"}
"""Entries that say that somebody declined: none of them is the check."""


@pytest.fixture(autouse=True)
def _on_its_day() -> Iterator[None]:
    with clock.at(datetime.fromisoformat(f"{LABELS['today']}T09:00").replace(tzinfo=clock.LONDON)):
        yield


@pytest.fixture
def scene() -> tuple[Organisation, Access]:
    practice = factories.practice("Y99001")
    for one in LABELS["registered"]:
        patient = factories.patient(practice, "Sam", one["family"], born_on=date.fromisoformat(one["born"]))
        Patient.objects.filter(pk=patient.pk).update(nhs_number=one["nhs_number"])
    return practice, factories.person(practice, Role.PRACTICE_MANAGER)[1]


def taken(access: Access, name: str) -> Extract:
    """Sent, its columns confirmed as proposed, and taken."""
    extract = actions.receive(content=FILES[name], name=name, month=date(2026, 11, 1), access=access)
    if extract.state == "to_map":
        extract = actions.confirm_mapping(access=access, ref=extract.ref, columns=extract.columns)
    return actions.take(access=access, ref=extract.ref)


def wanted(row: dict[str, Any]) -> set[tuple[str, str, float | None]]:
    """(NHS number, code, value) of what a label says is taken."""
    if "code" in row:
        return {(row["nhs_number"], row["code"], row["value"])}
    found: set[tuple[str, str, float | None]] = set()
    for what, value in row.get("values", {}).items():
        coded = what == "smoking"
        found.add((row["nhs_number"], SMOKING[value] if coded else CODES[what], None if coded else float(value)))
    return found


def test_each_file_comes_to_what_its_labels_say(scene: tuple[Organisation, Access]) -> None:
    _, access = scene
    wrong: list[str] = []
    for label in LABELS["files"]:
        with transaction.atomic():
            wrong += [f"{label['file']}: {what}" for what in _differences(label, access)]
            transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def _differences(label: dict[str, Any], access: Access) -> Iterator[str]:
    try:
        extract = taken(access, label["file"])
    except UnreadableFile as fault:
        if label.get("whole") != "refused":
            yield f"not read: {fault.what}"
        return
    if label.get("whole") == "refused":
        yield "read, and was to be refused"
        return
    rows = set(extract.rejects.values_list("row", flat=True))
    got = {
        (nhs, code, value)
        for nhs, code, value in records.Coded.objects.values_list("patient__nhs_number", "code__code", "value")
        if code not in DECLINED
    }
    sure = [row for row in label["rows"] if "also_right" not in row]
    # Of a row with two right verdicts whatever became of it is right; one that names nobody may be anybody's.
    either = [row for row in label["rows"] if "also_right" in row]
    doubtful = {row.get("nhs_number", "") for row in either}
    doubtful |= {one["nhs_number"] for one in LABELS["registered"]} if "" in doubtful else set()
    want = {fact for row in sure for fact in wanted(row)}
    # Behind a quotation mark that is never closed the last row, which has no label, is read for itself.
    extra = {fact for fact in got - want if fact[0] not in doubtful}
    if extra and label["file"] != "text-quotes-broken.csv":
        yield f"taken and not to be: {extra}"
    for row in sure:
        if row["verdict"] in ("taken", "partly") and not wanted(row) <= got:
            yield f"row {row['row']} not taken whole: {wanted(row) - got}"
        explained = row["row"] in rows or "declined" in str(row.get("rejected"))
        if row["verdict"] in ("rejected", "partly") and not explained:
            yield f"row {row['row']} is not told"
        if row["verdict"] in ("taken", "passed over") and row["row"] in rows:
            yield f"row {row['row']} is told and should not be"


def test_no_cell_of_the_rejects_runs_when_it_is_opened(scene: tuple[Organisation, Access]) -> None:
    from onedoor.exchange.extracts import status

    _, access = scene
    text = status.rejects_csv(taken(access, "result-harmful-text.csv"))
    assert "surname" in text.lower()
    assert not [
        cell for line in text.splitlines()[1:] for cell in line.split(",") if cell.lstrip('"')[:1] in ("=", "@")
    ]
