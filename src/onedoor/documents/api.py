"""The door of documents."""

from onedoor.documents.errors import CannotBeSet, FaultyWording, IncompleteLetter
from onedoor.documents.facts_file import from_json as facts_from_json
from onedoor.documents.render import pdf, pictures
from onedoor.documents.rules import (
    DISCHARGES,
    FORMAT_NAMES,
    FORMATS,
    KINDS,
    OUTCOMES,
    address_lines,
    missing,
    review,
    wanted,
)
from onedoor.documents.rules import compose as compose_letter

__all__ = [
    "DISCHARGES",
    "FORMATS",
    "FORMAT_NAMES",
    "KINDS",
    "OUTCOMES",
    "CannotBeSet",
    "FaultyWording",
    "IncompleteLetter",
    "address_lines",
    "compose_letter",
    "facts_from_json",
    "missing",
    "pdf",
    "pictures",
    "review",
    "wanted",
]
