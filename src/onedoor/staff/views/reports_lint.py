"""A typed or imported report held against itself: what in it does not add up. What is given is read, answered, and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from onedoor.kernel.access import Permission
from onedoor.reporting import linter
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

_SHOWN = 60
"""Rows of a table that are shown; those with a finding are among them."""


@dataclass(frozen=True)
class Marked:
    """A sentence or a cell, with the numbers of what is said of it."""

    text: str
    findings: tuple[int, ...] = ()
    number: bool = False


@dataclass(frozen=True)
class Part:
    """A table or a paragraph as it was read, and what was found in it with its number."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Marked]]
    left_out: int
    sentences: Sequence[Marked]
    found: Sequence[tuple[int, linter.Finding]]


@staff(Permission.REPORTS)
@require_http_methods(["GET", "POST"])
def reports_lint(request: HttpRequest) -> HttpResponse:
    """`text`: what was pasted; `file`: text, CSV or a workbook, which goes before it."""
    granted(request)
    text = request.POST.get("text", "")
    document, problem = _read(request, text) if request.method == "POST" else (None, "")
    found = linter.lint(document) if document else []
    parts = _parts(document, found) if document else []
    return staff_page(
        request,
        "staff/reports_lint.jinja",
        "reports",
        status=400 if problem else 200,
        problem=problem,
        text=text,
        document=document,
        scope=linter.scope(document) if document else "",
        verdict=linter.verdict(found),
        found=found,
        wrong=[part for part in parts if part.found],
        parts=parts,
    )


def _read(request: HttpRequest, text: str) -> tuple[linter.Document | None, str]:
    """The report, or what is the matter with it."""
    file = request.FILES.get("file")
    if file is None and not text.strip():
        return None, "Paste a report or choose a file."
    try:
        if file is not None:
            if (file.size or 0) > linter.LARGEST:
                raise linter.UnreadableReport(linter.TOO_LARGE)
            document = linter.read(file.read(), file.name or "")
        else:
            document = linter.read(text.encode())
    except linter.UnreadableReport as fault:
        return None, str(fault)
    if not document.parts:
        return None, "There is nothing to read in it."
    return document, ""


def _parts(document: linter.Document, found: Sequence[linter.Finding]) -> list[Part]:
    numbered = list(enumerate(found, 1))
    return [
        _table(part, numbered) if isinstance(part, linter.Table) else _paragraph(part, numbered)
        for part in document.parts
    ]


def _table(table: linter.Table, numbered: Sequence[tuple[int, linter.Finding]]) -> Part:
    mine = [(number, one) for number, one in numbered if one.place.table == table.number]
    wanted = {one.place.row for _, one in mine}
    at = [row for row in range(len(table.rows)) if row < _SHOWN or row in wanted]
    rows = [
        [
            Marked(
                cell.text,
                tuple(number for number, one in mine if one.place == cell.place),
                cell.number is not None or cell.hidden,
            )
            for cell in table.rows[row].cells
        ]
        for row in at
    ]
    return Part(table.titles[-1] if table.titles else "", table.headings, rows, len(table.rows) - len(at), (), mine)


def _paragraph(paragraph: linter.Paragraph, numbered: Sequence[tuple[int, linter.Finding]]) -> Part:
    mine = [(number, one) for number, one in numbered if one.place.paragraph == paragraph.number]
    sentences = [
        Marked(sentence.text, tuple(number for number, one in mine if one.place == sentence.place))
        for sentence in paragraph.sentences
    ]
    return Part("", (), (), 0, sentences, mine)
