"""Which patients are open on a screen now, and telling those screens what came onto the record.

A screen that watches has a row, in a table that is not logged, until some seconds from now by real time. Whoever writes entries
tells in the same transaction, with one statement over sets: there is at most one notice for each open screen's patient and
organisation, however many entries a file brings, and none for a patient whom nobody has open. A notice names keys only.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from onedoor.kernel import arrays, prepared

TOPIC = "record"
LASTS_SECONDS = 90
"""How long a screen that says nothing more is taken to be open: three times as long as it takes to say so again."""

_TELL = """
    SELECT pg_notify('onedoor_live', 'record:' || r.patient || ':' || r.organisation || ':' || r.coded::int)
    FROM (SELECT DISTINCT patient, organisation, coded
          FROM unnest(%(patients)s::bigint[], %(organisations)s::bigint[], %(coded)s::bool[])
               AS n(patient, organisation, coded)) r
    WHERE EXISTS (SELECT 1 FROM records_watch w WHERE w.patient_id = r.patient AND w.until_real > clock_timestamp())
"""
_TELL_FILE = """
    SELECT pg_notify('onedoor_live', 'record:' || c.patient_id || ':' || c.organisation_id || ':1')
    FROM (SELECT DISTINCT patient_id FROM records_watch WHERE until_real > clock_timestamp()) w
    CROSS JOIN LATERAL (SELECT DISTINCT f.patient_id, f.organisation_id FROM records_coded f
                        WHERE f.patient_id = w.patient_id AND f.import_id = %(import)s) c
"""


def tell(news: Iterable[tuple[int, int, bool]]) -> None:
    """Tell the screens of these (patient, organisation, whether with a code) that there is something new, once this transaction
    commits."""
    told = list(news)
    if told:
        prepared.execute(
            _TELL,
            {
                "patients": arrays.numbers(one[0] for one in told),
                "organisations": arrays.numbers(one[1] for one in told),
                "coded": arrays.flags(one[2] for one in told),
            },
        )


def tell_file(import_id: int) -> None:
    """Tell the screens of those about whom a file brought something; reads only of patients whom somebody has open."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL_FILE, {"import": import_id})


def watch(screen: UUID, patient_id: int) -> None:
    """A screen shows this patient, and says so again before `LASTS_SECONDS` are over; what other screens left is swept."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO records_watch (screen, patient_id, until_real)
               VALUES (%(screen)s, %(patient)s, clock_timestamp() + %(lasts)s * interval '1 second')
               ON CONFLICT (screen) DO UPDATE SET until_real = excluded.until_real""",
            {"screen": screen, "patient": patient_id, "lasts": LASTS_SECONDS},
        )
        cursor.execute(
            """DELETE FROM records_watch WHERE screen IN (
                   SELECT screen FROM records_watch WHERE until_real < clock_timestamp() ORDER BY screen
                   FOR UPDATE SKIP LOCKED LIMIT 100)"""
        )


def unwatch(screen: UUID) -> None:
    """The screen is gone."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_watch WHERE screen = %s", [screen])
