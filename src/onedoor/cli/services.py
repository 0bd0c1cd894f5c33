"""`onedoor import services FILE`: bring the directory to what a services file says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.directory.types import Fault

FileArgument = Annotated[Path, typer.Argument(help="A CSV file with one line a service.", metavar="FILE")]


def services(file: FileArgument) -> None:
    """Read a file of services into the directory, whole or not at all. Exit code 1 if anything in it cannot be read."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.directory import api as directory
        from onedoor.kernel.actor import Actor

        try:
            rows = directory.read_services(file.read_bytes())
        except OSError as fault:
            raise Refused(f"{file} cannot be opened: {fault.strerror}.") from None
        except directory.FaultyFile as faulty:
            told = "\n".join(f"  {_said(fault)}" for fault in faulty.faults)
            raise Refused(f"{file.name} was not read, and nothing was changed.\n{told}") from None
        brought = directory.take_services(rows=rows, by=Actor.system("import by the operator"))
    print(f"{file.name}: {len(rows)} services")
    for count, words in (
        (brought.new, "new"),
        (brought.changed, "changed"),
        (brought.same, "as they were"),
        (brought.streams_ended, "streams ended that the file no longer names"),
    ):
        if count:
            print(f"  {count:>5}  {words}")


def _said(fault: "Fault") -> str:
    where = f"line {fault.line}" + (f", {fault.column}" if fault.column else "")
    there = f" ({fault.there})" if fault.there else ""
    return f"{where}{there}: {fault.what}"
