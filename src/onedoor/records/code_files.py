"""Take an official file of reference sets: its members replace those that a set has, and history stays.

A set is taken whole or not at all: where one of its rows had to be refused the others are added and none is ended, so that nobody
falls out of a register because of a damaged cell. An older version than the one that is here changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import verhoeff
from onedoor.records.importing import dictionary
from onedoor.records.linting import Dictionary, lint, of_another_kind
from onedoor.records.models import Code, CodeFile, CodeSet, CodeSetMember
from onedoor.records.types import Said, SetRow, SetsTaken

_LOCK = 7_212
_FIX = "Load the file as it was published, without opening it in a spreadsheet, or put the row right."
_REFUSING = frozenset({"missing", "damaged", "term"})
"""What the linter says of a row that is then not taken. A code that is new comes with the file; one that is superseded belongs to
official sets, for what was recorded with it."""


@dataclass
class _Sets:
    """The sets as they are, and what the file brings of each."""

    by_key: dict[str, CodeSet]
    by_refset: dict[str, CodeSet]
    known: Dictionary
    names: dict[str, str]
    wanted: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code to term, by the key of the set."""
    damaged: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    refused: int = 0
    elsewhere: int = 0

    def refuse(self, row: SetRow, column: str, why: str, what_to_do: str) -> None:
        self.refused += 1
        self.say(row.row, column, getattr(row, column), why, what_to_do, refused=True)

    def say(self, row: int, column: str, value: str, why: str, what_to_do: str, *, refused: bool = False) -> None:
        if len(self.said) < SHOWN:
            self.said.append(Said(row, column, value[:200], why, what_to_do, refused))


SHOWN = 10_000
"""How many rows are named; those refused are all counted."""


