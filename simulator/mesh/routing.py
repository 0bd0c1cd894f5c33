"""Where a message goes that is addressed to somebody's practice: `GPPROVIDER_<NHS number>_<YYYYMMDD>_<surname>`.

Live MESH accepts it, asks the national demographics, and tells of a failure by a REPORT only (interop.md 1.5, 1.6, 2.2).
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.mesh.settings import Settings

PREFIX = "GPPROVIDER_"

WORDS: Mapping[str, str] = {
    # Words as the sandbox has them for the same codes.
    "EPL-150": "Multiple mailboxes matches",
    "EPL-151": "No mailbox matched",
    "EPL-152": "Invalid NHS Number",
    "EPL-153": "NHS Number not found",
    "EPL-154": "NHS Number supplied does not match the demographics",
}


def is_by_patient(address: str) -> bool:
    """Whether the address names a person instead of a mailbox."""
    return address.startswith(PREFIX)


def route(settings: Settings, address: str, workflow_id: str) -> str:
    """The mailbox for an address in upper case, or the EPL code of the REPORT that comes instead."""
    # invented: an address of fewer parts is one with an invalid NHS number.
    nhs_number, born_on, family = [*address.removeprefix(PREFIX).split("_", 2), "", ""][:3]
    if not is_valid(nhs_number):
        return "EPL-152"
    person = settings.people.get(nhs_number)
    if person is None:
        return "EPL-153"
    # interop.md 2.2: YYYYMMDD, and the values must equal the national ones.
    if (person.born_on, person.family) != (born_on, family):
        return "EPL-154"
    found = [
        box.mailbox_id
        for box in settings.boxes.values()
        if person.practice and box.ods_code == person.practice and settings.may_receive(box.mailbox_id, workflow_id)
    ]
    if not found:
        return "EPL-151"
    return found[0] if len(found) == 1 else "EPL-150"


def is_valid(nhs_number: str) -> bool:
    """Ten digits whose last is right by modulus 11."""
    if len(nhs_number) != 10 or not (nhs_number.isascii() and nhs_number.isdigit()):
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(nhs_number, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(nhs_number[9])
