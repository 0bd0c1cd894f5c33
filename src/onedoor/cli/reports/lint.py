"""A report cross-footed, from the command line."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused

FileArgument = Annotated[Path, typer.Argument(help="The report: text, CSV or an Excel workbook (.xlsx).")]


def register(group: typer.Typer) -> None:
    group.command()(lint)


def lint(file: FileArgument) -> None:
    """Say which figures of a typed or imported report do not follow from its others. Exit code 1 if there are any."""
    from onedoor.cli.environment import environment
    from onedoor.reporting import linter

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
    # A text needs nothing of the installation; the reader of workbooks stands on it.
    with environment(tables=False) if linter.is_workbook(content) else nullcontext():
        try:
            document = linter.read(content, file.name)
        except linter.UnreadableReport as error:
            raise Refused(f"{file}: {error}") from error
    found = linter.lint(document)
    print(f"{file.name}: {linter.scope(document)}\n")
    for one in found:
        print(f"  {one.place.words}: {one.kind.value}")
        quoted = linter.sentence_at(document, one.place)
        if quoted:
            print(f"    “{quoted}”")
        print(f"    {one.words}")
        print(f"    ({one.source})\n")
    print(f"  {linter.verdict(found)}")
    if found:
        raise typer.Exit(1)
