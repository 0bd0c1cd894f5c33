"""What a document carries, held against the record: new, there already, another value, older, or not to be entered and why.

Rows are judged as those of a file of entries are (`records.believed`): nothing is converted, no code is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from django.db import connection

from onedoor.exchange.models import ProposedEntry, ReceivedDocument
from onedoor.exchange.receiving.rules import ASKED, FAULT, SAME, STATUS_SETS, TOLD, OnRecord, asks, difference
from onedoor.exchange.receiving.versions import standing, versions_of
from onedoor.kernel.access import Access
from onedoor.records import api as records
from onedoor.records.types import EntryRow

Fact = tuple[str, date, float | None]
"""Code, day and value."""
MOST = 200
"""Entries of one document that are proposed. What is beyond stands in the document all the same."""


@dataclass(frozen=True)
class Carried:
    """One thing that a document says; `code` and `unit` may be empty, `value` None."""

    number: int
    code: str
    term: str
    value: float | None
    unit: str
    day: date | None
    text: str


@dataclass(frozen=True)
class Judged:
    """What is carried, with our term, our unit, and how it stands."""

    carried: Carried
    term: str
    unit: str
    difference: str
    against: str


def judge(
    carried: Sequence[Carried], record: Sequence[OnRecord], *, restated: frozenset[Fact], kin: Mapping[str, Set[str]]
) -> list[Judged]:
    """How each stands to the record.

    `kin`: by code those of the same check (`statuses`). `restated`: facts that stand only by an earlier version of the same
    document, which falls away when this one is accepted: they are no reason to leave one out.
    """
    counts = [one for one in record if (one.code, one.day, one.value) not in restated]
    judged: list[Judged] = []
    said: set[tuple[str, date | None, float | None]] = set()
    for one, found in zip(carried, records.believed([_row(one) for one in carried]), strict=True):
        term, unit = found.term or one.term, found.unit if one.value is not None else ""
        fact = one.code, one.day, one.value
        if not one.code:
            judged.append(Judged(one, one.term, one.unit, ASKED if asks(one.text) else TOLD, "It has no code"))
        elif found.doubt:
            # Its own term stays: what it says beside the code may be why.
            judged.append(Judged(one, one.term or found.term, one.unit, FAULT, found.doubt.why))
        elif fact in said:
            judged.append(Judged(one, term, unit, SAME, "The document says it twice"))
        else:
            assert one.day is not None
            judged.append(
                Judged(
                    one, term, unit, *difference(one.code, one.day, one.value, counts, kin.get(one.code, frozenset()))
                )
            )
        said.add(fact)
    return judged


def _row(one: Carried) -> EntryRow:
    value = "" if one.value is None else f"{one.value:.9f}".rstrip("0").rstrip(".")
    return EntryRow(
        row=one.number,
        nhs_number="",
        code=one.code,
        day=one.day,
        day_text="",
        value=value,
        unit=one.unit,
        organisation="",
        term=one.term,
        cluster="",
    )


def on_record(patient_id: int, codes: Iterable[str], access: Access | None) -> list[OnRecord]:
    """What counts on the record of these codes, newest first, with what `access` may read of it; None reads nothing.

    All of it decides how an entry stands, or it would be entered twice; what is shown is what is shared (docs/adr/0013).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, c.code, e.day, e.value, coalesce(u.ucum, ''), o.name, c.term
               FROM records_coded_entries e JOIN records_code c ON c.id = e.code_id
               JOIN accounts_organisation o ON o.id = e.organisation_id
               LEFT JOIN records_unit u ON u.id = e.unit_id
               WHERE e.patient_id = %s AND c.code = ANY(%s) ORDER BY e.day DESC, e.id DESC""",
            [patient_id, sorted(set(codes))],
        )
        rows = cursor.fetchall()
    read = records.read_of(access, patient_id, [row[0] for row in rows]) if access is not None and rows else frozenset()
    return [
        OnRecord(code, day, value, records.measured(value, ucum) if value is not None else "", where, key in read, term)
        for key, code, day, value, ucum, where, term in rows
    ]


def statuses(codes: Iterable[str]) -> dict[str, frozenset[str]]:
    """By code, of those that say how somebody is in one of the checks, all codes of that check. One query."""
    members = records.members_of([key for sets in STATUS_SETS.values() for key in sets])
    checks = [frozenset[str]().union(*(members[key] for key in sets)) for sets in STATUS_SETS.values()]
    return {code: check for code in set(codes) for check in checks if code in check}


def held_against(document: ReceivedDocument, access: Access | None = None) -> list[tuple[ProposedEntry, Judged]]:
    """The proposals of a matched document as they stand to the record now, by number; in words for whoever reads (`on_record`).

    Raises Patient.DoesNotExist for an access that does not see the patient.
    """
    proposals = list(document.proposals.order_by("number"))
    carried = carried_of(proposals)
    record: list[OnRecord] = []
    restated: frozenset[Fact] = frozenset()
    kin: Mapping[str, Set[str]] = {}
    if document.patient_id is not None:
        kin = statuses(one.code for one in carried if one.code and one.value is None)
        wanted = {one.code for one in carried if one.code}.union(*kin.values())
        record = on_record(document.patient_id, wanted, access)
        old = standing(versions_of(document))
        restated = frozenset((one.code, one.day, one.value) for one in old if one.day is not None)
    return list(zip(proposals, judge(carried, record, restated=restated, kin=kin), strict=True))


def hold_against_record(document: ReceivedDocument) -> None:
    """Keep how the proposals of a matched document stand to the record now: for lists, which say how many and not what."""
    changed = []
    for proposal, judged in held_against(document):
        if proposal.state == "proposed":
            proposal.term, proposal.unit = judged.term[:200], judged.unit[:20]
            proposal.difference, proposal.against = judged.difference, judged.against[:200]
            changed.append(proposal)
    ProposedEntry.objects.bulk_update(changed, ["term", "unit", "difference", "against"])


def carried_of(proposals: Iterable[ProposedEntry]) -> list[Carried]:
    """What proposals carry, to be judged again."""
    return [Carried(one.number, one.code, one.term, one.value, one.unit, one.day, one.text) for one in proposals]
