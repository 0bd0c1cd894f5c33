"""The files inside a document: which kinds are taken, and that each is what it says it is.

GP Connect lists PDF, TIFF, Word, RTF, HTML, text and images (interop.md 2.1). What is listed and can carry a program - the old
Word format, HTML, XML - is not opened here (20005: the sender makes a PDF of it and sends again); what is not listed is not
approved (20004). A PDF must be whole, and must not run or start anything when it is opened.
"""

from __future__ import annotations

import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Callable

from onedoor.exchange.itk import codes
from onedoor.exchange.itk.types import File
from onedoor.exchange.itk.xml import At, shown

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LISTED = frozenset({"application/msword", "text/html", "application/xhtml+xml", "text/xml", "application/xml"})
_ALIASES = {"image/jpg": "image/jpeg", "image/tif": "image/tiff", "text/rtf": "application/rtf"}
_MOST_PARTS = 5_000
_SPACES = {ord(space): None for space in " \t\r\n"}


_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia)(?![A-Za-z0-9])")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_DICTIONARY = 400
_LONGEST_OBJECTS = 10_000_000
_END_WITHIN = 1024


def _acts(objects: bytes) -> bool:
    """Whether PDF objects name something that runs; "#53" in a name is its letter in disguise."""
    plain = _HEX.sub(lambda match: bytes([int(match[1], 16)]), objects) if b"#" in objects else objects
    return _ACTS.search(plain) is not None


def _split(content: bytes) -> tuple[bytes, list[bytes]]:
    """(the objects without what is in their streams, the object streams as they are packed): one pass from front to back."""
    plain: list[bytes] = []
    packed: list[bytes] = []
    at = 0
    while (start := content.find(b"stream", at)) >= 0:
        end = content.find(b"endstream", start)
        if end < 0:
            break
        plain.append(content[at:start])
        if b"/ObjStm" in content[max(at, start - _DICTIONARY) : start]:
            packed.append(content[start + len(b"stream") : end].lstrip(b"\r\n"))
        at = end + len(b"endstream")
    plain.append(content[at:])
    return b" ".join(plain), packed


def _is_pdf(content: bytes) -> bool:
    """Whole, and of objects that do nothing by themselves, those in compressed object streams among them.

    Pictures and pages are streams too; what is in them is drawn, never run, so that chance letters there mean nothing.
    """
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-_END_WITHIN:]:
        return False
    plain, packed = _split(content)
    left = _LONGEST_OBJECTS
    for stream in packed:
        unpacker = zlib.decompressobj()
        try:
            objects = unpacker.decompress(stream, left)
        except zlib.error:
            return False
        left -= len(objects)
        if left <= 0 or _acts(objects):
            return False
    return not _acts(plain)


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
    "application/pdf": _is_pdf,
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
    written = binary.one("content").element.get("value", "")
    if " " in written or "\n" in written:
        written = written.translate(_SPACES)
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
