"""The lost-check finder: a trust's spreadsheet of physical checks against the record. What was done and does not count, and why.

A person is known by their NHS number, and by the date of birth where the file has one, or not at all. What can be counted is
entered when somebody accepts it, with the trust as where it was done; everything else stays a line to talk about with the trust.
Lines are kept for 28 days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation, Relation
from onedoor.exchange.files import trust_checks
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.trust_checks import Claim
from onedoor.exchange.files.workbook import tables
from onedoor.exchange.models import TrustCheck, TrustFile
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.records import api as records
from onedoor.records.types import NewEntry

KEPT = timedelta(days=28)
MOST = 20_000
"""Checks of one file; a trust's month is some hundreds."""
_SLICE = 200

CAN_COUNT = "can_count"
REASONS: Mapping[str, str] = {
    CAN_COUNT: "Done there and not on the record: can be counted",
    "other_code": "On the record, with a code that the check’s list does not have",
    "code_not_of_set": "Its code is not one that the check’s list has",
    trust_checks.DAMAGED_CODE: "Its code is damaged",
    trust_checks.WRONG_UNIT: "The unit is missing, or another",
    "impossible": "Nobody has such a value",
    trust_checks.NO_RESULT: "Said to be done, without a result",
    trust_checks.NO_DATE: "No day",
    "in_future": "The day is still to come",
    "outside_window": "Too long ago to count",
    trust_checks.DECLINED: "Declined: not done",
    "not_on_register": "Not on the register here",
    "not_registered": "Not registered with a practice of the locality",
    trust_checks.NO_PERSON: "The person cannot be known for certain",
    "counted_otherwise": "Counted already by another entry",
    "counted": "Counted already",
}
"""Why a check does or does not count, in the order in which they are shown."""


@dataclass(frozen=True)
class _Person:
    id: int
    born_on: date
    registered: bool
    status: int | None
    done: int
    why: str


def compare_checks(*, content: bytes, name: str, trust_ods: str, access: Access, rule_set: str = "smi") -> TrustFile:
    """Compare a trust's spreadsheet with the record, and keep each of its checks with what became of it.

    Raises NotPermitted without Permission.CHECKS, and UnreadableFile for a file that is none, or of a trust that has no tie to
    where the access works.
    """
    wide = accounts.for_checks(access)
    here = access.actor.organisation_id
    if here is None:
        raise NotPermitted(Permission.CHECKS)
    trust = _trust(trust_ods, access)
    found = list(_at_most(trust_checks.claims(tables(content))))
    checks = next(one for one in recall.check_sets() if one.key == rule_set)
    judged = _judge(found, checks, wide)
    with transaction.atomic():
        file = TrustFile.objects.create(
            organisation_id=here,
            trust=trust,
            name=name[:200],
            rule_set=rule_set,
            on=clock.today(),
            rows=len({claim.row for claim in found}),
            at=clock.now(),
            by_label=access.actor.label[:80],
        )
        TrustCheck.objects.bulk_create([_line(file, *one) for one in judged], batch_size=2_000)
        counts = Counter(reason for _, _, reason, _ in judged)
        audit.record(
            by=access.actor,
            line=audit.Line(
                "compare_trust_checks",
                "trust_file",
                file.pk,
                organisation_id=here,
                detail={"trust": trust.pk, **counts},
            ),
        )
    return file


def _at_most(found: Iterable[Claim]) -> Iterable[Claim]:
    for number, claim in enumerate(found):
        if number >= MOST:
            raise UnreadableFile(
                f"The file has more than {MOST:,} checks.",
                where="the file",
                what_to_do="Cut it by month, and choose each.",
            )
        yield claim


def trusts_for(access: Access) -> list[Organisation]:
    """The trusts that serve whoever's people the access may check, by name, and at the end where it works itself.

    Raises NotPermitted without Permission.CHECKS, and for whoever works nowhere.
    """
    wide, here = accounts.for_checks(access), access.actor.organisation_id
    if here is None:
        raise NotPermitted(Permission.CHECKS)
    served = accounts.related({*wide.organisations, here}, Relation.TRUST)
    found = {one.pk: one for trusts in served.values() for one in trusts if one.pk != here}
    return [*sorted(found.values(), key=lambda one: one.name), accounts.organisation(access, here)]


def _trust(ods_code: str, access: Access) -> Organisation:
    """Whose checks they are. Raises UnreadableFile for whoever is none of `trusts_for`."""
    code = ods_code.strip().upper()
    found = next((one for one in trusts_for(access) if one.ods_code == code), None)
    if found is None:
        raise UnreadableFile(
            f"{ods_code or 'Nobody'} is no trust that serves you.",
            where="the trust",
            what_to_do="Choose one of the list; whoever runs Onedoor adds others: ./run import organisations FILE",
        )
    return found


