"""`onedoor import smi FILE`: the national quarterly figures of physical health checks, as NHS England published them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.reporting.api import Taken

FileArgument = Annotated[
    Path,
    typer.Argument(help="The published workbook or CSV, as it is: Period, CCG Code, Question, Answer.", metavar="FILE"),
]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen, and change nothing.")]
RejectsOption = Annotated[Path | None, typer.Option(help="Write the rows that were refused to this CSV file.")]
OrganisationsOption = Annotated[
    Path | None,
    typer.Option(help="Who stands in which system and region, and what merged; the South East's without it."),
]

ORGANISATIONS = Path("localities") / "south-east" / "organisations.csv"
NAMED = 60
"""Rows named on the screen; the file of --rejects has them all."""


def smi(
    file: FileArgument,
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
    organisations: OrganisationsOption = None,
) -> None:
    """Read published figures of physical health checks. Exit code 1 if the file could not be read at all."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused
    from onedoor.cli.supervisor.place import checkout

    with environment():
        from onedoor.accounts import api as accounts
        from onedoor.exchange import api as exchange
        from onedoor.kernel.actor import Actor
        from onedoor.reporting import api as reporting

        by = Actor.system("import by the operator")
        try:
            where = organisations or checkout() / ORGANISATIONS
            rows = accounts.read_organisations(where.read_bytes())
            taken = reporting.take_published(content=file.read_bytes(), name=file.name, by=by, apply=not preview)
        except OSError as fault:
            raise Refused(f"{fault.filename} cannot be opened: {fault.strerror}.") from None
        except accounts.FaultyOrganisations as faulty:
            told = "\n".join(f"  row {one.row}, {one.column or 'the file'}: {one.why}" for one in faulty.faults)
            raise Refused(f"{where.name} was not read, and nothing was changed.\n{told}") from None
        except exchange.UnreadableFile as fault:
            raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None
        if not preview:
            reporting.know_published(rows=rows, by=by)
        if rejects is not None:
            rejects.write_text(exchange.rejects_as_csv(taken.rows), encoding="utf-8", newline="")
    show(taken, width=shutil.get_terminal_size((120, 40)).columns)
    if rejects is not None and taken.rows:
        print(f"\nAll of them are in {rejects}.")


def show(taken: "Taken", *, width: int) -> None:
    """The report as an analyst reads it."""
    from onedoor.cli.commands.imports import table

    first, last = taken.quarters[0].words, taken.quarters[-1].words
    print(f"{taken.name}: physical health checks, {first if first == last else f'{first} to {last}'}\n")
    print(f"  {taken.read:>9,}  rows read")
    print(f"  {taken.kept:>9,}  figures of {taken.organisations} organisations in {len(taken.quarters)} quarters")
    print(f"  {taken.rejected:>9,}  rows refused")
    print(f"  {len(taken.missing):>9,}  times an organisation sent nothing in: its figures are missing, not nought")
    if taken.rows:
        print("\nNot taken")
        table(list(taken.rows[:NAMED]), width)
        if len(taken.rows) > NAMED or taken.left_out:
            print(f"  … and {taken.rejected - min(NAMED, len(taken.rows))} more: --rejects FILE writes them to a file.")
    if taken.state == "preview":
        print("\nThis was a preview: nothing was changed.")
    elif taken.state == "same" and taken.before is not None:
        print(f"\nThe same file was read on {taken.before.loaded_at:%-d %B %Y}: nothing was changed.")
