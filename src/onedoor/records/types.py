"""Values that cross the door of records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from onedoor.kernel.codes import Concept


@dataclass(frozen=True)
class NewEntry:
    """What to put on a timeline. `concept` is None where the facts give no code."""

    patient_id: int
    organisation_id: int
    kind: str
    text: str
    intent_key: str
    source: str
    concept: Concept | None = None
    effective_at: datetime | None = None
    """When it happened; the present domain time when None."""
    subject: str = ""
    subject_id: int | None = None
    value: Decimal | float | None = None
    """A number in the code's usual unit, of which `unit` may say that it is meant. With a code of a code set or with a value the
    entry is a coded fact too."""
    unit: str = ""
    elsewhere: bool = False
    """Done where it counts only once the practice has accepted it (ADR 12): shown at once, and counted by nothing till then."""


class EntryRow(NamedTuple):
    """A row as the file has it. `day` is None where no day can be read in `day_text`."""

    row: int
    nhs_number: str
    code: str
    day: date | None
    day_text: str
    value: str
    unit: str
    organisation: str
    term: str
    cluster: str

    def cells(self) -> tuple[str, ...]:
        """In the order of `CELLS`."""
        return (
            *(self.nhs_number, self.code, self.day_text, self.value, self.unit, self.organisation),
            *(self.term, self.cluster),
        )


CELLS = ("nhs_number", "code", "date", "value", "unit", "organisation", "term", "cluster")


@dataclass(frozen=True)
class HeldRow:
    """A row that was held, and what to say of it."""

    row: int
    column: str
    value: str
    why: str
    what_to_do: str


@dataclass(frozen=True)
class EntriesTaken:
    """What became of a file. `read` counts rows: each was taken or held."""

    read: int
    held: int
    new: int
    """Facts that were not here."""
    held_new: int
    settled: int
    """Rows that an earlier file had left held, and that this one brought whole."""
    patients: int
    named: tuple[HeldRow, ...]
    """The first 10,000 held rows, in order of the file."""
    import_id: int = 0
    """The file as records knows it: what `withdraw_entries` takes. 0 of a traced file that said nothing new."""
    organisation_id: int | None = None
    """From whose system it is; None where it names several and nobody said."""


class SetRow(NamedTuple):
    """A row of an official file of reference sets: by the key of its cluster, or by its reference set alone."""

    row: int
    cluster: str
    refset_id: str
    code: str
    term: str
    active: bool


@dataclass(frozen=True)
class Said:
    """Something about a row of a file, or about all of it when `row` is 0. `refused` when the row was not taken."""

    row: int
    column: str
    value: str
    why: str
    what_to_do: str
    refused: bool


@dataclass(frozen=True)
class SetsTaken:
    """What became of a file of reference sets."""

    read: int
    elsewhere: int
    """Rows of clusters that nothing here uses."""
    refused: int
    sets: int
    added: int
    ended: int
    new_codes: int
    said: tuple[Said, ...]