_Judged = tuple[Claim, "_Person | None", str, str]


def _judge(found: Sequence[Claim], checks: recall.CheckSet, wide: Access) -> list[_Judged]:
    """Each claim with its person, why it does or does not count, and the detail; in as many statements however many there are."""
    people = _people({claim.nhs_number for claim in found if claim.nhs_number}, checks, wide)
    matched = {claim: people.get(claim.nhs_number) for claim in found}
    known = _codes(checks)
    have = _entries({person.id for person in matched.values() if person is not None})
    judged = []
    for claim in _once(found):
        person = matched[claim]
        reason, detail = _reason(claim, person, checks, known, have)
        sure = person if person is not None and reason != trust_checks.NO_PERSON else None
        judged.append((claim, sure, reason, detail))
    return judged


def _once(found: Sequence[Claim]) -> list[Claim]:
    """A check of a row once: a sheet with two columns of one check says the second time what the first did."""
    return list({(claim.row, claim.part): claim for claim in reversed(found)}.values())[::-1]


def _people(numbers: set[str], checks: recall.CheckSet, wide: Access) -> dict[str, _Person]:
    """Those of these NHS numbers within the access, and where they stand."""
    visible = patients.visible(wide).filter(nhs_number__in=numbers, deceased=False)
    found = {key: (number, born) for key, number, born in visible.values_list("pk", "nhs_number", "born_on")}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.id, EXISTS (SELECT 1 FROM patients_registered r WHERE r.patient_id = p.id
                              AND r.since <= %s AND (r.until IS NULL OR r.until > %s)),
                      s.status, s.parts_done, s.reason
               FROM unnest(%s::bigint[]) AS p(id)
               LEFT JOIN recall_standing s ON s.patient_id = p.id AND s.rule_set_id = %s""",
            [clock.today(), clock.today(), list(found), checks.id],
        )
        return {
            found[key][0] or "": _Person(
                key, found[key][1], registered, status, done or 0, checks.reasons.get(reason or "", "")
            )
            for key, registered, status, done, reason in cursor.fetchall()
        }


@dataclass(frozen=True)
class _Codes:
    """Codes of each part's list, the range of each code, and the unit of those that say nothing without a value."""

    of_part: Mapping[str, frozenset[str]]
    ranges: Mapping[str, tuple[float | None, float | None]]
    units: Mapping[str, str]


