"""Whether single entries can be believed, as a document or a form brings them: judged as the rows of a file are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from onedoor.kernel import clock
from onedoor.kernel.codes import Concept
from onedoor.records.importing import judge as judge_of_files
from onedoor.records.judging import Doubt, Judge
from onedoor.records.models import Code
from onedoor.records.types import EntryRow


@dataclass(frozen=True)
class Believed:
    """An entry with the dictionary's term and unit, both empty where it has not the code; `doubt` says why not to believe it."""

    term: str
    unit: str
    doubt: Doubt | None


def believed(rows: Sequence[EntryRow]) -> list[Believed]:
    """Each row judged, in order; whose it is and who recorded it are known otherwise and not looked at."""
    if not rows:
        return []
    judge = _judge(_version(), clock.today().toordinal())
    found = []
    for row in rows:
        known, code = judge.dictionary.codes.get(row.code), judge.codes.get(row.code)
        found.append(Believed(known.term if known else "", code.unit if code else "", judge.doubt(row)))
    return found


def codes_in_use(*, limit: int) -> list[Concept]:
    """Codes with a term that are in use, by term: what somebody may choose from."""
    found = Code.objects.filter(inactive_since=None, replaced_by="").exclude(term="").order_by("term", "code")
    return [Concept(code, term) for code, term in found.values_list("code", "term")[:limit]]


def _version() -> tuple[int, ...]:
    """What tells one state of the dictionary from another: it changes by official files and by migrations."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), coalesce(max(id), 0), count(inactive_since), count(*) FILTER (WHERE replaced_by <> ''),
                      (SELECT coalesce(max(id), 0) FROM records_code_file),
                      (SELECT count(*) FROM records_code_set_member WHERE until IS NULL)
               FROM records_code"""
        )
        return tuple(cursor.fetchone())


@lru_cache(maxsize=2)
def _judge(version: tuple[int, ...], today: int) -> Judge:
    """Read once for each version and day: with the official sets the dictionary has tens of thousands of codes."""
    return judge_of_files()
