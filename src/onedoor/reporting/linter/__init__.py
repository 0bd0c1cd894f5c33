"""The report linter: a typed or imported report is cross-footed, and what does not follow from its own figures is said."""

from onedoor.reporting.linter.document import Cell, Document, Paragraph, Place, Sentence, Table
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.linting import lint, scope, sentence_at, verdict
from onedoor.reporting.linter.reading import LARGEST, TOO_LARGE, UnreadableReport, is_workbook, read, read_text

__all__ = [
    "LARGEST",
    "TOO_LARGE",
    "Cell",
    "Document",
    "Finding",
    "Kind",
    "Paragraph",
    "Place",
    "Sentence",
    "Table",
    "UnreadableReport",
    "is_workbook",
    "lint",
    "read",
    "read_text",
    "scope",
    "sentence_at",
    "verdict",
]
