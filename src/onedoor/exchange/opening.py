"""What every reading of a file begins and ends with: the file opened, and the report of what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from onedoor.exchange.files.report import Findings, Kind, Report, UnreadableFile
from onedoor.exchange.files.sheet import Sheet
from onedoor.records import api as records


@dataclass(frozen=True)
class Whose:
    """Whose file it is, as the report says it."""

    name: str
    ods_code: str
    phone: str


def opened(file: Path | bytes, stack: ExitStack) -> BinaryIO:
    """The file as a stream that ends with `stack`. Raises UnreadableFile."""
    if isinstance(file, bytes):
        return BytesIO(file)
    try:
        return stack.enter_context(file.open("rb"))
    except OSError as fault:
        raise UnreadableFile(
            f"The file cannot be opened: {fault.strerror}.",
            where=str(file),
            what_to_do="Check its name and where it is.",
        ) from fault


def name_of(file: Path | bytes, name: str) -> str:
    """What the file is called, at most 200 signs."""
    return (name or (file.name if isinstance(file, Path) else "upload"))[:200]


@contextmanager
def told_of_another() -> Iterator[None]:
    """A preview, for which somebody waits, does not wait for another file: it says so. Raises UnreadableFile."""
    try:
        yield
    except records.AnotherFile as busy:
        raise UnreadableFile(
            "Another file is being read.", where="the file", what_to_do="Try again in a minute."
        ) from busy


def report_of(
    kind: Kind, sheet: Sheet, findings: Findings, *, name: str, whose: Whose, did: Mapping[str, int], apply: bool
) -> Report:
    """The report of a file whose rows were each taken or refused. `did`: what taking them did, by words."""
    rejected = findings.counts["reject"]
    return Report(
        kind=kind,
        file=name,
        source=sheet.mapping.source,
        state="applied" if apply else "preview",
        practice=whose.name,
        ods_code=whose.ods_code,
        practice_new=False,
        practice_phone=whose.phone,
        preamble=tuple(sheet.preamble),
        header_row=sheet.header_row,
        encoding=sheet.lines.encoding,
        read=sheet.read,
        taken=sheet.read - rejected,
        rejected=rejected,
        noted=findings.counts["note"],
        blank=sheet.blank,
        did={words: count for words, count in did.items() if count},
        rows=findings.in_order(),
    )
