"""To whom a call can be handed over: our own teams, the patient's practice, and whoever runs a service.

A hand-over is no care: it lets nobody see a record. Whoever cares for the patient already sees them by that.
"""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.accounts.api import sender, staffed
from onedoor.calls.kinds import TEAM_NAMES, TEAMS
from onedoor.calls.queries.contacts import View
from onedoor.directory import api as directory
from onedoor.patients import api as patients


@dataclass(frozen=True)
class Desk:
    """`key` names it in a form; `works_here` when somebody there finds work on a list of Onedoor's."""

    key: str
    name: str
    short: str
    """For a title of work: "reception"."""
    team: str
    organisation_id: int
    phone: str
    works_here: bool
    own: bool


def desks(organisation_id: int, view: View | None) -> list[Desk]:
    """Every desk for a contact of this organisation: our own, the practice of whoever is seen, services by name."""
    found = [
        Desk(team, TEAM_NAMES[team], TEAM_NAMES[team].lower(), team, organisation_id, "", works_here=True, own=True)
        for team in TEAMS
    ]
    services = [one for one in directory.cards() if one.provider_id != organisation_id]
    practice = patients.registered_at(view.access, view.patient_id) if view else None
    if practice == organisation_id:
        practice = None
    at_work = staffed({one.provider_id for one in services} | ({practice} if practice else set()))
    if practice is not None:
        name, phone = sender(practice)
        found.append(
            Desk(
                "practice",
                f"Their practice: {name}",
                name,
                "reception",
                practice,
                phone,
                practice in at_work,
                own=False,
            )
        )
    found += [
        Desk(
            f"service:{one.slug}",
            f"{one.name} ({one.provider})",
            one.name,
            "triage",
            one.provider_id,
            one.phone,
            one.provider_id in at_work,
            own=False,
        )
        for one in services
    ]
    return found


def desk_of(organisation_id: int, view: View | None, key: str) -> Desk | None:
    """The desk of this key; None for none."""
    return next((desk for desk in desks(organisation_id, view) if desk.key == key), None)


def in_care(organisation_id: int, patient_id: int) -> bool:
    """Whether the organisation cares for this patient now, and so sees them."""
    return patients.reach(organisation_id, [patient_id])[patient_id].registered
