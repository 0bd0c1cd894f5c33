"""`onedoor import areas FILE`: how deprived the places of postcodes are, as the English Indices of Deprivation have it."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.reporting.areas import Taken

FileArgument = Annotated[
    Path,
    typer.Argument(
        help="The look-up as CSV, as it is: Postcode, Index of Multiple Deprivation Decile, others.", metavar="FILE"
    ),
]
ReleasedOption = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which the indices were released, as 2019-09-26.")
]
SourceOption = Annotated[str, typer.Option(help="What was published, if it is another.")]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen, and change nothing.")]
RejectsOption = Annotated[Path | None, typer.Option(help="Write the rows that were refused to this CSV file.")]

NAMED = 60
"""Rows named on the screen; the file of --rejects has more."""


def areas(
    file: FileArgument,
    released: ReleasedOption,
    source: SourceOption = "English Indices of Deprivation",
    preview: PreviewOption = False,
    rejects: RejectsOption = None,
) -> None:
    """Read which postcodes are how deprived, for reach by deprivation. Files of one release add up; another release takes
    the place of all before. Exit code 1 if the file could not be read at all."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.exchange import api as exchange
        from onedoor.kernel.actor import Actor
        from onedoor.reporting import api as reporting

        try:
            taken = reporting.take_areas(
                file=file, name=file.name, released_on=released.date(), source=source,
                by=Actor.system("import by the operator"), apply=not preview,
            )  # fmt: skip
        except OSError as fault:
            raise Refused(f"{fault.filename} cannot be opened: {fault.strerror}.") from None
        except exchange.UnreadableFile as fault:
            raise Refused(f"{file.name} was not read, and nothing was changed.\n  {fault}") from None
        if rejects is not None:
            rejects.write_text(exchange.rejects_as_csv(taken.rows), encoding="utf-8", newline="")
    show(taken, width=shutil.get_terminal_size((120, 40)).columns)
    if rejects is not None and taken.rows:
        print(f"\nThe rows that were not taken are in {rejects}.")


def show(taken: "Taken", *, width: int) -> None:
    """What became of the file."""
    from onedoor.cli.commands.imports import table

    print(f"{taken.name}: how deprived the places of postcodes are\n")
    for count, words in (
        (taken.read, "rows read"),
        (taken.new, "postcodes new"),
        (taken.changed, "postcodes changed"),
        (taken.same, "as they were"),
        (taken.removed, "of another release removed"),
        (taken.rejected, "rows refused"),
    ):
        if count or words.startswith("rows"):
            print(f"  {count:>9,}  {words}")
    if taken.rows:
        print("\nNot taken")
        table(list(taken.rows[:NAMED]), width)
        if taken.rejected > NAMED:
            print(f"  … and {taken.rejected - NAMED:,} more: --rejects FILE writes them to a file.")
    if taken.state == "preview":
        print("\nThis was a preview: nothing was changed.")
    elif taken.state == "same" and taken.before is not None:
        print(f"\nThe same file was read on {taken.before.loaded_at:%-d %B %Y}: nothing was changed.")
    else:
        print("\nReach by deprivation is counted anew within a minute of a running Onedoor.")
