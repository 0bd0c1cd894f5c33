"""How organisations stand to each other: practice to PCN, trust, place and ICS, dated; and whose checks somebody may see.

A file brings the whole of it (`take_organisations`), all or none. What the file no longer says is left as it is: an ending is
said with a day, never by leaving a line out.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO

from django.db import transaction
from django.db.models import Q, QuerySet

from onedoor.accounts.actions import NUMBER_UNKNOWN
from onedoor.accounts.models import Organisation, OrganisationRelation, Relation
from onedoor.accounts.queries import require_runs_all
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor

COLUMNS = ("ods_code", "name", "phone", "kind", "other_ods_code", "other_name", "from", "until", "shares_checks")
"""Of a file of organisations; `ods_code`, `name` must be there, the others may be empty."""

_NAMED_AT_MOST = 60


@dataclass(frozen=True)
class OrganisationRow:
    """One line of a file: an organisation, and perhaps how it stands to another."""

    ods_code: str
    name: str
    phone: str = ""
    kind: str = ""
    other_ods_code: str = ""
    other_name: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    shares_checks: bool = False


@dataclass(frozen=True)
class RowFault:
    """Why a line cannot be read; `row` counts from 1, the header."""

    row: int
    column: str
    value: str
    why: str


class FaultyOrganisations(Exception):
    """The file was not taken; `faults` says where and why."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Brought:
    """What a file changed: organisations and relations new, changed and as they were."""

    organisations: int
    relations_new: int
    relations_changed: int
    relations_same: int


def read_organisations(content: bytes) -> list[OrganisationRow]:
    """The lines of a CSV file in UTF-8. Raises FaultyOrganisations with every fault in it."""
    try:
        rows = csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), restkey="", restval="")
        header = [name.strip().lower() for name in rows.fieldnames or ()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FaultyOrganisations([RowFault(1, "", "", "this is not a CSV file in UTF-8")]) from error
    rows.fieldnames = header
    faults = [RowFault(1, name, "", "this column is missing") for name in ("ods_code", "name") if name not in header]
    faults += [
        RowFault(1, name, name, f"no such column; there are {', '.join(COLUMNS)}")
        for name in header
        if name not in COLUMNS
    ]
    if faults:
        raise FaultyOrganisations(faults)
    found = []
    for cells in rows:
        if any(cells.values()):
            row, wrong = _row(rows.line_num, {key: (value or "").strip() for key, value in cells.items() if key})
            found.append(row)
            faults += wrong
    if faults:
        raise FaultyOrganisations(faults[:_NAMED_AT_MOST])
    return found


def _row(number: int, cells: Mapping[str, str]) -> tuple[OrganisationRow, list[RowFault]]:
    faults: list[RowFault] = []

    def wrong(column: str, why: str) -> None:
        faults.append(RowFault(number, column, cells.get(column, ""), why))

    def day(column: str) -> date | None:
        try:
            return date.fromisoformat(cells[column]) if cells.get(column) else None
        except ValueError:
            wrong(column, "a day is written 2026-04-01")
            return None

    code, other, kind = cells["ods_code"].upper(), cells.get("other_ods_code", "").upper(), cells.get("kind", "")
    if not code or len(code) > 12 or not code.isalnum():
        wrong("ods_code", "an ODS code is letters and digits")
    if not cells["name"]:
        wrong("name", "an organisation has a name")
    if bool(kind) != bool(other):
        wrong("kind", "how it stands and to whom are given together")
    if kind and kind not in Relation.values:
        wrong("kind", f"one of {', '.join(Relation.values)}")
    if other and (other == code or len(other) > 12 or not other.isalnum()):
        wrong("other_ods_code", "the ODS code of another organisation")
    starts, ends, shares = day("from"), day("until"), cells.get("shares_checks", "").lower()
    if kind and starts is None and not faults:
        wrong("from", "a relation begins on a day")
    if starts is not None and ends is not None and ends <= starts:
        wrong("until", "it ends after it begins: the day is the first on which it no longer holds")
    if shares not in ("", "yes", "no"):
        wrong("shares_checks", "yes or no")
    return OrganisationRow(
        code, cells["name"][:120], cells.get("phone", "")[:20], kind, other, cells.get("other_name", "")[:120], starts,
        ends, shares == "yes",
    ), faults  # fmt: skip


@transaction.atomic
def take_organisations(*, rows: Sequence[OrganisationRow], by: Actor) -> Brought:
    """Bring organisations and relations as a file has them. Raises NotPermitted for all but the system and administrators.

    A line without a telephone leaves the number that is known; a relation is known by both organisations, kind and first day.
    """
    require_runs_all(by)
    names = {row.other_ods_code: row.other_name for row in rows if row.other_ods_code}
    names |= {row.ods_code: row.name for row in rows}
    phones = {row.ods_code: row.phone for row in rows if row.phone}
    known = {
        one.ods_code: one for one in Organisation.objects.select_for_update().filter(ods_code__in=names).order_by("id")
    }
    made = [
        Organisation(ods_code=code, name=name or code, phone=phones.get(code, NUMBER_UNKNOWN))
        for code, name in names.items()
        if code not in known
    ]
    Organisation.objects.bulk_create(made)
    changed = []
    for code, one in known.items():
        said = names[code] or one.name, phones.get(code, one.phone)
        if said != (one.name, one.phone):
            one.name, one.phone = said
            changed.append(one)
    Organisation.objects.bulk_update(changed, ["name", "phone"])
    audit.record_many(
        by=by,
        lines=[
            audit.Line("set_organisation", "organisation", one.pk, organisation_id=one.pk) for one in (*made, *changed)
        ],
    )
    keys = {code: one.pk for code, one in known.items()} | {one.ods_code: one.pk for one in made}
    return _relate([row for row in rows if row.kind], keys, len(made), by)


def _relate(rows: Sequence[OrganisationRow], keys: Mapping[str, int], new: int, by: Actor) -> Brought:
    have = {
        (one.organisation_id, one.other_id, one.kind, one.starts_on): one
        for one in OrganisationRelation.objects.filter(organisation_id__in=keys.values())
    }
    wanted: dict[tuple[int, int, str, date], OrganisationRow] = {}
    for row in rows:
        assert row.starts_on is not None
        wanted[keys[row.ods_code], keys[row.other_ods_code], row.kind, row.starts_on] = row
    fresh = [
        OrganisationRelation(
            organisation_id=key[0],
            other_id=key[1],
            kind=key[2],
            starts_on=key[3],
            ends_on=row.ends_on,
            shares_checks=row.shares_checks,
        )
        for key, row in wanted.items()
        if key not in have
    ]
    changed = []
    for key, row in wanted.items():
        one = have.get(key)
        if one is not None and (one.ends_on, one.shares_checks) != (row.ends_on, row.shares_checks):
            one.ends_on, one.shares_checks = row.ends_on, row.shares_checks
            changed.append(one)
    OrganisationRelation.objects.bulk_create(fresh)
    OrganisationRelation.objects.bulk_update(changed, ["ends_on", "shares_checks"])
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "relate_organisation",
                "organisation",
                one.organisation_id,
                organisation_id=one.organisation_id,
                detail={
                    "to": one.other_id,
                    "kind": one.kind,
                    "from": one.starts_on.isoformat(),
                    "until": one.ends_on.isoformat() if one.ends_on else None,
                    "shares_checks": one.shares_checks,
                },
            )
            for one in (*fresh, *changed)
        ],
    )
    return Brought(new, len(fresh), len(changed), len(wanted) - len(fresh) - len(changed))


