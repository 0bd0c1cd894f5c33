"""How deprived the place of a postcode is: the postcode look-up of the English Indices of Deprivation, read row by row.

The file is CSV as the look-up of opendatacommunities.org gives it: Postcode, Postcode Status, LSOA code, LSOA Name, Index of
Multiple Deprivation Rank, Index of Multiple Deprivation Decile, and the ranks, deciles and scores of its parts. Only the postcode
and the decile are read, whatever the order; terminated postcodes too, since people's records have them. The look-up gives at most
10,000 postcodes a file, so files of one release add up; one of another release takes the place of all before.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, Literal

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.exchange import api as exchange
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.reporting.models import AreaFile
from onedoor.reporting.tables import day

SOURCE = "English Indices of Deprivation"
_POSTCODE = {"postcode", "pcds", "pcd"}
_DECILE = {"index of multiple deprivation decile", "imd decile", "eng imd decile"}
_HEADER_IN = 20
_KEPT = 200
"""Refused rows that stand with the file; the report of its reading has more."""
_NAMED = 10_000
"""Rows that stand there twice and are named; all are counted."""
_WHOLE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
_PUBLISHER = "whoever published the file"


@dataclass(frozen=True)
class Taken:
    """What became of a file. `state`: "preview" changed nothing; "same" was read before, `before` says when."""

    name: str
    state: Literal["preview", "taken", "same"]
    read: int
    new: int
    changed: int
    same: int
    removed: int
    """Postcodes of the release before that this one does not have."""
    rejected: int
    rows: tuple[exchange.Reject, ...]
    before: AreaFile | None = None


def in_use() -> AreaFile | None:
    """The file that was read last: of its release are all areas that are known."""
    return AreaFile.objects.order_by("-id").first()


def words(file: AreaFile) -> str:
    """From where, of when and read when, in a sentence."""
    read = file.loaded_at.astimezone(clock.LONDON)
    return f"Deprivation by the {file.source}, released {day(file.released_on)}; {file.name} was read on {day(read)}."


@transaction.atomic
def take(
    *,
    file: Path | bytes,
    name: str,
    released_on: date,
    by: Actor,
    source: str = SOURCE,
    apply: bool = True,
) -> Taken:
    """Read a file of postcodes and their deciles; rows that cannot be are refused one by one, the others land. As many statements
    for a million rows as for ten, in bounded memory. The same file of the same release twice changes nothing.

    Raises exchange.UnreadableFile, OSError, and NotPermitted for all but the system and administrators.
    """
    accounts.require_runs_all(by)
    findings = exchange.Findings(_PUBLISHER)
    last = in_use()
    same_release = last is not None and (last.source, last.released_on) == (source, released_on)
    with ExitStack() as stack, connection.cursor() as cursor:
        stream = BytesIO(file) if isinstance(file, bytes) else stack.enter_context(file.open("rb"))
        digest = _digest(stream)
        before = (
            AreaFile.objects.filter(sha256=digest, source=source, released_on=released_on).first()
            if same_release
            else None
        )
        read = _stage(cursor, stream, findings)
        _refuse_twice(cursor, findings)
        rejected = findings.counts["reject"]
        if read == rejected:
            raise exchange.UnreadableFile(
                f"None of its {read:,} rows can be taken.",
                where="all rows below the header",
                what_to_do="Look at the first of them: "
                + next((f"row {one.row}, {one.column}: {one.why}." for one in findings.in_order()), "there are none."),
            )
        new = changed = removed = 0
        if last is not None and not same_release:
            cursor.execute(
                "DELETE FROM reporting_area a WHERE NOT EXISTS (SELECT 1 FROM pg_temp.area_row r WHERE r.postcode = a.postcode)"
            )
            removed = cursor.rowcount
        cursor.execute("SELECT count(*) FROM pg_temp.area_row")
        (kept,) = cursor.fetchone()
        if before is None:
            cursor.execute(_WRITE)
            new, changed = cursor.fetchone()
            made = AreaFile.objects.create(
                name=name,
                sha256=digest,
                source=source,
                released_on=released_on,
                read=read,
                kept=kept,
                refused=[
                    [one.row, one.column, one.value_shown, one.why, one.what_to_do] for one in findings.rejects[:_KEPT]
                ],
                loaded_at=clock.now(),
                loaded_by=by.label,
            )
            audit.record(
                by=by,
                line=audit.Line(
                    "take_areas", "area_file", made.pk, detail={"read": read, "new": new, "changed": changed}
                ),
            )
        cursor.execute("DROP TABLE pg_temp.area_row, pg_temp.area_twice")
    if not apply:
        transaction.set_rollback(True)
    state: Literal["preview", "taken", "same"] = "preview" if not apply else "same" if before else "taken"
    return Taken(name, state, read, new, changed, kept - new - changed, removed, rejected, findings.in_order(), before)


def _digest(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while block := stream.read(1 << 20):
        found.update(block)
    stream.seek(0)
    return found.hexdigest()


def _stage(cursor: Any, stream: BinaryIO, findings: exchange.Findings) -> int:
    """The rows that can be into a temporary table; how many there were, blank ones left out."""
    cursor.execute("CREATE TEMPORARY TABLE area_row (row int, postcode text, decile smallint) ON COMMIT DROP")
    read = 0
    with cursor.copy("COPY pg_temp.area_row FROM STDIN") as copy:
        for number, postcode, decile in _cells(stream):
            if not postcode and not decile:
                continue
            read += 1
            row = _row(number, postcode, decile, findings)
            if row is not None:
                copy.write_row(row)
    cursor.execute("CREATE INDEX ON pg_temp.area_row (postcode, row)")
    cursor.execute("ANALYZE pg_temp.area_row")
    return read


def _cells(stream: BinaryIO) -> Iterator[tuple[int, str, str]]:
    """Number of the line, postcode and decile as they stand, below the header."""
    # What cannot be decoded stands in names of places, which nobody reads.
    rows = csv.reader(TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=""))
    places: tuple[int, int] | None = None
    seen = 0
    try:
        for cells in rows:
            if places is None:
                seen += 1
                places = _header(cells)
                if places is None and seen >= _HEADER_IN:
                    break
                continue
            postcode, decile = (cells[at].strip() if at < len(cells) else "" for at in places)
            yield rows.line_num, postcode, decile
    except csv.Error as fault:
        raise exchange.UnreadableFile(
            f"The file stops being CSV: {fault}.",
            where=f"line {rows.line_num}",
            what_to_do="Save it again as CSV, and look at that line.",
        ) from None
    if places is None:
        raise exchange.UnreadableFile(
            "No row of the file is a header with the columns Postcode and Index of Multiple Deprivation Decile.",
            where=f"the first {_HEADER_IN} rows",
            what_to_do="Choose the CSV file of the postcode look-up; a workbook is saved as CSV first.",
        )


def _header(cells: list[str]) -> tuple[int, int] | None:
    names = [" ".join(re.findall(r"[a-z0-9]+", cell.lower())) for cell in cells]
    postcode = next((at for at, name in enumerate(names) if name in _POSTCODE), None)
    decile = next((at for at, name in enumerate(names) if name in _DECILE), None)
    return None if postcode is None or decile is None else (postcode, decile)


def _row(number: int, postcode: str, decile: str, findings: exchange.Findings) -> tuple[int, str, int] | None:
    code = "".join(postcode.upper().split())
    if not _WHOLE.fullmatch(code):
        findings.reject(
            number,
            "Postcode",
            postcode,
            "no whole postcode; one is written ZZ1 1ZZ",
            "Put the row right, and read the file again.",
        )
    elif not decile:
        findings.reject(
            number, "Index of Multiple Deprivation Decile", decile, "nothing is said of this postcode",
            "Postcodes outside England have no decile: leave the row out, or ask {system}.",
        )  # fmt: skip
    elif not (decile.isascii() and decile.isdecimal() and len(decile) < 4 and 1 <= int(decile) <= 10):
        findings.reject(
            number, "Index of Multiple Deprivation Decile", decile, "a decile is a whole number from 1, the most deprived, to 10",
            "Put the row right, and read the file again.",
        )  # fmt: skip
    else:
        return number, code, int(decile)
    return None


def _refuse_twice(cursor: Any, findings: exchange.Findings) -> None:
    """A postcode that stands there again with another decile: the first is taken. With the same it is once."""
    for statement in _TWICE:
        cursor.execute(statement)
    cursor.execute("SELECT count(*) FROM pg_temp.area_twice WHERE decile <> other")
    (differ,) = cursor.fetchone()
    cursor.execute(
        """SELECT row, postcode, decile, first, other FROM pg_temp.area_twice WHERE decile <> other ORDER BY row LIMIT %s""",
        [_NAMED],
    )
    named = cursor.fetchall()
    for row, postcode, decile, first, other in named:
        findings.reject(
            row, "Index of Multiple Deprivation Decile", str(decile),
            f"{postcode[:-3]} {postcode[-3:]} stands in row {first} with decile {other}",
            "The first of the two was taken: ask {system} which of them holds.",
        )  # fmt: skip
    findings.counts["reject"] += differ - len(named)


_TWICE = (
    """CREATE TEMPORARY TABLE area_twice ON COMMIT DROP AS
    SELECT r.row, r.postcode, r.decile, f.row AS first, f.decile AS other FROM pg_temp.area_row r
    JOIN (SELECT DISTINCT ON (postcode) row, postcode, decile FROM pg_temp.area_row ORDER BY postcode, row) f
        ON f.postcode = r.postcode AND f.row < r.row""",
    "DELETE FROM pg_temp.area_row r USING pg_temp.area_twice t WHERE t.postcode = r.postcode AND t.row = r.row",
)

_WRITE = """
    WITH done AS (
        INSERT INTO reporting_area AS a (postcode, decile) SELECT postcode, decile FROM pg_temp.area_row
        ON CONFLICT (postcode) DO UPDATE SET decile = excluded.decile WHERE a.decile <> excluded.decile
        RETURNING xmax = 0 AS new)
    SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM done"""
