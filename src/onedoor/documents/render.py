"""Composed letters as tagged PDF (PDF/UA-1), by Typst. What a letter says is handed in as JSON and never becomes source."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from onedoor.documents.errors import CannotBeSet
from onedoor.documents.types import TO_PRACTICE, Block, Format, Kind, Letter, Party

_TEMPLATE = Path(__file__).with_name("letter.typ")
_POINTS: dict[Format, int] = {"standard": 12, "large20": 20, "large24": 24, "large28": 28, "easyread": 18}
"""Body type in points; nothing that the patient is to read stands smaller than 10.5, in large print nothing but the address."""
_SHORT: frozenset[Kind] = frozenset({"checks", "contacts"})
_SHORT_POINTS = 10.5
"""What a practice files is to be seen on one page."""

_setting = threading.Lock()


def pdf(letter: Letter, style: Format = "standard", *, to: Party | None = None) -> bytes:
    """The letter as PDF/UA-1, the same bytes for the same letter; `to` addresses a copy to somebody else.

    Raises CannotBeSet, as where a name holds a character that no font has.
    """
    return _compile(letter, style, to, {"format": "pdf", "pdf_standards": ["ua-1"]})[0]


def pictures(letter: Letter, style: Format = "standard", *, to: Party | None = None, ppi: int = 80) -> list[bytes]:
    """The letter's pages as PNG."""
    return _compile(letter, style, to, {"format": "png", "ppi": ppi})


def pages(content: bytes) -> int:
    """How many sheets of paper printed on one side a PDF of ours needs."""
    return content.count(b"/Type /Page\n") + content.count(b"/Type/Page\n") + content.count(b"/Type/Page/")


def sections(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of a letter, each heading with what it heads."""
    found: list[list[Block]] = []
    for block in blocks:
        if block.kind == "heading" or not found:
            found.append([])
        found[-1].append(block)
    return found


_WIDTH, _HALF_PAGE = 470, 340
"""Points."""


def _height(section: Sequence[Block], size: int) -> float:
    """Roughly how high a section stands, in points: half an em a letter, a line and a half each line."""
    a_line = _WIDTH / (0.5 * size)
    said = [one for block in section for one in (*block.said, *(max(row, key=len) for row in block.rows))]
    return sum(-(-len(one) // a_line) for one in said) * 1.6 * size


def _compile(letter: Letter, style: Format, to: Party | None, options: dict[str, Any]) -> list[bytes]:
    data = json.dumps(_data(letter, style, to or letter.to), ensure_ascii=False)
    try:
        # One compiler keeps the fonts and the parsed template; it takes one letter at a time.
        with _setting:
            made = _compiler().compile(sys_inputs={"letter": data}, **options)
    except RuntimeError as error:
        raise CannotBeSet(f"Typst refused a {letter.kind} letter in {style}") from error
    return made if isinstance(made, list) else [made]


@cache
def _compiler() -> Any:
    import fontpkg_atkinson_hyperlegible
    import fontpkg_fira_sans
    import typst

    fonts = [str(package.ROOT / "files") for package in (fontpkg_atkinson_hyperlegible, fontpkg_fira_sans)]
    return typst.Compiler(input=str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts, ignore_system_fonts=True)


_TYPEFACES = {
    "Latin": ("Atkinson Hyperlegible", "Fira Sans"),
    "Cyrillic": ("Fira Sans", "Atkinson Hyperlegible"),
    "Greek": ("Fira Sans", "Atkinson Hyperlegible"),
}
"""One typeface for a whole text: digits and letters of two do not stand well together."""


def _data(letter: Letter, style: Format, to: Party) -> dict[str, Any]:
    contact = letter.contact
    short = letter.kind in _SHORT
    return {
        "layout": style,
        "size": _SHORT_POINTS if short and style == "standard" else _POINTS[style],
        "short": short,
        "title": letter.title,
        "signed": letter.signed,
        "year": letter.dated_on.year,
        "month": letter.dated_on.month,
        "day": letter.dated_on.day,
        "sender": {"name": letter.sender.name, "lines": list(letter.sender.lines)},
        "contact": {"name": contact.name, "phone": contact.phone, "hours": contact.hours, "web": contact.web},
        "to": {"name": to.name, "lines": list(to.lines)},
        "to-patient": letter.kind not in TO_PRACTICE,
        "parts": [_part(part, style) for part in letter.parts],
        "english": letter.english.language if letter.english else "",
    }


def _part(letter: Letter, style: Format) -> dict[str, Any]:
    """The letter in one language."""
    return {
        "lang": letter.language,
        "dir": letter.direction,
        "fonts": list(_TYPEFACES[letter.script]),
        "title": letter.title,
        "notes": [_block(note) for note in letter.notes],
        "dated": letter.dated,
        "about": [list(row) for row in letter.about],
        "greeting": letter.greeting,
        "head": [letter.labels["item"], letter.labels["detail"]],
        "sections": [
            {
                "whole": section[0].kind == "heading" and _height(section, _POINTS[style]) < _HALF_PAGE,
                "blocks": [_block(block) for block in section],
            }
            for section in sections(letter.blocks)
        ],
        "other_ways": list(letter.other_ways),
        "closing": letter.closing,
        "copies": list(letter.copies),
        "labels": letter.labels,
        "pictured": letter.pictured,
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "said": list(block.said),
        "rows": [list(row) for row in block.rows],
        "head": list(block.head),
        "lang": block.lang,
        "pictures": list(block.pictures) or [""] * len(block.said),
    }
