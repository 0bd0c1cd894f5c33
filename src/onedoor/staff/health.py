"""Whether the parts of Onedoor are running, read from the database that all of them hold on to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from onedoor.kernel import clock


@dataclass(frozen=True)
class Part:
    """One kind of process: how many run now, and what stands still without any."""

    name: str
    running: int
    without: str


@dataclass(frozen=True)
class Health:
    """The state of the system; nothing in it is about a patient."""

    parts: list[Part]
    clock_rate: float
    """Domain seconds per real second: 1 outside demonstrations."""
    unsealed: int
    """Audit rows not sealed yet; they are once they are two minutes old."""
    sealed_at: datetime | None
    """The last seal, in real time."""
    database: str

    @property
    def well(self) -> bool:
        """Every kind of process runs."""
        return all(part.running for part in self.parts)


_DISPATCHER_LOCK = 7_203
"""Advisory lock class that a dispatcher holds while it lives (messaging.models.DispatchRun)."""


def read() -> Health:
    """The state now, in three short queries.

    A worker listens on `onedoor_wake`, a web process on `onedoor_live`, each on a connection of its own whose last
    statement was that LISTEN; a dispatcher holds its lock. Whoever is gone has neither.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE query LIKE 'LISTEN onedoor_live%%'),
                      count(*) FILTER (WHERE query LIKE 'LISTEN onedoor_wake%%')
               FROM pg_stat_activity WHERE datname = current_database()"""
        )
        web, workers = cursor.fetchone()
        cursor.execute(
            """SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
               WHERE l.locktype = 'advisory' AND l.classid = %s AND l.granted AND d.datname = current_database()""",
            [_DISPATCHER_LOCK],
        )
        (dispatchers,) = cursor.fetchone()
        cursor.execute(
            """SELECT (SELECT count(*) FROM kernel_audit_entry
                       WHERE id > coalesce((SELECT max(last_id) FROM kernel_audit_seal), 0)),
                      (SELECT max(sealed_at) FROM kernel_audit_seal), current_setting('server_version')"""
        )
        unsealed, sealed_at, version = cursor.fetchone()
    return Health(
        parts=[
            Part("Pages", web, "Nobody can open a page, and phones cannot reach us"),
            Part("Workers", workers, "Reminders are not queued and places are not offered"),
            Part("Dispatchers", dispatchers, "Texts wait"),
        ],
        clock_rate=clock.setting().rate_at(clock.real_now()),
        unsealed=unsealed,
        sealed_at=sealed_at,
        database=version.split(" ")[0],
    )
