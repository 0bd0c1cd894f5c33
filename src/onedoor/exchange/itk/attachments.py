"""The files inside a document: which kinds are taken, and that each is what it says it is.

GP Connect lists PDF, TIFF, Word, RTF, HTML, text and images (interop.md 2.1). What is listed and can carry a program - the old
Word format, HTML, XML - is not opened here (20005: the sender makes a PDF of it and sends again); what is not listed is not approved
(20004).
"""

from __future__ import annotations

import binascii
import io
import zipfile
from collections.abc import Callable

from onedoor.exchange.itk import codes
from onedoor.exchange.itk.types import File
from onedoor.exchange.itk.xml import At, shown

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LISTED = frozenset({"application/msword", "text/html", "application/xhtml+xml", "text/xml", "application/xml"})
_ALIASES = {"image/jpg": "image/jpeg", "image/tif": "image/tiff", "text/rtf": "application/rtf"}
_MOST_PARTS = 5_000
_SPACES = {ord(space): None for space in " \t\r\n"}


def _is_text(content: bytes) -> bool:
    try:
        words = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" or letter.isspace() for letter in words)


def _is_word(content: bytes) -> bool:
    """A Word document without macros: by its table of contents alone, so that nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    if len(names) > _MOST_PARTS or not content.startswith(b"PK\x03\x04"):
        return False
    return "word/document.xml" in names and not any("vbaproject" in name.lower() for name in names)


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda content: content.startswith(b"%PDF-"),
    "image/tiff": lambda content: content.startswith((b"II*\0", b"MM\0*")),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda content: content.startswith((b"GIF87a", b"GIF89a")),
    "application/rtf": lambda content: content.startswith(b"{\\rtf") and b"\\objdata" not in content,
    "text/plain": _is_text,
    _WORD: _is_word,
}


def read(binary: At, title: str) -> File:
    """The file of a Binary. Raises Unacceptable: 20004, 20005, or 20009 when it cannot be decoded."""
    declared = binary.text("contentType")
    kind = declared.split(";")[0].strip().lower()
    kind = _ALIASES.get(kind, kind)
    if kind in _LISTED:
        raise binary.refuse(
            f"A file of kind {shown(kind)} is not opened here. Send it as a PDF.", code=codes.NOT_SUPPORTED
        )
    check = _CHECKS.get(kind)
    if check is None:
        raise binary.refuse(
            f"A file of kind {shown(kind)} is not one of those that are approved. Send a PDF.", code=codes.NOT_APPROVED
        )
    written = binary.text("content").translate(_SPACES)
    try:
        content = binascii.a2b_base64(written, strict_mode=True)
    except (binascii.Error, ValueError):
        raise binary.refuse("A file is not in base64, or was cut short. Send it again.") from None
    if not content:
        raise binary.refuse("A file is empty.")
    if not check(content):
        raise binary.refuse(
            f"A file says that it is {shown(kind)} and is something else, or holds a program. Send it as a PDF.",
            code=codes.NOT_SUPPORTED,
        )
    return File(title, kind, content)
