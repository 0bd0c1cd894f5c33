"""Whom a document may be of: people whom the practice cares for or has cared for, and nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from onedoor.exchange.models import ReceivedDocument
from onedoor.exchange.receiving.rules import Candidate, Claimed, Match, match, same_name
from onedoor.kernel import clock
from onedoor.kernel.words import folded

MOST = 5
"""Candidates shown beside a document: whoever is not among them is found by a search."""

_PEOPLE = """
    SELECT p.id, coalesce(p.nhs_number, ''), p.family_name, p.given_name, p.born_on, p.deceased, p.restricted,
           bool_or(r.kind = 'registered' AND (r.ends_on IS NULL OR r.ends_on > %(today)s)),
           bool_or(r.kind = 'registered')
    FROM patients_patient p JOIN patients_care_relationship r ON r.patient_id = p.id
         AND r.organisation_id = %(organisation)s AND r.starts_on <= %(today)s
    WHERE {which} GROUP BY p.id ORDER BY p.name_key COLLATE "C", p.id LIMIT 200"""


def claimed(document: ReceivedDocument) -> Claimed:
    """Who a document says that it is of."""
    return claim(document.claimed)


def claim(said: dict[str, Any]) -> Claimed:
    """The same of what is kept of it."""
    born = said.get("born_on") or ""
    return Claimed(
        said.get("nhs_number", ""),
        said.get("family", ""),
        said.get("given", ""),
        date.fromisoformat(born) if born else None,
        traced=said.get("traced", True),
        died=said.get("died", False),
    )


def matched(organisation_id: int, who: Claimed) -> Match:
    """Who it is, as far as that is sure."""
    has_number = _with_number(organisation_id, who)
    return match(who, has_number[0] if has_number else None, [] if has_number else alike(organisation_id, who))


def candidates(organisation_id: int, who: Claimed, *, also: int | None = None) -> list[Candidate]:
    """Whom a document may be of: whoever has the number, somebody whom a person has searched for (`also`), and those of the name
    and date of birth."""
    searched = [candidate(organisation_id, also)] if also is not None else []
    found = [*_with_number(organisation_id, who), *searched, *alike(organisation_id, who)]
    return list({one.id: one for one in found if one is not None}.values())[:MOST]


def candidate(organisation_id: int, patient_id: int) -> Candidate | None:
    """One person as the practice knows them; None for somebody who is not and never was of it."""
    return next(iter(_people(organisation_id, "p.id = %(patient)s", patient=patient_id)), None)


def alike(organisation_id: int, who: Claimed) -> list[Candidate]:
    """Those registered here with the date of birth and the family name, whatever their number."""
    begins = folded(who.family)[:1]
    if who.born_on is None or not begins:
        return []
    # The database finds the day and the first letter; hyphens, spaces and apostrophes are compared here.
    which = "p.born_on = %(born)s AND starts_with(p.name_key, %(begins)s)"
    found = _people(organisation_id, which, born=who.born_on, begins=begins)
    return [one for one in found if one.registered and same_name(one.family, who.family)][:MOST]


def _with_number(organisation_id: int, who: Claimed) -> list[Candidate]:
    if not who.nhs_number:
        return []
    return _people(organisation_id, "p.nhs_number = %(number)s", number=who.nhs_number)


def _people(organisation_id: int, which: str, **known: Any) -> list[Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(which=which), {"organisation": organisation_id, "today": clock.today(), **known})
        return [Candidate(*row) for row in cursor.fetchall()]
