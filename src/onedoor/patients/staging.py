"""A list on its way in: rows into temporary tables, and the rows of a first list straight on, while it is still being read.

Temporary tables are unlogged, nobody else's, and gone with the transaction whatever happens.

Where the tables of patients are as good as empty (`loading`), nearly every row is somebody new. Each lot of rows is then made
patients at once, on trust. Whoever shares a number with another row of the list, or has one that is known here, is taken out
again at its end and goes the ordinary way with those others: so what becomes of a row is the same on both ways.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from onedoor.kernel.words import folded
from onedoor.patients import loading
from onedoor.patients.ahead import in_lots
from onedoor.patients.types import PatientRow

LOT = 5_000

_COLUMNS = (
    ("row", "int4"),
    ("own_number", "text"),
    ("nhs_number", "text"),
    ("title", "text"),
    ("given_name", "text"),
    ("family_name", "text"),
    ("born_on", "date"),
    ("gender", "text"),
    ("address", "text"),
    ("postcode", "text"),
    ("language", "text"),
    ("mobile", "text"),
    ("landline", "text"),
    ("email", "text"),
    ("needs", "text"),
    ("texts", "bool"),
    ("deceased", "bool"),
    ("left_on", "date"),
    ("registered_on", "date"),
    ("name_key", "text"),
)
_COPY = f"COPY pg_temp.list_lot ({', '.join(name for name, _ in _COLUMNS)}, ref) FROM STDIN (FORMAT BINARY)"
_TYPES = [*(kind for _, kind in _COLUMNS), "bytea"]  # sixteen bytes are what COPY takes for a uuid
_VERSION, _VARIANT = (bytes(byte & keep | put for byte in range(256)) for keep, put in ((0x0F, 0x40), (0x3F, 0x80)))


class Staging:
    """Stages one list. Afterwards `list_row` holds the rows to go the ordinary way, each with `new_id` and `ref`, the keys it
    gets if it is somebody new; `read` counts all rows, `early` those made patients already."""

    def __init__(self, cursor: Any, known: dict[str, Any]) -> None:
        """`known` are the parameters of the statements."""
        self.cursor, self.known = cursor, known
        self.read = self.early = 0
        self.put_back: list[str] = []
        """Statements to run when all is written."""

    def stage(self, rows: Iterable[PatientRow]) -> None:
        """Read the rows to their end, once."""
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        self.cursor.execute(
            f"""CREATE TEMPORARY TABLE list_lot ({columns}, ref uuid, new_id bigint DEFAULT nextval(%s::regclass))
                ON COMMIT DROP""",
            [self.known["sequence"]],
        )
        asked = False
        with closing(in_lots(_with_key(rows), LOT)) as lots:
            for lot in lots:
                self._copy(lot)
                if self.put_back:
                    self._take()
                elif not asked and self.read >= loading.AT_LEAST:
                    asked, self.put_back = True, loading.take_down(self.cursor, expected=self.read)
                    if self.put_back:
                        self._begin_to_take()
        if self.put_back:
            self._take_back()
            # Put back now: those few are found by their numbers, and without indexes each would cost a pass over all the others.
            for statement in self.put_back:
                self.cursor.execute(statement)
            self.put_back = []
        else:
            self.cursor.execute("ALTER TABLE pg_temp.list_lot RENAME TO list_row")
            self.put_back = loading.take_down(self.cursor, expected=self.read)
        self.cursor.execute("ANALYZE pg_temp.list_row (row, own_number, nhs_number)")

    def _copy(self, lot: list[tuple[Any, ...]]) -> None:
        with self.cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            write = copy.write_row
            for values, ref in zip(lot, _refs(len(lot)), strict=True):
                write((*values, ref))
        self.read += len(lot)

    def _begin_to_take(self) -> None:
        self.cursor.execute("CREATE TEMPORARY TABLE list_row (LIKE pg_temp.list_lot) ON COMMIT DROP")
        self._take()

    def _take(self) -> None:
        """Make the staged lot patients, and keep its rows."""
        for statement in (*_NEW_OF_LOT, "INSERT INTO pg_temp.list_row SELECT * FROM pg_temp.list_lot"):
            self.cursor.execute(statement, self.known)
        self.cursor.execute("TRUNCATE pg_temp.list_lot")

    def _take_back(self) -> None:
        """Leave in `list_row` whoever must go the ordinary way, and nothing of them in the tables of patients."""
        for statement in (*TWICE, *_REST):
            self.cursor.execute(statement, self.known)
        self.cursor.execute("SELECT count(*) FROM pg_temp.list_row")
        (rest,) = self.cursor.fetchone()
        self.early = self.read - rest
        if not rest:
            return
        for statement in _REMOVE:
            self.cursor.execute(statement)
        loading.settle(self.cursor)


def _refs(count: int) -> Iterator[bytes]:
    """Random (version 4) UUIDs. Made here by the lot: asking the system's generator for each took PostgreSQL 3 microseconds."""
    drawn = bytearray(os.urandom(16 * count))
    drawn[6::16] = drawn[6::16].translate(_VERSION)
    drawn[8::16] = drawn[8::16].translate(_VARIANT)
    return (bytes(drawn[at : at + 16]) for at in range(0, len(drawn), 16))