@transaction.atomic
def take_code_sets(*, rows: Iterable[SetRow], version_on: date, name: str, sha256: str, by: Actor) -> SetsTaken:
    """Bring the code sets to what an official file of the day `version_on` says.

    Whoever works something out from members compares `records_code_members` with what they were. Rows of clusters that are not
    set up here are counted and passed over. Raises NotPermitted for anybody but the system.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    sets = _present()
    read = _gather(rows, sets)
    taken = {
        key: codes for key, codes in sets.wanted.items() if codes and not _older(sets, sets.by_key[key], version_on)
    }
    new_codes = _codes(taken, version_on, name)
    added, ended = _members(sets, taken, version_on, name)
    if added or ended or _other_version(sets, taken, version_on):
        file, _ = CodeFile.objects.update_or_create(
            sha256=sha256,
            defaults={
                "name": name[:200],
                "version_on": version_on,
                "at": clock.now(),
                "by_label": by.label,
                "report": {"read": read, "refused": sets.refused, "added": added, "ended": ended},
            },
        )
        whole = [sets.by_key[key].pk for key in taken if key not in sets.damaged]
        CodeSet.objects.filter(pk__in=whole).update(
            version_on=version_on, file=file, provenance=f"{name} of {version_on}"[:240]
        )
        audit.record(by=by, line=audit.Line("take_code_sets", "code_file", file.pk, detail=file.report))
    return SetsTaken(read, sets.elsewhere, sets.refused, len(taken), added, ended, new_codes, tuple(sets.said))


def _present() -> _Sets:
    found = list(CodeSet.objects.select_related("file"))
    return _Sets(
        by_key={one.key: one for one in found},
        by_refset={one.refset_id: one for one in found if one.refset_id},
        known=dictionary(),
        names={one.key: one.name for one in found},
    )


def _gather(rows: Iterable[SetRow], sets: _Sets) -> int:
    read = 0
    for row in rows:
        read += 1
        code_set = sets.by_key.get(row.cluster) if row.cluster else sets.by_refset.get(row.refset_id)
        if code_set is None:
            sets.elsewhere += 1
            continue
        if _row_is_right(sets, code_set, row) and row.active:
            sets.wanted.setdefault(code_set.key, {})[row.code] = row.term
    return read


def _row_is_right(sets: _Sets, code_set: CodeSet, row: SetRow) -> bool:
    """Whether a row may be taken; if not, what is wrong is said, and its set is not taken whole."""
    if row.refset_id and not verhoeff(row.refset_id):
        sets.refuse(
            row, "refset_id", "the identifier of the reference set is damaged: its check digit does not fit", _FIX
        )
    elif row.refset_id and code_set.refset_id and row.refset_id != code_set.refset_id:
        what = f"the reference set of {code_set.key} is {code_set.refset_id}, so this row is of another"
        sets.refuse(row, "refset_id", what, "Look up which of the two is right.")
    elif (found := lint(sets.known, row.code, row.term)) and found.fault in _REFUSING:
        sets.refuse(row, "code", found.what, found.what_to_do)
    elif why := of_another_kind(sets.known, sets.names, row.code, row.term, code_set.key):
        sets.refuse(
            row, "code", why, "Find out which cluster this code is of. A refusal or an invitation is nothing done."
        )
    else:
        if found and found.fault == "superseded":
            sets.say(
                row.row,
                "code",
                row.code,
                found.what,
                "Nothing: what was recorded with it counts. Record no more with it.",
            )
        return True
    sets.damaged.add(code_set.key)
    sets.wanted.setdefault(code_set.key, {})
    return False


def _older(sets: _Sets, code_set: CodeSet, version_on: date) -> bool:
    if code_set.file_id is None or version_on >= code_set.version_on:
        return False
    why = f"{code_set.key} is of {code_set.version_on} here, and this file is older: nothing of it was changed"
    sets.say(0, "cluster", code_set.key, why, "Load the newest file.")
    return True


def _codes(taken: Mapping[str, Mapping[str, str]], version_on: date, name: str) -> int:
    """Put codes that the dictionary lacks into it, with their terms where the file has them; returns how many."""
    terms: dict[str, str] = {}
    for codes in taken.values():
        for code, term in codes.items():
            terms[code] = terms.get(code) or term
    here = dict(Code.objects.filter(code__in=terms).values_list("code", "term"))
    new = sorted(set(terms) - set(here))
    source = f"{name} of {version_on}"[:200]
    Code.objects.bulk_create(
        [
            Code(code=code, term=terms[code][:200], unit_known=False, provenance=source, since=version_on)
            for code in new
        ],
        ignore_conflicts=True,
        batch_size=5_000,
    )
    untold = [Code(code=code, term=terms[code][:200]) for code, term in here.items() if not term and terms[code]]
    if untold:
        keys = dict(Code.objects.filter(code__in=[one.code for one in untold]).values_list("code", "pk"))
        for one in untold:
            one.pk = keys[one.code]
        Code.objects.bulk_update(untold, ["term"], batch_size=1_000)
    return len(new)


def _members(sets: _Sets, taken: Mapping[str, Mapping[str, str]], version_on: date, name: str) -> tuple[int, int]:
    """Add and end members; returns how many of each."""
    today, source = clock.today(), f"{name} of {version_on}"[:240]
    wanted = {(key, code) for key, codes in taken.items() for code in codes}
    present = {
        (member.code_set.key, member.code.code): member
        for member in CodeSetMember.objects.filter(code_set__key__in=taken, until=None).select_related(
            "code", "code_set"
        )
    }
    keys = dict(Code.objects.filter(code__in={code for _, code in wanted}).values_list("code", "pk"))
    new = sorted(wanted - set(present))
    CodeSetMember.objects.bulk_create(
        [
            CodeSetMember(code_set=sets.by_key[key], code_id=keys[code], basis="file", provenance=source, since=today)
            for key, code in new
        ],
        batch_size=5_000,
    )
    gone = [pair for pair in present if pair not in wanted and pair[0] not in sets.damaged]
    CodeSetMember.objects.filter(pk__in=[present[pair].pk for pair in gone]).update(until=today)
    told = [member.pk for pair, member in present.items() if pair in wanted and member.basis != "file"]
    CodeSetMember.objects.filter(pk__in=told).update(basis="file", provenance=source)
    for key in sorted(sets.damaged & set(taken)):
        why = f"some of its rows were refused, so {key} keeps every member that it had"
        sets.say(0, "cluster", key, why, "Put those rows right, and load the file again.")
    return len(new), len(gone)


def _other_version(sets: _Sets, taken: Mapping[str, object], version_on: date) -> bool:
    return any(_is_other(sets.by_key[key], version_on) for key in taken if key not in sets.damaged)


def _is_other(code_set: CodeSet, version_on: date) -> bool:
    return code_set.file_id is None or code_set.version_on != version_on
