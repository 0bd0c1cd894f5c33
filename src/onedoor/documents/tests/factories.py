"""Example letters for tests: those of the demonstration, all people fictional."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from onedoor.accounts.api import Organisation
from onedoor.documents.api import Document, NewLetter, Recipient, compose, facts_from_json
from onedoor.documents.types import Facts, Format, Party, Way
from onedoor.factories import TEST
from onedoor.patients.api import Patient

_FILE = Path(__file__).parents[4] / "localities" / "demo" / "letters.json"
EXAMPLES: dict[str, Facts] = {
    name: facts_from_json({**(kept := json.loads(_FILE.read_text(encoding="utf-8")))["shared"], **own})
    for name, own in json.loads(_FILE.read_text(encoding="utf-8"))["letters"].items()
}


def facts(name: str = "welcome", **other: Any) -> Facts:
    """The facts of an example letter, with others in their place."""
    return replace(EXAMPLES[name], **other)


def letter(
    organisation: Organisation,
    patient: Patient | None,
    name: str = "welcome",
    *,
    ways: tuple[Way, ...] = ("page", "print"),
    style: Format = "standard",
    practice: Organisation | None = None,
    subject_id: int = 1,
    **other: Any,
) -> Document:
    """A letter that was composed for the patient, with a copy on paper to the practice when one is given."""
    asked = facts(name, **other)
    if patient is not None:
        asked = replace(asked, patient=replace(asked.patient, name=patient.shown_name))
    assert asked.practice is not None
    to = [Recipient("patient", Party(asked.patient.name, asked.patient.lines), style, ways)]
    if practice is not None:
        to.append(Recipient("practice", asked.practice, "standard", ("page", "print"), practice.pk))
    ref = compose(
        letters=[NewLetter(asked, organisation.pk, "referral", subject_id, patient.pk if patient else None, tuple(to))],
        by=TEST,
    )
    return Document.objects.get(ref=ref[0])
