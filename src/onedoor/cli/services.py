"""`onedoor import services FILE` and `onedoor import places FILE`: the directory, and where the places are that people name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.directory.types import Fault

FileArgument = Annotated[Path, typer.Argument(help="A CSV file with one line a service.", metavar="FILE")]


OverruleOption = Annotated[
    bool,
    typer.Option("--overrule", help="Take the file's word also where somebody has put it otherwise on a page since."),
]
SpotsArgument = Annotated[
    Path,
    typer.Argument(help="A CSV file: name, kind, latitude, longitude; or ONS's Postcode Directory.", metavar="FILE"),
]


def services(file: FileArgument, overrule: OverruleOption = False) -> None:
    """Read a file of services into the directory, whole or not at all. Exit code 1 if anything in it cannot be read.

    What somebody changed on a page since stands; where the file has it otherwise, that is listed.
    """
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
        brought = directory.take_services(rows=rows, by=Actor.system("import by the operator"), overrule=overrule)
    print(f"{file.name}: {len(rows)} services")
    for count, words in (
        (brought.new, "new"),
        (brought.changed, "changed"),
        (brought.same, "as they were"),
        (brought.streams_ended, "streams ended that the file no longer names"),
    ):
        if count:
            print(f"  {count:>5}  {words}")
    if brought.differs:
        print(
            f"  {len(brought.differs):>5}  put otherwise on a page since, which stands (--overrule takes the file's word):"
        )
    for one in brought.differs:
        print(f"         {one.slug}, {one.what}: stands since {one.since}, by {one.by}")
        print(f"           here: {one.stands}\n           file: {one.there}")


def places(file: SpotsArgument) -> None:
    """Read where postcodes and towns are, so that searches say how far services are. Exit code 1 if anything cannot be read.

    Columns: name; kind (outward, postcode or town); latitude and longitude in degrees; for towns, if known, outward (the first
    part of its postcode). Of the ONS Postcode Directory, which is read as it comes: pcds, lat, long, doterm.
    """
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.directory import api as directory
        from onedoor.kernel.actor import Actor

        try:
            brought = directory.take_spots(file=file, by=Actor.system("import by the operator"))
        except OSError as fault:
            raise Refused(f"{file} cannot be opened: {fault.strerror}.") from None
        except directory.FaultyFile as faulty:
            told = "\n".join(f"  {_said(fault)}" for fault in faulty.faults)
            raise Refused(f"{file.name} was not read, and nothing was changed.\n{told}") from None
    print(f"{file.name}: {brought.new + brought.changed + brought.same} places")
    for count, words in (
        (brought.new, "new"),
        (brought.changed, "changed"),
        (brought.same, "as they were"),
        (brought.skipped, "lines without a place, or of postcodes no longer in use"),
        (brought.located, "places of services located anew"),
    ):
        if count:
            print(f"  {count:>5}  {words}")


def _said(fault: "Fault") -> str:
    where = f"line {fault.line}" + (f", {fault.column}" if fault.column else "")
    there = f" ({fault.there})" if fault.there else ""
    return f"{where}{there}: {fault.what}"