def _on(day: date) -> QuerySet[OrganisationRelation]:
    return OrganisationRelation.objects.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)


def related(organisation_ids: Collection[int], kind: str, *, on: date | None = None) -> dict[int, list[Organisation]]:
    """By organisation, those to which it stands so on the day (today): a practice's PCN or trust. Public knowledge."""
    found: dict[int, list[Organisation]] = {}
    standing = _on(on or clock.today()).filter(organisation_id__in=organisation_ids, kind=kind)
    for one in standing.select_related("other").order_by("other__name"):
        found.setdefault(one.organisation_id, []).append(one.other)
    return found


def members(organisation_id: int, kind: str, *, on: date | None = None) -> list[int]:
    """Keys of the organisations that stand so to this one on the day (today): the practices of a PCN."""
    standing = _on(on or clock.today()).filter(other_id=organisation_id, kind=kind)
    return sorted(set(standing.values_list("organisation_id", flat=True)))


def serves_as_trust(organisation_id: int, *, on: date | None = None) -> bool:
    """Whether others name this organisation as their trust on the day (today): what is entered there counts at the practice once
    that has accepted it (ADR 12)."""
    return _on(on or clock.today()).filter(other_id=organisation_id, kind=Relation.TRUST).exists()


def trusts(*, on: date | None = None) -> list[int]:
    """Keys of the organisations that others name as their trust on the day (today)."""
    return sorted(set(_on(on or clock.today()).filter(kind=Relation.TRUST).values_list("other_id", flat=True)))


def successor(organisation_id: int, *, on: date | None = None) -> int:
    """What the organisation had become by the day (today), through all its mergers; itself where there was none."""
    moves = dict(
        OrganisationRelation.objects.filter(kind=Relation.SUCCESSOR, starts_on__lte=on or clock.today())
        .order_by("starts_on")
        .values_list("organisation_id", "other_id")
    )
    seen = {organisation_id}
    while (following := moves.get(organisation_id)) is not None and following not in seen:
        organisation_id = following
        seen.add(following)
    return organisation_id


def for_checks(access: Access) -> Access:
    """The access with, besides its own, the organisations that by agreement share their checks with it today.

    Raises NotPermitted without Permission.CHECKS. The actor stays who they are: what is written says where they work.
    """
    access.require(Permission.CHECKS)
    if access.everything or not access.organisation_ids:
        return access
    shared = _on(clock.today()).filter(other_id__in=access.organisations, shares_checks=True)
    more = frozenset(shared.values_list("organisation_id", flat=True))
    return replace(access, organisation_ids=access.organisation_ids | more)
