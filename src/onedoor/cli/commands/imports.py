"""Read files that other systems export: `onedoor import patients FILE`, `onedoor import appointments FILE`."""

import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.exchange.api import Kind, Reject, Report

FileArgument = Annotated[Path, typer.Argument(help="The exported CSV file, as it is.", metavar="FILE")]
PracticeOption = Annotated[str, typer.Option(help="ODS code of the practice, if the file does not name it.")]
PhoneOption = Annotated[str, typer.Option(help="The practice's telephone number, as its texts shall say it.")]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen, and change nothing.")]
RejectsOption = Annotated[Path | None, typer.Option(help="Write the rows not taken whole to this CSV file.")]
MappingOption = Annotated[Path | None, typer.Option(help="A mapping file of your own, for another system's export.")]

NAMED = 60
"""Rows named on the screen; the file of --rejects has them all."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Read exported patient lists and diaries.", no_args_is_help=True)
    group.command()(patients)
    group.command()(appointments)
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
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.exchange import api as exchange
        from onedoor.kernel.actor import Actor

        read = exchange.import_patients if kind == "patients" else exchange.import_appointments
        try:
            report = read(
                file=file,
                by=Actor.system("import by the operator"),
                practice=options.practice,
                phone=options.phone,
                apply=not options.preview,
                mapping=exchange.load_mapping(options.mapping) if options.mapping else None,
            )
        except (exchange.UnreadableFile, exchange.MappingError) as fault:
            raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None
        if options.rejects is not None:
            options.rejects.write_text(exchange.as_csv(report), encoding="utf-8", newline="")
    show(report, width=shutil.get_terminal_size((120, 40)).columns)
    if options.rejects is not None:
        print(f"\nAll of them are in {options.rejects}.")
    if report.state == "preview":
        print("\nThis was a preview: nothing was changed.")


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
            _table(found[:NAMED], width)
            if len(found) > NAMED:
                print(f"  … and {len(found) - NAMED} more: --rejects FILE writes them to a file.")
    if report.left_out:
        print(f"\n{report.left_out:,} more are counted but not named: put these right and read the file again.")


_KINDS = {"patients": "patient list", "appointments": "diary"}


def _table(rows: list["Reject"], width: int) -> None:
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
