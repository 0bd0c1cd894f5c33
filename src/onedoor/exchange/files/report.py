"""What an import says about a file: what was read, what it did, and each row that was not taken whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from onedoor.kernel.spreadsheet import as_csv as table

Kind = Literal["patients", "appointments", "referrals", "pathways", "calls", "entries", "codes"]
Level = Literal["reject", "note"]

SHOWN = 10_000
"""How many rows of each level a report names; all are counted. A file with more is best put right and read again."""


class UnreadableFile(Exception):
    """The file as a whole cannot be read. Says what is the matter, where, and what to do."""

    def __init__(self, what: str, *, where: str, what_to_do: str) -> None:
        self.what, self.where, self.what_to_do = what, where, what_to_do
        super().__init__(f"{what}\n  Where: {where}\n  What to do: {what_to_do}")


@dataclass(frozen=True)
class Reject:
    """A row that was not taken (`reject`), or was taken with something to know or something left out (`note`).

    `row` counts the lines of the file from 1, as a spreadsheet does; 0 is the file as a whole.
    """

    level: Level
    row: int
    column: str
    value_shown: str
    why: str
    what_to_do: str


@dataclass
class Findings:
    """Collects rejects and notes in bounded memory. `{system}` in what to do becomes the name of the exporting system."""

    system: str
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Reject] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def reject(self, row: int, column: str, value: str, why: str, what_to_do: str) -> None:
        """The row is not taken."""
        self._add(self.rejects, "reject", row, column, value, why, what_to_do)

    def note(self, row: int, column: str, value: str, why: str, what_to_do: str) -> None:
        """The row is taken, and this is to be known about it."""
        self._add(self.notes, "note", row, column, value, why, what_to_do)

    def _add(
        self, to: list[Reject], level: Level, row: int, column: str, value: str, why: str, what_to_do: str
    ) -> None:
        self.counts[level] += 1
        if len(to) < SHOWN:
            to.append(Reject(level, row, column, value[:200], why, what_to_do.replace("{system}", self.system)))

    def in_order(self) -> tuple[Reject, ...]:
        """Rejects and notes as they stand in the file."""
        return tuple(sorted([*self.rejects, *self.notes], key=lambda found: (found.row, found.level, found.column)))


@dataclass(frozen=True)
class Report:
    """What became of one file. The same for the command, the page and the download.

    `state` is `preview` (nothing was changed), `applied`, or `waiting` (so much has vanished from a diary that a person
    decides first). Rows read are taken or rejected; blank rows count as neither.
    """

    kind: Kind
    file: str
    source: str
    """The system it came from ("emis")."""
    state: Literal["preview", "applied", "waiting"]
    practice: str
    ods_code: str
    practice_new: bool
    practice_phone: str
    """What its texts say to ring; empty when nobody has said."""
    preamble: tuple[str, ...]
    header_row: int
    encoding: str
    read: int
    taken: int
    rejected: int
    noted: int
    blank: int
    did: dict[str, int]
    """What taking the rows did, by words: {"new": 3, "unchanged": 12}."""
    rows: tuple[Reject, ...]
    """Rejects and notes in order of the file, the first `SHOWN` of each."""

    @property
    def left_out(self) -> int:
        """How many rejects and notes are counted but not named."""
        return self.rejected + self.noted - len(self.rows)

    def as_values(self) -> dict[str, Any]:
        """For JSON; `from_values` reads it back."""
        return asdict(self)

    @staticmethod
    def from_values(values: dict[str, Any]) -> Report:
        """A report as `as_values` gave it."""
        rows = tuple(Reject(**row) for row in values["rows"])
        return Report(**{**values, "rows": rows, "preamble": tuple(values["preamble"])})


_HEADER = ("Taken?", "Row", "Column", "What is there", "Why", "What to do")
_WORDS: dict[Level, str] = {"reject": "no", "note": "yes"}


def as_csv(report: Report) -> str:
    """Rejects and notes as a file for a spreadsheet."""
    return rejects_as_csv(report.rows)


def rejects_as_csv(rows: Iterable[Reject]) -> str:
    """The same of a file that has another report."""
    return table(
        _HEADER,
        (
            (_WORDS[found.level], found.row or "", found.column, found.value_shown, found.why, found.what_to_do)
            for found in rows
        ),
    )
