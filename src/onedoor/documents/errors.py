"""What documents refuses, by name."""

from __future__ import annotations


class IncompleteLetter(Exception):
    """A letter that would leave its reader asking. `missing` names the facts it lacks, such as "who_books"."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class CannotBeSet(Exception):
    """Typst refused the letter; the message says why and holds nobody's words."""


class FaultyWording(Exception):
    """A file of words in a language that does not have what English has."""


class NoSuchFormat(Exception):
    """Not one of the formats in which letters are made."""
