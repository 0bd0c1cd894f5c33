"""The demonstration's mailboxes, and what the sandbox of MESH is told: who has one, and who is registered where.

Where the sandbox answers may change from start to start, so both are written anew at each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from onedoor.accounts.api import organisation_by_ods
from onedoor.exchange.mesh.actions import set_mailbox
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients

SHARED_KEY = "TestKey"
"""Not secret: of a sandbox that listens on this machine only, and the same for the simulator's practice."""
OURS = ("Y99002", "Y99902")
"""Wexcombe Road Surgery and Wexcombe Mental Health."""
OUTSIDE = {"mailbox_id": "Y99003OT001", "name": "Millford Surgery", "ods_code": "Y99003", "password": "password"}
"""The simulator's practice with another GP system (simulator/gp_system.py)."""


def connect(mesh: str, file: Path, *, access: Access, by: Actor) -> None:
    """Give our organisations their mailboxes at the sandbox that answers at `mesh`, and write `file` for it."""
    boxes = [OUTSIDE]
    for ods_code in OURS:
        organisation = organisation_by_ods(ods_code)
        if organisation is None:
            continue
        password = str(uuid5(NAMESPACE_URL, f"onedoor:demonstration:{ods_code}:mesh"))
        box = set_mailbox(
            organisation_id=organisation.pk,
            mailbox_id=f"{ods_code}OT001",
            password=password,
            shared_key=SHARED_KEY,
            base_url=mesh,
            by=by,
        )
        boxes.append(
            {"mailbox_id": box.mailbox_id, "name": organisation.name, "ods_code": ods_code, "password": password}
        )
    people = _people(access)
    _write(file, {"shared_key": SHARED_KEY, "mailboxes": boxes, "people": people})
    _write(file.with_name("gp.json"), {**OUTSIDE, "shared_key": SHARED_KEY, "patients": _list_of_outside(people)})


def _write(file: Path, document: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # In one step: the sandbox reads it again whenever it changes.
    side = file.with_suffix(".new")
    side.write_text(json.dumps(document))
    side.chmod(0o600)
    side.replace(file)


def _list_of_outside(people: list[dict[str, str]]) -> list[dict[str, str]]:
    """Who is on the list of the simulator's practice, as its own system has them (simulator/README.md)."""
    return [
        {
            "nhs_number": one["nhs_number"],
            "family": one["family"],
            "given": "",
            "born_on": f"{one['born_on'][:4]}-{one['born_on'][4:6]}-{one['born_on'][6:]}",
        }
        for one in people
        if one["practice"] == OUTSIDE["ods_code"]
    ]


def _people(access: Access) -> list[dict[str, str]]:
    """Everybody with an NHS number, and where they are registered, as the national demographics would have it."""
    found = (
        patients.visible(access)
        .filter(nhs_number__isnull=False, care_relationships__kind="registered", care_relationships__ends_on=None)
        .values_list("nhs_number", "born_on", "family_name", "care_relationships__organisation__ods_code")
    )
    return [
        {"nhs_number": number or "", "born_on": f"{born_on:%Y%m%d}", "family": family, "practice": practice}
        for number, born_on, family, practice in found
    ]
