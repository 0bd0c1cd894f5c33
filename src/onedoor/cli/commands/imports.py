"""Read files that other systems export: `onedoor import patients FILE`, `onedoor import entries FILE` and so on."""

import shutil
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onedoor.cli.areas import areas
from onedoor.cli.extracts import extract
from onedoor.cli.organisations import organisations
from onedoor.cli.published import smi
from onedoor.cli.services import places, services
from onedoor.cli.trust_checks import trust_checks

if TYPE_CHECKING:
    from onedoor.exchange.api import Kind, Reject, Report
    from onedoor.kernel.actor import Actor
    from onedoor.referrals.types import Opening

FileArgument = Annotated[Path, typer.Argument(help="The exported CSV file, as it is.", metavar="FILE")]
PracticeOption = Annotated[str, typer.Option(help="ODS code of the practice, if the file does not name it.")]
WhoseOption = Annotated[
    str, typer.Option("--practice", help="ODS code of the practice from whose system it is, if its rows name several.")
]
PhoneOption = Annotated[str, typer.Option(help="The practice's telephone number, as its texts shall say it.")]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen, and change nothing.")]
RejectsOption = Annotated[Path | None, typer.Option(help="Write the rows not taken whole to this CSV file.")]
ServiceOption = Annotated[
    str, typer.Option(help="Whose list it is, if its streams do not tell: the service's short name.")
]
MappingOption = Annotated[Path | None, typer.Option(help="A mapping file of your own, for another system's export.")]

VersionOption = Annotated[str, typer.Option(help="The day of the file's version, if its name does not tell.")]

NAMED = 60
"""Rows named on the screen; the file of --rejects has them all."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Read files of other systems: people, diaries, referrals, coded entries.", no_args_is_help=True
    )
    group.command()(patients)
    group.command()(appointments)
    group.command()(referrals)
    group.command()(pathways)
    group.command()(services)
    group.command()(places)
    group.command()(areas)
    group.command()(organisations)
    group.command()(trust_checks)
    group.command()(calls)
    group.command()(entries)
    group.command()(codes)
    group.command()(extract)
    group.command()(smi)
    app.add_typer(group, name="import")


def patients(
    file: FileArgument,
    practice: PracticeOption = "",
    phone: PhoneOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read a patient list. Exit code 1 if the file could not be read at all."""
    _run("patients", file, Options(practice, phone, preview, rejects, mapping))


