"""From bytes of a stranger to a tree that is safe to walk, and a way to walk it that names the place of every fault.

Nothing of the message can make the parser read a file, ask a network or grow: the size is looked at first, a document type is
refused before the parser sees it, and elements are counted before they become a tree (interop.md 6). What comes in another
encoding than UTF-8 is turned into it first, because it could hide a document type from that look. Comments, which published
examples have in many places, and processing instructions are dropped and never acted on (interop.md 3.3).
"""

from __future__ import annotations

import re

from lxml import etree

from onedoor.exchange.itk import codes
from onedoor.exchange.itk.types import Unacceptable

LARGEST_READ = 5 * 1024 * 1024
"""Bytes: a little above what we send, because "5 MB" is said in both ways (interop.md 2.3)."""
MOST_TAGS = 40_000
"""Opening and closing tags together; a document of six checks has about 300."""
DEEPEST = 40
"""Levels; the table of our entries, the deepest thing we write, is at 14."""

FHIR = f"{{{codes.FHIR}}}"
XHTML = f"{{{codes.XHTML}}}"

_DECLARATION = re.compile(r"""\ufeff?<\?xml\s[^>?]{0,100}\?>""")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Declared encoding -> Python's name of it. Each is one where "<!DOCTYPE" cannot hide once it is decoded, which UTF-7's could.
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "us-ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1"), "latin-1"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-16"),
    "windows-1252": "cp1252",
}
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (DEEPEST + 1) + ")")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SHOWN = re.compile(r"[^A-Za-z0-9:/._ -]")


def unreadable(why: str, where: str = "the message") -> Unacceptable:
    return Unacceptable(codes.UNREADABLE, why, where)


def shown(value: str) -> str:
    """A value of theirs inside a sentence of ours: short, and of harmless letters."""
    return _SHOWN.sub("?", value[:80])


def _has_document_type(content: bytes) -> bool:
    """Whether a DOCTYPE stands before the first element, the only place where XML takes one."""
    at = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    while (at := content.find(b"<", at)) >= 0:
        if content.startswith(b"<!--", at):
            at = content.find(b"-->", at + 4)
        elif content.startswith(b"<?", at):
            at = content.find(b"?>", at + 2)
        else:
            return content.startswith(b"<!", at)
        if at < 0:
            return False
    return False


def _in_utf8(content: bytes) -> bytes:
    """The same message in UTF-8. Raises Unacceptable for an encoding that is not one of the four."""
    wide = content.startswith(_MARKS)
    try:
        start = content[:400].decode("utf-16" if wide else "latin-1", errors="ignore").removeprefix("ï»¿")
        declaration = _DECLARATION.match(start)
        named = _ENCODING.search(declaration[0]) if declaration else None
        encoding = _ENCODINGS[named[1].lower()] if named else ("utf-16" if wide else "utf-8")
        if encoding != "utf-8" or wide:
            if wide != (encoding == "utf-16"):
                raise KeyError(encoding)
            text = content.decode(encoding).removeprefix("\ufeff")
            content = _DECLARATION.sub("", text, count=1).encode("utf-8")
    except (KeyError, UnicodeError):
        raise unreadable(
            "The message is not in the encoding that it says, or in none that is read here. Send UTF-8."
        ) from None
    if b"\0" in content:
        raise unreadable("The message has a byte that no XML has.")
    return content


def parse(content: bytes) -> etree._Element:
    """The root of the message. Raises Unacceptable: 20015 too large, 10009 what cannot be read or must not be."""
    if len(content) > LARGEST_READ:
        raise Unacceptable(codes.TOO_LARGE, "The message is larger than 5 MB. Send a smaller file.", "the message")
    if not content.strip():
        raise unreadable("The message is empty.")
    content = _in_utf8(content)
    if _has_document_type(content):
        raise unreadable("The message has a document type (DOCTYPE), which FHIR does not allow. Send it without.")
    if content.count(b"<") > MOST_TAGS:
        raise unreadable(f"The message has more than {MOST_TAGS} tags.")
    # The encoding is given, whatever the message says in a way that was overlooked: so nothing hides from the looks above.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise unreadable("The message is not well-formed XML.", f"line {fault.lineno}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise unreadable("The message has a document type (DOCTYPE), which FHIR does not allow. Send it without.")
    if _TOO_DEEP(root):
        raise unreadable(f"The message is nested more than {DEEPEST} levels deep.")
    return root