def _codes(checks: recall.CheckSet) -> _Codes:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT m.key, c.code FROM records_code_members m JOIN records_code c ON c.id = m.code_id WHERE m.key = ANY(%s)""",
            [sorted({key for part in checks.parts for key in part.sets})],
        )
        members: dict[str, set[str]] = {}
        for key, code in cursor.fetchall():
            members.setdefault(key, set()).add(code)
    of_part = {part.key: frozenset(code for key in part.sets for code in members.get(key, ())) for part in checks.parts}
    known = list(records.Code.objects.values_list("code", "low", "high", "unit", "unit_known"))
    ranges = {code: (low, high) for code, low, high, _, _ in known}
    return _Codes(of_part, ranges, {code: unit for code, _, _, unit, is_known in known if unit and is_known})


def _entries(keys: set[int]) -> dict[tuple[int, date], set[str]]:
    """Codes on the record of these people by person and day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.patient_id, e.day, c.code FROM records_coded_entries e JOIN records_code c ON c.id = e.code_id
               WHERE e.patient_id = ANY(%s) AND e.day > %s""",
            [sorted(keys), clock.today() - timedelta(days=800)],
        )
        have: dict[tuple[int, date], set[str]] = {}
        for key, day, code in cursor.fetchall():
            have.setdefault((key, day), set()).add(code)
        return have


_KIN: Mapping[str, frozenset[str]] = {
    # What is of the same matter, and not of the list (clinical.md 1.3, 2 #2 #3 #20 #24 #29 #31 to #33).
    "bmi": frozenset({"27113001", "1153637007", "50373000"}),
    "lipid": frozenset({"1085871000000105"}),
    "glucose": frozenset({"1019431000000105"}),
    "alcohol": frozenset({"160573003", "763256006", "443280005", "763302001"}),
}


def _reason(
    claim: Claim,
    person: _Person | None,
    checks: recall.CheckSet,
    codes: _Codes,
    have: Mapping[tuple[int, date], set[str]],
) -> tuple[str, str]:
    """Why a claim does or does not count. Who it is comes first: of somebody unknown nothing more is said."""
    if claim.fault == trust_checks.NO_PERSON:
        return claim.fault, claim.detail
    if person is None:
        return trust_checks.NO_PERSON, "nobody in your care has this NHS number"
    if claim.born_on is not None and claim.born_on != person.born_on:
        return trust_checks.NO_PERSON, "the date of birth is another"
    if not person.registered:
        return "not_registered", ""
    if not person.status:
        return "not_on_register", person.why
    if claim.fault:
        return claim.fault, claim.detail
    assert claim.day is not None
    part = next((one for one in checks.parts if one.key == claim.part), None)
    if part is None:
        return "code_not_of_set", "this rule set does not ask for it"
    listed = codes.of_part[part.key]
    today = clock.today()
    if claim.day > today:
        return "in_future", ""
    on_day = have.get((person.id, claim.day), set())
    if on_day & listed:
        return "counted", ""
    if not any(value.code in listed for value in claim.values):
        return "code_not_of_set", ", ".join(value.code for value in claim.values)
    fault, wrong = _not_to_be_entered(claim, codes)
    if fault:
        return fault, wrong
    if recall.lapses(claim.day, part.months) <= today:
        return "outside_window", ""
    if on_day & (_KIN.get(part.key, frozenset()) | {value.code for value in claim.values}) - listed:
        return "other_code", "what the trust has can be counted beside it"
    if person.done >> part.bit & 1:
        return "counted_otherwise", ""
    return CAN_COUNT, ""


def _not_to_be_entered(claim: Claim, codes: _Codes) -> tuple[str, str]:
    """Why the values of a claim are none that the record takes, with the detail; both empty where it takes them."""
    for value in claim.values:
        if value.code not in codes.ranges:
            return "impossible", f"{value.code} is not in the dictionary"
        unit, (low, high) = codes.units.get(value.code, ""), codes.ranges[value.code]
        if unit and value.value is None:
            return trust_checks.NO_RESULT, "it has a code, and no number stands there"
        if value.value is None:
            continue
        if value.unit and value.unit != unit:
            return trust_checks.WRONG_UNIT, f"{value.unit}, where {unit or 'none'} is meant"
        if (low is not None and value.value < low) or (high is not None and value.value > high):
            return "impossible", f"{value.value:g} {value.unit}: from {low:g} to {high:g} is possible"
    return "", ""


def _line(file: TrustFile, claim: Claim, person: _Person | None, reason: str, detail: str) -> TrustCheck:
    """As few fields as it takes: of nobody known neither result nor day."""
    kept = person is not None
    return TrustCheck(
        file=file,
        row=claim.row,
        patient_id=person.id if person is not None else None,
        part=claim.part,
        says=claim.says if kept else "",
        day=claim.day if kept else None,
        reason=reason,
        detail=detail[:120],
        values=[[one.code, one.value, one.unit] for one in claim.values] if reason in (CAN_COUNT, "other_code") else [],
    )


ACCEPTABLE = (CAN_COUNT, "other_code")
"""Reasons beside which a check can be entered."""


@dataclass(frozen=True)
class Line:
    """A check of the file as the page shows it; `patient` is None where nobody is known."""

    id: int
    row: int
    patient: patients.Patient | None
    part: str
    says: str
    day: date | None
    detail: str
    accepted_by: str
    accepted_at: datetime | None


@dataclass(frozen=True)
class Found:
    """What became of a file: figures by reason in the order of REASONS, and the lines of one of them."""

    file: TrustFile
    counts: Mapping[str, int]
    accepted: int
    lines: Sequence[Line]


def trust_files(access: Access, *, limit: int = 20) -> list[TrustFile]:
    """The files compared of late by the access's own organisation, newest first."""
    access.require(Permission.CHECKS)
    found = TrustFile.objects.filter(organisation_id=access.actor.organisation_id or 0).select_related("trust")
    return list(found.order_by("-at", "-id")[:limit])


def trust_file(access: Access, ref: UUID, *, reason: str = CAN_COUNT, limit: int = 500) -> Found:
    """One of them with the lines of one reason. TrustFile.DoesNotExist outside the access."""
    file = _file(access, ref)
    open_ = file.checks.filter(accepted_at=None).order_by().values_list("reason")
    counts: Counter[str] = Counter(dict(open_.annotate(checks=Count("pk"))))
    lines = list(file.checks.filter(reason=reason).order_by("accepted_at", "row", "part")[:limit])
    people = patients.names(accounts.for_checks(access), [line.patient_id for line in lines if line.patient_id])
    labels = {part.key: part.label for one in recall.check_sets() if one.key == file.rule_set for part in one.parts}
    return Found(
        file,
        {key: counts[key] for key in REASONS if counts[key] or key in ACCEPTABLE[:1]},
        file.checks.exclude(accepted_at=None).count(),
        [
            Line(
                line.pk,
                line.row,
                people.get(line.patient_id or 0),
                labels.get(line.part, line.part),
                # Whoever has left the access since is not told of any more.
                line.says if line.patient_id in people else "",
                line.day if line.patient_id in people else None,
                line.detail,
                line.accepted_by,
                line.accepted_at,
            )
            for line in lines
        ],
    )