def _with_key(rows: Iterable[PatientRow]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        name = f"{row.family_name} {row.given_name}"
        yield (*row, name.lower() if name.isascii() else folded(name))


TWICE = tuple(
    statement.format(key=key)
    for key in ("own_number", "nhs_number")
    for statement in (
        # Tables of their own, so that the planner knows how few they are.
        """CREATE TEMPORARY TABLE list_{key}_twice ON COMMIT DROP AS
        SELECT {key}, min(row) AS first, max(row) AS last FROM pg_temp.list_row
        WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1""",
        "ANALYZE pg_temp.list_{key}_twice",
    )
)
"""Numbers that stand on the list more than once, and where."""


def new_people(people: str) -> tuple[str, ...]:
    """Statements that make patients of `people`, a relation `m` of rows with the `patient_id` that each is to have."""
    return (
        f"""INSERT INTO patients_patient (id, ref, nhs_number, title, given_name, family_name, name_key, born_on, gender,
            address, postcode, language, deceased, restricted)
        SELECT patient_id, ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
               postcode, language, deceased, false
        FROM {people}""",
        f"""INSERT INTO patients_identifier (patient_id, organisation_id, system, value)
        SELECT patient_id, %(organisation)s, %(source)s, own_number FROM {people}""",
        f"""INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
        SELECT patient_id, v.kind, v.value, %(now)s, '' FROM {people}
        CROSS JOIN LATERAL (VALUES ('mobile', m.mobile), ('landline', m.landline), ('email', m.email)) v(kind, value)
        WHERE v.value IS NOT NULL""",
        f"""INSERT INTO patients_need (patient_id, organisation_id, text, code, source)
        SELECT DISTINCT patient_id, %(organisation)s, v.text, '', %(source)s FROM {people}
        CROSS JOIN LATERAL {NEEDS} AS v(text)
        WHERE m.needs <> '' OR m.texts = false""",
        f"""INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on, ends_on, recorded_at)
        SELECT patient_id, %(organisation)s, 'registered', least(%(today)s, registered_on, left_on), left_on, %(now)s
        FROM {people}""",
    )


NEEDS = """
    unnest(string_to_array(concat_ws(
        E'\\n', nullif(m.needs, ''), CASE WHEN m.texts = false THEN %(no_texts)s END), E'\\n'))
"""
"""The needs that a row `m` tells."""

_NEW_OF_LOT = new_people("(SELECT *, new_id AS patient_id FROM pg_temp.list_lot) m")

_REST = (
    """CREATE TEMPORARY TABLE list_rest ON COMMIT DROP AS
    SELECT s.* FROM pg_temp.list_row s JOIN pg_temp.list_own_number_twice USING (own_number)
    UNION SELECT s.* FROM pg_temp.list_row s JOIN pg_temp.list_nhs_number_twice USING (nhs_number)
    UNION SELECT s.* FROM pg_temp.list_row s JOIN patients_identifier i ON i.value = s.own_number
        WHERE i.organisation_id = %(organisation)s AND i.system = %(source)s AND i.patient_id < %(first_new)s
    UNION SELECT s.* FROM pg_temp.list_row s JOIN patients_patient p ON p.nhs_number = s.nhs_number
        WHERE p.id < %(first_new)s""",
    "DROP TABLE pg_temp.list_row, pg_temp.list_lot, pg_temp.list_own_number_twice, pg_temp.list_nhs_number_twice",
    "ALTER TABLE pg_temp.list_rest RENAME TO list_row",
)
_REMOVE = tuple(
    f"DELETE FROM {table} t USING pg_temp.list_row r WHERE t.{'id' if table == 'patients_patient' else 'patient_id'} = r.new_id"
    for table in reversed(loading.TABLES)
)