class At:
    """An element, where it stands, and the response code for a fault there (20006 in the header, 20009 in the payload)."""

    __slots__ = ("_step", "_within", "code", "element")

    def __init__(self, element: etree._Element, step: str, code: str, within: At | None = None) -> None:
        self.element, self._step, self.code, self._within = element, step, code, within

    @property
    def path(self) -> str:
        """As in "Bundle/entry[3]/Patient/birthDate"; made only when somebody asks."""
        return f"{self._within.path}/{self._step}" if self._within else self._step

    def refuse(self, why: str, *, code: str = "") -> Unacceptable:
        return Unacceptable(code or self.code, why, self.path)

    @property
    def name(self) -> str:
        return self.element.tag.removeprefix(FHIR)

    def recoded(self, code: str) -> At:
        """The same place with another code for its faults."""
        return At(self.element, self._step, code, self._within)

    def below(self, element: etree._Element, step: str) -> At:
        return At(element, step, self.code, self)

    def all(self, tag: str) -> list[At]:
        """Children of that name, in order."""
        found = list(self.element.iterchildren(FHIR + tag))
        if len(found) == 1:
            return [At(found[0], tag, self.code, self)]
        return [At(one, f"{tag}[{number}]", self.code, self) for number, one in enumerate(found, 1)]

    def maybe(self, tag: str) -> At | None:
        """The child of that name, if any. Raises Unacceptable for two."""
        found = None
        for element in self.element.iterchildren(FHIR + tag):
            if found is not None:
                raise self.refuse(f"There is more than one {tag}: which one counts cannot be told.")
            found = At(element, tag, self.code, self)
        return found

    def one(self, tag: str) -> At:
        """Raises Unacceptable unless there is exactly one."""
        found = self.maybe(tag)
        if found is None:
            raise self.refuse(f"There is no {tag}.")
        return found

    def value(self) -> str:
        """The primitive's value. Raises Unacceptable for an empty one or one with control characters."""
        value: str = self.element.get("value", "")
        if not value or value.isspace():
            raise self.refuse("The value is empty.")
        if _CONTROL.search(value):
            raise self.refuse("The value has control characters.")
        return value

    def text(self, tag: str) -> str:
        """Value of the one child primitive."""
        return self.one(tag).value()

    def text_or(self, tag: str, otherwise: str = "") -> str:
        found = self.maybe(tag)
        return otherwise if found is None else found.value()

    def extensions(self, url: str) -> list[At]:
        return [one for one in self.all("extension") if one.element.get("url") == url]


# What the text of a section may be made of (FHIR STU3 narrative, rules txt-1 and txt-2): formatted words, links and images;
# nothing that acts.
_TAGS = """
    a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q
    samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
"""
_NARRATIVE = frozenset(XHTML + tag for tag in _TAGS.split())
_FORBIDDEN_NAMES = frozenset({FHIR + "modifierExtension", FHIR + "implicitRules"})
_LINKS = ("href", "src", "cite", "longdesc", "background")


def _narrative_fault(element: etree._Element) -> str:
    """Why an element of XHTML is refused; empty for a harmless one."""
    if not element.attrib and element.tag in _NARRATIVE:
        return ""
    if element.tag not in _NARRATIVE:
        return "The text of a section may hold formatted words only: no scripts, forms, frames or objects."
    for name, value in ((str(name), str(value)) for name, value in element.attrib.items()):
        if name.lower().startswith("on"):
            return "The text of a section has an event attribute."
        if name in _LINKS and re.sub(r"[\s\x00-\x1f]", "", value).lower().startswith(
            ("javascript:", "vbscript:", "data:")
        ):
            return "The text of a section has a link that acts."
    return ""


def check_elements(root: etree._Element, code: str) -> None:
    """Raises Unacceptable for an element of another language, words beside elements, or what changes the meaning of the rest.

    A modifierExtension or implicitRules says "do not read on unless you know me": we know none (FHIR STU3, extensibility).
    """
    for element in root.iter():
        tag = element.tag
        if tag.startswith(FHIR):
            if tag in _FORBIDDEN_NAMES:
                raise Unacceptable(
                    code, f"There is a {tag.removeprefix(FHIR)}, none of which is supported.", "the message"
                )
            before, after = element.text, element.tail
            if (before and not before.isspace()) or (after and not after.isspace()):
                raise Unacceptable(code, "There are words between elements, where FHIR has none.", "the message")
        elif tag.startswith(XHTML):
            if fault := _narrative_fault(element):
                raise Unacceptable(code, fault, "section/text")
        else:
            raise Unacceptable(code, f"The element {shown(etree.QName(tag).localname)} is not of FHIR.", "the message")
