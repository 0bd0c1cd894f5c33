"""Take an organisation's patient list: a stream of rows into a staging table (`staging`), then set-based statements.

Who a row is: the organisation's own number first, then the NHS number, and never somebody who has a different NHS number.
Where the two disagree nothing is guessed: the row is refused and a person puts it right. What a list does not say is kept;
whoever is missing from a list stays registered. Rows that change nothing are not written (stack-spike.md 6), so taking the
same list twice leaves every row as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.patients.staging import NEEDS, TWICE, Staging, new_people
from onedoor.patients.types import NO_TEXTS, Found, ListRefused, ListResult, NumberWithheld, PatientRow

REPLACED = "replaced"
"""Why a list ended a contact point. One that ended for any other reason was ended here, and no list brings it back."""

SHOWN = 10_000
"""How many refused rows are named one by one; all are counted."""

_LOCK = 7_203
_TABLES = ", ".join(
    f"pg_temp.list_{name}"
    for name in ("lot", "row", "rest", "own_number_twice", "nhs_number_twice", "match", "point", "need", "touched")
)


@transaction.atomic
def take_list(*, organisation_id: int, source: str, rows: Iterable[PatientRow], by: Actor) -> ListResult:
    """Bring the organisation's patients up to date from the list of its system `source` ("emis").

    `rows` is read once, as a stream, and all but the first of them by a thread of its own: drawing them must not use the
    database. One list at a time, in one transaction, with as many statements for ten rows as for 5,000. Numbers of patients
    who have left, and details of those known already, are not touched: the practice that somebody has left no longer speaks
    for them. Raises NotPermitted.
    """
    require_staff(by, organisation_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # Each statement is as large as the list: room to sort and hash in, and no time lost on compiling it.
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLES}")
        known: dict[str, Any] = {
            "organisation": organisation_id,
            "source": source,
            "now": clock.now(),
            "today": clock.today(),
            "replaced": REPLACED,
            "no_texts": NO_TEXTS,
            "shown": SHOWN,
        }
        cursor.execute(_FIRST_NEW)
        known["first_new"], known["sequence"] = cursor.fetchone()
        staging = Staging(cursor, known)
        staging.stage(rows)
        for statement in _MATCH:
            cursor.execute(statement, known)
        for statement in _statements(cursor, known):
            cursor.execute(statement, known)
        for statement in staging.put_back:
            cursor.execute(statement)
        cursor.execute(_COUNTS, known)
        new, changed, refused = cursor.fetchone()
        new += staging.early
        cursor.execute(_REFUSED, known)
        rows_refused = [ListRefused(*found) for found in cursor.fetchall()]
        cursor.execute(_WITHHELD, known)
        withheld = [NumberWithheld(*found) for found in cursor.fetchall()]
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLES}")
    read = staging.read
    result = ListResult(read, new, changed, read - new - changed - refused, refused, rows_refused, withheld)
    audit.record(
        by=by,
        line=audit.Line(
            "take_list",
            "organisation",
            organisation_id,
            organisation_id=organisation_id,
            detail={"source": source, "read": read, "new": new, "changed": changed, "refused": refused},
        ),
    )
    return result


def _statements(cursor: Any, known: dict[str, Any]) -> Iterator[str]:
    """What is to be written: each half is several passes over the list, and most lists have one of them only."""
    cursor.execute(
        """SELECT EXISTS (SELECT 1 FROM pg_temp.list_match WHERE patient_id >= %(first_new)s),
                  EXISTS (SELECT 1 FROM pg_temp.list_match WHERE patient_id < %(first_new)s)""",
        known,
    )
    new, known_before = cursor.fetchone()
    if new:
        yield from _WRITE_NEW
    if known_before:
        yield from _WRITE_KNOWN


def who_are(*, organisation_id: int, source: str, numbers: Sequence[tuple[str, str]]) -> list[Found]:
    """For pairs of own number and NHS number (either may be empty), in their order: whose each is. One query.

    An NHS number is looked up among those whom the organisation cares for or has cared for.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id, b.id, a.nhs_number, coalesce(a.deceased, b.deceased, false),
                      EXISTS (SELECT 1 FROM patients_care_relationship r WHERE r.patient_id = coalesce(a.id, b.id)
                              AND r.organisation_id = %(organisation)s AND r.starts_on <= %(today)s
                              AND (r.ends_on IS NULL OR r.ends_on > %(today)s))
               FROM unnest(%(own)s::text[], %(nhs)s::text[]) WITH ORDINALITY AS asked(own, nhs, place)
               LEFT JOIN patients_identifier i ON i.organisation_id = %(organisation)s AND i.system = %(source)s
                    AND i.value = asked.own
               LEFT JOIN patients_patient a ON a.id = i.patient_id
               LEFT JOIN patients_patient b ON b.nhs_number = asked.nhs
                    AND EXISTS (SELECT 1 FROM patients_care_relationship r WHERE r.patient_id = b.id
                                AND r.organisation_id = %(organisation)s)
               ORDER BY asked.place""",
            {
                "organisation": organisation_id,
                "source": source,
                "today": clock.today(),
                "own": [own for own, _ in numbers],
                "nhs": [nhs for _, nhs in numbers],
            },
        )
        return [Found(*row) for row in cursor.fetchall()]


_FIRST_NEW = """
    SELECT nextval(sequence), sequence FROM (SELECT pg_get_serial_sequence('patients_patient', 'id') AS sequence) one