def _file(access: Access, ref: UUID) -> TrustFile:
    access.require(Permission.CHECKS)
    found = TrustFile.objects.select_related("trust", "organisation")
    return found.get(ref=ref, organisation_id=access.actor.organisation_id or 0)


@transaction.atomic
def accept_checks(*, access: Access, ref: UUID, keys: Sequence[int] | None = None) -> int:
    """Enter checks of a file on the record, with the trust as where they were done; returns how many.

    `keys` None is all that can be counted. Accepting one twice enters it once. Whoever has left the access since, or was entered
    meanwhile, is passed over. Raises NotPermitted without Permission.CHECKS, TrustFile.DoesNotExist outside the access.
    """
    file = _file(access, ref)
    open_ = file.checks.select_for_update().filter(accepted_at=None, patient__isnull=False)
    open_ = open_.filter(reason=CAN_COUNT) if keys is None else open_.filter(reason__in=ACCEPTABLE, pk__in=list(keys))
    lines = list(open_.order_by("pk"))
    within = patients.names(accounts.for_checks(access), [line.patient_id for line in lines if line.patient_id])
    lines = [line for line in lines if line.patient_id in within]
    codes = {code for line in lines for code, _, _ in line.values}
    concepts = {code: Concept(code, term) for code, term in records.terms(codes).items()}
    entries = [entry for line in lines for entry in _entered(file, line, concepts)]
    # What the trust wrote here itself has its line: it counts from now on (docs/adr/0012).
    records.accept_entries(entries=entries, by=access.actor)
    TrustCheck.objects.filter(pk__in=[line.pk for line in lines]).update(
        accepted_at=clock.now(), accepted_by=access.actor.label[:80]
    )
    audit.record_many(
        by=access.actor,
        lines=[
            audit.Line(
                "accept_trust_check",
                "trust_check",
                line.pk,
                patient_id=line.patient_id,
                organisation_id=file.organisation_id,
                detail={"part": line.part, "trust": file.trust_id},
            )
            for line in lines
        ],
    )
    return len(lines)


def _entered(file: TrustFile, line: TrustCheck, concepts: Mapping[str, Concept]) -> Iterable[NewEntry]:
    assert line.day is not None
    assert line.patient_id is not None
    at = datetime.combine(line.day, time(12), tzinfo=clock.LONDON)
    values: list[list[Any]] = line.values
    for code, value, unit in values:
        concept = concepts[code]
        shown = f": {value:g} {unit}".rstrip() if value is not None else ""
        yield NewEntry(
            patient_id=line.patient_id,
            organisation_id=file.trust_id,
            kind="check",
            text=f"{concept.term}{shown}, done at {file.trust.name}"[:400],
            intent_key=f"trust-check:{file.trust_id}:{line.patient_id}:{line.day:%Y%m%d}:{code}",
            source="trust spreadsheet",
            concept=concept,
            effective_at=at,
            subject="trust_check",
            subject_id=line.pk,
            value=value,
            unit=unit if value is not None else "",
        )


@transaction.atomic
def forget_trust_files(*, by: Actor) -> int:
    """Remove a slice of the files that were compared so long ago, with their lines; returns how many."""
    due = list(
        TrustFile.objects.select_for_update(skip_locked=True)
        .filter(at__lte=clock.now() - KEPT)
        .order_by("id")
        .values_list("id", "organisation_id")[:_SLICE]
    )
    TrustFile.objects.filter(pk__in=[key for key, _ in due]).delete()
    audit.record_many(
        by=by,
        lines=[audit.Line("forget_trust_file", "trust_file", key, organisation_id=owner) for key, owner in due],
    )
    return len(due)


def import_trust_checks(*, file: Path, practice: str, trust: str, by: Actor) -> Found:
    """Compare a file on disk for the practice or PCN of an ODS code. UnreadableFile; NotPermitted for all but the system."""
    if by.kind != "system":
        raise NotPermitted(Permission.CHECKS)
    here = accounts.organisation_by_ods(practice.strip().upper())
    if here is None:
        raise UnreadableFile(
            f"No organisation has the ODS code {practice}.", where="--practice", what_to_do="Check the code."
        )
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise UnreadableFile(
            f"The file cannot be opened: {fault.strerror}.",
            where=str(file),
            what_to_do="Check its name and where it is.",
        ) from fault
    access = Access(
        actor=replace(by, organisation_id=here.pk),
        organisation_ids=frozenset({here.pk}),
        permissions=frozenset({Permission.CHECKS}),
        purpose="lost checks",
    )
    kept = compare_checks(content=content, name=file.name, trust_ods=trust, access=access)
    return trust_file(access, kept.ref)
