"""What had happened when a page was read, so that it can be told of what it missed.

A moment does not say it: a change that was made before a page was read may be committed after it. PostgreSQL's `pg_snapshot`
does: it names the transactions whose changes a reader could see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection

QUERY = "SELECT pg_current_snapshot()::text"
_WRITTEN = re.compile(r"\d{1,20}:(\d{1,20}):((?:\d{1,20},)*\d{1,20})?", re.ASCII)


@dataclass(frozen=True)
class Snapshot:
    """What a reader sees: each transaction before `end`, but for those that were still `running`."""

    end: int
    running: frozenset[int]
    written: str

    @classmethod
    def read(cls, written: str) -> Snapshot:
        """From PostgreSQL's text. Raises ValueError."""
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError("not a snapshot")
        return cls(int(found[1]), frozenset(int(one) for one in (found[2] or "").split(",") if one), written)

    @classmethod
    def now(cls) -> Snapshot:
        """Of this moment. One statement."""
        with connection.cursor() as cursor:
            cursor.execute(QUERY)
            return cls.read(cursor.fetchone()[0])

    def sees(self, transaction: int) -> bool:
        """Whether it ended before."""
        return transaction < self.end and transaction not in self.running

    def sees_all_of(self, other: Snapshot) -> bool:
        """Whether nothing that the other sees was missed here."""
        since = other.end - self.end - sum(self.end <= one for one in other.running)
        return since <= 0 and not any(other.sees(one) for one in self.running)