"""
"""Keys of patients made from now on are higher: under the lock, `patient_id < first_new` says who was known before."""

_DIFFER = """
    SELECT many.{key}, many.first, many.last,
           bool_or(s.name_key <> f.name_key OR s.born_on <> f.born_on OR s.nhs_number <> f.nhs_number) AS differ
    FROM pg_temp.list_{key}_twice many
    JOIN pg_temp.list_row s ON s.{key} = many.{key}
    JOIN pg_temp.list_row f ON f.row = many.first
    GROUP BY many.{key}, many.first, many.last
"""

_MATCH = (
    *TWICE,
    f"""CREATE TEMPORARY TABLE list_match ON COMMIT DROP AS
    WITH own_twice AS ({_DIFFER.format(key="own_number")}),
         nhs_twice AS ({_DIFFER.format(key="nhs_number")}),
    judged AS (
        SELECT s.*, a.id AS by_own, b.id AS by_nhs,
            CASE
                WHEN o.differ THEN 'own_twice'
                WHEN n.differ THEN 'nhs_twice'
                WHEN s.row <> o.first OR s.row <> n.first THEN 'repeat'
                WHEN a.id <> b.id THEN 'two_patients'
                WHEN a.nhs_number <> s.nhs_number THEN 'other_nhs'
                WHEN a.born_on <> s.born_on AND a.name_key <> s.name_key THEN 'own_taken'
                WHEN a.id IS NULL AND b.born_on <> s.born_on AND b.name_key <> s.name_key THEN 'nhs_taken'
            END AS because,
            CASE WHEN s.row <> coalesce(o.first, n.first) THEN coalesce(o.first, n.first)
                 ELSE coalesce(o.last, n.last) END AS other_row
        FROM pg_temp.list_row s
        LEFT JOIN own_twice o ON o.own_number = s.own_number
        LEFT JOIN nhs_twice n ON n.nhs_number = s.nhs_number
        LEFT JOIN patients_identifier i
            ON i.organisation_id = %(organisation)s AND i.system = %(source)s AND i.value = s.own_number
        LEFT JOIN patients_patient a ON a.id = i.patient_id
        LEFT JOIN patients_patient b ON b.nhs_number = s.nhs_number
    )
    SELECT judged.*,
        CASE WHEN because IS NULL
             THEN coalesce(by_own, by_nhs, new_id) END AS patient_id
    FROM judged""",
    "DROP TABLE pg_temp.list_row, pg_temp.list_own_number_twice, pg_temp.list_nhs_number_twice",
    # Two rows may reach one patient, one by each number: the first stands.
    """UPDATE pg_temp.list_match m SET because = 'repeat', other_row = d.first, patient_id = NULL
    FROM (SELECT patient_id, min(row) AS first FROM pg_temp.list_match
          WHERE patient_id < %(first_new)s GROUP BY patient_id HAVING count(*) > 1) d
    WHERE m.patient_id = d.patient_id AND m.row <> d.first""",
    # Indexes, so that a plan made from no statistics (tables filled a moment ago) costs little more than the right one.
    "CREATE INDEX ON pg_temp.list_match (patient_id)",
    "ANALYZE pg_temp.list_match (row, patient_id, because, left_on, needs)",
    "CREATE TEMPORARY TABLE list_point (row int4, patient_id bigint, kind text, value text) ON COMMIT DROP",
    "CREATE TEMPORARY TABLE list_touched (patient_id bigint) ON COMMIT DROP",
)

_ENDED_HERE = """
    EXISTS (SELECT 1 FROM patients_contact_point e WHERE e.patient_id = w.patient_id AND e.kind = w.kind
            AND e.value = w.value AND e.until IS NOT NULL AND e.ended_because <> %(replaced)s)