def appointments(
    file: FileArgument,
    practice: PracticeOption = "",
    phone: PhoneOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read a diary; read the patient list first. Exit code 1 if the file could not be read at all."""
    _run("appointments", file, Options(practice, phone, preview, rejects, mapping))


def referrals(
    file: FileArgument,
    service: ServiceOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read a community service's referral list. Exit code 1 if the file could not be read at all."""
    from onedoor.cli.environment import environment

    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        report = exchange.import_referrals(
            file=file,
            by=_operator(),
            service=service,
            apply=not preview,
            mapping=exchange.load_mapping(mapping) if mapping else None,
        )
    _end(report, rejects)


def pathways(
    file: FileArgument,
    service: ServiceOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Take over a caseload's open pathways, and prove the opening balance. Exit code 1 if it does not hold."""
    from onedoor.cli.environment import environment

    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        report, opening = exchange.import_pathways(
            file=file,
            by=_operator(),
            service=service,
            apply=not preview,
            mapping=exchange.load_mapping(mapping) if mapping else None,
        )
    _end(report, rejects)
    _show_opening(opening, report)
    if not opening.proved:
        raise typer.Exit(1)


def calls(
    file: FileArgument,
    practice: PracticeOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read the log of a telephone line. Exit code 1 if the file could not be read at all."""
    from onedoor.cli.environment import environment

    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        report = exchange.import_calls(
            file=file,
            by=_operator(),
            practice=practice,
            apply=not preview,
            mapping=exchange.load_mapping(mapping) if mapping else None,
        )
    _end(report, rejects)


def entries(
    file: FileArgument,
    practice: WhoseOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read coded entries of patients; what cannot be believed is held with its reason. Exit code 1 if the file could not be
    read at all."""
    from onedoor.cli.environment import environment

    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        report = exchange.import_entries(
            file=file,
            by=_operator(),
            practice=practice,
            apply=not preview,
            mapping=exchange.load_mapping(mapping) if mapping else None,
        )
    _end(report, rejects)


def codes(
    file: FileArgument,
    version_on: VersionOption = "",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read an official file of reference sets: its members replace those that a code set has. Exit code 1 if the file could
    not be read at all."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    try:
        day = date.fromisoformat(version_on) if version_on else None
    except ValueError:
        raise Refused(f"{version_on} is not a day: write it as 2026-06-30.") from None
    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        report = exchange.import_codes(
            file=file,
            by=_operator(),
            version_on=day,
            apply=not preview,
            mapping=exchange.load_mapping(mapping) if mapping else None,
        )
    _end(report, rejects)


@contextmanager
def _refusing(file: Path) -> Iterator[None]:
    from onedoor.cli.errors import Refused
    from onedoor.exchange import api as exchange

    try:
        yield
    except (exchange.UnreadableFile, exchange.MappingError) as fault:
        raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None


def _operator() -> "Actor":
    from onedoor.kernel.actor import Actor

    return Actor.system("import by the operator")


def _end(report: "Report", rejects: Path | None) -> None:
    from onedoor.exchange import api as exchange

    if rejects is not None:
        rejects.write_text(exchange.as_csv(report), encoding="utf-8", newline="")
    show(report, width=shutil.get_terminal_size((120, 40)).columns)
    if rejects is not None:
        print(f"\nAll of them are in {rejects}.")
    if report.state == "preview":
        print("\nThis was a preview: nothing was changed.")


def _show_opening(opening: "Opening", report: "Report") -> None:
    """The balance with which a caseload was taken over."""
    print(f"\nOpening balance of {report.practice}, {opening.taken_over_on:%-d %B %Y}")
    for title, parts in (("By state", opening.by_state), ("By stream", opening.by_stream)):
        print(f"  {title}")
        for words, number in sorted(parts.items(), key=lambda part: -part[1]):
            print(f"    {number:>7,}  {words or 'none named'}")
    print(f"  {opening.overdue:,} had a next action that was overdue on that day: they stand on the service's lists")
    proved = "as many as the file holds" if opening.proved else "NOT as many as the file holds"
    print(f"  {opening.in_books:,} in the books, {opening.read:,} in the file: {proved}")


@dataclass(frozen=True)
class Options:
    """What both commands may be told."""

    practice: str
    phone: str
    preview: bool
    rejects: Path | None
    mapping: Path | None


def _run(kind: "Kind", file: Path, options: Options) -> None:
    from onedoor.cli.environment import environment

    with environment(), _refusing(file):
        from onedoor.exchange import api as exchange

        read = exchange.import_patients if kind == "patients" else exchange.import_appointments
        report = read(
            file=file,
            by=_operator(),
            practice=options.practice,
            phone=options.phone,
            apply=not options.preview,
            mapping=exchange.load_mapping(options.mapping) if options.mapping else None,
        )
    _end(report, options.rejects)


def show(report: "Report", *, width: int) -> None:
    """The report as a receptionist reads it."""
    print(f"{report.file}: {_KINDS[report.kind]} of {report.practice} ({report.ods_code})")
    if report.practice_new:
        will = "would be" if report.state == "preview" else "was"
        print(f"  This practice was not known: it {will} set up.")
    if not report.practice_phone:
        print("  Its texts cannot say which number to ring until you give it: --phone '01632 960000'.")
    for line in report.preamble:
        print(f"  | {line}")
    print(f"  Header on row {report.header_row}; written in {report.encoding}\n")
    print(f"  {report.read:>9,}  rows read{f', and {report.blank} empty' if report.blank else ''}")
    print(f"  {report.taken:>9,}  taken")
    for words, count in report.did.items():
        print(f"  {'':>9}  {count:>9,}  {words}")
    print(f"  {report.rejected:>9,}  not taken")
    print(f"  {report.noted:>9,}  notes on rows that were taken or are empty")
    if report.state == "waiting":
        print("\n  So many visits are missing from this file that nothing was changed: a person decides (see Tasks).")
    for level, title in (("reject", "Not taken"), ("note", "Good to know")):
        found = [row for row in report.rows if row.level == level]
        if found:
            print(f"\n{title}")
            table(found[:NAMED], width)
            if len(found) > NAMED:
                print(f"  … and {len(found) - NAMED} more: --rejects FILE writes them to a file.")
    if report.left_out:
        print(f"\n{report.left_out:,} more are counted but not named: put these right and read the file again.")


_KINDS = {
    "patients": "patient list",
    "appointments": "diary",
    "referrals": "referral list",
    "pathways": "pathways taken over",
    "calls": "log of calls",
    "entries": "coded entries",
    "codes": "reference sets",
}


def table(rows: list["Reject"], width: int) -> None:
    """Rows that were not taken whole, for a terminal."""
    number = max(3, *(len(str(row.row)) for row in rows))
    column = min(22, max(6, *(len(row.column) for row in rows)))
    value = min(24, max(13, *(len(row.value_shown) for row in rows)))
    text = max(30, width - number - column - value - 8)
    print(f"  {'Row':>{number}}  {'Column':<{column}}  {'What is there':<{value}}  Why, and what to do")
    for row in rows:
        cells = [
            [str(row.row or "")],
            textwrap.wrap(row.column, column) or [""],
            textwrap.wrap(row.value_shown, value) or ["(empty)"],
            [*textwrap.wrap(_sentence(row.why), text), *textwrap.wrap(row.what_to_do, text)],
        ]
        for line in range(max(map(len, cells))):
            one, two, three, four = (cell[line] if line < len(cell) else "" for cell in cells)
            print(f"  {one:>{number}}  {two:<{column}}  {three:<{value}}  {four}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
