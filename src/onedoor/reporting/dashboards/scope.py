"""Whose figures somebody sees: their own organisation's, and those of all that stand below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from onedoor.kernel.access import Access, Permission
from onedoor.reporting.levels import Unit, reach


def figures_of(access: Access, *, on: date | None = None) -> tuple[Access, dict[int, Unit]]:
    """An access to figures and nothing else, of every organisation that `access` reaches, and those organisations by key.

    Raises NotPermitted without Permission.REPORTS. No right besides goes along: who may open patients at one organisation
    opens none at those below it.
    """
    units = reach(access, on=on)
    if access.everything:
        return access, units
    return replace(access, organisation_ids=frozenset(units), permissions=frozenset({Permission.REPORTS})), units


def passed_on(access: Access) -> Access:
    """An access to the same figures as they may be passed on: to nobody's patients, and to no small count."""
    return replace(
        access, everything=False, organisation_ids=frozenset(reach(access)), permissions=frozenset({Permission.REPORTS})
    )


def sees_people(access: Access, organisation_id: int) -> bool:
    """Whether small counts of this organisation may be shown: to those who may open its patients anyway, and to whoever said
    why they are shown to them now (`accounts.show_small_counts`)."""
    if access.everything or access.sees_small_counts:
        return True
    return access.may(Permission.PATIENTS) and organisation_id in access.organisation_ids