"""


def _said(field: str) -> str:
    """What a list says of the field, where it says anything, and not what was changed here lately (`details`): the practice has
    work to put that into its own system, and until it did its lists say the old."""
    return f"""CASE WHEN m.{field} = '' OR EXISTS (
        SELECT 1 FROM patients_former_detail f WHERE f.patient_id = p.id AND f.field = '{field}' AND f.value = m.{field}
            AND f.until > %(now)s::timestamptz - interval '30 days') THEN p.{field} ELSE m.{field} END"""


def _touching(change: str, whose: str = "patient_id") -> str:
    """The change, with the patients known before whom it touched put on record; `whose` names the changed row's patient."""
    return f"""WITH done AS ({change} RETURNING {whose})
               INSERT INTO pg_temp.list_touched SELECT patient_id FROM done"""


_WRITE_NEW = new_people("(SELECT * FROM pg_temp.list_match WHERE patient_id >= %(first_new)s) m")

_WRITE_KNOWN = (
    # What it says of those known already, but for those who have left.
    """INSERT INTO pg_temp.list_point
    SELECT m.row, m.patient_id, v.kind, v.value FROM pg_temp.list_match m
    CROSS JOIN LATERAL (VALUES ('mobile', m.mobile), ('landline', m.landline), ('email', m.email)) v(kind, value)
    WHERE m.patient_id < %(first_new)s AND m.left_on IS NULL AND v.value IS NOT NULL""",
    f"""CREATE TEMPORARY TABLE list_need ON COMMIT DROP AS
    SELECT DISTINCT m.patient_id, v.text FROM pg_temp.list_match m CROSS JOIN LATERAL {NEEDS} AS v(text)
    WHERE (m.needs <> '' OR m.texts = false) AND m.patient_id < %(first_new)s AND m.left_on IS NULL""",
    "CREATE INDEX ON pg_temp.list_point (patient_id)",
    "CREATE INDEX ON pg_temp.list_need (patient_id)",
    "ANALYZE pg_temp.list_point",
    "ANALYZE pg_temp.list_need",
    # Patients
    # An update that names what differs, not an insert on conflict: that would lock, and so write, rows that do not change.
    f"""WITH done AS (
        UPDATE patients_patient p SET
            nhs_number = coalesce(m.nhs_number, p.nhs_number), title = coalesce(nullif(m.title, ''), p.title),
            given_name = m.given_name, family_name = m.family_name, name_key = m.name_key, born_on = m.born_on,
            gender = coalesce(nullif(m.gender, ''), p.gender), address = {_said("address")},
            postcode = {_said("postcode")}, language = {_said("language")}, deceased = m.deceased
        FROM pg_temp.list_match m
        WHERE p.id = m.patient_id AND m.patient_id < %(first_new)s AND m.left_on IS NULL
          AND (p.nhs_number, p.title, p.given_name, p.family_name, p.name_key, p.born_on, p.gender, p.address, p.postcode,
               p.language, p.deceased)
              IS DISTINCT FROM
              (coalesce(m.nhs_number, p.nhs_number), coalesce(nullif(m.title, ''), p.title), m.given_name, m.family_name,
               m.name_key, m.born_on, coalesce(nullif(m.gender, ''), p.gender),
               {_said("address")}, {_said("postcode")}, {_said("language")}, m.deceased)
        RETURNING p.id)
    INSERT INTO pg_temp.list_touched SELECT id FROM done""",
    _touching(
        """INSERT INTO patients_identifier (patient_id, organisation_id, system, value)
        SELECT patient_id, %(organisation)s, %(source)s, own_number FROM pg_temp.list_match
        WHERE patient_id < %(first_new)s AND by_own IS NULL"""
    ),
    # Contact points: a number that changed ends the one before, and history stays.
    _touching(
        f"""UPDATE patients_contact_point c SET until = %(now)s, ended_because = %(replaced)s
        FROM pg_temp.list_point w
        WHERE c.patient_id = w.patient_id AND c.kind = w.kind AND c.until IS NULL
          AND c.value <> w.value AND NOT {_ENDED_HERE}""",
        "c.patient_id",
    ),
    _touching(
        f"""INSERT INTO patients_contact_point (patient_id, kind, value, since, ended_because)
        SELECT patient_id, kind, value, %(now)s, '' FROM pg_temp.list_point w
        WHERE NOT EXISTS (SELECT 1 FROM patients_contact_point c WHERE c.patient_id = w.patient_id AND c.kind = w.kind
                          AND c.value = w.value AND c.until IS NULL)
          AND NOT {_ENDED_HERE}"""
    ),
    # Needs: those that came from this system's lists end when it no longer says so. Silence about texts is not consent.
    _touching(
        """UPDATE patients_need n SET until = %(now)s
        FROM pg_temp.list_match m
        WHERE m.patient_id < %(first_new)s AND m.left_on IS NULL AND n.patient_id = m.patient_id
          AND n.organisation_id = %(organisation)s AND n.source = %(source)s AND n.until IS NULL
          AND NOT (n.text = %(no_texts)s AND m.texts IS NULL)
          AND NOT EXISTS (SELECT 1 FROM pg_temp.list_need w WHERE w.patient_id = n.patient_id AND w.text = n.text)""",
        "n.patient_id",
    ),
    _touching(
        """INSERT INTO patients_need (patient_id, organisation_id, text, code, source)
        SELECT w.patient_id, %(organisation)s, w.text, '', %(source)s FROM pg_temp.list_need w
        WHERE NOT EXISTS (SELECT 1 FROM patients_need n WHERE n.patient_id = w.patient_id
                          AND n.organisation_id = %(organisation)s AND n.text = w.text AND n.until IS NULL)"""
    ),
    # Registrations
    _touching(
        """UPDATE patients_care_relationship r SET ends_on = greatest(r.starts_on, m.left_on)
        FROM pg_temp.list_match m
        WHERE m.patient_id < %(first_new)s AND m.left_on IS NOT NULL AND r.patient_id = m.patient_id
          AND r.organisation_id = %(organisation)s AND r.kind = 'registered' AND r.ends_on IS NULL""",
        "r.patient_id",
    ),
    # A list that says since when corrects the day on which an earlier one, that did not, was read.
    _touching(
        """UPDATE patients_care_relationship r SET starts_on = m.registered_on
        FROM pg_temp.list_match m
        WHERE m.patient_id < %(first_new)s AND m.registered_on < r.starts_on AND m.left_on IS NULL
          AND r.patient_id = m.patient_id AND r.organisation_id = %(organisation)s AND r.kind = 'registered'
          AND r.ends_on IS NULL
          AND NOT EXISTS (SELECT 1 FROM patients_care_relationship o WHERE o.patient_id = m.patient_id
                          AND o.kind = 'registered' AND o.id <> r.id AND o.ends_on > m.registered_on)""",
        "r.patient_id",
    ),
    _touching(
        """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on, ends_on, recorded_at)
        SELECT patient_id, %(organisation)s, 'registered', least(%(today)s, registered_on, left_on), left_on, %(now)s
        FROM pg_temp.list_match m WHERE patient_id < %(first_new)s
          AND NOT EXISTS (SELECT 1 FROM patients_care_relationship r WHERE r.patient_id = m.patient_id
                          AND r.organisation_id = %(organisation)s AND r.kind = 'registered'
                          AND (r.ends_on IS NULL OR m.left_on IS NOT NULL))"""
    ),
)

_COUNTS = """
    SELECT count(*) FILTER (WHERE patient_id >= %(first_new)s),
           (SELECT count(DISTINCT patient_id) FROM pg_temp.list_touched),
           count(*) FILTER (WHERE because IS NOT NULL)
    FROM pg_temp.list_match
"""

_REFUSED = """
    SELECT row, because, own_number, nhs_number, other_row FROM pg_temp.list_match
    WHERE because IS NOT NULL ORDER BY row LIMIT %(shown)s
"""

_WITHHELD = f"""
    SELECT w.row, w.kind, w.value FROM pg_temp.list_point w
    WHERE {_ENDED_HERE}
      AND NOT EXISTS (SELECT 1 FROM patients_contact_point c WHERE c.patient_id = w.patient_id AND c.kind = w.kind
                      AND c.value = w.value AND c.until IS NULL)
    ORDER BY w.row LIMIT %(shown)s
"""
