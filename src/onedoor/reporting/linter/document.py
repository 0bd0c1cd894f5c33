"""A report as it was read: sentences and tables in their order, each with a place that a finding can point to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from onedoor.reporting.linter.numbers import Number

LONGEST = 2000
"""Characters of a sentence."""


@dataclass(frozen=True)
class Place:
    """A cell (`table`, `row`, `column`, from 0, with their `words`) or a sentence (`paragraph`, `sentence`, from 1)."""

    table: int = -1
    row: int = -1
    column: int = -1
    paragraph: int = 0
    sentence: int = 0
    words: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table; no number where it has words, nothing, or one that is not told (`hidden`)."""

    text: str
    place: Place
    number: Number | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Line:
    """A row or a column: its name, and its cells."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """`labelled`: the first column names the rows. `titles` stand right above, `notes` right below."""

    number: int
    headings: tuple[str, ...]
    rows: tuple[Line, ...]
    labelled: bool
    titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What stands above it."""
        return " ".join(self.titles)

    @property
    def columns(self) -> tuple[Line, ...]:
        """The columns with figures: not the one that names the rows."""
        return tuple(
            Line(name, tuple(row.cells[at] for row in self.rows))
            for at, name in enumerate(self.headings)
            if at or not self.labelled
        )

    @property
    def figure_rows(self) -> tuple[Line, ...]:
        """The rows without the cell that names them."""
        return tuple(Line(row.name, row.cells[1:] if self.labelled else row.cells) for row in self.rows)


@dataclass(frozen=True)
class Sentence:
    text: str
    place: Place
    heading: bool = False
    """It stands alone on its line and ends with no full stop: a title or a caption."""


@dataclass(frozen=True)
class Paragraph:
    number: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Document:
    parts: Sequence[Paragraph | Table] = field(default_factory=tuple)

    @property
    def tables(self) -> list[Table]:
        """In order."""
        return [part for part in self.parts if isinstance(part, Table)]

    @property
    def sentences(self) -> list[Sentence]:
        """In order, of all paragraphs; not what runs on for longer than any sentence."""
        paragraphs = (part for part in self.parts if isinstance(part, Paragraph))
        return [one for part in paragraphs for one in part.sentences if len(one.text) <= LONGEST]
